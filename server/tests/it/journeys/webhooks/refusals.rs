//! What is refused, why, and that its connection tells of the last one.

use reqwest::StatusCode;
use serde_json::Value;

use super::super::sender::{Endpoint, rows, taken, webhook};
use super::{listening, refused};
use crate::harness::{Api, Hub, client};

/// A delivery of just this size: an object of JSON with one long text.
fn sized(bytes: usize) -> String {
    let (head, tail) = (r#"{"text":""#, r#""}"#);
    format!(
        "{head}{}{tail}",
        "x".repeat(bytes - head.len() - tail.len())
    )
}

/// Why the last delivery that was refused was.
fn last(api: &Api, connection: &str) -> Value {
    api.get(&webhook(connection))["endpoint"]["last_refusal"].clone()
}

#[test]
fn what_is_not_signed_right_is_refused_and_told() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let ben = hub.tenant("Ben");
    let (connection, endpoint) = listening(&anna, "standard_webhooks", None);
    let (_, his) = listening(&ben, "standard_webhooks", None);
    let why = || anna.get(&webhook(&connection))["endpoint"]["last_refusal"].clone();

    refused(
        endpoint.send(&[], "{}"),
        StatusCode::UNAUTHORIZED,
        "unsigned",
    );
    assert_eq!(why()["reason"], "unsigned");
    refused(
        endpoint.standard("m-1", "{}", 301),
        StatusCode::UNAUTHORIZED,
        "too_old",
    );
    refused(
        endpoint.standard("m-1", "{}", -301),
        StatusCode::UNAUTHORIZED,
        "too_old",
    );
    let mixed = Endpoint {
        url: endpoint.url.clone(),
        secret: his.secret.clone(),
        client: client(),
    };
    refused(
        mixed.standard("m-1", "{}", 0),
        StatusCode::UNAUTHORIZED,
        "mismatch",
    );
    assert_eq!(
        why()["detail"],
        "Signature did not match: check the signing secret."
    );

    let nowhere = Endpoint {
        url: format!("{}x", endpoint.url),
        secret: endpoint.secret.clone(),
        client: client(),
    };
    refused(
        nowhere.standard("m-1", "{}", 0),
        StatusCode::NOT_FOUND,
        "not_found",
    );
    let looked = client().get(&endpoint.url).send().expect("an answer");
    assert_eq!(looked.status(), StatusCode::METHOD_NOT_ALLOWED);

    assert_eq!(taken(endpoint.standard("m-1", "{}", 0)), 1);
    rows(&hub, &anna, 1);
    assert_eq!(
        hub.control("SELECT count(*) FROM webhook_events"),
        ["1"],
        "nothing of what was refused was kept"
    );
}

#[test]
fn what_is_too_large_is_told_too() {
    const MOST: usize = 256 * 1024;
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let (connection, endpoint) = listening(&anna, "standard_webhooks", None);
    refused(
        endpoint.send(&[], "{}"),
        StatusCode::UNAUTHORIZED,
        "unsigned",
    );
    refused(
        endpoint.standard("m-1", &sized(MOST + 1), 0),
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
    );
    let why = last(&anna, &connection);
    assert_eq!(why["reason"], "too_large", "{why}");
    assert_eq!(why["is_newest"], true, "{why}");
    let nowhere = Endpoint {
        url: format!("{}x", endpoint.url),
        secret: endpoint.secret.clone(),
        client: client(),
    };
    refused(
        nowhere.standard("m-1", &sized(MOST + 1), 0),
        StatusCode::NOT_FOUND,
        "not_found",
    );

    assert_eq!(taken(endpoint.standard("m-1", &sized(MOST), 0)), 1);
    rows(&hub, &anna, 1);
}

#[test]
fn what_is_signed_but_no_json_is_refused_and_told() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let (connection, endpoint) = listening(&anna, "standard_webhooks", None);
    for (n, body) in ["", "hello", "\"hello\"", "7"].into_iter().enumerate() {
        refused(
            endpoint.standard(&format!("m-{n}"), body, 0),
            StatusCode::UNPROCESSABLE_ENTITY,
            "unreadable",
        );
        assert_eq!(last(&anna, &connection)["reason"], "unreadable", "{body}");
    }
    assert_eq!(hub.control("SELECT count(*) FROM webhook_events"), ["0"]);
    assert_eq!(taken(endpoint.standard("m-9", r#"[{"n":1}]"#, 0)), 1);
}

#[test]
fn what_is_taken_in_within_the_same_second_makes_a_refusal_history() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let (connection, endpoint) = listening(&anna, "github", None);
    let unsigned = || {
        refused(
            endpoint.send(&[], "{}"),
            StatusCode::UNAUTHORIZED,
            "unsigned",
        );
    };
    unsigned();
    assert_eq!(last(&anna, &connection)["is_newest"], true);
    assert_eq!(taken(endpoint.github("d-1", r#"{"n":1}"#)), 1);
    assert_eq!(last(&anna, &connection)["is_newest"], false);
    // The same again soon after is noted, because something came in between.
    unsigned();
    assert_eq!(last(&anna, &connection)["is_newest"], true);
}
