//! Connect → see rows → sync, by command line and REST alone.

use serde_json::json;

use crate::harness::{Hub, SourceDatabase, text};

/// A small table with what spreadsheets really hold: accents, empty cells, quotes, negative numbers.
const PEOPLE: &str = "id,name,joined,score\n1,Zoë,2024-02-29,1.5\n2,\"O'Hara, Jr.\",,\n3,\"said \"\"hi\"\"\",2025-12-31,-7\n";

#[test]
fn an_uploaded_file_becomes_a_table() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let file = anna.upload_text("people.csv", PEOPLE);

    let (connection, test) = anna.connect("files", "People", &file);
    assert_eq!(test["state"], "passed", "{test}");
    let streams = anna.get(&format!("/api/v1/connections/{connection}/streams"));
    assert_eq!(streams[0]["name"], "people");

    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["streams"][0]["rows_read"], 3);
    assert_eq!(run["streams"][0]["verified"], true);
    let names = hub.rows(&anna.tenant, "SELECT name FROM people ORDER BY id");
    assert_eq!(names, ["Zoë", "O'Hara, Jr.", "said \"hi\""]);
}

#[test]
fn sample_rows_are_shown_and_not_kept() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let file = anna.upload_text("people.csv", PEOPLE);
    let (connection, _) = anna.connect("files", "People", &file);
    let sample = anna.post(
        "/api/airbyte/sources/sample",
        &json!({ "sourceId": connection }),
    );
    assert_eq!(sample["state"], "passed", "{sample}");
    assert_eq!(
        sample["streams"][0]["rows"].as_array().map(Vec::len),
        Some(3)
    );
    assert!(hub.rows(&anna.tenant, "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = 'people'").is_empty());
}

#[test]
fn a_table_that_nobody_has_chosen_can_be_looked_at() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let shop = SourceDatabase::create(
        "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1), (2)",
    );
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    shop.run("CREATE TABLE returns (id int PRIMARY KEY); INSERT INTO returns VALUES (7)");
    let test = anna.test(&connection);
    assert_eq!(test["streams"], 2, "{test}");
    anna.choose(&connection, &["orders"]);

    let look = json!({ "sourceId": connection });
    let sample = anna.post("/api/airbyte/sources/sample", &look);
    assert_eq!(sample["state"], "passed", "{sample}");
    assert_eq!(sample["tables"], 2, "{sample}");
    let mut seen: Vec<(&str, usize)> = sample["streams"]
        .as_array()
        .expect("streams")
        .iter()
        .map(|stream| {
            let rows = stream["rows"].as_array().expect("rows");
            (text(stream, "name"), rows.len())
        })
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, [("orders", 2), ("returns", 1)]);
}
