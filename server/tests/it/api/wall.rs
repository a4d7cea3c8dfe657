//! The wall between tenants: every call that takes an id, in its path, its body or its query, is made with another
//! tenant's key. Calls and their ids come from the document, so a new one is tried without a change here.

use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::harness::{Api, Hub, text};

#[test]
fn ids_of_another_tenant_are_as_good_as_not_there() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let bob = hub.tenant("Bob");
    let ids = one_of_everything(&anna);
    let document = anna.get("/api/v1/openapi.json");
    let mut tried = 0;
    for (method, path, operation) in calls(&document) {
        let Some(attempt) = Attempt::on(&document, &path, operation, &ids) else {
            continue;
        };
        let body = (method != Method::GET).then_some(&attempt.body);
        let (status, answer) = bob.call(method.clone(), &attempt.path, body);
        assert_eq!(
            status,
            StatusCode::NOT_FOUND,
            "{method} {}: {answer}",
            attempt.path
        );
        assert_eq!(answer["code"], "not_found", "{method} {}", attempt.path);
        tried += 1;
    }
    assert!(tried >= 18, "only {tried} calls take an id?");
    let still = anna.get(&format!("/api/v1/connections/{}", text(&ids, "connection")));
    assert_eq!(still["row"]["name"], "People", "nothing was changed");
}

#[test]
fn nothing_to_change_is_no_way_around_the_wall() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let bob = hub.tenant("Bob");
    let ids = one_of_everything(&anna);
    let path = format!("/api/v1/connections/{}", text(&ids, "connection"));
    let (status, answer) = bob.call(Method::PATCH, &path, Some(&json!({})));
    assert_eq!(status, StatusCode::NOT_FOUND, "{answer}");
    let key = hub.ok(&[
        "api-key",
        "create",
        "--tenant",
        &anna.tenant,
        "--scope",
        "read",
    ]);
    let reader = Api::new(&hub.url, anna.tenant, key);
    let (status, answer) = reader.call(Method::PATCH, &path, Some(&json!({})));
    assert_eq!(status, StatusCode::FORBIDDEN, "{answer}");
}

#[test]
fn a_filter_by_another_tenants_id_finds_nothing() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let bob = hub.tenant("Bob");
    let ids = one_of_everything(&anna);
    let path = format!("/api/v1/runs?connection={}", text(&ids, "connection"));
    let hers = anna.get(&path);
    assert_eq!(hers["items"].as_array().map(Vec::len), Some(1));
    let (status, his) = bob.call(Method::GET, &path, None);
    assert!(
        status == StatusCode::NOT_FOUND || his["items"] == json!([]),
        "{status} {his}"
    );
}

#[test]
fn without_a_key_every_call_asks_for_one() {
    let hub = Hub::start();
    let document = hub.document();
    for key in ["", "hub_live_0000000000_nothing", "not a key"] {
        let nobody = Api::new(&hub.url, String::new(), key.to_owned());
        for (method, path, _) in calls(&document) {
            let body = (method != Method::GET).then(|| json!({}));
            let (status, answer) = nobody.call(method.clone(), &path, body.as_ref());
            assert_eq!(
                status,
                StatusCode::UNAUTHORIZED,
                "{method} {path}: {answer}"
            );
            assert_eq!(answer["code"], "unauthorized", "{method} {path}");
        }
    }
}

#[test]
fn a_key_may_only_what_its_scopes_say() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let ids = one_of_everything(&anna);
    let document = hub.document();
    for scope in ["read", "sample", "sync", "manage", "audit"] {
        let key = hub.ok(&[
            "api-key",
            "create",
            "--tenant",
            &anna.tenant,
            "--scope",
            scope,
        ]);
        let program = Api::new(&hub.url, anna.tenant.clone(), key);
        for (method, path, operation) in calls(&document) {
            let allowed = operation["security"][0]["key"]
                .as_array()
                .expect("every call names its scope")
                .iter()
                .any(|named| named == scope);
            if allowed {
                continue;
            }
            let attempt = Attempt::on(&document, &path, operation, &ids);
            let path = attempt
                .as_ref()
                .map_or(path, |attempt| attempt.path.clone());
            let body = attempt.map_or_else(|| example_body(operation), |attempt| attempt.body);
            let body = (method != Method::GET).then_some(body);
            let (status, answer) = program.call(method.clone(), &path, body.as_ref());
            assert_eq!(
                status,
                StatusCode::FORBIDDEN,
                "{scope}: {method} {path}: {answer}"
            );
        }
    }
}

/// A connection with all that hangs on it, as ids by the names that the document uses.
fn one_of_everything(anna: &Api) -> Value {
    let file = anna.upload_text("people.csv", "id,name\n1,Zoe\n");
    let (connection, test) = anna.connect("files", "People", &file);
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.run(&connection);
    let sample = anna.post(
        &format!("/api/v1/connections/{connection}/samples"),
        &json!({}),
    );
    let app = anna.post("/api/v1/apps", &json!({ "name": "Invoices", "tables": [] }));
    let document = "apis: { integrations: [{ name: Harbour, type: rest, base_url: 'https://api.example.com', endpoints: [{ name: ships, path: /ships }] }] }";
    let own = anna.post("/api/v1/integrations", &json!({ "document": document }));
    json!({
        "slug": own[0]["slug"], "connection": connection, "sourceId": connection, "tenantId": anna.tenant,
        "test": test["id"], "run": run["row"]["id"], "sample": sample["sample"], "app": app["app"],
    })
}

/// Every call of the document.
pub fn calls(document: &Value) -> Vec<(Method, String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().expect("methods");
            methods.iter().map(|(method, operation)| {
                let method = method.to_uppercase().parse().expect("a method");
                (method, path.clone(), operation)
            })
        })
        .collect()
}

/// A call with somebody's ids in it.
struct Attempt {
    path: String,
    body: Value,
}

impl Attempt {
    /// Nothing when the call takes no id.
    fn on(document: &Value, path: &str, operation: &Value, ids: &Value) -> Option<Self> {
        let filled = path.split_once('{').map(|(before, rest)| {
            let (name, after) = rest.split_once('}').expect("a closed brace");
            let id = ids[name]
                .as_str()
                .unwrap_or_else(|| panic!("the test knows no id for {{{name}}} of {path}"));
            format!("{before}{id}{after}")
        });
        let (body, takes_id) = body(document, operation, ids);
        if filled.is_none() && !takes_id {
            return None;
        }
        let mut path = filled.unwrap_or_else(|| path.to_owned());
        if operation["parameters"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["name"] == "name"))
        {
            path.push_str("?name=People");
        }
        Some(Self { path, body })
    }
}

/// A body as the document wants it, and whether there is an id in it.
fn body(document: &Value, operation: &Value, ids: &Value) -> (Value, bool) {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if schema["type"] == "array" {
        return (json!([]), false);
    }
    let name = schema["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next());
    let schema = &document["components"]["schemas"][name.unwrap_or_default()];
    let properties = schema["properties"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let mut takes_id = false;
    let body: Map<String, Value> = properties
        .into_iter()
        .map(|(name, property)| {
            let value = if name.ends_with("Id") {
                takes_id = true;
                let id = &ids[&name];
                assert!(id.is_string(), "the test knows no id for {name}");
                id.clone()
            } else {
                value_for(&name, resolved(document, &property), &schema["example"])
            };
            (name, value)
        })
        .collect();
    (Value::Object(body), takes_id)
}

/// What a property is, where the document describes it elsewhere.
fn resolved<'a>(document: &'a Value, property: &'a Value) -> &'a Value {
    match property["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next())
    {
        Some(name) => &document["components"]["schemas"][name],
        None => property,
    }
}

/// As the document's example has it, else as small as its type allows.
fn value_for(name: &str, property: &Value, example: &Value) -> Value {
    let given = [&example[name], &property["example"]]
        .into_iter()
        .find(|given| !given.is_null() && name != "configuration");
    if let Some(given) = given {
        return given.clone();
    }
    match property["type"].as_str() {
        Some("array") => json!([]),
        Some("object") => json!({}),
        // One of a few words: whichever stands there first.
        Some("string") if property["enum"].is_array() => property["enum"][0].clone(),
        Some("string") => json!("People"),
        Some("integer") => json!(1),
        Some("boolean") => json!(true),
        _ => Value::Null,
    }
}

/// A body for a call without ids.
fn example_body(operation: &Value) -> Value {
    let kind = operation["requestBody"]["content"].as_object();
    match kind
        .and_then(|kinds| kinds.keys().next())
        .map(String::as_str)
    {
        Some("application/json") => json!({
            "integration": "files", "name": "Other", "configuration": {}, "tables": [], "businessProfile": null,
        }),
        _ => Value::Null,
    }
}
