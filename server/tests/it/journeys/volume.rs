//! A million rows from a database, and a destination that runs out of room on the way.

use serde_json::json;

use crate::harness::{Hub, SourceDatabase};

const ROWS: i64 = 1_000_000;

/// Rows, different ids, and a sum over everything that was written.
const SUMMED: &str = "SELECT count(*), count(DISTINCT id), sum(hashtext(id || COALESCE(note, '-') || COALESCE(amount::text, '-'))) FROM orders";

#[test]
fn a_million_rows_of_a_database_arrive_whole() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let source = SourceDatabase::create(&format!(
        "CREATE TABLE orders (id bigint PRIMARY KEY, note text, amount numeric(12, 2));
         INSERT INTO orders SELECT n, CASE WHEN n % 10 > 0 THEN 'Größe ' || n END, CASE WHEN n % 7 > 0 THEN n / 100.0 END FROM generate_series(1, {ROWS}) n"
    ));
    let (connection, test) = anna.connect("postgresql", "Shop", &source.configuration());
    assert_eq!(test["state"], "passed", "{test}");

    let run = anna.run(&connection);

    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    let receipt = &run["streams"][0];
    assert_eq!(
        (&receipt["rows_read"], &receipt["verified"]),
        (&json!(ROWS), &json!(true)),
        "{receipt}"
    );
    assert_eq!(hub.rows(&anna.tenant, SUMMED), source.rows(SUMMED));
}

#[test]
fn a_full_disk_is_told_and_the_next_run_goes_on() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let source = SourceDatabase::create(
        "CREATE TABLE orders (id bigint PRIMARY KEY, note text, amount numeric, changed_at timestamptz NOT NULL DEFAULT now());
         INSERT INTO orders SELECT n, 'first', n FROM generate_series(1, 1000) n",
    );
    let (connection, _) = anna.connect("postgresql", "Shop", &source.configuration());
    anna.follow(&connection, "changed_at");
    assert_eq!(anna.run(&connection)["row"]["state"], "succeeded");
    source.run("INSERT INTO orders SELECT n, 'second', n FROM generate_series(1001, 2000) n");

    // The state PostgreSQL gives when a write meets a full disk.
    hub.rows(
        &anna.tenant,
        "CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
         CREATE TRIGGER fills BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION disk_full()",
    );
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "failed", "{run}");
    assert!(run.to_string().contains("disk is full"), "{run}");
    let count = "SELECT count(*), min(note), max(note) FROM orders";
    assert_eq!(hub.rows(&anna.tenant, count), ["1000|first|first"]);

    hub.rows(
        &anna.tenant,
        "DROP TRIGGER fills ON orders; DROP FUNCTION disk_full()",
    );
    assert_eq!(anna.run(&connection)["row"]["state"], "succeeded");
    assert_eq!(hub.rows(&anna.tenant, SUMMED), source.rows(SUMMED));
}
