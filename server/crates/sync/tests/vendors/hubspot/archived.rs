//! What was archived: a list of its own, of which only what is new comes again.

use serde_json::{Value, json};

use super::{account, object};

fn archived(id: i64, at: i64) -> Value {
    let mut object = object(id, at);
    object["archivedAt"] = object["updatedAt"].clone();
    object
}

#[tokio::test]
async fn what_was_archived_stands_beside_what_is_there() {
    let (hubspot, connector) = account().await;
    hubspot.then(|hubspot| {
        hubspot.store.add("archived deals", archived(6, 2));
        hubspot.store.add("archived deals", archived(7, 40));
    });
    let first = connector.read().await;
    assert_eq!(first.ids("deals"), ["9"]);
    assert_eq!(first.ids("deals_archived"), ["6", "7"]);
    let deal = &first.records("deals_archived")[0];
    assert_eq!(
        (&deal["archived"], &deal["properties"]["name"]),
        (&json!(true), &json!("x"))
    );
    assert_eq!(first.ids("contacts_archived").len(), 0);

    hubspot.then(|hubspot| hubspot.store.add("archived deals", archived(8, 45)));
    let again = connector.read_from(&first).await;
    assert_eq!(
        again.ids("deals_archived"),
        ["7", "8"],
        "those of the day before the last one, and what is new"
    );
    hubspot.is_content();
}
