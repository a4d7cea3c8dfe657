//! The OpenAPI document names every call that programs rely on.

use crate::harness::Hub;

#[test]
fn the_document_names_every_call() {
    let hub = Hub::start();
    let document = hub.document();
    for path in [
        "/api/airbyte/sources",
        "/api/airbyte/recommendations",
        "/api/airbyte/sources/create",
        "/api/airbyte/sources/test",
        "/api/airbyte/sources/sample",
        "/api/v1/connections",
        "/api/v1/connections/{connection}/streams",
        "/api/v1/runs/{run}",
        "/api/v1/apps/{app}",
    ] {
        assert!(document["paths"].get(path).is_some(), "{path} is missing");
    }
}

#[test]
fn what_a_call_takes_stands_where_the_document_says() {
    let hub = Hub::start();
    let document = hub.document();
    let mut queries = 0;
    for (path, calls) in document["paths"].as_object().unwrap() {
        for (method, call) in calls.as_object().unwrap() {
            for parameter in call["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap();
                let in_path = path.contains(&format!("{{{name}}}"));
                let told = parameter["in"] == "path";
                assert_eq!(told, in_path, "{method} {path}: {name}");
                queries += usize::from(parameter["in"] == "query");
            }
        }
    }
    assert!(queries > 5, "{queries}");
}
