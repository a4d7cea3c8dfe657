//! What is too large or cannot be read is refused in the words of the API, at every door.

use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::harness::{Api, Hub, Person, client};

const TOO_MUCH: usize = 1024 * 1024 + 1;

#[test]
fn a_json_body_beyond_the_limit_is_a_problem() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let large = json!({ "name": "x".repeat(TOO_MUCH) });
    for path in [
        "/api/v1/connections",
        "/api/v1/apps",
        "/api/airbyte/sources/test",
    ] {
        let (status, problem) = anna.call(Method::POST, path, Some(&large));
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{path}: {problem}");
        assert_eq!(problem["code"], "too_large", "{path}");
    }
}

#[test]
fn a_form_beyond_the_limit_is_refused_too() {
    let hub = Hub::start();
    let visitor = Person::visiting(&hub);
    let large = "x".repeat(TOO_MUCH);
    let form = [
        ("email", large.as_str()),
        ("company", "x"),
        ("password", "x"),
    ];
    let refused = visitor.call("account/sign_up", &form);
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE, "{refused:?}");
    assert_eq!(refused.kind, "application/problem+json");
    assert_eq!(refused.json()["code"], "too_large");
    let page = visitor.post("/fn/app/account/api/sign_up", &form);
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE, "{page:?}");
    assert!(page.text.contains("1 MB"), "{}", page.text);
}

#[test]
fn a_form_beyond_the_limit_on_every_address_that_takes_one() {
    let hub = Hub::start();
    let anna = Person::joining(&hub, "Anna");
    let api = anna.api(&hub);
    let app = api.post("/api/v1/apps", &json!({ "name": "Invoices" }));
    let large = "x".repeat(TOO_MUCH);
    let app = app["app"].as_str().expect("an id");
    let form = [("host", large.as_str()), ("password", "x")];
    for path in [
        format!("/apps/{app}/bundle"),
        format!("/apps/{app}/rotate"),
        "/settings/keys/new".to_owned(),
    ] {
        let answer = anna.post(&path, &form);
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        assert!(
            answer.text.contains("<h1") && answer.text.contains("1 MB"),
            "{path}: {}",
            answer.text
        );
    }
    // A form that may bring files is shown again, with what is wrong.
    let answer = anna.post("/connect/postgresql", &form);
    assert!(answer.status.is_client_error(), "{}", answer.status);
    assert!(
        answer.text.contains("larger than the hub accepts"),
        "{}",
        answer.text
    );
}

#[test]
fn what_cannot_be_read_is_a_problem_that_says_where() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let key = hub.ok(&[
        "api-key",
        "create",
        "--tenant",
        &anna.tenant,
        "--scope",
        "admin",
    ]);
    let address = format!("{}/api/v1/connections", hub.url.trim_end_matches('/'));
    for (kind, body) in [
        ("application/json", "{\"name\": "),
        ("application/json", "{\"name\": 7}"),
        ("text/plain", "hello"),
    ] {
        let answer = client()
            .post(&address)
            .bearer_auth(&key)
            .header(CONTENT_TYPE, kind)
            .body(body)
            .send()
            .expect("the hub answers");
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
        let id = answer.headers()["x-request-id"]
            .to_str()
            .expect("text")
            .to_owned();
        let problem: Value = answer.json().expect("JSON");
        assert_eq!(problem["code"], "invalid");
        assert_eq!(problem["request_id"], id.as_str());
    }
    let (status, problem) = anna.call(Method::DELETE, "/api/v1/connections/con_1", None);
    assert_eq!(
        status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "the name is missing: {problem}"
    );
}

#[test]
fn addresses_and_methods_that_are_not_there_are_problems() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let (status, problem) = anna.call(Method::GET, "/api/v1/nothing", None);
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("not_found"))
    );
    let (status, problem) = anna.call(Method::DELETE, "/api/v1/tenant", None);
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::METHOD_NOT_ALLOWED, &json!("method_not_allowed"))
    );
}

#[test]
fn a_file_may_be_larger_than_a_form_and_has_a_bound_of_its_own() {
    let hub = Hub::start_with(&[("TRIBUTARY_UPLOAD_LIMIT_MB", "4".to_owned())]);
    let anna = hub.tenant("Anna");
    let line = format!("1,{}\n", "x".repeat(998));
    let fits = format!("id,note\n{}", line.repeat(2_500));
    let configuration = anna.upload_text("notes.csv", &fits);
    let (_, test) = anna.connect("files", "Notes", &configuration);
    assert_eq!(test["state"], "passed", "{test}");
    let (status, problem) = upload(&anna, &hub, &format!("id,note\n{}", line.repeat(5_000)));
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|why| why.contains("4 MB")),
        "{problem}"
    );
}

fn upload(anna: &Api, hub: &Hub, content: &str) -> (StatusCode, Value) {
    let key = hub.ok(&[
        "api-key",
        "create",
        "--tenant",
        &anna.tenant,
        "--scope",
        "admin",
    ]);
    let answer = client()
        .post(format!(
            "{}/api/v1/uploads?name=notes.csv",
            hub.url.trim_end_matches('/')
        ))
        .bearer_auth(key)
        .body(content.to_owned())
        .send()
        .expect("the hub answers");
    (answer.status(), answer.json().expect("JSON"))
}
