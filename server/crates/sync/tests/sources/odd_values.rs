//! Values of the PostgreSQL source that are easily taken for others: those without an end in the cursor's column, those of
//! a domain over a domain, and times with an odd offset.

use airbyte::protocol::{ConfiguredAirbyteCatalog, SyncMode};
use serde_json::{Value, json};
use sync::connector::Connector;

use crate::database::Database;
use crate::harness::{configured, local, read, read_whole};

const SOURCE: Connector = Connector::Postgres;

/// A table of ten rows with finite values, and then one for each value that is not finite.
struct Story<'a> {
    db: &'a Database,
    /// A finite value, made of the number `n`.
    finite: &'static str,
    states: Vec<Value>,
}

impl Story<'_> {
    /// The ids of what is new by the cursor `v`.
    async fn new_rows(&mut self) -> Vec<i64> {
        let mut catalog = SOURCE.discover(&self.db.config, &local()).await.unwrap();
        let stream = configured(catalog.streams.remove(0), SyncMode::Incremental, &["v"]);
        let catalog = ConfiguredAirbyteCatalog {
            streams: vec![stream],
        };
        let outcome = read(&SOURCE, &self.db.config, &catalog, &self.states, &local()).await;
        assert_eq!(outcome.result, Ok(()));
        self.states = outcome.states();
        let mut ids: Vec<i64> = outcome
            .column("id")
            .iter()
            .filter_map(Value::as_i64)
            .collect();
        ids.sort_unstable();
        ids
    }

    /// SQL for the finite value of a number.
    fn of(&self, number: i64) -> String {
        format!(
            "(SELECT {} FROM generate_series({number}, {number}) n)",
            self.finite
        )
    }
}

#[tokio::test]
async fn each_comes_once_and_a_new_one_is_seen() {
    let db = Database::create("infinite").await;
    let time = "timestamp '2024-01-01' + n * interval '1 day'";
    let numbers = &["'NaN'", "'Infinity'", "'-Infinity'"][..];
    let times = &["'infinity'", "'-infinity'"][..];
    for (kind, finite, endless) in [
        ("timestamptz", time, times),
        ("timestamp NOT NULL", time, times),
        ("date", "date '2024-01-01' + n", times),
        ("numeric", "n + 0.5", numbers),
        ("numeric(10,2) NOT NULL", "n + 0.5", &numbers[..1]),
        ("float4", "n + 0.5", numbers),
        ("float8 NOT NULL", "n + 0.5", numbers),
    ] {
        db.run(&format!(
            "DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v {kind});
             INSERT INTO t SELECT n, {finite} FROM generate_series(1, 10) n"
        ))
        .await;
        for (value, id) in endless.iter().zip(11..) {
            db.run(&format!("INSERT INTO t VALUES ({id}, {value})"))
                .await;
        }
        let last = 10 + i64::try_from(endless.len()).unwrap();
        let mut story = Story {
            db: &db,
            finite,
            states: Vec::new(),
        };
        let all: Vec<i64> = (1..=last).collect();
        assert_eq!(story.new_rows().await, all, "{kind}");
        for _ in 0..2 {
            assert_eq!(story.new_rows().await, [0_i64; 0], "{kind}: they were read");
        }

        let (later, first) = (story.of(50), endless[0]);
        db.run(&format!("INSERT INTO t VALUES (101, {later})"))
            .await;
        assert_eq!(story.new_rows().await, [101_i64], "{kind}");

        // Which of them is new, nobody can tell.
        db.run(&format!("INSERT INTO t VALUES (102, {first})"))
            .await;
        let mut beyond: Vec<i64> = (11..=last).collect();
        beyond.push(102);
        assert_eq!(story.new_rows().await, beyond, "{kind}");

        // What was valid without an end is so no longer, and another row is: there are as many as before.
        let end = story.of(60);
        db.run(&format!(
            "UPDATE t SET v = {end} WHERE id = 11; INSERT INTO t VALUES (103, {first})"
        ))
        .await;
        beyond.push(103);
        assert_eq!(story.new_rows().await, beyond, "{kind}");
        assert_eq!(story.new_rows().await, [0_i64; 0], "{kind}");
    }
}

#[tokio::test]
async fn a_domain_over_a_domain_is_what_lies_below_them_all() {
    let db = Database::create("domains").await;
    db.run(
        "CREATE DOMAIN price AS numeric(10, 2); CREATE DOMAIN net_price AS price CHECK (VALUE < 1000);
         CREATE DOMAIN final_price AS net_price;
         CREATE DOMAIN pieces AS numeric(9); CREATE DOMAIN boxes AS pieces;
         CREATE TABLE t (id int PRIMARY KEY, v final_price, amount boxes);
         INSERT INTO t VALUES (1, 1.50, 7), (2, 2.00, 8)",
    )
    .await;
    let catalog = SOURCE.discover(&db.config, &local()).await.unwrap();
    let properties = &catalog.streams[0].json_schema["properties"];
    assert_eq!(properties["v"], json!({"type": ["null", "number"]}));
    assert_eq!(properties["amount"], json!({"type": ["null", "integer"]}));
    let mut story = Story {
        db: &db,
        finite: "n",
        states: Vec::new(),
    };
    assert_eq!(story.new_rows().await, [1_i64, 2]);
    db.run("INSERT INTO t VALUES (3, 2.25, NULL)").await;
    assert_eq!(story.new_rows().await, [3_i64]);
}

#[tokio::test]
async fn an_offset_of_seconds_keeps_them() {
    let db = Database::create("offsets").await;
    db.run("CREATE TABLE t (id int PRIMARY KEY, at timetz); INSERT INTO t VALUES (1, '24:00:00+15:59:59'), (2, '12:00:00-03:30')")
        .await;
    let outcome = read_whole(&SOURCE, &db.config, &local()).await;
    assert_eq!(
        outcome.column("at"),
        ["24:00:00+15:59:59", "12:00:00-03:30"]
    );
}
