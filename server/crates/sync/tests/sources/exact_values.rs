//! What a file says arrives in PostgreSQL as it was meant, or is empty and the row says so.

use bytes::Bytes;
use serde_json::{Value, json};
use sync::connector::Connector;
use sync::load::{self, RunOptions};
use tokio::sync::mpsc;

use crate::database::Database;
use crate::file::uploaded;
use crate::harness::whole;
use crate::loading::target;

const SOURCE: Connector = Connector::File;

/// Loads a file into `arrived.things` of a fresh database, without a column that is not wanted.
async fn arrived(name: &str, bytes: &[u8], unwanted: &str) -> Database {
    let destination = Database::create(name).await;
    let (cx, config) = uploaded(bytes).await;
    let mut catalog = whole(SOURCE.discover(&config, &cx).await.unwrap());
    catalog.streams[0].stream.json_schema["properties"]
        .as_object_mut()
        .unwrap()
        .retain(|column, _| column != unwanted);
    let target = target(&destination);
    let (lines, input) = mpsc::channel::<Bytes>(4);
    let (events, mut told) = mpsc::channel(16);
    let (read, written, ()) = tokio::join!(
        SOURCE.read(&config, &catalog, &[], &cx, lines),
        load::write(&target, &catalog, input, events, RunOptions::default()),
        async { while told.recv().await.is_some() {} },
    );
    assert_eq!(read, Ok(()));
    assert_eq!(written.unwrap()[0].problem(), None);
    destination
}

/// The values of the row with a name, and what the row says about them.
async fn row(destination: &Database, name: &str, values: &str) -> (Value, Value) {
    let sql = format!(
        "SELECT jsonb_build_array({values}), _airbyte_meta->'changes' FROM arrived.things WHERE name = $1"
    );
    let row = destination.client.query_one(&sql, &[&name]).await.unwrap();
    (row.get(0), row.get(1))
}

fn nulled(reason: &str, fields: &[&str]) -> Value {
    fields
        .iter()
        .map(|field| json!({"field": field, "change": "NULLED", "reason": reason}))
        .collect()
}

#[tokio::test]
async fn values_past_the_beginning_that_would_lose_something_are_empty_and_the_row_says_so() {
    let early = format!(
        "early,5,1.5,2024-01-01,2024-01-01 10:00,2024-01-01T10:00Z,{}\n",
        "x".repeat(1000)
    );
    let csv = [
        "name,amount,price,day,moment,instant,pad\n",
        &early.repeat(4500),
        "changed,007,01.50,2024-01-02 10:00,2024-01-02 10:00+02:00,2024-01-02 10:00,\n",
        "phone,+49,,,,,\n",
        "padded,,+01.5,2024-01-02 24:00,,,\n",
        "delta,,+1.5,2024-01-04 00:00:00,,,\n",
        "whole delta,,+49,2024-01-04T00:00,,,\n",
        "words,n/a,,,,,\n",
        "kept,1234567890123456789,.5,2024/01/03,2024-01-03,2024-01-03 10:00+0200,\n",
    ]
    .concat();
    let there = arrived("exact_csv", csv.as_bytes(), "pad").await;
    let values = "amount, price::text, day, moment, instant AT TIME ZONE 'UTC'";
    let by_source = "SOURCE_SERIALIZATION_ERROR";
    assert_eq!(
        row(&there, "changed", values).await,
        (
            json!([null, null, null, null, null]),
            nulled(by_source, &["amount", "price", "day", "moment", "instant"])
        )
    );
    assert_eq!(
        row(&there, "phone", "amount").await,
        (json!([null]), nulled(by_source, &["amount"]))
    );
    assert_eq!(
        row(&there, "padded", "price, day").await,
        (json!([null, null]), nulled(by_source, &["price", "day"]))
    );
    for (name, price) in [("delta", "1.5"), ("whole delta", "49")] {
        assert_eq!(
            row(&there, name, "price::text, day").await,
            (json!([price, "2024-01-04"]), json!([])),
            "{name}"
        );
    }
    assert_eq!(
        row(&there, "words", "amount").await,
        (
            json!([null]),
            nulled("DESTINATION_SERIALIZATION_ERROR", &["amount"])
        )
    );
    // Only written in another way: nothing of it is lost.
    assert_eq!(
        row(&there, "kept", values).await,
        (
            json!([
                1_234_567_890_123_456_789_i64,
                "0.5",
                "2024-01-03",
                "2024-01-03T00:00:00",
                "2024-01-03T08:00:00"
            ]),
            json!([])
        )
    );
}

#[tokio::test]
async fn a_date_of_json_does_not_lose_its_time_either() {
    let early = format!(
        "{{\"name\": \"early\", \"day\": \"2024-01-01\", \"n\": 5, \"pad\": \"{}\"}}\n",
        "x".repeat(1000)
    );
    let json = [
        early.repeat(4500).as_str(),
        "{\"name\": \"late\", \"day\": \"2024-01-02 10:00\", \"n\": \"007\"}\n",
        "{\"name\": \"later\", \"day\": \"2024-01-03\", \"n\": \"7\"}\n",
    ]
    .concat();
    let there = arrived("exact_json", json.as_bytes(), "").await;
    assert_eq!(
        row(&there, "late", "day, n").await,
        (
            json!([null, null]),
            nulled("SOURCE_SERIALIZATION_ERROR", &["day", "n"])
        )
    );
    assert_eq!(
        row(&there, "later", "day, n").await,
        (json!(["2024-01-03", 7]), json!([]))
    );
}

#[tokio::test]
async fn numbers_of_json_keep_every_digit_whichever_fields_are_wanted() {
    let json =
        b"[{\"name\": \"a\", \"big\": 12345678901234567890123, \"fine\": 0.12345678901234567890123,
        \"huge\": 1e400, \"inner\": {\"n\": 12345678901234567890123}, \"other\": 1}]";
    let values = "big::text, fine::text, huge::text, \"inner\"::text";
    for (database, unwanted) in [("exact_all", ""), ("exact_some", "other")] {
        let there = arrived(database, json, unwanted).await;
        let (found, changes) = row(&there, "a", values).await;
        let expected = json!([
            "12345678901234567890123",
            "0.12345678901234567890123",
            format!("1{}", "0".repeat(400)),
            "{\"n\": 12345678901234567890123}"
        ]);
        assert_eq!((found, changes), (expected, json!([])), "{database}");
    }
}
