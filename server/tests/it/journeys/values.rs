//! A PostgreSQL source with every common type, empty values and several schemas: what lands is what was there.

use serde_json::json;

use crate::harness::{Hub, SourceDatabase};

const SOURCE: &str = r#"
CREATE SCHEMA "Sales 2024"; CREATE SCHEMA hr;
CREATE TYPE mood AS ENUM ('sad', 'it''s "ok"');
CREATE TABLE kinds (
    id int4 PRIMARY KEY, c_bool bool, c_int2 int2, c_int8 int8, c_float8 float8, c_numeric numeric(30, 10),
    c_text text, c_varchar varchar(20), c_date date, c_time time, c_timestamp timestamp, c_timestamptz timestamptz,
    c_uuid uuid, c_jsonb jsonb, c_enum mood, c_text_array text[], c_int_array int4[]
);
INSERT INTO kinds VALUES
 (1, true, -32768, 9223372036854775807, 0.1, -12345678901234567890.0000000001,
  E'quote " back \\ tab \t line \n emoji 🐘', 'short', '2024-02-29', '23:59:59.999999', '2024-02-29 12:34:56.789',
  '2024-02-29 12:34:56+02', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"b": null, "a": [1, 2.50, "x"]}', 'it''s "ok"',
  '{"a,b","c\"d",NULL}', '{1,NULL,3}'),
 (2, false, 0, -9223372036854775808, -1e300, 0, '', '', '0001-01-01', '00:00:00', '1970-01-01', '1999-12-31 23:59:59.999999+00',
  '00000000-0000-0000-0000-000000000000', '[]', 'sad', '{}', '{}');
INSERT INTO kinds (id) VALUES (3);
CREATE TABLE "Sales 2024".orders (id int PRIMARY KEY, total numeric); INSERT INTO "Sales 2024".orders VALUES (1, 9.90), (2, NULL);
CREATE TABLE hr.people (id int PRIMARY KEY, name text); INSERT INTO hr.people VALUES (1, 'Zoë'), (2, NULL), (3, '');
"#;

/// One line a row, every value in the form that both databases give it.
const COMPARED: &str = "
    SELECT id, c_bool, c_int2, c_int8, c_float8::float8, trim_scale(c_numeric), to_json(c_text), c_varchar, c_date, c_time,
           c_timestamp, c_timestamptz, c_uuid, c_jsonb::jsonb, c_enum::text, to_jsonb(c_text_array), to_jsonb(c_int_array)
    FROM kinds ORDER BY id";

#[test]
fn every_common_type_arrives_as_it_was() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let source = SourceDatabase::create(SOURCE);
    let (connection, test) = anna.connect("postgresql", "Shop", &source.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    for receipt in run["streams"].as_array().expect("receipts") {
        assert_eq!(receipt["verified"], true, "{receipt}");
        assert_eq!(receipt["values_nulled"], 0, "no value was lost: {receipt}");
    }
    assert_eq!(hub.rows(&anna.tenant, COMPARED), source.rows(COMPARED));
    let types = hub.rows(
        &anna.tenant,
        "SELECT string_agg(attname || ' ' || format_type(atttypid, NULL), ', ' ORDER BY attname) FROM pg_attribute
         WHERE attrelid = 'kinds'::regclass AND attname IN ('c_bool', 'c_int8', 'c_numeric', 'c_date', 'c_timestamptz', 'c_jsonb')",
    );
    assert_eq!(
        types,
        [
            "c_bool boolean, c_date date, c_int8 bigint, c_jsonb jsonb, c_numeric numeric, c_timestamptz timestamp with time zone"
        ]
    );
}

#[test]
fn tables_of_several_schemas_keep_apart() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let source = SourceDatabase::create(SOURCE);
    let (connection, test) = anna.connect("postgresql", "Shop", &source.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let streams = anna.get(&format!("/api/v1/connections/{connection}/streams"));
    let mut offered: Vec<(&str, &str)> = streams
        .as_array()
        .expect("streams")
        .iter()
        .map(|stream| {
            (
                stream["namespace"].as_str().unwrap_or_default(),
                stream["name"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    offered.sort_unstable();
    assert_eq!(
        offered,
        [
            ("Sales 2024", "orders"),
            ("hr", "people"),
            ("public", "kinds")
        ]
    );
    anna.run(&connection);
    let orders = anna.table_of(&connection, "orders");
    let people = anna.table_of(&connection, "people");
    assert_eq!(
        hub.rows(
            &anna.tenant,
            &format!("SELECT id, total FROM \"{orders}\" ORDER BY id")
        ),
        ["1|9.90", "2|"]
    );
    assert_eq!(
        hub.rows(
            &anna.tenant,
            &format!("SELECT id, to_json(name) FROM \"{people}\" ORDER BY id")
        ),
        ["1|\"Zoë\"", "2|", "3|\"\""]
    );
}

#[test]
fn only_the_schemas_that_were_asked_for_are_offered() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let source = SourceDatabase::create(SOURCE);
    let mut narrow = source.configuration();
    narrow["schemas"] = json!(["hr"]);
    let (connection, _) = anna.connect("postgresql", "People", &narrow);
    let streams = anna.get(&format!("/api/v1/connections/{connection}/streams"));
    assert_eq!(streams.as_array().map(Vec::len), Some(1), "{streams}");
    assert_eq!(streams[0]["name"], "people");
}

#[test]
fn the_first_look_loses_no_digit() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let source = SourceDatabase::create(
        "CREATE TABLE sums (id int PRIMARY KEY, total numeric(38, 10), loose numeric, parts jsonb);
         INSERT INTO sums VALUES
           (1, 1234567890123456789012345678.0123456789, 9.90, '{\"paid\": 12345678901234567890.5}'),
           (2, 1.0, 12345678901234567890123, '{\"paid\": 2.5}')",
    );
    let (connection, test) = anna.connect("postgresql", "Shop", &source.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let look = json!({ "sourceId": connection });
    let sample = anna.post("/api/airbyte/sources/sample", &look);
    assert_eq!(sample["state"], "passed", "{sample}");
    let sums = &sample["streams"][0];
    let column = |name: &str| -> Vec<&str> {
        let columns = sums["columns"].as_array().expect("columns");
        let at = columns.iter().position(|column| column == name);
        let at = at.expect("a column of this name");
        let rows = sums["rows"].as_array().expect("rows").iter();
        rows.map(|row| row[at].as_str().expect("a value")).collect()
    };
    let mut totals = column("total");
    totals.sort_unstable();
    assert_eq!(
        totals,
        ["1.0000000000", "1234567890123456789012345678.0123456789"]
    );
    let mut loose = column("loose");
    loose.sort_unstable();
    assert_eq!(loose, ["12345678901234567890123", "9.90"]);
    let parts = column("parts").join(" ");
    assert!(parts.contains("12345678901234567890.5"), "{parts}");
    assert!(parts.contains("2.5"), "{parts}");
    assert_eq!(sums["masked"], json!([]), "digits are nobody's: {sums}");
}
