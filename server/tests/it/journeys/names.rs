//! Names as databases really have them: many, odd, and alike at the beginning.

use std::time::Instant;

use crate::harness::{Hub, SourceDatabase};

const TABLES: usize = 500;

#[test]
fn a_schema_with_hundreds_of_tables() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let source = SourceDatabase::create(&format!(
        "DO $$ BEGIN
           FOR n IN 1..{TABLES} LOOP
             EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, note text)', n);
             EXECUTE format('INSERT INTO t%s SELECT g, ''row '' || g FROM generate_series(1, %s) g', n, n % 7);
           END LOOP;
         END $$"
    ));
    let begun = Instant::now();
    let (connection, test) = anna.connect("postgresql", "Shop", &source.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let streams = anna.get(&format!("/api/v1/connections/{connection}/streams"));
    assert_eq!(streams.as_array().map(Vec::len), Some(TABLES));
    println!("discovered {TABLES} tables in {:?}", begun.elapsed());

    let begun = Instant::now();
    anna.choose(&connection, &["t5", "t250", "t500"]);
    println!("chose 3 of {TABLES} in {:?}", begun.elapsed());
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    println!("synced 3 of {TABLES} in {:?}", begun.elapsed());
    let landed = hub.rows(
        &anna.tenant,
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname NOT LIKE '\\_%' ORDER BY 1",
    );
    assert_eq!(landed, ["t250", "t5", "t500"]);
    let counts = "SELECT (SELECT count(*) FROM t5), (SELECT count(*) FROM t250), (SELECT count(*) FROM t500)";
    assert_eq!(hub.rows(&anna.tenant, counts), ["5|5|3"]);
}

#[test]
fn names_with_quotes_newlines_and_emoji() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let tables = [
        "it's \"quoted\"",
        "two\nlines",
        "🐘 herd",
        "Ärger & Co. 50%",
        "SELECT",
    ];
    let statements: Vec<String> = tables
        .iter()
        .enumerate()
        .map(|(index, table)| {
            let table = table.replace('"', "\"\"");
            format!(
                "CREATE TABLE \"{table}\" (\"id\" int PRIMARY KEY, \"na'me \"\"x\"\"\" text, \"line\nbreak\" text, \"🦀\" text);
                 INSERT INTO \"{table}\" VALUES ({index}, 'plain', E'two\\nlines', '🦀')"
            )
        })
        .collect();
    let source = SourceDatabase::create(&statements.join(";\n"));
    let (connection, test) = anna.connect("postgresql", "Zoo", &source.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    for (index, table) in tables.iter().enumerate() {
        let landed = anna.table_of(&connection, table);
        let values = hub.rows(
            &anna.tenant,
            &format!(
                "SELECT count(*) FROM (SELECT value FROM \"{landed}\" t, jsonb_each_text(to_jsonb(t)) WHERE key NOT LIKE '\\_airbyte%') v
                 WHERE value IN ('{index}', 'plain', E'two\\nlines', '🦀')"
            ),
        );
        assert_eq!(values, ["4"], "{table:?} as {landed:?}");
    }
}

#[test]
fn long_names_that_are_alike_when_cut_stay_apart() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let long = "a".repeat(62);
    let source = SourceDatabase::create(&format!(
        "CREATE TABLE {long}1 (id int PRIMARY KEY); INSERT INTO {long}1 VALUES (1);
         CREATE TABLE {long}2 (id int PRIMARY KEY); INSERT INTO {long}2 VALUES (21), (22)"
    ));
    // The second connection gets a prefix, which pushes the difference over the longest name PostgreSQL has.
    for (name, tables) in [("Shop", 2), ("Shop again", 4)] {
        let (connection, test) = anna.connect("postgresql", name, &source.configuration());
        assert_eq!(test["state"], "passed", "{test}");
        let run = anna.run(&connection);
        assert_eq!(run["row"]["state"], "succeeded", "{run}");
        let (one, two) = (
            anna.table_of(&connection, &format!("{long}1")),
            anna.table_of(&connection, &format!("{long}2")),
        );
        assert!(
            one != two && one.len() <= 63 && two.len() <= 63,
            "{one} {two}"
        );
        let count = |table: &str| {
            hub.rows(
                &anna.tenant,
                &format!("SELECT array_agg(id ORDER BY id) FROM \"{table}\""),
            )
        };
        assert_eq!(
            (count(&one), count(&two)),
            (vec!["{1}".to_owned()], vec!["{21,22}".to_owned()])
        );
        let landed = hub.rows(
            &anna.tenant,
            "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname NOT LIKE '\\_%'",
        );
        assert_eq!(landed, [tables.to_string()]);
    }
}

#[test]
fn long_columns_that_are_alike_when_cut_stay_apart() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let long = "b".repeat(70);
    let file = anna.upload_text(
        "wide.csv",
        &format!("id,{long}_one,{long}_two\n1,first,second\n"),
    );
    let (connection, test) = anna.connect("files", "Wide", &file);
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    let values = hub.rows(
        &anna.tenant,
        "SELECT string_agg(value, ',' ORDER BY value) FROM wide t, jsonb_each_text(to_jsonb(t)) WHERE key LIKE 'bbb%'",
    );
    assert_eq!(values, ["first,second"]);
}
