//! Events come in by themselves: signed, once, durable, and as rows.

mod pages;
mod refusals;
mod schemes;

use std::{
    thread,
    time::{Duration, Instant},
};

use reqwest::{Method, StatusCode, blocking::Response};
use serde_json::{Value, json};

use super::sender::{Endpoint, put, rows, taken, webhook};
use crate::harness::{Api, Hub, client, eventually, text};

/// Stands in bodies, and must never stand in a log.
const MARK: &str = "body-that-must-not-show";

fn rotate(api: &Api, connection: &str, rotation: &Value) -> Value {
    api.post(&format!("{}/rotate", webhook(connection)), rotation)
}

/// A connection that takes events in.
fn listening(api: &Api, scheme: &str, secret: Option<&str>) -> (String, Endpoint) {
    let file = api.upload_text("people.csv", "id,name\n1,Zoe\n");
    let (connection, test) = api.connect("files", "People", &file);
    assert_eq!(test["state"], "passed", "{test}");
    let made = put(
        api,
        &connection,
        &json!({ "scheme": scheme, "secret": secret }),
    );
    (connection, Endpoint::of(&made, secret))
}

fn refused(answer: Response, status: StatusCode, code: &str) {
    assert_eq!(answer.status(), status);
    let problem: Value = answer.json().expect("a problem");
    assert_eq!(problem["code"], code, "{problem}");
}

#[test]
fn a_signed_event_is_a_row_and_comes_only_once() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let (connection, endpoint) = listening(&anna, "github", None);
    let body = format!(r#"{{"action":"opened","note":"{MARK}","number":12345678901234567890}}"#);
    assert_eq!(taken(endpoint.github("d-1", &body)), 1);
    let begun = Instant::now();
    rows(&hub, &anna, 1);
    println!("a row after {} ms", begun.elapsed().as_millis());
    assert_eq!(taken(endpoint.github("d-1", &body)), 0);
    // The id is not signed: whoever recorded the delivery could choose another one.
    assert_eq!(taken(endpoint.github("d-9", &body)), 0);
    assert_eq!(taken(endpoint.github("d-2", r#"["a list"]"#)), 1);
    rows(&hub, &anna, 2);

    let table = "SELECT event_id, event_type, payload->>'note', payload->>'number', payload->>0 = 'a list' FROM webhook_events ORDER BY event_id";
    assert_eq!(
        hub.rows(&anna.tenant, table),
        [
            format!("d-1|issues|{MARK}|12345678901234567890|"),
            "d-2|issues|||t".to_owned(),
        ]
    );
    let status = anna.get(&webhook(&connection));
    let seen = &status["endpoint"];
    assert_eq!(seen["events_24h"], 2, "{status}");
    assert_eq!(seen["table"], "webhook_events", "{status}");
    assert!(seen["last_refusal"].is_null() && seen["problem"].is_null());
    // Nothing of it is left here, and it never was readable.
    eventually("what was sent is forgotten", || {
        let kept = hub.control("SELECT count(*) FROM webhook_events WHERE payload IS NOT NULL");
        (kept == ["0"]).then_some(())
    });
    let listed = anna.get(&webhook(&connection))["endpoint"]["newest"].clone();
    let event = |at: &Value| json!({ "kind": "issues", "at": at, "is_row": true });
    let expected = json!([event(&listed[0]["at"]), event(&listed[1]["at"])]);
    assert_eq!(listed, expected, "without what was sent");
    let token = endpoint.url.rsplit('/').next().expect("a token");
    assert!(token.len() >= 43);
    for secret in [MARK, token, &endpoint.secret] {
        assert!(!hub.log().contains(secret), "it is in the log");
    }
    let status = status.to_string();
    assert!(!status.contains(token) && !status.contains(&endpoint.secret));
}

#[test]
fn a_burst_is_rows_each_once() {
    const EVENTS: usize = 300;
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let (_, endpoint) = listening(&anna, "standard_webhooks", None);
    thread::scope(|senders| {
        for sender in 0..6 {
            let endpoint = &endpoint;
            senders.spawn(move || {
                // Neighbours send half of it twice.
                for n in 0..EVENTS / 3 {
                    let id = format!("m-{}", (sender * EVENTS / 6 + n) % EVENTS);
                    let body = json!({ "type": "ship.arrived", "n": n }).to_string();
                    taken(endpoint.standard(&id, &body, 0));
                }
            });
        }
    });
    rows(&hub, &anna, EVENTS);
    assert_eq!(
        hub.rows(
            &anna.tenant,
            "SELECT count(DISTINCT event_id) FROM webhook_events"
        ),
        [EVENTS.to_string()]
    );
}

#[test]
fn what_was_taken_in_survives_a_power_cut() {
    let mut hub = Hub::start();
    let mut anna = hub.tenant("Anna");
    let (_, endpoint) = listening(&anna, "github", None);
    assert_eq!(taken(endpoint.github("d-1", r#"{"n":"d-1"}"#)), 1);
    rows(&hub, &anna, 1);
    // Somebody holds the table, so that the next row cannot be written before the hub is gone.
    let mut holder = hub.hold(
        &anna.tenant,
        "LOCK TABLE webhook_events IN ACCESS EXCLUSIVE MODE",
    );
    assert_eq!(taken(endpoint.github("d-2", r#"{"n":"d-2"}"#)), 1);
    hub.kill();
    holder.kill().expect("psql can be ended");
    holder.wait().expect("it ends");
    hub.launch();
    anna.moved_to(&hub.url);
    rows(&hub, &anna, 2);
}

#[test]
fn secrets_and_addresses_are_made_anew() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let (connection, old) = listening(&anna, "github", None);
    let made = rotate(&anna, &connection, &json!({ "part": "secret" }));
    assert!(made["url"].is_null(), "the address stays: {made}");
    let new = Endpoint {
        url: old.url.clone(),
        secret: text(&made, "secret").to_owned(),
        client: client(),
    };
    assert_eq!(taken(new.github("d-1", r#"{"n":"d-1"}"#)), 1);
    assert_eq!(
        taken(old.github("d-2", r#"{"n":"d-2"}"#)),
        1,
        "good for 24 hours more"
    );
    hub.control("UPDATE webhooks SET old_secret_until = now() - interval '1 second'");
    refused(
        old.github("d-3", r#"{"n":"d-3"}"#),
        StatusCode::UNAUTHORIZED,
        "mismatch",
    );

    let made = rotate(&anna, &connection, &json!({ "part": "address" }));
    assert!(made["secret"].is_null(), "the secret stays: {made}");
    refused(
        new.github("d-4", r#"{"n":"d-4"}"#),
        StatusCode::NOT_FOUND,
        "not_found",
    );
    let moved = Endpoint::of(&made, Some(&new.secret));
    assert_eq!(taken(moved.github("d-4", r#"{"n":"d-4"}"#)), 1);
    rows(&hub, &anna, 3);
}

#[test]
fn an_endpoint_ends_with_its_owner() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let (connection, endpoint) = listening(&anna, "github", None);
    hub.control("UPDATE tenants SET state = 'suspended'");
    let answer = endpoint.github("d-1", r#"{"n":"d-1"}"#);
    assert!(answer.headers().contains_key("retry-after"));
    refused(answer, StatusCode::SERVICE_UNAVAILABLE, "resting");
    hub.control("UPDATE tenants SET state = 'active'");
    assert_eq!(taken(endpoint.github("d-1", r#"{"n":"d-1"}"#)), 1);
    rows(&hub, &anna, 1);

    let (status, _) = anna.call(Method::DELETE, &webhook(&connection), None);
    assert_eq!(status, StatusCode::NO_CONTENT);
    refused(
        endpoint.github("d-2", r#"{"n":"d-2"}"#),
        StatusCode::NOT_FOUND,
        "not_found",
    );
    assert!(anna.get(&webhook(&connection))["endpoint"].is_null());
    let (status, _) = anna.call(Method::DELETE, &webhook(&connection), None);
    assert_eq!(status, StatusCode::CONFLICT);

    // On again it is another address, and the table goes on.
    let again = put(&anna, &connection, &json!({ "scheme": "github" }));
    let again = Endpoint::of(&again, None);
    assert_ne!(again.url, endpoint.url);
    assert_eq!(taken(again.github("d-2", r#"{"n":"d-2"}"#)), 1);
    rows(&hub, &anna, 2);
    let path = format!("/api/v1/connections/{connection}?name=People");
    let (status, answer) = anna.call(Method::DELETE, &path, None);
    assert!(status.is_success(), "{status} {answer}");
    refused(
        again.github("d-3", r#"{"n":"d-3"}"#),
        StatusCode::NOT_FOUND,
        "not_found",
    );
    assert_eq!(
        hub.rows(&anna.tenant, "SELECT count(*) FROM webhook_events"),
        ["2"],
        "the table stays"
    );
}

#[test]
fn one_endpoint_does_not_take_more_than_its_share() {
    let hub = Hub::start_with(&[("TRIBUTARY_RATE_LIMIT", "20".to_owned())]);
    let anna = hub.tenant("Anna");
    let (_, endpoint) = listening(&anna, "github", None);
    // Ten at once: one after the other, a busy machine is too slow to be too fast.
    let sent = |sender: usize| {
        let one = |n: usize| {
            let id = format!("d-{sender}-{n}");
            endpoint.github(&id, &json!({ "n": id }).to_string())
        };
        (0..30).map(one).collect::<Vec<Response>>()
    };
    let answers: Vec<Response> = thread::scope(|scope| {
        let senders: Vec<_> = (0..10)
            .map(|sender| scope.spawn(move || sent(sender)))
            .collect();
        let ended = senders
            .into_iter()
            .flat_map(|one| one.join().expect("it sends"));
        ended.collect()
    });
    let slowed = answers
        .iter()
        .find(|answer| answer.status() == StatusCode::TOO_MANY_REQUESTS)
        .expect("three hundred are too many");
    assert!(slowed.headers().contains_key("retry-after"));
    thread::sleep(Duration::from_secs(1));
    taken(endpoint.github("d-later", r#"{"n":"d-later"}"#));
}
