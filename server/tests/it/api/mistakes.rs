//! Every way to send something wrong: 422, and the field that is to blame. An id that is none is simply not there.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Hub, SourceDatabase, text};

/// Method, path, body, and the field to blame.
type Mistake = (Method, String, Value, &'static str);

#[test]
fn what_is_wrong_is_told_at_its_field() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let file = anna.upload_text("people.csv", "id,name\n1,Zoe\n");
    let (connection, _) = anna.connect("files", "People", &file);
    let app = anna.post("/api/v1/apps", &json!({ "name": "Invoices" }));
    let mistakes = [
        with_connections(&connection, &file),
        with_streams(&connection),
        with_apps(text(&app, "app")),
        with_lists(&anna.tenant),
    ];
    for (method, path, body, field) in mistakes.concat() {
        let sent = (!body.is_null()).then_some(&body);
        let (status, problem) = anna.call(method.clone(), &path, sent);
        let told = format!("{method} {path} {body}: {problem}");
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        assert_eq!(problem["code"], "invalid", "{told}");
        let blamed = |error: &Value| {
            error["field"] == field
                && error["detail"]
                    .as_str()
                    .is_some_and(|why| why.ends_with('.'))
        };
        assert!(
            problem["errors"]
                .as_array()
                .expect("errors")
                .iter()
                .any(blamed),
            "{told}"
        );
    }
}

fn with_connections(connection: &str, file: &Value) -> Vec<Mistake> {
    let new = |integration: &str, name: &str, configuration: Value| json!({ "integration": integration, "name": name, "configuration": configuration });
    let all = "/api/v1/connections".to_owned();
    let one = format!("{all}/{connection}");
    vec![
        (
            Method::POST,
            all.clone(),
            new("files", "", file.clone()),
            "name",
        ),
        (
            Method::POST,
            all.clone(),
            new("files", "Other", json!({})),
            "dataset_name",
        ),
        (
            Method::POST,
            all,
            new("postgresql", "Shop", json!({ "host": "h", "port": "x" })),
            "port",
        ),
        (Method::PATCH, one.clone(), json!({ "name": "" }), "name"),
        (
            Method::PATCH,
            one.clone(),
            json!({ "configuration": { "dataset_name": "" } }),
            "dataset_name",
        ),
        (
            Method::DELETE,
            format!("{one}?name=Somebody"),
            Value::Null,
            "name",
        ),
    ]
}

fn with_streams(connection: &str) -> Vec<Mistake> {
    let path = format!("/api/v1/connections/{connection}/streams");
    let choice = |name: &str, mode: &str| json!([{ "name": name, "selected": true, "mode": mode }]);
    vec![
        (
            Method::PUT,
            path.clone(),
            choice("none", "full_refresh_append"),
            "none",
        ),
        (
            Method::PUT,
            path,
            choice("people", "incremental_append"),
            "people.mode",
        ),
    ]
}

fn with_apps(app: &str) -> Vec<Mistake> {
    let all = "/api/v1/apps".to_owned();
    vec![
        (Method::POST, all.clone(), json!({ "name": "" }), "name"),
        (
            Method::POST,
            all.clone(),
            json!({ "name": "Invoices" }),
            "name",
        ),
        (
            Method::POST,
            all.clone(),
            json!({ "name": "Other", "tables": ["none"] }),
            "tables",
        ),
        (
            Method::PUT,
            format!("{all}/{app}/tables"),
            json!({ "tables": ["none"] }),
            "tables",
        ),
    ]
}

fn with_lists(tenant: &str) -> Vec<Mistake> {
    let unknown =
        json!({ "tenantId": tenant, "sourceType": "none", "name": "x", "configuration": {} });
    vec![
        (
            Method::GET,
            "/api/v1/integrations?category=none".to_owned(),
            Value::Null,
            "category",
        ),
        (
            Method::POST,
            "/api/airbyte/sources/create".to_owned(),
            unknown,
            "sourceType",
        ),
    ]
}

#[test]
fn a_mask_keeps_a_secret_only_where_the_address_stays() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let shop = SourceDatabase::create("CREATE TABLE orders (id int PRIMARY KEY)");
    let mut settings = shop.configuration();
    let (connection, test) = anna.connect("postgresql", "Shop", &settings);
    assert_eq!(test["state"], "passed", "{test}");
    let path = format!("/api/v1/connections/{connection}");
    let change = |settings: &Value| {
        let body = json!({ "configuration": settings });
        anna.call(Method::PATCH, &path, Some(&body))
    };
    settings["password"] = json!("**********");
    let (status, sent) = change(&settings);
    assert_eq!(status, StatusCode::ACCEPTED, "{sent}");
    let test = anna.tested(text(&sent, "test"));
    assert_eq!(test["state"], "passed", "{test}");

    settings["host"] = json!("evil.example.com");
    let (status, problem) = change(&settings);
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    assert_eq!(problem["errors"][0]["field"], "password", "{problem}");
    let why = text(&problem["errors"][0], "detail");
    assert!(why.starts_with("The address changed."), "{why}");
}

#[test]
fn ids_that_are_none_are_not_there() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    for path in [
        "/api/v1/connections/nonsense",
        "/api/v1/connections/con_00000000000000000000000000",
        "/api/v1/runs/con_00000000000000000000000000",
        "/api/v1/apps/%00",
        "/api/v1/tests/../tenant/x",
    ] {
        let (status, problem) = anna.call(Method::GET, path, None);
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}: {problem}");
        assert_eq!(problem["code"], "not_found", "{path}");
    }
}
