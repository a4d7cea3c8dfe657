//! Who asks comes first, then what the key may, then what was sent: on every call that changes something.

use reqwest::{
    Method, StatusCode,
    header::{CONTENT_TYPE, WWW_AUTHENTICATE},
};
use serde_json::Value;

use super::wall::calls;
use crate::harness::{Hub, client};

/// Broken off in the middle.
const BROKEN: &str = "{\"name\": ";
/// More than is taken in one call.
const TOO_MUCH: usize = 1024 * 1024 + 1;

/// The answer to a call with this body; ids in the path are of nothing.
fn send(
    hub: &Hub,
    key: &str,
    (method, path): (&Method, &str),
    body: String,
) -> (StatusCode, Value) {
    let path = path
        .split('/')
        .map(|part| if part.starts_with('{') { "none" } else { part })
        .collect::<Vec<_>>()
        .join("/");
    let mut request = client()
        .request(
            method.clone(),
            format!("{}{path}", hub.url.trim_end_matches('/')),
        )
        .header(CONTENT_TYPE, "application/json")
        .body(body);
    if !key.is_empty() {
        request = request.bearer_auth(key);
    }
    let answer = request.send().expect("the hub answers");
    let status = answer.status();
    assert_eq!(
        answer.headers().contains_key(WWW_AUTHENTICATE),
        status == StatusCode::UNAUTHORIZED
    );
    (status, answer.json().unwrap_or(Value::Null))
}

fn key(hub: &Hub, tenant: &str, scope: &str) -> String {
    hub.ok(&["api-key", "create", "--tenant", tenant, "--scope", scope])
}

#[test]
fn a_key_without_the_scope_is_refused_before_its_body_is_read() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let reader = key(&hub, &anna.tenant, "read");
    let document = hub.document();
    let mut tried = 0;
    for (method, path, operation) in calls(&document) {
        let scopes = operation["security"][0]["key"].as_array().expect("scopes");
        if method == Method::GET || scopes.iter().any(|scope| scope == "read") {
            continue;
        }
        let call = (&method, path.as_str());
        let (status, problem) = send(&hub, "", call, BROKEN.to_owned());
        assert_eq!(
            status,
            StatusCode::UNAUTHORIZED,
            "{method} {path}: {problem}"
        );
        for body in [BROKEN.to_owned(), "x".repeat(TOO_MUCH)] {
            let (status, problem) = send(&hub, &reader, call, body);
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}: {problem}");
            assert_eq!(problem["code"], "denied", "{method} {path}");
            let names = |scope: &Value| {
                let name = scope.as_str().expect("a name");
                problem["detail"]
                    .as_str()
                    .is_some_and(|why| why.contains(name))
            };
            assert!(scopes.iter().all(names), "{method} {path}: {problem}");
        }
        tried += 1;
    }
    assert!(tried >= 14, "only {tried} calls change something?");
}

#[test]
fn a_key_with_the_scope_is_told_what_is_wrong_with_its_body() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let document = hub.document();
    let mut tried = 0;
    for (method, path, operation) in calls(&document) {
        if operation["requestBody"]["content"]["application/json"].is_null() {
            continue;
        }
        let scope = operation["security"][0]["key"][0].as_str().expect("one");
        for scope in [scope, "admin"] {
            let key = key(&hub, &anna.tenant, scope);
            let call = (&method, path.as_str());
            let (status, problem) = send(&hub, &key, call, BROKEN.to_owned());
            assert_eq!(
                status,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{scope}: {method} {path}: {problem}"
            );
            assert_eq!(problem["code"], "invalid", "{method} {path}");
            let (status, _) = send(&hub, &key, call, "x".repeat(TOO_MUCH));
            assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{method} {path}");
        }
        tried += 1;
    }
    assert!(tried >= 9, "only {tried} calls take a body?");
}

#[test]
fn what_is_not_there_needs_no_key_and_the_head_of_a_call_needs_its_own() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let runner = key(&hub, &anna.tenant, "sync");
    let reader = key(&hub, &anna.tenant, "read");
    let call = (&Method::HEAD, "/api/v1/connections");
    for (key, status) in [
        ("", StatusCode::UNAUTHORIZED),
        (&runner, StatusCode::FORBIDDEN),
        (&reader, StatusCode::OK),
    ] {
        assert_eq!(send(&hub, key, call, String::new()).0, status);
    }
    let nothing = (&Method::POST, "/api/v1/nothing");
    assert_eq!(
        send(&hub, "", nothing, BROKEN.to_owned()).0,
        StatusCode::NOT_FOUND
    );
    let not_so = (&Method::PUT, "/api/v1/connections");
    assert_eq!(
        send(&hub, "", not_so, BROKEN.to_owned()).0,
        StatusCode::METHOD_NOT_ALLOWED
    );
}
