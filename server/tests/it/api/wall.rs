//! The wall between tenants: every call that takes an id is made with another tenant's key.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::Hub;

#[test]
fn ids_of_another_tenant_are_as_good_as_not_there() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let bob = hub.tenant("Bob");
    let file = anna.upload_text("people.csv", "id,name\n1,Zoe\n");
    let (connection, test) = anna.connect(
        "files",
        "People",
        &json!({ "dataset_name": "people", "format": "csv", "url": file }),
    );
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.run(&connection)["row"]["id"]
        .as_str()
        .expect("a run id")
        .to_owned();
    let app = anna.post("/api/v1/apps", &json!({ "name": "Invoices", "tables": [] }))["app"]
        .as_str()
        .expect("an app id")
        .to_owned();
    let ids = json!({ "connection": connection, "test": test["id"], "run": run, "app": app, "sample": "smp_00000000000000000000000000" });

    let document = anna.get("/api/v1/openapi.json");
    let mut tried = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        let Some(path) = filled(path, &ids) else {
            continue;
        };
        for method in item.as_object().expect("methods").keys() {
            let method: Method = method.to_uppercase().parse().expect("a method");
            let path = if method == Method::DELETE {
                format!("{path}?name=People")
            } else {
                path.clone()
            };
            let body = (method != Method::GET).then(|| body_for(&path));
            let (status, answer) = bob.call(method.clone(), &path, body.as_ref());
            assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}: {answer}");
            assert_eq!(answer["code"], "not_found");
            tried += 1;
        }
    }
    assert!(tried >= 15, "only {tried} calls take an id?");
}

#[test]
fn without_a_key_every_call_asks_for_one() {
    let hub = Hub::start();
    let nobody = crate::harness::Api::new(
        &hub.url,
        String::new(),
        "hub_live_0000000000_nothing".to_owned(),
    );
    let anna = hub.tenant("Anna");
    let document = anna.get("/api/v1/openapi.json");
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("methods").keys() {
            let method: Method = method.to_uppercase().parse().expect("a method");
            let body = (method != Method::GET).then(|| json!({}));
            let (status, answer) = nobody.call(method.clone(), path, body.as_ref());
            assert_eq!(
                status,
                StatusCode::UNAUTHORIZED,
                "{method} {path}: {answer}"
            );
        }
    }
}

/// The path with the other tenant's ids in it; nothing when it takes none.
fn filled(path: &str, ids: &Value) -> Option<String> {
    let (before, rest) = path.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    let id = ids[name]
        .as_str()
        .unwrap_or_else(|| panic!("the test knows no id for {{{name}}}"));
    Some(format!("{before}{id}{after}"))
}

fn body_for(path: &str) -> Value {
    if path.ends_with("/streams") {
        json!([])
    } else if path.ends_with("/tables") {
        json!({ "tables": [] })
    } else {
        json!({})
    }
}
