//! TINYINT(1): true or false, or a number if the settings say so. In no case is a number lost in silence.

use serde_json::{Value, json};
use sync::connector::Connector;
use sync::fault::Kind;

use super::database::Database;
use crate::harness::{local, read_whole};

const SOURCE: Connector = Connector::MySql;
const SETTING: &str = "treat_tinyint1_as_integer";

fn tables(name: &str) -> Database {
    let db = Database::create(name);
    db.run(
        "CREATE TABLE a (id INT PRIMARY KEY, flag TINYINT(1)); INSERT INTO a VALUES (1, 0), (2, 1), (3, NULL);
         CREATE TABLE b (id INT PRIMARY KEY, status TINYINT(1)); INSERT INTO b VALUES (1, 1), (2, 2), (3, -128);
         CREATE TABLE c (id INT PRIMARY KEY); INSERT INTO c VALUES (7)",
    );
    db
}

#[tokio::test]
async fn another_number_than_0_and_1_stops_its_table_with_words() {
    let db = tables("tinyint_truth");
    let outcome = read_whole(&SOURCE, &db.config, &local()).await;
    let fault = outcome.result.clone().unwrap_err();
    assert_eq!(
        (
            fault.kind.clone(),
            fault.field.as_deref(),
            fault.stream.as_deref()
        ),
        (Kind::Config, Some(SETTING), Some("b"))
    );
    assert!(fault.message.contains("“status”"), "{fault}");
    let records = outcome.records();
    let of = |stream: &str, field: &str| -> Vec<Value> {
        let records = records.iter().filter(|record| record.stream == stream);
        records.map(|record| record.data[field].clone()).collect()
    };
    assert_eq!(of("a", "flag"), [json!(false), json!(true), Value::Null]);
    assert_eq!(of("c", "id"), [7], "the other tables are read");
}

#[tokio::test]
async fn the_settings_may_say_that_it_is_a_number() {
    let db = tables("tinyint_number");
    let config = db.with(SETTING, json!(true));
    let catalog = SOURCE.discover(&config, &local()).await.unwrap();
    let schema = &catalog.streams[1].json_schema["properties"]["status"];
    assert_eq!(*schema, json!({"type": ["null", "integer"]}));
    let outcome = read_whole(&SOURCE, &config, &local()).await;
    assert_eq!(outcome.result, Ok(()));
    let records = outcome.records();
    let b = records.iter().filter(|record| record.stream == "b");
    let status: Vec<Value> = b.map(|record| record.data["status"].clone()).collect();
    assert_eq!(status, [1, 2, -128]);
}
