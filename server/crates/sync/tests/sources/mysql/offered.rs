//! Which tables, columns and rows are read of all that is there: odd names, rights, choices and samples.

use airbyte::protocol::{AirbyteMessage, Trace};
use serde_json::json;
use sync::fault::Kind;
use sync::sample::sample;

use super::{SOURCE, database::Database};
use crate::harness::{local, read, read_whole, whole};

#[tokio::test]
async fn odd_names_views_and_empty_tables() {
    let db = Database::create("odd `names`");
    let long = "n".repeat(64);
    let names = [
        "plain",
        "UPPER lower",
        "quo\"te",
        "back`tick",
        "semi;colon--",
        "back\\slash",
        "percent%s",
        "O'Brien",
        "Ωμέγα",
        long.as_str(),
    ];
    let quote = |name: &str| format!("`{}`", name.replace('`', "``"));
    for name in names {
        let quoted = quote(name);
        let text = name.replace('\\', "\\\\").replace('\'', "''");
        db.run(&format!("CREATE TABLE {quoted} ({quoted} VARCHAR(70), id INT PRIMARY KEY); INSERT INTO {quoted} VALUES ('{text}', 1)"));
    }
    db.run("CREATE VIEW a_view AS SELECT 1 AS n; CREATE TABLE empty (id INT PRIMARY KEY); CREATE TABLE nothing (a TEXT); CREATE SEQUENCE counter");
    let catalog = SOURCE.discover(&db.config, &local()).await.unwrap();
    assert_eq!(
        catalog.streams.len(),
        names.len() + 3,
        "a sequence is no table"
    );
    let outcome = read(&SOURCE, &db.config, &whole(catalog), &[], &local()).await;
    assert_eq!(outcome.result, Ok(()));
    let records = outcome.records();
    assert_eq!(records.len(), names.len() + 1);
    for record in records.iter().filter(|record| record.stream != "a_view") {
        assert_eq!(record.data[&record.stream], record.stream.as_str());
    }
    assert_eq!(
        outcome.states().len(),
        names.len() + 3,
        "an empty table ends with a state too"
    );
}

#[tokio::test]
async fn emoji_in_names_of_columns_are_as_the_server_keeps_them() {
    // Names hold letters of the first plane only; the server itself refuses an elephant.
    let db = Database::create("columns");
    db.run(
        "CREATE TABLE t (`✓ done` BOOL, `ключ` INT PRIMARY KEY); INSERT INTO t VALUES (true, 7)",
    );
    let outcome = read_whole(&SOURCE, &db.config, &local()).await;
    assert_eq!(
        outcome.records()[0].data,
        json!({"✓ done": true, "ключ": 7})
    );
}

#[tokio::test]
async fn a_selection_of_fields_is_obeyed_and_a_lost_table_does_not_stop_the_others() {
    let db = Database::create("selection");
    db.run("CREATE TABLE a (id INT, k INT PRIMARY KEY, secret TEXT); INSERT INTO a VALUES (1, 5, 'x'); CREATE TABLE gone (id INT); CREATE TABLE z (id INT); INSERT INTO z VALUES (2); CREATE TABLE base (id INT); CREATE VIEW stale AS SELECT id FROM base");
    let mut catalog = whole(SOURCE.discover(&db.config, &local()).await.unwrap());
    catalog
        .streams
        .retain(|stream| stream.stream.name != "base");
    let properties = catalog.streams[0].stream.json_schema["properties"]
        .as_object_mut()
        .unwrap();
    properties.remove("secret");
    properties.remove("k");
    db.run("DROP TABLE gone; DROP TABLE base");
    let outcome = read(&SOURCE, &db.config, &catalog, &[], &local()).await;
    let data: Vec<_> = outcome
        .records()
        .into_iter()
        .map(|record| record.data.clone())
        .collect();
    assert_eq!(data, [json!({"id": 1}), json!({"id": 2})]);
    let fault = outcome.result.clone().unwrap_err();
    assert_eq!(
        (fault.kind, fault.stream.as_deref()),
        (Kind::Config, Some("gone"))
    );
    let errors = outcome.messages.iter().filter(|message| matches!(message, AirbyteMessage::Trace { trace } if matches!(trace.trace, Trace::Error { .. })));
    assert_eq!(
        errors.count(),
        2,
        "the table and the view on a table that is gone"
    );
}

#[tokio::test]
async fn a_login_sees_only_what_it_may_read() {
    let db = Database::create("rights");
    db.run("CREATE TABLE open (id INT PRIMARY KEY, secret TEXT); INSERT INTO open VALUES (1, 'x'); CREATE TABLE closed (id INT); CREATE TABLE written (id INT)");
    db.administer(&format!("CREATE OR REPLACE USER sync_partly@'%' IDENTIFIED BY 'right'; GRANT SELECT (id) ON {0}.open TO sync_partly@'%'; GRANT INSERT ON {0}.written TO sync_partly@'%'", db.name));
    let mut config = db.with("username", json!("sync_partly"));
    config["password"] = json!("right");
    let outcome = read_whole(&SOURCE, &config, &local()).await;
    assert_eq!(outcome.result, Ok(()));
    let data: Vec<_> = outcome
        .records()
        .into_iter()
        .map(|record| record.data.clone())
        .collect();
    assert_eq!(data, [json!({"id": 1})]);
}

#[tokio::test]
async fn a_sample_has_the_rows_of_every_table_however_small() {
    let db = Database::create("sampled");
    db.run("CREATE TABLE one (id INT PRIMARY KEY); INSERT INTO one VALUES (1); CREATE TABLE three (id INT PRIMARY KEY); INSERT INTO three VALUES (1), (2), (3); CREATE TABLE many (id INT PRIMARY KEY); INSERT INTO many SELECT seq FROM seq_1_to_500");
    let (sender, mut samples) = tokio::sync::mpsc::channel(4);
    sample(&SOURCE, &db.config, &[], None, 20, &local(), sender)
        .await
        .unwrap();
    let mut counted = Vec::new();
    while let Some(sample) = samples.recv().await {
        assert_eq!(sample.problem, None);
        counted.push((sample.stream.name, sample.records.len()));
    }
    counted.sort();
    assert_eq!(
        counted,
        [("many", 20), ("one", 1), ("three", 3)].map(|(name, rows)| (name.to_owned(), rows))
    );
}
