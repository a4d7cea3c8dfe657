//! Whoever sends events to the hub. Signatures are made here, not by the hub's own code.

use std::{
    fmt::Write,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{
    Method, StatusCode,
    blocking::{Client, Response},
};
use serde_json::Value;
use sha2::Sha256;

use crate::harness::{Api, Hub, client, eventually, text};

pub fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
        text
    })
}

pub fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock");
    i64::try_from(since.as_secs()).expect("a time")
}

/// What turning events on made.
pub struct Endpoint {
    pub url: String,
    pub secret: String,
    pub client: Client,
}

impl Endpoint {
    pub fn of(made: &Value, secret: Option<&str>) -> Self {
        Self {
            url: text(made, "url").to_owned(),
            secret: secret.map_or_else(|| text(made, "secret").to_owned(), str::to_owned),
            client: client(),
        }
    }

    pub fn send(&self, headers: &[(&str, &str)], body: &str) -> Response {
        let mut request = self.client.post(&self.url).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().expect("the hub answers")
    }

    /// As GitHub does.
    pub fn github(&self, id: &str, body: &str) -> Response {
        let signature = hex(&mac(self.secret.as_bytes(), &[body.as_bytes()]));
        self.send(
            &[
                ("x-github-delivery", id),
                ("x-github-event", "issues"),
                ("x-hub-signature-256", &format!("sha256={signature}")),
                ("content-type", "application/json"),
            ],
            body,
        )
    }

    /// As Standard Webhooks have it, signed so many seconds ago.
    pub fn standard(&self, id: &str, body: &str, ago: i64) -> Response {
        let key = self.secret.strip_prefix("whsec_").expect("whsec_");
        let key = STANDARD.decode(key).expect("base64");
        let time = (now() - ago).to_string();
        let parts = [id, ".", &time, ".", body].map(str::as_bytes);
        let signature = STANDARD.encode(mac(&key, &parts));
        self.send(
            &[
                ("webhook-id", id),
                ("webhook-timestamp", &time),
                ("webhook-signature", &format!("v1,{signature}")),
            ],
            body,
        )
    }
}

pub fn webhook(connection: &str) -> String {
    format!("/api/v1/connections/{connection}/webhook")
}

pub fn put(api: &Api, connection: &str, settings: &Value) -> Value {
    let (status, made) = api.call(Method::PUT, &webhook(connection), Some(settings));
    assert_eq!(status, StatusCode::OK, "{made}");
    made
}

pub fn taken(answer: Response) -> i64 {
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let answer: Value = answer.json().expect("JSON");
    answer["new"].as_i64().expect("a number")
}

/// Waits until the table of events has so many rows.
pub fn rows(hub: &Hub, api: &Api, count: usize) {
    eventually("the events are rows", || {
        let there = hub.rows(&api.tenant, "SELECT to_regclass('webhook_events')");
        if there == [""] {
            return None;
        }
        let seen = hub.rows(&api.tenant, "SELECT count(*) FROM webhook_events");
        (seen == [count.to_string()]).then_some(())
    });
}
