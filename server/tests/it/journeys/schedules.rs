//! Runs that start by themselves: at times that somebody sets, or that a document or an endpoint for events brings along.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::harbour::{Harbour, TOKEN};
use crate::harness::{Api, Hub, SourceDatabase, eventually, text};

const ORDERS: &str = "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1), (2)";

fn shop() -> (Hub, Api, SourceDatabase, String) {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let shop = SourceDatabase::create(ORDERS);
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    anna.choose(&connection, &["orders"]);
    (hub, anna, shop, connection)
}

fn path(connection: &str) -> String {
    format!("/api/v1/connections/{connection}/schedule")
}

fn schedule(anna: &Api, connection: &str) -> Value {
    anna.get(&format!("/api/v1/connections/{connection}"))["schedule"].clone()
}

/// Its time has come.
fn is_due(hub: &Hub) {
    hub.control("UPDATE schedules SET next_at = now() - interval '1 second'");
}

/// The run after so many others.
fn ended(anna: &Api, connection: &str, before: usize) -> Value {
    eventually("a run that started by itself is over", || {
        let page = anna.get(&format!("/api/v1/runs?connection={connection}"));
        let runs = page["items"].as_array()?;
        let newest = runs.first().filter(|_| runs.len() > before)?;
        ["succeeded", "failed"]
            .contains(&text(newest, "state"))
            .then(|| newest.clone())
    })
}

#[test]
fn a_connection_runs_at_its_times_and_not_while_it_is_paused() {
    let (hub, anna, shop, connection) = shop();
    assert!(schedule(&anna, &connection).is_null(), "nobody has set one");
    let at = path(&connection);
    anna.put(&at, &json!({ "schedule": "0 6 * * * Europe/Berlin" }));
    let set = schedule(&anna, &connection);
    assert_eq!(set["text"], "0 6 * * * Europe/Berlin");
    let hour = &text(&set, "next_at")[11..16];
    assert!(["04:00", "05:00"].contains(&hour), "six in Berlin: {set}");
    let coming = set["coming"].as_array().expect("the next times");
    assert_eq!((coming.len(), &coming[0]), (3, &set["next_at"]), "{set}");

    is_due(&hub);
    let run = ended(&anna, &connection, 0);
    assert_eq!(run["state"], "succeeded", "{run}");
    assert_eq!(run["started_by"], "schedule", "{run}");
    assert_eq!(hub.rows(&anna.tenant, "SELECT count(*) FROM orders"), ["2"]);
    assert_eq!(schedule(&anna, &connection), set, "the next time is noted");

    // What is due while it is paused is left out, and does not wait.
    shop.run("INSERT INTO orders VALUES (3)");
    anna.post(
        &format!("/api/v1/connections/{connection}/pause"),
        &json!({}),
    );
    is_due(&hub);
    eventually("it was looked at", || {
        (schedule(&anna, &connection) == set).then_some(())
    });
    let runs = anna.get(&format!("/api/v1/runs?connection={connection}"));
    assert_eq!(runs["items"].as_array().map(Vec::len), Some(1), "{runs}");

    anna.put(&at, &json!({ "schedule": "manual" }));
    assert!(schedule(&anna, &connection).is_null());
}

#[test]
fn what_is_no_schedule_is_told_and_changes_nothing() {
    let (_hub, anna, _shop, connection) = shop();
    let at = path(&connection);
    anna.put(&at, &json!({ "schedule": "every hour" }));
    for (wrong, why) in [
        ("every 7 minutes", "does not fit into an hour"),
        ("0 6 * * * Europe/Berlni", "has no time zone"),
        ("0 0 6 ? * MON 2020", "never due again"),
        ("whenever", "five fields"),
    ] {
        let (status, problem) = anna.call(Method::PUT, &at, Some(&json!({ "schedule": wrong })));
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        assert_eq!(problem["errors"][0]["field"], "schedule", "{problem}");
        assert!(problem.to_string().contains(why), "{wrong}: {problem}");
    }
    assert_eq!(schedule(&anna, &connection)["text"], "every hour");
}

#[test]
fn what_events_have_missed_a_run_brings_by_itself() {
    let (hub, anna, shop, connection) = shop();
    anna.put(
        &format!("/api/v1/connections/{connection}/webhook"),
        &json!({}),
    );
    assert_eq!(schedule(&anna, &connection)["text"], "every hour");
    shop.run("INSERT INTO orders VALUES (3)");
    is_due(&hub);
    let run = ended(&anna, &connection, 0);
    assert_eq!(run["state"], "succeeded", "{run}");
    assert_eq!(hub.rows(&anna.tenant, "SELECT count(*) FROM orders"), ["3"]);
}

#[test]
fn a_document_says_when_its_connections_run() {
    let harbour = Harbour::with_ships();
    let hub = Hub::start_with(&[("TRIBUTARY_ALLOW_HTTP", "1".to_owned())]);
    let anna = hub.tenant("Anna");
    let document = format!(
        "
apis:
  integrations:
    - {{ name: Prices, type: file, url: https://example.com/prices.csv, airbyte_schedule: every 6 hours }}
    - name: Harbour
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
      airbyte_schedule: {{ cron: '30 5 * * *', time_zone: Europe/Berlin }}
",
        harbour.url
    );
    let applied = anna.post("/api/v1/integrations", &json!({ "document": document }));
    let prices = text(&applied[0], "connection");
    assert_eq!(
        schedule(&anna, prices)["text"],
        "0 0 0/6 * * ? UTC",
        "{applied}"
    );
    let slug = text(&applied[1], "slug");
    let (connection, test) = anna.connect(slug, "Harbour", &json!({ "harbour_token": TOKEN }));
    assert_eq!(test["state"], "passed", "{test}");
    let set = schedule(&anna, &connection);
    assert_eq!(set["text"], "0 30 5 * * ? Europe/Berlin");

    // Other times reach the connections that still have those of before, and no others.
    let secret = json!({ "harbour_token": TOKEN });
    let (by_hand, test) = anna.connect(slug, "By hand", &secret);
    assert_eq!(test["state"], "passed", "{test}");
    anna.put(&path(&by_hand), &json!({ "schedule": "every hour" }));
    let later = document.replace("30 5 * * *", "45 7 * * *");
    let applied = anna.post("/api/v1/integrations", &json!({ "document": later }));
    assert_eq!(applied[1]["outcome"], "changed", "{applied}");
    assert_eq!(
        schedule(&anna, &connection)["text"],
        "0 45 7 * * ? Europe/Berlin"
    );
    assert_eq!(schedule(&anna, &by_hand)["text"], "every hour");
}
