//! What only that Airbyte's connector takes, or reads: the hub's own reader refuses it and says why, and the rows come all
//! the same.

use serde_json::{Value, json};

use super::{
    scene::{hub_with, shop},
    standin::{ENCRYPTION, Platform, SCHEMA},
};
use crate::harness::{SourceDatabase, text};

/// Why the direct way was refused to a run that Airbyte brought to its end.
fn refused(run: &Value) -> &str {
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["row"]["method"], "airbyte-fallback", "{run}");
    let decisions = run["decisions"].as_array().expect("decisions");
    let rules: Vec<&str> = decisions
        .iter()
        .map(|decision| text(decision, "rule"))
        .collect();
    assert_eq!(rules, ["direct_first", "fall_back_at_once"], "{run}");
    assert_eq!(decisions[0]["class"], "broken", "{run}");
    let why = text(&decisions[0], "problem");
    let words = "The hub's own reader does not take these settings or tables: ";
    assert!(why.starts_with(words), "{why}");
    why
}

#[test]
fn settings_that_only_airbytes_connector_takes_go_through_airbyte() {
    let platform = Platform::wider();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = shop();
    let mut settings = shop.configuration();
    settings["ssl_mode"] = json!({ "mode": ENCRYPTION.0 });
    let (connection, test) = anna.connect("postgresql", "Shop", &settings);
    assert_eq!(test["state"], "passed", "{test}");
    // At each run anew: the settings may change, and so may what the hub takes.
    for _ in 0..2 {
        let run = anna.run(&connection);
        assert!(refused(&run).contains("ssl_mode"), "{run}");
        assert_eq!(run["streams"][0]["table_rows"], 30, "{run}");
    }
}

#[test]
fn tables_that_only_airbytes_connector_reads_go_through_airbyte() {
    let platform = Platform::wider();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = SourceDatabase::create(&format!(
        "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1), (2);
         CREATE SCHEMA {schema}; CREATE TABLE {schema}.ledger (id int PRIMARY KEY);
         INSERT INTO {schema}.ledger VALUES (1), (2), (3)",
        schema = SCHEMA.1
    ));
    let mut settings = shop.configuration();
    settings["schemas"] = json!(["public", SCHEMA.0]);
    let (connection, test) = anna.connect("postgresql", "Shop", &settings);
    assert_eq!(test["state"], "passed", "{test}");
    assert_eq!(test["streams"], 2, "{test}");
    let run = anna.run(&connection);
    assert!(refused(&run).contains("ledger"), "{run}");
    let table = anna.table_of(&connection, "ledger");
    let count = format!("SELECT count(*) FROM {table}");
    assert_eq!(hub.rows(&anna.tenant, &count), ["3"]);

    // Without that table the hub reads the source itself.
    anna.choose(&connection, &["orders"]);
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["row"]["method"], "direct", "{run}");
}
