//! Every call of the document, made once: the answer has a status and a shape that the document promises.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Api, Hub, eventually, text};

/// Calls made so far, held against the document.
struct Witness<'a> {
    api: &'a Api,
    document: Value,
    seen: BTreeSet<String>,
}

impl Witness<'_> {
    /// Makes a call: `/api/v1/runs/{run}` with the id in place of the braces.
    fn call(&mut self, method: &str, path: &str, id: &str, body: Option<&Value>) -> Value {
        let (template, query) = path.split_once('?').unwrap_or((path, ""));
        let concrete = path
            .split_once('{')
            .and_then(|(before, rest)| {
                let (_, after) = rest.split_once('}')?;
                Some(format!("{before}{id}{after}"))
            })
            .unwrap_or_else(|| path.to_owned());
        let name: Method = method.parse().expect("a method");
        let (status, answer) = self.api.call(name, &concrete, body);
        assert!(
            status.is_success(),
            "{method} {concrete}: {status} {answer}"
        );
        self.check(method, template, status, &answer);
        assert!(query.is_empty() || concrete.contains(query));
        self.seen.insert(format!("{method} {template}"));
        answer
    }

    /// Does the document promise this answer?
    fn check(&self, method: &str, template: &str, status: StatusCode, answer: &Value) {
        let operation = &self.document["paths"][template][method.to_lowercase()];
        let response = &operation["responses"][status.as_str()];
        assert!(
            response.is_object(),
            "{method} {template} never said {status}"
        );
        let schema = &response["content"]["application/json"]["schema"];
        if schema.is_null() {
            assert!(
                answer.is_null(),
                "{method} {template} promised no body: {answer}"
            );
            return;
        }
        let mut whole = schema.clone();
        whole["components"] = self.document["components"].clone();
        let validator =
            jsonschema::validator_for(&whole).expect("the document's schemas are valid");
        let wrong: Vec<String> = validator
            .iter_errors(answer)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert!(
            wrong.is_empty(),
            "{method} {template}: {wrong:?} in {answer}"
        );
    }

    fn missing(&self) -> Vec<String> {
        let paths = self.document["paths"].as_object().expect("paths");
        paths
            .iter()
            .flat_map(|(path, item)| {
                let methods = item.as_object().expect("methods").keys();
                methods.map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .filter(|call| !self.seen.contains(call) && !call.ends_with("/uploads"))
            .collect()
    }
}

#[test]
fn every_call_answers_as_the_document_says() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let mut witness = Witness {
        api: &anna,
        document: hub.document(),
        seen: BTreeSet::new(),
    };
    for path in [
        "/api/v1/tenant",
        "/api/v1/integrations",
        "/api/v1/recommendations",
        "/api/v1/connections",
        "/api/v1/runs",
        "/api/v1/apps",
        "/api/airbyte/sources",
    ] {
        witness.call("GET", path, "", None);
    }
    let profile =
        json!({ "businessProfile": { "industry": "retail", "size": "solo", "type": "b2c" } });
    for body in [json!({}), profile] {
        witness.call("POST", "/api/airbyte/recommendations", "", Some(&body));
    }

    described(&mut witness);
    let connection = connected(&mut witness);
    let app = witness.call(
        "POST",
        "/api/v1/apps",
        "",
        Some(&json!({ "name": "Invoices", "tables": ["people"] })),
    );
    let app = text(&app, "app").to_owned();
    witness.call("GET", "/api/v1/apps", "", None);
    witness.call("GET", "/api/v1/apps/{app}", &app, None);
    witness.call(
        "PUT",
        "/api/v1/apps/{app}/tables",
        &app,
        Some(&json!({ "tables": [] })),
    );
    witness.call("DELETE", "/api/v1/apps/{app}", &app, None);
    witness.call(
        "DELETE",
        "/api/v1/connections/{connection}?name=Persons",
        &connection,
        None,
    );
    assert_eq!(witness.missing(), Vec::<String>::new());
}

/// An integration of the tenant's own, up to its removal.
fn described(witness: &mut Witness<'_>) {
    let document = "apis: { integrations: [{ name: Harbour, type: rest, base_url: 'https://api.example.com', endpoints: [{ name: ships, path: /ships }] }] }";
    let all = "/api/v1/integrations";
    for document in [document, "apis: 1"] {
        let body = json!({ "document": document });
        witness.call("POST", "/api/v1/integrations/explain", "", Some(&body));
    }
    let applied = witness.call("POST", all, "", Some(&json!({ "document": document })));
    let slug = text(&applied[0], "slug").to_owned();
    witness.call("DELETE", "/api/v1/integrations/{slug}", &slug, None);
}

/// The life of a connection, up to its removal.
fn connected(witness: &mut Witness<'_>) -> String {
    let file = witness
        .api
        .upload_text("people.csv", "id,name\n1,Zoe\n2,Ann\n");
    let new = json!({ "integration": "files", "name": "People", "configuration": file });
    let submitted = witness.call("POST", "/api/v1/connections", "", Some(&new));
    let connection = text(&submitted, "connection").to_owned();
    let test = text(&submitted, "test");
    witness.api.tested(test);
    witness.call("GET", "/api/v1/tests/{test}", test, None);
    let id = connection.as_str();
    witness.call("POST", "/api/v1/connections/{connection}/tests", id, None);
    for path in [
        "/api/v1/connections/{connection}",
        "/api/v1/connections/{connection}/streams",
    ] {
        witness.call("GET", path, id, None);
    }
    let choice = json!([{ "name": "people", "selected": true, "mode": "full_refresh_append" }]);
    witness.call(
        "PUT",
        "/api/v1/connections/{connection}/streams",
        id,
        Some(&choice),
    );
    let look = witness.call(
        "POST",
        "/api/v1/connections/{connection}/samples",
        id,
        Some(&json!({})),
    );
    let sample = text(&look, "sample").to_owned();
    witness.call("GET", "/api/v1/samples/{sample}", &sample, None);
    witness.call(
        "PATCH",
        "/api/v1/connections/{connection}",
        id,
        Some(&json!({ "name": "Persons" })),
    );
    for path in [
        "/api/v1/connections/{connection}/pause",
        "/api/v1/connections/{connection}/resume",
    ] {
        witness.call("POST", path, id, None);
    }
    let started = witness.call("POST", "/api/v1/connections/{connection}/runs", id, None);
    let run = text(&started, "run").to_owned();
    witness.call("GET", "/api/v1/runs/{run}", &run, None);
    witness.api.finished(&run);
    witness.call("GET", "/api/v1/runs/{run}", &run, None);
    witness.call("GET", "/api/v1/runs/{run}/log?after=0", &run, None);
    cancelled(witness, id);
    let schedule = "/api/v1/connections/{connection}/schedule";
    for text in ["every hour", "manual"] {
        witness.call("PUT", schedule, id, Some(&json!({ "schedule": text })));
    }
    let routes = "/api/v1/connections/{connection}/routes";
    let policy = witness.call("GET", routes, id, None)["policy"].clone();
    witness.call("PUT", routes, id, Some(&policy));
    let replay = "/api/v1/connections/{connection}/routes/replay";
    witness.call("POST", replay, id, Some(&policy));
    let webhook = "/api/v1/connections/{connection}/webhook";
    witness.call("GET", webhook, id, None);
    witness.call("PUT", webhook, id, Some(&json!({})));
    let rotate = "/api/v1/connections/{connection}/webhook/rotate";
    for part in ["address", "secret"] {
        witness.call("POST", rotate, id, Some(&json!({ "part": part })));
    }
    witness.call("GET", webhook, id, None);
    witness.call("DELETE", webhook, id, None);
    let source = json!({ "sourceId": id });
    witness.call("POST", "/api/airbyte/sources/test", "", Some(&source));
    witness.call("POST", "/api/airbyte/sources/sample", "", Some(&source));
    let second = json!({
        "tenantId": witness.api.tenant, "sourceType": "files", "name": "Second",
        "configuration": witness.api.upload_text("second.csv", "id\n1\n"),
    });
    witness.call("POST", "/api/airbyte/sources/create", "", Some(&second));
    connection
}

/// A run is stopped as soon as it was taken on. Should it be over already, the next one is tried.
fn cancelled(witness: &mut Witness<'_>, connection: &str) {
    let template = "/api/v1/runs/{run}/cancel";
    let (run, status, answer) = eventually("a run is stopped in time", || {
        let started = witness.api.post(
            &format!("/api/v1/connections/{connection}/runs"),
            &json!({}),
        );
        let run = text(&started, "run").to_owned();
        let path = template.replace("{run}", &run);
        let (status, answer) = witness.api.call(Method::POST, &path, None);
        (status != StatusCode::CONFLICT).then_some((run, status, answer))
    });
    witness.check("POST", template, status, &answer);
    witness.seen.insert(format!("POST {template}"));
    witness.api.finished(&run);
}
