//! Against a server that others wrote: NX-27017, which speaks MongoDB's protocol over SQLite, for want of MongoDB itself.

use airbyte::protocol::SyncMode;
use bson::oid::ObjectId;
use bson::{DateTime, Document, doc};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{SOURCE, only_stream, read_one};
use crate::harness::{check, local};

const NO_SERVER: &str = "this test of the MongoDB source needs TEST_MONGODB_URL, the address of a scratch server without login: mongodb://host:port";

/// A database of its own on that server, filled by commands.
struct Database {
    stream: TcpStream,
    name: &'static str,
    config: Value,
}

impl Database {
    async fn create(name: &'static str) -> Self {
        let url = std::env::var_os("TEST_MONGODB_URL").expect(NO_SERVER);
        let url = url.to_str().expect(NO_SERVER);
        let address = url.strip_prefix("mongodb://").expect(NO_SERVER);
        let config = json!({"database_config": {"connection_string": url, "databases": [name]}});
        let stream = TcpStream::connect(address.trim_end_matches('/'))
            .await
            .expect(NO_SERVER);
        let mut database = Self {
            stream,
            name,
            config,
        };
        database.run(doc! {"dropDatabase": 1}).await;
        database
    }

    async fn run(&mut self, mut command: Document) {
        command.insert("$db", self.name);
        let mut body = vec![0; 5];
        command.to_writer(&mut body).unwrap();
        let length = i32::try_from(16 + body.len()).unwrap();
        let head = [length, 1, 0, 2013].map(i32::to_le_bytes).concat();
        self.stream.write_all(&head).await.unwrap();
        self.stream.write_all(&body).await.unwrap();
        let mut head = [0; 16];
        self.stream.read_exact(&mut head).await.unwrap();
        let length = i32::from_le_bytes(head[..4].try_into().unwrap());
        let mut answer = vec![0; usize::try_from(length - 16).unwrap()];
        self.stream.read_exact(&mut answer).await.unwrap();
        let answer = Document::from_reader(&answer[5..]).unwrap();
        let is_well = answer.get_f64("ok").is_ok_and(|ok| ok > 0.5)
            || answer.get_i32("ok").is_ok_and(|ok| ok == 1);
        assert!(is_well, "{answer}");
    }

    async fn insert(&mut self, documents: impl IntoIterator<Item = Document>) {
        let documents: Vec<Document> = documents.into_iter().collect();
        self.run(doc! {"insert": "orders", "documents": documents})
            .await;
    }
}

fn order(n: i32) -> Document {
    doc! {
        "_id": ObjectId::new(), "n": n, "name": format!("naïve {n}"), "price": f64::from(n) * 1.25,
        "updated_at": DateTime::from_millis(1_704_067_200_000 + i64::from(n) * 1000),
        "inner": {"list": [1_i32, {"deep": true}]}, "tags": ["x", "y"],
    }
}

#[tokio::test]
async fn a_server_of_others_is_read_whole_and_by_a_cursor() {
    let mut db = Database::create("sync_source_real").await;
    db.insert((1..=2500).map(order)).await;
    assert_eq!(check(&SOURCE, &db.config, &local()).await.0, Ok(()));
    let stream = only_stream(&db.config).await;
    assert_eq!(stream.default_cursor_field, ["updated_at"]);
    assert_eq!(
        stream.json_schema["properties"]["price"],
        json!({"type": ["null", "number"]})
    );
    let whole = read_one(&db.config, stream.clone(), SyncMode::FullRefresh, &[], &[]).await;
    let mut numbers: Vec<i64> = whole
        .column("n")
        .iter()
        .map(|n| n.as_i64().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=2500).collect::<Vec<_>>());
    let records = whole.records();
    let seventh = records.iter().find(|record| record.data["n"] == 7).unwrap();
    assert_eq!(seventh.data["_id"].as_str().map(str::len), Some(24));
    assert_eq!(seventh.data["updated_at"], "2024-01-01T00:00:07Z");
    assert_eq!(seventh.data["inner"], json!({"list": [1, {"deep": true}]}));
    let first = read_one(&db.config, stream.clone(), SyncMode::Incremental, &[], &[]).await;
    assert_eq!(first.records().len(), 2500);
    db.insert([order(2501), order(2502)]).await;
    let second = read_one(
        &db.config,
        stream,
        SyncMode::Incremental,
        &[],
        &first.states(),
    )
    .await;
    // That server finds no date that equals another, so the last document may come again.
    let mut numbers: Vec<i64> = second
        .column("n")
        .iter()
        .map(|n| n.as_i64().unwrap())
        .collect();
    numbers.retain(|n| *n != 2500);
    assert_eq!(numbers, [2501, 2502]);
}
