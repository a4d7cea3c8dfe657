//! The PostgreSQL source where a table has no cursor: by the transaction that wrote each row.

use airbyte::protocol::{AirbyteStream, ConfiguredAirbyteCatalog, SyncMode};
use serde_json::{Value, json};
use sync::connector::Connector;

use crate::database::Database;
use crate::harness::{Outcome, configured, local, read};

const SOURCE: Connector = Connector::Postgres;

async fn streams(db: &Database, method: &str) -> Vec<AirbyteStream> {
    let config = with(db, method);
    SOURCE.discover(&config, &local()).await.unwrap().streams
}

fn with(db: &Database, method: &str) -> Value {
    let mut config = db.config.clone();
    config["replication_method"] = json!({"method": method});
    config
}

/// Reads the changes of the database's only table.
async fn changes(db: &Database, method: &str, state: &[Value]) -> Outcome {
    let stream = streams(db, method).await.remove(0);
    let catalog = ConfiguredAirbyteCatalog {
        streams: vec![configured(stream, SyncMode::Incremental, &[])],
    };
    let outcome = read(&SOURCE, &with(db, method), &catalog, state, &local()).await;
    assert_eq!(outcome.result, Ok(()));
    outcome
}

/// The names that came, in their order.
fn names(outcome: &Outcome) -> Vec<String> {
    let mut names: Vec<String> = outcome
        .column("data")
        .iter()
        .map(|data| data["n"].to_string())
        .collect();
    names.sort();
    names
}

const TABLE: &str = "CREATE TABLE t (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), data jsonb);
    INSERT INTO t (data) SELECT jsonb_build_object('n', n) FROM generate_series(1, 3) n";

#[tokio::test]
async fn rows_without_a_cursor_come_when_they_change() {
    let db = Database::create("versions").await;
    db.run(TABLE).await;
    db.settled().await;
    let first = changes(&db, "Standard", &[]).await;
    assert_eq!(names(&first), ["1", "2", "3"]);
    let same = changes(&db, "Standard", &first.states()).await;
    assert_eq!(names(&same), [""; 0]);
    db.run(r#"UPDATE t SET data = '{"n": 20}' WHERE data->>'n' = '2'; INSERT INTO t (data) VALUES ('{"n": 4}'); DELETE FROM t WHERE data->>'n' = '3'"#)
        .await;
    db.settled().await;
    let second = changes(&db, "Standard", &same.states()).await;
    assert_eq!(names(&second), ["20", "4"], "deleted rows are not seen");
    // Neither freezing rows nor laying the table out anew changes them.
    db.run("VACUUM (FREEZE) t").await;
    db.run("VACUUM (FULL, FREEZE) t").await;
    let third = changes(&db, "Standard", &second.states()).await;
    assert_eq!(names(&third), [""; 0]);
    // Written anew are all of them.
    db.run("ALTER TABLE t ALTER COLUMN id TYPE text").await;
    let stream = streams(&db, "Xmin").await.remove(0);
    let catalog = ConfiguredAirbyteCatalog {
        streams: vec![configured(stream, SyncMode::Incremental, &["id"])],
    };
    let by_version = read(
        &SOURCE,
        &with(&db, "Xmin"),
        &catalog,
        &third.states(),
        &local(),
    )
    .await;
    assert_eq!(names(&by_version), ["1", "20", "4"]);
}

#[tokio::test]
async fn a_transaction_that_was_open_is_not_lost() {
    let db = Database::create("versions_open").await;
    db.run(TABLE).await;
    db.settled().await;
    let other = db.connect_again().await;
    other
        .batch_execute(r#"BEGIN; INSERT INTO t (data) VALUES ('{"n": 10}'); SAVEPOINT s; INSERT INTO t (data) VALUES ('{"n": 11}')"#)
        .await
        .unwrap();
    db.run(r#"INSERT INTO t (data) VALUES ('{"n": 4}')"#).await;
    let first = changes(&db, "Xmin", &[]).await;
    assert_eq!(names(&first), ["1", "2", "3", "4"]);
    let still_open = changes(&db, "Xmin", &first.states()).await;
    assert_eq!(
        names(&still_open),
        ["4"],
        "it came after the open one began"
    );
    other.batch_execute("COMMIT").await.unwrap();
    db.settled().await;
    let second = changes(&db, "Xmin", &still_open.states()).await;
    assert_eq!(names(&second), ["10", "11", "4"]);
    let third = changes(&db, "Xmin", &second.states()).await;
    assert_eq!(names(&third), [""; 0]);
}

#[tokio::test]
async fn the_first_pass_goes_on_where_it_stopped() {
    let db = Database::create("versions_resumed").await;
    // Two rows a block: 5000 blocks are more than one chunk.
    db.run("CREATE TABLE t (data jsonb, filler text); ALTER TABLE t ALTER COLUMN filler SET STORAGE PLAIN;
            INSERT INTO t SELECT jsonb_build_object('n', n), repeat('x', 3500) FROM generate_series(1, 10000) n")
        .await;
    db.settled().await;
    let first = changes(&db, "Xmin", &[]).await;
    assert_eq!(first.records().len(), 10_000);
    let states = first.states();
    assert_eq!(states.len(), 2);
    let counted = |state: &Value| state["sourceStats"]["recordCount"].as_f64().unwrap();
    assert!((counted(&states[0]) + counted(&states[1]) - 10_000.0).abs() < 0.1);
    // Interrupted after the first chunk. A row of each part changes, and one moves from the part to come into the other.
    db.run("DELETE FROM t WHERE data->>'n' = '5'").await;
    db.run("VACUUM t").await;
    db.run(r#"UPDATE t SET data = '{"n": 90000}' WHERE data->>'n' = '9000'"#)
        .await;
    db.settled().await;
    let resumed = changes(&db, "Xmin", &states[..1]).await;
    let came = names(&resumed);
    assert_eq!(came.iter().filter(|name| *name == "90000").count(), 1);
    assert!(came.len() < 2000, "{}", came.len());
    let mut all: Vec<String> = names(&first);
    let first_part: Vec<Value> = first.column("data");
    let in_first: usize = counted(&states[0]).to_string().parse().unwrap();
    let mut seen: Vec<String> = first_part[..in_first]
        .iter()
        .map(|data| data["n"].to_string())
        .chain(came)
        .collect();
    all.retain(|name| name != "9000");
    all.push("90000".to_owned());
    all.sort();
    seen.sort();
    seen.dedup();
    assert_eq!(seen, all, "no row is lost");
    let after = changes(&db, "Xmin", &resumed.states()).await;
    assert_eq!(names(&after), [""; 0]);
}

#[tokio::test]
async fn tables_whose_rows_have_no_version_need_a_column() {
    let db = Database::create("versions_none").await;
    db.run(
        "CREATE TABLE plain (id int PRIMARY KEY, updated_at timestamptz);
         CREATE MATERIALIZED VIEW kept AS SELECT id FROM plain;
         CREATE VIEW seen AS SELECT id FROM plain;
         CREATE TABLE parted (id int, day date) PARTITION BY RANGE (day);
         CREATE TABLE parent (id int); CREATE TABLE child () INHERITS (parent);
         CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER far FOREIGN DATA WRAPPER nothing;
         CREATE FOREIGN TABLE \"foreign\" (id uuid) SERVER far",
    )
    .await;
    let offered = |streams: Vec<AirbyteStream>| -> Vec<(String, bool, usize)> {
        let all = streams.into_iter().map(|stream| {
            let modes = stream.supported_sync_modes.len();
            (
                stream.name,
                stream.source_defined_cursor == Some(true),
                modes,
            )
        });
        all.collect()
    };
    let row = |name: &str, by_version: bool, modes: usize| (name.to_owned(), by_version, modes);
    assert_eq!(
        offered(streams(&db, "Xmin").await),
        [
            row("child", true, 2),
            row("foreign", false, 1),
            row("kept", true, 2),
            row("parent", false, 2),
            row("parted", false, 2),
            row("plain", true, 2),
            row("seen", false, 2),
        ]
    );
    // By columns, unless there is none.
    let streams = streams(&db, "Standard").await;
    assert!(
        streams
            .iter()
            .all(|stream| stream.source_defined_cursor == Some(false))
    );
    let plain = streams
        .iter()
        .find(|stream| stream.name == "plain")
        .unwrap();
    assert_eq!(plain.default_cursor_field, ["updated_at"]);
}

/// A refusal ends a transaction, and everything is asked in one.
#[tokio::test]
async fn a_server_that_keeps_its_identity_to_itself_is_read_too() {
    let db = Database::create("versions_untold").await;
    db.run(TABLE).await;
    db.run(
        "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC;
         DROP ROLE IF EXISTS sync_source_untold; CREATE ROLE sync_source_untold LOGIN PASSWORD 'untold';
         GRANT SELECT ON t TO sync_source_untold",
    )
    .await;
    let mut config = with(&db, "Xmin");
    config["username"] = json!("sync_source_untold");
    config["password"] = json!("untold");
    let stream = streams(&db, "Xmin").await.remove(0);
    let catalog = ConfiguredAirbyteCatalog {
        streams: vec![configured(stream, SyncMode::Incremental, &[])],
    };
    let outcome = read(&SOURCE, &config, &catalog, &[], &local()).await;
    assert_eq!(outcome.result, Ok(()));
    assert_eq!(names(&outcome), ["1", "2", "3"]);
}
