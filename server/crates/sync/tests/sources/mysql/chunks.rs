//! Whole tables, read chunk by chunk along their keys as of one moment: what broke off goes on, and memory stays small.

use std::collections::BTreeSet;
use std::time::Instant;

use airbyte::protocol::{AirbyteMessage, ConfiguredAirbyteCatalog};
use serde_json::{Value, json};
use sync::fault::Kind;

use super::{SOURCE, database::Database};
use crate::harness::{Outcome, local, read, whole};

/// Rows up to the last state, and that state: what a destination keeps of a read that broke off.
fn kept(outcome: &Outcome) -> (Vec<Value>, Vec<Value>) {
    let last = outcome
        .messages
        .iter()
        .rposition(|message| matches!(message, AirbyteMessage::State { .. }));
    let kept = &outcome.messages[..=last.unwrap()];
    let ids = kept.iter().filter_map(|message| match message {
        AirbyteMessage::Record { record } => Some(record.data["id"].clone()),
        _ => None,
    });
    let state = match &kept[kept.len() - 1] {
        AirbyteMessage::State { state } => serde_json::to_value(state).unwrap(),
        other => panic!("{other:?}"),
    };
    (ids.collect(), vec![state])
}

/// Reads until `rows` rows were taken, then hangs up.
async fn read_and_hang_up(
    config: &Value,
    catalog: &ConfiguredAirbyteCatalog,
    rows: usize,
) -> Outcome {
    let cx = local();
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<bytes::Bytes>(1);
    let collect = async {
        let (mut messages, mut taken) = (Vec::new(), 0);
        while taken < rows
            && let Some(chunk) = receiver.recv().await
        {
            for line in chunk
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
            {
                let message = AirbyteMessage::parse(line).unwrap();
                taken += usize::from(matches!(message, AirbyteMessage::Record { .. }));
                messages.push(message);
            }
        }
        drop(receiver);
        messages
    };
    let (result, messages) = tokio::join!(SOURCE.read(config, catalog, &[], &cx, sender), collect);
    Outcome { result, messages }
}

#[tokio::test]
async fn a_large_table_goes_on_where_it_was_interrupted() {
    let db = Database::create("chunks");
    db.run("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(40), price DECIMAL(12, 2), at DATETIME(6)); INSERT INTO t SELECT seq * 3, CONCAT('name ', seq), seq * 1.25, NOW(6) FROM seq_1_to_200000");
    let catalog = whole(SOURCE.discover(&db.config, &local()).await.unwrap());
    let first = read_and_hang_up(&db.config, &catalog, 120_000).await;
    assert_eq!(first.result.clone().unwrap_err().kind, Kind::Cancelled);
    let (mut ids, state) = kept(&first);
    assert_eq!(ids.len(), 100_000, "two chunks");
    assert_eq!(state[0]["sourceStats"]["recordCount"], 50_000.0);
    assert_eq!(
        state[0]["stream"]["stream_state"],
        json!({"read": "by_key", "key_fields": ["id"], "key": ["300000"]})
    );

    let rest = read(&SOURCE, &db.config, &catalog, &state, &local()).await;
    assert_eq!(rest.result, Ok(()));
    ids.extend(rest.column("id"));
    assert_eq!(ids.len(), 200_000);
    let distinct: BTreeSet<i64> = ids.iter().map(|id| id.as_i64().unwrap()).collect();
    assert_eq!(
        (distinct.len(), distinct.first(), distinct.last()),
        (200_000, Some(&3), Some(&600_000))
    );

    // Once the end was reached, the next read begins anew.
    let (_, state) = kept(&rest);
    assert_eq!(state[0]["stream"]["stream_state"], json!({"read": "whole"}));
    let started = Instant::now();
    let again = read(&SOURCE, &db.config, &catalog, &state, &local()).await;
    let taken = started.elapsed();
    assert_eq!(again.records().len(), 200_000);
    eprintln!("200000 rows in {taken:?}, parsed by the test too");
}

#[tokio::test]
async fn keys_of_several_columns_and_kinds_are_followed() {
    let db = Database::create("keys");
    db.run(
        "CREATE TABLE t (a VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci, b BINARY(2), c DATETIME(3), id INT, PRIMARY KEY (a, b, c));
         INSERT INTO t SELECT CASE seq % 3 WHEN 0 THEN 'Ärger' WHEN 1 THEN 'o''x\\\\' ELSE '' END, UNHEX(LPAD(HEX(seq % 500), 4, '0')), '2024-01-01' + INTERVAL seq SECOND, seq FROM seq_1_to_120000",
    );
    let catalog = whole(SOURCE.discover(&db.config, &local()).await.unwrap());
    assert_eq!(
        catalog.streams[0].stream.source_defined_primary_key,
        [["a"], ["b"], ["c"]]
    );
    let first = read_and_hang_up(&db.config, &catalog, 60_000).await;
    let (mut ids, state) = kept(&first);
    let rest = read(&SOURCE, &db.config, &catalog, &state, &local()).await;
    assert_eq!(rest.result, Ok(()));
    ids.extend(rest.column("id"));
    let distinct: BTreeSet<i64> = ids.iter().map(|id| id.as_i64().unwrap()).collect();
    assert_eq!((ids.len(), distinct.len()), (120_000, 120_000));
}

#[tokio::test]
async fn tables_without_a_usable_key_are_read_whole() {
    let db = Database::create("keyless");
    db.run(
        "CREATE TABLE bare (id INT); INSERT INTO bare VALUES (1), (1), (NULL);
         CREATE TABLE by_enum (k ENUM('z', 'a') PRIMARY KEY, id INT); INSERT INTO by_enum VALUES ('a', 1), ('z', 2);
         CREATE TABLE by_prefix (k TEXT, id INT, PRIMARY KEY (k(3))); INSERT INTO by_prefix VALUES ('abcd', 1);
         CREATE TABLE by_float (k DOUBLE PRIMARY KEY, id INT) ENGINE = MyISAM; INSERT INTO by_float VALUES (0.1, 1)",
    );
    let catalog = SOURCE.discover(&db.config, &local()).await.unwrap();
    for stream in &catalog.streams {
        assert_eq!(stream.is_resumable, Some(false), "{}", stream.name);
    }
    let outcome = read(&SOURCE, &db.config, &whole(catalog), &[], &local()).await;
    assert_eq!(outcome.result, Ok(()));
    assert_eq!(outcome.records().len(), 7);
}

#[tokio::test]
async fn a_read_sees_one_moment_while_others_write() {
    let db = Database::create("moment");
    db.run("CREATE TABLE a (id INT PRIMARY KEY, n INT); CREATE TABLE b (id INT PRIMARY KEY, n INT); INSERT INTO a SELECT seq, 0 FROM seq_1_to_120000; INSERT INTO b VALUES (1, 0)");
    let catalog = whole(SOURCE.discover(&db.config, &local()).await.unwrap());
    let cx = local();
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<bytes::Bytes>(1);
    let collect = async {
        let mut all = Vec::new();
        let mut written = false;
        while let Some(chunk) = receiver.recv().await {
            all.extend_from_slice(&chunk);
            if !written && all.len() > 1_000_000 {
                // Between two chunks of the first table, and before the second.
                written = true;
                db.run("UPDATE a SET n = 1; DELETE FROM a WHERE id > 100000; UPDATE b SET n = 1");
            }
        }
        String::from_utf8(all).unwrap()
    };
    let (result, text) = tokio::join!(SOURCE.read(&db.config, &catalog, &[], &cx, sender), collect);
    assert_eq!(result, Ok(()));
    let of_then = text.lines().filter(|line| line.contains("\"n\":0")).count();
    assert_eq!(of_then, 120_001);
}

#[tokio::test]
async fn two_hundred_thousand_rows_stream_in_small_chunks() {
    let db = Database::create("large");
    db.run("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(40), price DECIMAL(12, 2), at DATETIME, even BOOL); INSERT INTO t SELECT seq, CONCAT('name ', seq), seq * 1.25, NOW() - INTERVAL seq SECOND, seq % 2 = 0 FROM seq_1_to_200000");
    let cx = local();
    let catalog = whole(SOURCE.discover(&db.config, &cx).await.unwrap());
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
        tokio::join!(SOURCE.read(&db.config, &catalog, &[], &cx, sender), count);
    assert_eq!(result, Ok(()));
    // Two statuses, an estimate and five states beside the rows.
    assert_eq!(lines, 200_008);
    assert!(largest < 1 << 20, "{largest}");
    eprintln!("{lines} lines, {bytes} bytes in {:?}", started.elapsed());
}
