//! Columns that are renamed or get another type between two reads, and keys without a value: what tells rows apart is
//! missed, the rest is told in the log.

use airbyte::protocol::DestinationSyncMode;

use super::{SOURCE, database::Database, only_stream};
use crate::gone::{assert_missed, assert_retyped, deduplicated, read_and_listen};
use crate::harness::{local, read};

#[tokio::test]
async fn a_renamed_column_is_missed_where_it_decides_and_told_where_it_does_not() {
    let db = Database::create("gone");
    db.run(
        "CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20), updated_at DATETIME NULL);
         INSERT INTO t VALUES (1, 'Elbe', '2024-01-01'), (2, 'Ems', '2024-01-02')",
    );
    let catalog = deduplicated(only_stream(&db.config).await, &[]);
    let mut appended = catalog.clone();
    appended.streams[0].destination_sync_mode = DestinationSyncMode::Append;
    let first = read(&SOURCE, &db.config, &catalog, &[], &local()).await;
    let state = first.states();
    assert_eq!((first.result.clone(), first.records().len()), (Ok(()), 2));

    // Without its key, each new version of a row would stand beside the old one.
    db.run("ALTER TABLE t RENAME COLUMN id TO ident; UPDATE t SET updated_at = '2024-02-01'");
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

    db.run("ALTER TABLE t RENAME COLUMN ident TO id; ALTER TABLE t RENAME COLUMN name TO title");
    let (outcome, warnings) = read_and_listen(&SOURCE, &db.config, &catalog, &state).await;
    assert_eq!(
        (outcome.result.clone(), outcome.records().len()),
        (Ok(()), 2)
    );
    assert!(warnings[0].contains("“name”"), "{warnings:?}");

    db.run("ALTER TABLE t RENAME COLUMN updated_at TO changed_at");
    let (outcome, _) = read_and_listen(&SOURCE, &db.config, &catalog, &state).await;
    assert_missed(&outcome, "“updated_at”");
}

#[tokio::test]
async fn rows_without_a_key_are_counted_in_the_log() {
    let db = Database::create("null_keys");
    db.run(
        "CREATE TABLE t (id INT PRIMARY KEY, code VARCHAR(20), updated_at DATETIME NULL);
         INSERT INTO t VALUES (1, 'a', '2024-01-01'), (2, NULL, '2024-01-02'), (3, NULL, NULL)",
    );
    let stream = only_stream(&db.config).await;
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
    let db = Database::create("retyped");
    db.run(
        "CREATE TABLE t (id INT PRIMARY KEY, b INT, title VARCHAR(20), updated_at DATETIME NULL);
         INSERT INTO t VALUES (1, 1, '1', '2024-01-01'), (2, 2, '2', '2024-01-02')",
    );
    let catalog = deduplicated(only_stream(&db.config).await, &[]);
    db.run("ALTER TABLE t MODIFY b VARCHAR(20), MODIFY title INT; UPDATE t SET b = 'none' WHERE id = 2");
    let (outcome, warnings) = read_and_listen(&SOURCE, &db.config, &catalog, &[]).await;
    assert_retyped(&outcome, &warnings);
}
