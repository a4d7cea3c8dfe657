//! Columns that are renamed or get another type between two reads of the PostgreSQL source, and keys without a value: what
//! tells rows apart is missed, the rest is told in the log.

use airbyte::protocol::{AirbyteStream, ConfiguredAirbyteCatalog, DestinationSyncMode, SyncMode};
use serde_json::Value;
use sync::connector::{Connector, RunContext};
use sync::fault::Kind;
use tokio::sync::mpsc;

use crate::database::Database;
use crate::harness::{Outcome, configured, local, read};

const SOURCE: Connector = Connector::Postgres;

/// New rows of a stream, of which one for each key is left.
pub fn deduplicated(stream: AirbyteStream, key: &[&str]) -> ConfiguredAirbyteCatalog {
    let mut stream = configured(stream, SyncMode::Incremental, &["updated_at"]);
    stream.destination_sync_mode = DestinationSyncMode::AppendDedup;
    stream.primary_key = key.iter().map(|&name| vec![name.to_owned()]).collect();
    ConfiguredAirbyteCatalog {
        streams: vec![stream],
    }
}

/// Reads, and gives what the log warns of besides.
pub async fn read_and_listen(
    source: &Connector,
    config: &Value,
    catalog: &ConfiguredAirbyteCatalog,
    state: &[Value],
) -> (Outcome, Vec<String>) {
    let (log, mut said) = mpsc::channel(64);
    let cx = RunContext { log, ..local() };
    let outcome = read(source, config, catalog, state, &cx).await;
    said.close();
    let mut warnings = Vec::new();
    while let Some(line) = said.recv().await {
        if line.level == "WARN" {
            warnings.push(line.text);
        }
    }
    (outcome, warnings)
}

/// The read warns of one column whose values its table may not hold any more.
pub fn assert_retyped(outcome: &Outcome, warnings: &[String]) {
    assert_eq!(
        (outcome.result.clone(), outcome.records().len()),
        (Ok(()), 2)
    );
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for words in [
        "“b” is now text in the source",
        "holds whole numbers",
        "Values that do not fit become empty",
        "Test the connection again",
    ] {
        assert!(warnings[0].contains(words), "{warnings:?}");
    }
}

/// The read stopped before the first row, and says what is missed.
pub fn assert_missed(outcome: &Outcome, column: &str) {
    let fault = outcome.result.clone().unwrap_err();
    assert_eq!(fault.kind, Kind::Config, "{fault}");
    for word in ["“t”", column, "Test the connection again"] {
        assert!(fault.message.contains(word), "{fault}");
    }
    assert_eq!(outcome.records().len(), 0);
}

async fn stream(db: &Database) -> AirbyteStream {
    let catalog = SOURCE.discover(&db.config, &local()).await;
    catalog.unwrap().streams.remove(0)
}

#[tokio::test]
async fn a_renamed_column_is_missed_where_it_decides_and_told_where_it_does_not() {
    let db = Database::create("gone").await;
    db.run(
        "CREATE TABLE t (id int PRIMARY KEY, name text, updated_at timestamptz);
         INSERT INTO t VALUES (1, 'Elbe', '2024-01-01'), (2, 'Ems', '2024-01-02')",
    )
    .await;
    let catalog = deduplicated(stream(&db).await, &[]);
    let mut appended = catalog.clone();
    appended.streams[0].destination_sync_mode = DestinationSyncMode::Append;
    let first = read(&SOURCE, &db.config, &catalog, &[], &local()).await;
    let state = first.states();
    assert_eq!((first.result.clone(), first.records().len()), (Ok(()), 2));

    // Without its key, each new version of a row would stand beside the old one.
    db.run("ALTER TABLE t RENAME COLUMN id TO ident; UPDATE t SET updated_at = '2024-02-01'")
        .await;
    let (outcome, _) = read_and_listen(&SOURCE, &db.config, &catalog, &state).await;
    assert_missed(&outcome, "“id”");
    // Where all of them are kept anyway, that is worth a word.
    let (outcome, warnings) = read_and_listen(&SOURCE, &db.config, &appended, &state).await;
    assert_eq!(
        (outcome.result.clone(), outcome.records().len()),
        (Ok(()), 2)
    );
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("“id”"), "{warnings:?}");

    db.run("ALTER TABLE t RENAME COLUMN ident TO id; ALTER TABLE t RENAME COLUMN name TO title")
        .await;
    let (outcome, warnings) = read_and_listen(&SOURCE, &db.config, &catalog, &state).await;
    assert_eq!(
        (outcome.result.clone(), outcome.records().len()),
        (Ok(()), 2)
    );
    assert!(warnings[0].contains("“name”"), "{warnings:?}");

    db.run("ALTER TABLE t RENAME COLUMN updated_at TO changed_at")
        .await;
    let (outcome, _) = read_and_listen(&SOURCE, &db.config, &catalog, &state).await;
    assert_missed(&outcome, "“updated_at”");
}

#[tokio::test]
async fn rows_without_a_key_are_counted_in_the_log() {
    let db = Database::create("null_keys").await;
    db.run(
        "CREATE TABLE t (id int PRIMARY KEY, code text, updated_at timestamptz);
         INSERT INTO t VALUES (1, 'a', '2024-01-01'), (2, NULL, '2024-01-02'), (3, NULL, NULL)",
    )
    .await;
    let stream = stream(&db).await;
    let by_code = deduplicated(stream.clone(), &["code"]);
    let (outcome, warnings) = read_and_listen(&SOURCE, &db.config, &by_code, &[]).await;
    assert_eq!(
        (outcome.result.clone(), outcome.records().len()),
        (Ok(()), 3)
    );
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].starts_with("2 rows have no value"),
        "{warnings:?}"
    );
    let by_id = deduplicated(stream, &[]);
    let (_, warnings) = read_and_listen(&SOURCE, &db.config, &by_id, &[]).await;
    assert_eq!(warnings, [""; 0]);
}

#[tokio::test]
async fn a_column_of_another_type_is_told_where_its_values_may_be_lost() {
    let db = Database::create("retyped").await;
    db.run(
        "CREATE TABLE t (id int PRIMARY KEY, b int, title text, price numeric, updated_at timestamptz);
         INSERT INTO t VALUES (1, 1, '1', 1.5, '2024-01-01'), (2, 2, '2', 2.5, '2024-01-02')",
    )
    .await;
    let catalog = deduplicated(stream(&db).await, &[]);
    let (_, warnings) = read_and_listen(&SOURCE, &db.config, &catalog, &[]).await;
    assert_eq!(warnings, [""; 0]);
    // Text takes whole numbers, and numbers with a fraction do, too.
    db.run(
        "ALTER TABLE t ALTER COLUMN b TYPE text USING 'no ' || b,
             ALTER COLUMN title TYPE int USING title::int, ALTER COLUMN price TYPE int",
    )
    .await;
    let (outcome, warnings) = read_and_listen(&SOURCE, &db.config, &catalog, &[]).await;
    assert_retyped(&outcome, &warnings);
    let afresh = deduplicated(stream(&db).await, &[]);
    let (_, warnings) = read_and_listen(&SOURCE, &db.config, &afresh, &[]).await;
    assert_eq!(warnings, [""; 0], "the new type was taken over");
}
