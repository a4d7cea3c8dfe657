//! Connect → see rows → sync, by command line and REST alone.

use serde_json::json;

use crate::harness::Hub;

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
