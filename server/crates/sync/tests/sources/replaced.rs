//! A file that is another one when it is read than it was when it was looked at: the table does not become empty for it.

use airbyte::protocol::{
    AirbyteMessage, ConfiguredAirbyteCatalog, DestinationSyncMode, StreamStatus, Trace,
};
use serde_json::{Value, json};
use sync::connector::Connector;
use sync::fault::Kind;
use tokio::sync::mpsc;

use crate::database::Database;
use crate::file::uploaded;
use crate::harness::{Outcome, read, whole};
use crate::loading::{Move, target};
use crate::workbooks::{cell, text, workbook_in};

const SOURCE: Connector = Connector::File;
const PRICES: &[u8] = b"id,price\n1,2.50\n2,3\n";
const EXPIRED: &[u8] = b"{\"error\": \"link expired\"}";

/// What is chosen of a file, in the format of these settings.
async fn chosen(file: &[u8], format: &Value) -> ConfiguredAirbyteCatalog {
    let (cx, mut config) = uploaded(file).await;
    config["format"] = format.clone();
    whole(SOURCE.discover(&config, &cx).await.unwrap())
}

/// Reads that from another file. Gives the warnings, too.
async fn read_now(
    file: &[u8],
    format: &Value,
    catalog: &ConfiguredAirbyteCatalog,
) -> (Outcome, Vec<String>) {
    let (mut cx, mut config) = uploaded(file).await;
    config["format"] = format.clone();
    let (log, mut said) = mpsc::channel(64);
    cx.log = log;
    let outcome = read(&SOURCE, &config, catalog, &[], &cx).await;
    said.close();
    let mut warnings = Vec::new();
    while let Some(line) = said.recv().await {
        warnings.push(line.text);
    }
    (outcome, warnings)
}

#[tokio::test]
async fn another_file_is_refused_before_its_first_row() {
    let (auto, csv) = (json!({"type": "auto"}), json!({"type": "csv"}));
    let comma = json!({"type": "csv", "delimiter": ","});
    let lines: &[u8] = b"{\"id\": 1}\n{\"id\": 2}\n";
    let cases: [(&[u8], &[u8], &Value); 7] = [
        (PRICES, EXPIRED, &auto),
        (PRICES, EXPIRED, &csv),
        (PRICES, b"id|price\n1|2\n", &comma),
        (PRICES, b"nummer,preis\n1,2\n", &auto),
        (PRICES, b"nummer,preis\n", &auto),
        (lines, EXPIRED, &auto),
        (lines, b"price\n1\n", &auto),
    ];
    for (before, now, format) in cases {
        let catalog = chosen(before, format).await;
        let (outcome, _) = read_now(now, format, &catalog).await;
        let told = String::from_utf8_lossy(now);
        let fault = outcome.result.clone().unwrap_err();
        assert_eq!(fault.kind, Kind::Data, "{told}: {fault}");
        let word = "none of the chosen columns";
        assert!(fault.message.contains(word), "{told}: {fault}");
        assert_eq!(outcome.records().len(), 0, "{told}");
    }
}

#[tokio::test]
async fn columns_that_are_missing_are_told_and_new_ones_are_not() {
    let auto = json!({"type": "auto"});
    let catalog = chosen(PRICES, &auto).await;
    let cases: [(&[u8], usize, usize); 5] = [
        (b"new,id\nx,7\n", 1, 1),
        (b"{\"id\": 7}\n{\"id\": 8}\n", 2, 1),
        (b"new,price,id\nx,1,7\n", 1, 0),
        (b"id,price\n", 0, 0),
        (b"[]", 0, 0),
    ];
    for (now, ids, remarks) in cases {
        let (outcome, told) = read_now(now, &auto, &catalog).await;
        let file = String::from_utf8_lossy(now);
        assert_eq!(outcome.result, Ok(()), "{file}");
        assert_eq!(outcome.column("id").len(), ids, "{file}");
        assert_eq!(told.len(), remarks, "{file}: {told:?}");
        let named = told.iter().all(|text| text.ends_with("stay empty: price."));
        assert!(named, "{told:?}");
    }
}

/// More elements than the beginning of a file holds, none of them refunded.
fn many() -> String {
    format!("{{\"id\": 7, \"pad\": \"{}\"}}\n", "x".repeat(1000)).repeat(4500)
}

#[tokio::test]
async fn a_field_that_only_few_elements_have_is_not_missed() {
    let auto = json!({"type": "auto"});
    let rare = "{\"id\": 8, \"refunded_at\": \"2024-01-02\"}\n";
    let catalog = chosen([rare, &many()].concat().as_bytes(), &auto).await;
    let mut only = catalog.clone();
    only.streams[0].stream.json_schema["properties"]
        .as_object_mut()
        .unwrap()
        .retain(|name, _| name == "refunded_at");
    // In a long file they may come late, or not at all this time.
    let (late, never) = ([many().as_str(), rare].concat(), many());
    for (now, moments) in [(&late, vec![json!("2024-01-02")]), (&never, Vec::new())] {
        for wanted in [&catalog, &only] {
            let (outcome, told) = read_now(now.as_bytes(), &auto, wanted).await;
            assert_eq!(outcome.result, Ok(()));
            assert_eq!(told, Vec::<String>::new());
            let mut found = outcome.column("refunded_at");
            found.retain(|value| !value.is_null());
            assert_eq!(found, moments);
        }
    }
    // All of a short file is seen, also the element that has it.
    let short = ["{\"id\": 7}\n", rare].concat();
    let (outcome, told) = read_now(short.as_bytes(), &auto, &only).await;
    assert_eq!((outcome.result, told.len()), (Ok(()), 0));
}

#[tokio::test]
async fn an_element_that_is_longer_than_the_beginning_is_valid_json() {
    let auto = json!({"type": "auto"});
    let long = "x".repeat(5_000_000);
    let file = format!("[{{\"id\": 7, \"text\": \"{long}\"}}, {{\"id\": 8}}]");
    let catalog = chosen(file.as_bytes(), &auto).await;
    let properties = catalog.streams[0].stream.json_schema["properties"].as_object();
    assert_eq!(properties.unwrap().len(), 2);
    let (outcome, told) = read_now(file.as_bytes(), &auto, &catalog).await;
    assert_eq!((&outcome.result, told.len()), (&Ok(()), 0));
    assert_eq!(outcome.column("id"), [json!(7), json!(8)]);

    let broken = format!("[{{\"id\": 7, \"text\": \"{long}\"");
    let (cx, config) = uploaded(broken.as_bytes()).await;
    let fault = SOURCE.discover(&config, &cx).await.unwrap_err();
    assert!(fault.message.contains("not valid JSON"), "{fault}");
}

/// What became of the streams, and which of them had an error of its own.
fn told(outcome: &Outcome) -> (Vec<(String, StreamStatus)>, Vec<String>) {
    let (mut statuses, mut errors) = (Vec::new(), Vec::new());
    for message in &outcome.messages {
        let AirbyteMessage::Trace { trace } = message else {
            continue;
        };
        match &trace.trace {
            Trace::StreamStatus { stream_status } => statuses.push((
                stream_status.stream_descriptor.name.clone(),
                stream_status.status,
            )),
            Trace::Error { error } => {
                errors.extend(error.stream_descriptor.clone().map(|stream| stream.name));
            }
            _ => {}
        }
    }
    statuses.retain(|(_, status)| *status != StreamStatus::Started);
    (statuses, errors)
}

#[tokio::test]
async fn a_sheet_that_no_longer_fits_does_not_stop_the_next() {
    let numbers = |name: &str| [text("A1", name), cell("A2", 0, "7")].concat();
    let (before, other) = (numbers("a"), numbers("b"));
    let auto = json!({"type": "auto"});
    let file = workbook_in("xl", &[("One", &before), ("Two", &before)], &[]);
    let catalog = chosen(&file, &auto).await;
    let now = workbook_in("xl", &[("One", &other), ("Two", &before)], &[]);
    let (outcome, _) = read_now(&now, &auto, &catalog).await;
    let fault = outcome.result.clone().unwrap_err();
    assert_eq!(
        (fault.kind, fault.stream.as_deref()),
        (Kind::Data, Some("things One"))
    );
    assert_eq!(outcome.column("a"), [json!(7)]);
    let (one, two) = ("things One".to_owned(), "things Two".to_owned());
    assert_eq!(
        told(&outcome),
        (
            vec![
                (one.clone(), StreamStatus::Incomplete),
                (two, StreamStatus::Complete)
            ],
            vec![one]
        )
    );
}

#[tokio::test]
async fn the_old_table_stays() {
    let destination = Database::create("file_replaced").await;
    let target = target(&destination);
    for (generation, file, arrives) in [(1, PRICES, true), (2, EXPIRED, false)] {
        let mut catalog = chosen(PRICES, &json!({"type": "auto"})).await;
        let stream = &mut catalog.streams[0];
        stream.destination_sync_mode = DestinationSyncMode::Overwrite;
        stream.generation_id = generation;
        stream.minimum_generation_id = generation;
        let (cx, config) = uploaded(file).await;
        let moving = Move {
            source: &SOURCE,
            config: &config,
            target: &target,
        };
        let receipts = moving.all_in(&cx, &catalog, generation).await;
        assert_eq!(receipts.is_some(), arrives);
        let sql = "SELECT count(*), sum(price) = 5.5 FROM arrived.things";
        let row = destination.client.query_one(sql, &[]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 2);
        assert!(row.get::<_, bool>(1));
    }
}
