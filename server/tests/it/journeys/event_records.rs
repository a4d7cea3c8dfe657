//! Records that events carry whole: in their streams' own tables, and never twice.

use serde_json::json;

use super::{
    harbour::{Harbour, Mood, TOKEN},
    sender::{Endpoint, put, rows, taken},
};
use crate::harness::{Api, Hub, eventually, text};

/// The harbour as an integration of the tenant's own, with its ships in a table.
fn ships(hub: &Hub, anna: &Api, harbour: &Harbour) -> (String, Endpoint) {
    let document = format!(
        "apis:
  integrations:
    - name: The Harbour
      type: rest
      base_url: {}
      authentication: {{ type: bearer, secret_name: harbour_token }}
      endpoints:
        - name: ships
          path: /ships
          records: ships
          primary_key: id
          cursor: {{ field: called_on, parameter: since, format: date, start: 2026-01-01 }}
          paging: {{ type: page, size: 2 }}
          fields: {{ id: integer, name: string, called_on: date }}
",
        harbour.url
    );
    let applied = anna.post("/api/v1/integrations", &json!({ "document": document }));
    let slug = text(&applied[0], "slug").to_owned();
    let (connection, test) = anna.connect(&slug, "The harbour", &json!({ "harbour_token": TOKEN }));
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(names(hub, anna), ["Elbe", "Weser", "Ems"]);
    let made = put(anna, &connection, &json!({}));
    (connection, Endpoint::of(&made, None))
}

fn names(hub: &Hub, anna: &Api) -> Vec<String> {
    hub.rows(&anna.tenant, "SELECT name FROM ships ORDER BY id")
}

fn ship(id: u32, name: &str, day: &str) -> String {
    json!({ "type": "ships.updated", "data": { "id": id, "name": name, "called_on": day } })
        .to_string()
}

#[test]
fn a_whole_record_is_in_its_own_table_and_the_next_run_doubles_nothing() {
    let harbour = Harbour::with_ships();
    let hub = Hub::start_with(&[("TRIBUTARY_ALLOW_HTTP", "1".to_owned())]);
    let anna = hub.tenant("Anna");
    let (connection, endpoint) = ships(&hub, &anna, &harbour);
    let news = [
        ship(1, "Elbe II", "2030-01-01"),
        ship(9, "Oder", "2030-01-02"),
        // What happened before the row's day changes nothing.
        ship(2, "Weser as she was", "2020-01-01"),
        // Half a key is no row.
        json!({ "type": "ships.updated", "data": { "name": "Nobody" } }).to_string(),
        json!({ "type": "ships.deleted", "data": { "id": 3 } }).to_string(),
    ];
    for (n, body) in news.iter().enumerate() {
        assert_eq!(taken(endpoint.standard(&format!("m-{n}"), body, 0)), 1);
    }
    rows(&hub, &anna, news.len());
    eventually("the ships' own table has them", || {
        (names(&hub, &anna) == ["Elbe II", "Weser", "Ems", "Oder"]).then_some(())
    });

    harbour.calls(9, "Oder, as the harbour says", "2030-01-03");
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(
        names(&hub, &anna),
        ["Elbe II", "Weser", "Ems", "Oder, as the harbour says"]
    );
}

#[test]
fn what_comes_during_a_run_is_merged_after_it() {
    let harbour = Harbour::with_ships();
    let hub = Hub::start_with(&[("TRIBUTARY_ALLOW_HTTP", "1".to_owned())]);
    let anna = hub.tenant("Anna");
    let (connection, endpoint) = ships(&hub, &anna, &harbour);
    harbour.feels(Mood::Busy(3));
    let started = anna.post(
        &format!("/api/v1/connections/{connection}/runs"),
        &json!({}),
    );
    let run = text(&started, "run").to_owned();
    assert_eq!(
        taken(endpoint.standard("m-1", &ship(1, "Elbe II", "2030-01-01"), 0)),
        1
    );
    rows(&hub, &anna, 1);
    let state = anna.get(&format!("/api/v1/runs/{run}"))["row"]["state"].clone();
    if state == "running" || state == "queued" {
        assert_eq!(names(&hub, &anna)[0], "Elbe", "not during a run");
    }
    harbour.feels(Mood::Friendly);
    let ended = anna.finished(&run);
    assert_eq!(ended["row"]["state"], "succeeded", "{ended}");
    eventually("the ships' own table has it", || {
        (names(&hub, &anna)[0] == "Elbe II").then_some(())
    });
}
