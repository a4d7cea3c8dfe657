//! An integration of a tenant's own that sends events, as integration YAML describes it.

use serde_json::json;

use super::{
    harbour::{Harbour, TOKEN},
    sender::{Endpoint, put, rows, taken, webhook},
};
use crate::harness::{Hub, text};

fn document(url: &str) -> String {
    format!(
        "apis:
  integrations:
    - name: The Harbour
      type: webhook
      sender: github
      base_url: {url}
      authentication: {{ type: bearer, secret_name: harbour_token }}
      endpoints:
        - {{ name: ships, path: /ships, parameters: {{ since: 2026-01-01 }}, records: ships, primary_key: id, paging: {{ type: page, size: 2 }}, fields: {{ id: integer, name: string }} }}
"
    )
}

#[test]
fn its_events_are_rows_and_its_endpoints_bring_what_they_miss() {
    let harbour = Harbour::with_ships();
    let hub = Hub::start_with(&[("TRIBUTARY_ALLOW_HTTP", "1".to_owned())]);
    let anna = hub.tenant("Anna");
    let body = json!({ "document": document(&harbour.url) });
    let said = anna.post("/api/v1/integrations/explain", &body);
    assert_eq!(said["integrations"][0]["sender"], "github", "{said}");
    let done = anna.post("/api/v1/integrations", &body);
    let slug = text(&done[0], "slug").to_owned();

    let (connection, test) = anna.connect(&slug, "The harbour", &json!({ "harbour_token": TOKEN }));
    assert_eq!(test["state"], "passed", "{test}");
    let at = format!("/api/v1/connections/{connection}");
    let before = anna.get(&at);
    assert_eq!(before["awaits_events"], true, "{before}");
    assert_eq!(
        before["schedule"]["text"], "0 0 * * * ? UTC",
        "every hour, without a word in the document: {before}"
    );
    assert_eq!(anna.get(&webhook(&connection))["suggested"], "github");

    // Nobody says how it signs: the document has.
    let made = put(&anna, &connection, &json!({}));
    let endpoint = Endpoint::of(&made, None);
    assert_eq!(made["endpoint"]["scheme"], "github", "{made}");
    assert_eq!(anna.get(&at)["awaits_events"], false);
    assert_eq!(taken(endpoint.github("d-1", r#"{"action":"called"}"#)), 1);
    rows(&hub, &anna, 1);

    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    let table = anna.table_of(&connection, "ships");
    let ships = format!("SELECT name FROM {table} ORDER BY id");
    assert_eq!(hub.rows(&anna.tenant, &ships), ["Elbe", "Weser", "Ems"]);
}
