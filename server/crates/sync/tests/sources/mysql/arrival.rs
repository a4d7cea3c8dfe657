//! What the MySQL source gives is what the PostgreSQL destination takes: every type there and back to text, and a read
//! that broke off goes on in the same table.

use airbyte::protocol::DestinationSyncMode;
use serde_json::{Value, json};
use sync::connector::Connector;
use sync::load;

use super::database::Database;
use crate::database::Database as Destination;
use crate::harness::{local, whole};
use crate::loading::{Move, target};

const SOURCE: Connector = Connector::MySql;

#[tokio::test]
async fn every_value_arrives() {
    let db = Database::create("arrival");
    db.run(include_str!("types.sql"));
    let destination = Destination::create("mysql_arrival").await;
    let catalog = whole(SOURCE.discover(&db.config, &local()).await.unwrap());
    let target = target(&destination);
    let moving = Move {
        source: &SOURCE,
        config: &db.config,
        target: &target,
    };
    moving.all(&catalog, 1).await.unwrap();
    let rows = destination
        .client
        .query(
            "SELECT (to_jsonb(t) - 'c_double')::text, c_decimal::text, c_big_u::text, c_bits::text, _airbyte_meta::text
             FROM arrived.every_type t ORDER BY id",
            &[],
        )
        .await
        .unwrap();
    let row = |at: usize| -> (Value, [String; 4]) {
        let text = |column: usize| {
            rows[at]
                .get::<_, Option<String>>(column)
                .unwrap_or_default()
        };
        (
            serde_json::from_str(&text(0)).unwrap(),
            [text(1), text(2), text(3), text(4)],
        )
    };
    let (first, [decimal, big, bits, meta]) = row(0);
    assert_eq!(
        decimal,
        "99999999999999999999999999999999999.999999999999999999999999999999"
    );
    assert_eq!([big, bits], ["18446744073709551615"; 2]);
    assert!(meta.contains("\"changes\": []"), "{meta}");
    for (name, expected) in [
        ("c_bool", "true"),
        ("c_whole", "999999999999999999"),
        ("c_float", "340282350000000000000000000000000000000"),
        ("c_varchar", r#""quote \" back \\ tab \t line \n emoji 🐘""#),
        ("c_date", "\"9999-12-31\""),
        ("c_datetime", "\"9999-12-31T23:59:59.999999\""),
        ("c_time", "\"838:59:59.000000\""),
        ("c_json", r#"{"a": [1, 2.50, "é"]}"#),
        ("c_blob", "\"/wD+\""),
        ("c_point", "\"POINT(1.5 2)\""),
    ] {
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(first[name], expected, "{name}");
    }
    let (zeros, [.., meta]) = row(2);
    assert!(zeros["c_date"].is_null() && zeros["c_timestamp"].is_null());
    assert!(meta.contains("SOURCE_SERIALIZATION_ERROR"), "{meta}");
}

#[tokio::test]
async fn a_read_that_broke_off_goes_on_in_the_same_table() {
    for (mode, minimum) in [
        (DestinationSyncMode::Append, 0),
        (DestinationSyncMode::Overwrite, 1),
    ] {
        let db = Database::create(&format!("broken_off_{minimum}"));
        db.run("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(40)); INSERT INTO t SELECT seq, CONCAT('name ', seq) FROM seq_1_to_120000");
        let destination = Destination::create(&format!("mysql_broken_off_{minimum}")).await;
        let target = target(&destination);
        let mut catalog = whole(SOURCE.discover(&db.config, &local()).await.unwrap());
        catalog.streams[0].destination_sync_mode = mode;
        catalog.streams[0].minimum_generation_id = minimum;
        let moving = Move {
            source: &SOURCE,
            config: &db.config,
            target: &target,
        };
        moving.some(&catalog, 1, 10_000_000).await;
        let states = load::resumable_states(&target, "con", &catalog)
            .await
            .unwrap();
        assert_eq!(
            states[0]["stream"]["stream_state"]["key"],
            json!(["50000"]),
            "{mode:?}"
        );

        // Gone from the part that was read: it shows that this part is not read again.
        db.run("DELETE FROM t WHERE id <= 50000");
        moving.all(&catalog, 2).await.unwrap();
        let row = destination
            .client
            .query_one("SELECT count(*), count(DISTINCT id) FROM arrived.t", &[])
            .await
            .unwrap();
        let counted: (i64, i64) = (row.get(0), row.get(1));
        assert_eq!(counted, (120_000, 120_000), "{mode:?}");
    }
}

/// A table that was complete but not yet in its place when the process died is read anew, and is not there twice.
#[tokio::test]
async fn a_table_that_was_read_before_the_death_of_an_attempt_comes_once() {
    let db = Database::create("died");
    db.run("CREATE TABLE a (id INT PRIMARY KEY); INSERT INTO a SELECT seq FROM seq_1_to_1000;
            CREATE TABLE b (id INT PRIMARY KEY, name VARCHAR(40)); INSERT INTO b SELECT seq, CONCAT('name ', seq) FROM seq_1_to_120000");
    let destination = Destination::create("mysql_died").await;
    let target = target(&destination);
    let mut catalog = whole(SOURCE.discover(&db.config, &local()).await.unwrap());
    for stream in &mut catalog.streams {
        stream.destination_sync_mode = DestinationSyncMode::Overwrite;
        stream.minimum_generation_id = 1;
    }
    let moving = Move {
        source: &SOURCE,
        config: &db.config,
        target: &target,
    };
    moving.dies(&catalog, 1, 10_000_000).await;
    let states = load::resumable_states(&target, "con", &catalog)
        .await
        .unwrap();
    assert_eq!(states.len(), 2, "{states:?}");
    moving.all(&catalog, 2).await.unwrap();
    for (table, rows) in [("a", 1000), ("b", 120_000)] {
        let counted = format!("SELECT count(*), count(DISTINCT id) FROM arrived.{table}");
        let row = destination.client.query_one(&counted, &[]).await.unwrap();
        assert_eq!(
            (row.get::<_, i64>(0), row.get::<_, i64>(1)),
            (rows, rows),
            "{table}"
        );
    }
}
