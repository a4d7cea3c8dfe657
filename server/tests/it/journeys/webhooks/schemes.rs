//! Senders with ways of their own: their secret is pasted, they ask first, or they send several events at once.

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::sender::{Endpoint, hex, mac, now, put, rows, taken, webhook};
use super::{listening, refused};
use crate::harness::{Hub, client};

#[test]
fn a_senders_own_secret_is_pasted() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let file = anna.upload_text("people.csv", "id,name\n1,Zoe\n");
    let (connection, _) = anna.connect("files", "People", &file);
    let made = put(&anna, &connection, &json!({ "scheme": "stripe" }));
    assert_eq!(made["endpoint"]["has_secret"], false, "{made}");
    let endpoint = Endpoint::of(&made, Some("whsec_of_a_test_endpoint"));
    let stripe = |id: &str| {
        let body = json!({ "id": id, "type": "charge.succeeded" }).to_string();
        let time = now().to_string();
        let signature = mac(
            endpoint.secret.as_bytes(),
            &[time.as_bytes(), b".", body.as_bytes()],
        );
        let header = format!("t={time},v1={}", hex(&signature));
        endpoint.send(&[("stripe-signature", &header)], &body)
    };
    refused(stripe("evt_1"), StatusCode::UNAUTHORIZED, "no_secret");
    let (status, problem) = anna.call(
        Method::PUT,
        &webhook(&connection),
        Some(&json!({ "secret": "sk_live_something_else" })),
    );
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["errors"][0]["field"], "secret", "{problem}");
    let (status, _) = anna.call(
        Method::POST,
        &format!("{}/rotate", webhook(&connection)),
        Some(&json!({ "part": "secret" })),
    );
    assert_eq!(
        status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "it must be pasted"
    );
    let made = put(&anna, &connection, &json!({ "secret": endpoint.secret }));
    assert!(made["url"].is_null() && made["secret"].is_null(), "{made}");
    assert_eq!(taken(stripe("evt_1")), 1);
    rows(&hub, &anna, 1);
}

#[test]
fn slack_asks_first_and_hubspot_sends_several_at_once() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let secret = "a-signing-secret-of-a-test";
    let (connection, slack) = listening(&anna, "slack", Some(secret));
    let body = json!({ "type": "url_verification", "challenge": "3eZbrw1a" }).to_string();
    let time = now().to_string();
    let signature = mac(
        secret.as_bytes(),
        &[&b"v0:"[..], time.as_bytes(), b":", body.as_bytes()],
    );
    let answer = slack.send(
        &[
            ("x-slack-request-timestamp", &time),
            ("x-slack-signature", &format!("v0={}", hex(&signature))),
        ],
        &body,
    );
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(
        answer.json::<Value>().expect("JSON"),
        json!({ "challenge": "3eZbrw1a" })
    );

    put(
        &anna,
        &connection,
        &json!({ "scheme": "hubspot", "secret": secret }),
    );
    let body = json!([
        { "eventId": 1, "objectId": 5, "subscriptionType": "contact.creation", "attemptNumber": 0 },
        { "eventId": 2, "objectId": 5, "subscriptionType": "contact.propertyChange", "attemptNumber": 0 },
    ])
    .to_string();
    let millis = (now() * 1000).to_string();
    let url = format!("{}?portal=7", slack.url);
    let parts = ["POST", &url, &body, &millis].map(str::as_bytes);
    let signature = STANDARD.encode(mac(secret.as_bytes(), &parts));
    let hubspot = Endpoint {
        url,
        secret: secret.to_owned(),
        client: client(),
    };
    let answer = hubspot.send(
        &[
            ("x-hubspot-request-timestamp", &millis),
            ("x-hubspot-signature-v3", &signature),
        ],
        &body,
    );
    assert_eq!(taken(answer), 2);
    rows(&hub, &anna, 2);
}
