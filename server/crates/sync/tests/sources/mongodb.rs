//! The MongoDB source, against a stand-in that keeps documents and speaks the protocol, and against a server of others:
//! types, places, logins, encryption, members of a replica set, faults, size.

mod hostile;
mod kinds;
mod login;
mod members;
mod query;
mod reaching;
mod real;
mod resumed;
mod served;
mod stand_in;

use std::time::Instant;

use airbyte::protocol::{AirbyteStream, ConfiguredAirbyteCatalog, SyncMode};
use bson::oid::ObjectId;
use bson::raw::cstr;
use bson::spec::BinarySubtype;
use bson::{Binary, Bson, DateTime, Document, doc};
use serde_json::{Value, json};
use sync::connector::Connector;
use sync::fault::Kind;

use crate::harness::{Outcome, configured, local, read, read_whole};
use stand_in::{Setup, StandIn};

pub const SOURCE: Connector = Connector::MongoDb;

async fn started() -> StandIn {
    StandIn::start(Setup::default()).await
}

/// Reads one stream in the given way.
async fn read_one(
    config: &Value,
    stream: AirbyteStream,
    mode: SyncMode,
    cursor: &[&str],
    state: &[Value],
) -> Outcome {
    let catalog = ConfiguredAirbyteCatalog {
        streams: vec![configured(stream, mode, cursor)],
    };
    let outcome = read(&SOURCE, config, &catalog, state, &local()).await;
    assert_eq!(outcome.result, Ok(()));
    outcome
}

async fn only_stream(config: &Value) -> AirbyteStream {
    SOURCE
        .discover(config, &local())
        .await
        .unwrap()
        .streams
        .remove(0)
}

#[tokio::test]
async fn every_type_comes_out_as_json() {
    let server = started().await;
    let id = ObjectId::parse_str("65a000000000000000000001").unwrap();
    server.insert(
        "types",
        [
            doc! {
                "_id": id, "text": "zwölf 🐘\n", "int": 7_i32, "long": i64::MAX, "double": 0.1,
                "decimal": "12345678901234567890.123456789".parse::<bson::Decimal128>().unwrap(),
                "yes": true, "at": DateTime::from_millis(1_704_067_200_123), "nothing": Bson::Null,
                "bytes": Binary { subtype: BinarySubtype::Generic, bytes: vec![1, 2, 3] },
                "uuid": Binary { subtype: BinarySubtype::Uuid, bytes: vec![0x11; 16] },
                "inner": {"list": [1_i32, "two", {"three": f64::INFINITY}], "id": id},
                "list": [id], "stamp": bson::Timestamp { time: 1, increment: 2 },
                "pattern": bson::Regex { pattern: cstr!("^a/b").into(), options: cstr!("i").into() },
                "nan": f64::NAN, "dotted.name": 1_i32,
            },
            doc! {"_id": ObjectId::new(), "int": 8_i32},
        ],
    );
    let outcome = read_whole(&SOURCE, &server.config(), &local()).await;
    assert_eq!(outcome.result, Ok(()));
    let records = outcome.records();
    let first = records
        .iter()
        .find(|record| record.data["int"] == 7)
        .unwrap();
    let mut data = first.data.clone();
    data.as_object_mut().unwrap().remove("decimal");
    assert_eq!(
        data,
        json!({
            "_id": "65a000000000000000000001", "text": "zwölf 🐘\n", "int": 7, "long": i64::MAX, "double": 0.1,
            "yes": true, "at": "2024-01-01T00:00:00.123000Z", "nothing": null, "bytes": "AQID",
            "uuid": "11111111-1111-1111-1111-111111111111",
            "inner": {"list": [1, "two", {"three": "Infinity"}], "id": "65a000000000000000000001"},
            "list": ["65a000000000000000000001"], "stamp": {"t": 1, "i": 2}, "pattern": "/^a/b/i", "nan": null, "dotted.name": 1,
        })
    );
    let changed = &first.meta.as_ref().unwrap().changes;
    assert_eq!((changed.len(), changed[0].field.as_str()), (1, "nan"));
    assert_eq!(first.namespace.as_deref(), Some("shop"));
    let second = records
        .iter()
        .find(|record| record.data["int"] == 8)
        .unwrap();
    assert_eq!(
        second.data.as_object().unwrap().len(),
        2,
        "missing is not null"
    );
}

#[tokio::test]
async fn collections_are_described_by_their_documents() {
    let server = started().await;
    server.insert("orders", [
        doc! {"_id": ObjectId::new(), "total": 1_i32, "updatedAt": DateTime::now(), "mixed": 1_i32, "tags": ["a"]},
        doc! {"_id": ObjectId::new(), "total": 1.5, "updatedAt": DateTime::now(), "mixed": "x", "inner": {"a": 1_i32}},
    ]);
    server.insert("system.views", [doc! {"_id": 1_i32}]);
    server.insert("totals", [doc! {"total": 1_i32}]);
    server
        .store
        .lock()
        .unwrap()
        .databases
        .get_mut("shop")
        .unwrap()
        .get_mut("totals")
        .unwrap()
        .kind = "view";
    let streams = SOURCE
        .discover(&server.config(), &local())
        .await
        .unwrap()
        .streams;
    let names: Vec<_> = streams.iter().map(|stream| stream.name.as_str()).collect();
    assert_eq!(names, ["orders", "totals"]);
    let property = |name: &str| streams[0].json_schema["properties"][name].clone();
    assert_eq!(property("_id"), json!({"type": "string"}));
    assert_eq!(property("total"), json!({"type": ["null", "number"]}));
    assert_eq!(
        property("updatedAt")["airbyte_type"],
        "timestamp_with_timezone"
    );
    assert_eq!(
        property("mixed"),
        json!({"type": ["null", "object", "array", "string", "number", "boolean"]})
    );
    assert_eq!(property("inner"), json!({"type": ["null", "object"]}));
    assert_eq!(property("tags"), json!({"type": ["null", "array"]}));
    assert_eq!(streams[0].source_defined_primary_key, [["_id"]]);
    assert_eq!(streams[0].default_cursor_field, ["updatedAt"]);
    assert_eq!(
        (streams[0].is_resumable, streams[1].is_resumable),
        (Some(true), Some(false))
    );
    assert!(streams[1].source_defined_primary_key.is_empty());
    let outcome = read_whole(&SOURCE, &server.config(), &local()).await;
    assert_eq!(
        (outcome.result, outcome.messages.is_empty()),
        (Ok(()), false)
    );
}

#[tokio::test]
async fn documents_may_stay_whole() {
    let server = started().await;
    server.insert("c", [doc! {"_id": 5_i64, "a": {"b": 1_i32}, "x.y": true}]);
    let mut config = server.config();
    config["database_config"]["schema_enforced"] = json!(false);
    let outcome = read_whole(&SOURCE, &config, &local()).await;
    assert_eq!(
        outcome.records()[0].data,
        json!({"_id": 5, "data": {"_id": 5, "a": {"b": 1}, "x.y": true}})
    );
}

/// Keys of every kind, in MongoDB's order.
fn keys(numbers: i32) -> Vec<Document> {
    let all = (0..numbers).map(Bson::Int32).chain([
        Bson::String("a".to_owned()),
        Bson::String("b".to_owned()),
        Bson::Document(doc! {"k": 1_i32}),
        Bson::Binary(Binary {
            subtype: BinarySubtype::Uuid,
            bytes: vec![7; 16],
        }),
        Bson::ObjectId(ObjectId::from_bytes([1; 12])),
        Bson::Boolean(false),
        Bson::DateTime(DateTime::from_millis(0)),
    ]);
    all.map(|key| doc! {"_id": key}).collect()
}

#[tokio::test]
async fn a_whole_read_goes_on_where_it_stopped_whatever_the_keys_are() {
    for numbers in [49_999, 49_995] {
        let server = StandIn::start(Setup {
            batch: 1000,
            ..Setup::default()
        })
        .await;
        server.insert("c", keys(numbers));
        let config = server.config();
        let stream = only_stream(&config).await;
        let whole = read_one(&config, stream.clone(), SyncMode::FullRefresh, &[], &[]).await;
        let (all, states) = (whole.column("_id"), whole.states());
        assert_eq!(all.len(), usize::try_from(numbers).unwrap() + 7);
        assert_eq!(
            states.last().unwrap()["stream"]["stream_state"],
            json!({"read": "whole"})
        );
        assert!(states.len() > 1);
        for (at, state) in states[..states.len() - 1].iter().enumerate() {
            let rest = read_one(
                &config,
                stream.clone(),
                SyncMode::FullRefresh,
                &[],
                std::slice::from_ref(state),
            )
            .await;
            assert_eq!(rest.column("_id"), all[(at + 1) * 50_000..], "{state}");
        }
    }
}

#[tokio::test]
async fn a_cursor_reads_what_is_new_and_nothing_twice() {
    let server = started().await;
    let day = |day: i64| DateTime::from_millis(1_704_067_200_000 + day * 86_400_000);
    server.insert(
        "c",
        (1..=5).map(|n| doc! {"_id": n, "updated_at": day(n.into())}),
    );
    server.insert("c", [doc! {"_id": 99_i32}]);
    let config = server.config();
    let stream = only_stream(&config).await;
    let next = async |state: &[Value]| {
        let outcome = read_one(&config, stream.clone(), SyncMode::Incremental, &[], state).await;
        (outcome.column("_id"), outcome.states())
    };
    let (ids, state) = next(&[]).await;
    assert_eq!(ids, [99, 1, 2, 3, 4, 5]);
    let (ids, same) = next(&state).await;
    assert_eq!((ids.len(), &same[0]["stream"]), (0, &state[0]["stream"]));
    // A late document with the last value: all with that value come again, rather than one being lost.
    server.insert("c", [doc! {"_id": 6_i32, "updated_at": day(5)}]);
    let (ids, state) = next(&state).await;
    assert_eq!(ids, [5, 6]);
    server.insert("c", [doc! {"_id": 7_i32, "updated_at": day(6)}]);
    assert_eq!(next(&state).await.0, [7]);
    let sort = server.commands("find").pop().unwrap();
    assert_eq!(sort.get_bool("allowDiskUse").ok(), Some(true));
}

#[tokio::test]
async fn numbers_without_an_end_come_once_and_hold_nothing_up() {
    let server = started().await;
    server.insert("c", (1..=3).map(|n| doc! {"_id": n, "n": f64::from(n)}));
    server.insert("c", [doc! {"_id": 10_i32, "n": f64::INFINITY}]);
    server.insert("c", [doc! {"_id": 11_i32, "n": f64::NAN}]);
    let config = server.config();
    let stream = only_stream(&config).await;
    let next = async |state: &[Value]| {
        let mode = SyncMode::Incremental;
        let outcome = read_one(&config, stream.clone(), mode, &["n"], state).await;
        (outcome.column("_id"), outcome.states())
    };
    let (ids, state) = next(&[]).await;
    assert_eq!(ids, [11, 1, 2, 3, 10]);
    let (ids, state) = next(&state).await;
    assert_eq!(ids, [0; 0], "they were read");
    server.insert("c", [doc! {"_id": 4_i32, "n": 4.5}]);
    let (ids, state) = next(&state).await;
    assert_eq!(ids, [4]);
    // Which of them is new, nobody can tell.
    server.insert("c", [doc! {"_id": 12_i32, "n": f64::INFINITY}]);
    let (ids, state) = next(&state).await;
    assert_eq!(ids, [10, 12]);
    assert_eq!(next(&state).await.0, [0; 0]);
}

#[tokio::test]
async fn an_answer_that_is_forgotten_is_asked_for_again() {
    let server = StandIn::start(Setup {
        batch: 10,
        forgets_after: Some(3),
        ..Setup::default()
    })
    .await;
    server.insert("c", (0..95).map(|n| doc! {"_id": n, "n": n / 4}));
    let config = server.config();
    let mut stream = only_stream(&config).await;
    // The sample, too, was forgotten; what it had seen is enough.
    stream.json_schema["properties"]["n"] = json!({"type": "integer"});
    let by_key = read_one(&config, stream.clone(), SyncMode::FullRefresh, &[], &[]).await;
    assert_eq!(by_key.column("_id"), (0..95).collect::<Vec<_>>());
    let by_cursor = read_one(&config, stream, SyncMode::Incremental, &["n"], &[]).await;
    let mut ids: Vec<i64> = by_cursor
        .column("_id")
        .iter()
        .map(|id| id.as_i64().unwrap())
        .collect();
    assert!(ids.len() > 95, "those with the last value come again");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids, (0..95).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_selection_is_asked_for_and_a_lost_collection_does_not_stop_the_others() {
    let server = started().await;
    server.insert("a", [doc! {"_id": 1_i32, "secret": "x"}]);
    server.insert("gone", [doc! {"_id": 1_i32}]);
    server.insert("z", [doc! {"_id": 2_i32}]);
    let config = server.config();
    let mut catalog = crate::harness::whole(SOURCE.discover(&config, &local()).await.unwrap());
    catalog.streams[0].stream.json_schema["properties"]
        .as_object_mut()
        .unwrap()
        .remove("secret");
    server
        .store
        .lock()
        .unwrap()
        .databases
        .get_mut("shop")
        .unwrap()
        .remove("gone");
    let outcome = read(&SOURCE, &config, &catalog, &[], &local()).await;
    assert_eq!(outcome.column("_id"), [1, 2]);
    let fault = outcome.result.unwrap_err();
    assert_eq!(
        (fault.kind, fault.stream.as_deref()),
        (Kind::Config, Some("gone"))
    );
    let asked = server.commands("find");
    let chunks = asked.iter().filter(|find| find.get_i64("limit").is_ok());
    let wanted: Vec<_> = chunks
        .filter_map(|find| find.get_document("projection").ok())
        .collect();
    assert_eq!(
        wanted,
        [&doc! {"_id": 1}; 2],
        "what is not wanted is not sent"
    );
}

#[tokio::test]
async fn a_large_collection_streams_with_flat_memory() {
    let server = StandIn::start(Setup {
        batch: 1000,
        ..Setup::default()
    })
    .await;
    server.insert("c", (0..60_000).map(|n| doc! {
        "_id": ObjectId::new(), "n": n, "name": format!("name {n}"), "price": f64::from(n) * 1.25,
        "at": DateTime::from_millis(i64::from(n) * 1000), "even": n % 2 == 0, "address": {"city": "Köln", "zip": ["50667"]},
    }));
    let config = server.config();
    let cx = local();
    let catalog = crate::harness::whole(SOURCE.discover(&config, &cx).await.unwrap());
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<bytes::Bytes>(4);
    let started = Instant::now();
    let count = async {
        let (mut lines, mut bytes, mut largest) = (0, 0, 0);
        while let Some(chunk) = receiver.recv().await {
            lines += memchr::memchr_iter(b'\n', &chunk).count();
            bytes += chunk.len();
            largest = largest.max(chunk.len());
        }
        (lines, bytes, largest)
    };
    let (result, (lines, bytes, largest)) =
        tokio::join!(SOURCE.read(&config, &catalog, &[], &cx, sender), count);
    assert_eq!(result, Ok(()));
    // Two statuses, an estimate and two states beside the documents.
    assert_eq!(lines, 60_005);
    assert!(largest < 1 << 20, "{largest}");
    eprintln!("{lines} lines, {bytes} bytes in {:?}", started.elapsed());
}
