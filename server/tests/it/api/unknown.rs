//! What a call does not know is refused by its name, and starts nothing: a misspelt wish would do something else.

use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

use super::wall::calls;
use crate::harness::{Api, Hub, client, text};

/// The fields that a refusal blames, each with what it says.
fn blamed((status, problem): &(StatusCode, Value)) -> Vec<(String, String)> {
    assert_eq!(*status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    assert_eq!(problem["code"], "invalid", "{problem}");
    let detail = text(problem, "detail");
    assert!(
        !detail.contains("deserialize"),
        "words of ours, not the reader's: {detail}"
    );
    let errors = problem["errors"].as_array().expect("one entry a field");
    errors
        .iter()
        .map(|error| {
            (
                text(error, "field").to_owned(),
                text(error, "detail").to_owned(),
            )
        })
        .collect()
}

fn people(api: &Api) -> String {
    let file = api.upload_text("people.csv", "id,name\n1,Zoe\n");
    let (connection, test) = api.connect("files", "People", &file);
    assert_eq!(test["state"], "passed", "{test}");
    connection
}

#[test]
fn a_misspelt_wish_starts_no_run() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let connection = people(&anna);
    let runs = format!("/api/v1/connections/{connection}/runs");

    let misspelt = anna.call(
        Method::POST,
        &format!("{runs}?force_fallbak=true"),
        Some(&json!({})),
    );
    let told = blamed(&misspelt);
    assert_eq!(told[0].0, "force_fallbak");
    assert!(
        told[0].1.contains("force_fallback"),
        "what was meant: {told:?}"
    );

    let unsure = anna.call(Method::POST, &format!("{runs}?force_fallback=yes"), None);
    assert_eq!(blamed(&unsure)[0].0, "force_fallback");

    let in_body = anna.call(Method::POST, &runs, Some(&json!({ "way": "airbyte" })));
    assert_eq!(blamed(&in_body)[0].0, "way");

    let misplaced = anna.call(Method::POST, &runs, Some(&json!({ "debug": true })));
    let told = blamed(&misplaced);
    assert!(
        told[0].1.contains("?debug="),
        "where it belongs to: {told:?}"
    );

    let none = anna.get(&format!("/api/v1/runs?connection={connection}"));
    assert_eq!(none["items"], json!([]), "nothing was started");
    // What many clients send where there is nothing to send is still taken.
    assert_eq!(anna.run(&connection)["row"]["state"], "succeeded");
}

#[test]
fn a_body_that_is_no_json_is_refused_where_none_is_taken() {
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
    let base = hub.url.trim_end_matches('/');
    let answer = client()
        .post(format!("{base}/api/v1/connections/con_1/runs"))
        .bearer_auth(key)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("force_fallback=true")
        .send()
        .expect("the hub answers");
    let refused = (answer.status(), answer.json().expect("JSON"));
    assert_eq!(blamed(&refused)[0].0, "body");
}

/// The address with something in place of each id: what is wrong with a call shows before its ids are looked at.
fn filled(path: &str) -> String {
    path.split_once('{')
        .and_then(|(before, rest)| {
            let (_, after) = rest.split_once('}')?;
            Some(format!("{before}some{after}"))
        })
        .unwrap_or_else(|| path.to_owned())
}

#[test]
fn every_call_refuses_what_the_document_does_not_name() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let document = hub.document();
    let mut bodies = 0;
    for (method, path, operation) in calls(&document) {
        let address = filled(&path);
        let refused = anna.call(method.clone(), &format!("{address}?nonsense=1"), None);
        let told = blamed(&refused);
        assert!(
            told.iter().any(|(field, _)| field == "nonsense"),
            "{method} {path}: {told:?}"
        );

        let content = &operation["requestBody"]["content"];
        if content.is_object() && content["application/json"].is_null() {
            continue;
        }
        let list = content["application/json"]["schema"]["type"] == "array";
        let (body, field) = if list {
            (json!([{ "nonsense": 1 }]), "0.nonsense")
        } else {
            (json!({ "nonsense": 1 }), "nonsense")
        };
        let needed = operation["parameters"].as_array().into_iter().flatten();
        let needed: Vec<String> = needed
            .filter(|one| one["in"] == "query" && one["required"] == true)
            .map(|one| format!("{}=x", text(one, "name")))
            .collect();
        let address = format!("{address}?{}", needed.join("&"));
        let refused = anna.call(method.clone(), &address, Some(&body));
        let told = blamed(&refused);
        assert!(
            told.iter().any(|(named, _)| named == field),
            "{method} {path}: {told:?}"
        );
        bodies += usize::from(content.is_object());
    }
    assert!(bodies > 10, "only {bodies} calls take a body?");
}

#[test]
fn every_field_that_is_missing_or_of_another_kind_is_named() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let connection = people(&anna);
    let replay = format!("/api/v1/connections/{connection}/routes/replay");
    let fields = |body: &Value| -> Vec<String> {
        let refused = anna.call(Method::POST, &replay, Some(body));
        let mut fields: Vec<String> = blamed(&refused)
            .into_iter()
            .map(|(field, _)| field)
            .collect();
        fields.sort();
        fields
    };
    assert_eq!(
        fields(&json!({})),
        ["attempts", "fallback", "fallback_minutes", "first"]
    );
    let mut policy =
        anna.get(&format!("/api/v1/connections/{connection}/routes"))["policy"].clone();
    policy["first"] = json!("somewhere");
    policy["fallback"] = json!("yes");
    assert_eq!(fields(&policy), ["fallback", "first"]);
    policy["first"] = json!("direct");
    policy["fallback"] = json!(true);
    policy["attempts"] = json!(300);
    assert_eq!(fields(&policy), ["attempts"], "more than there is room for");
}
