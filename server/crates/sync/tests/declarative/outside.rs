//! Manifests from outside the repository, on request: `DECLARATIVE_MANIFESTS=<folder of YAML files>`.
//!
//! Both runtimes get the same configuration, made up from the manifest's own specification, and a service that answers
//! everything with an empty page. Addresses in the manifest are replaced by the service's.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use regex::Regex;
use serde_json::{Map, Value, json};
use sync::declarative::{Manifest, Runtime};
use time::OffsetDateTime;

use super::case::{Case, Operation};
use super::outcome::Outcome;
use super::python::Python;
use super::script::Script;
use super::{compare, ours, report};

/// Every address becomes this, and this the service's where a manifest is run.
const ADDRESS: &str = "{{ config['base_url'] }}";

/// Answers whatever is asked: signs in, and has nothing.
const SERVICE: &str = r#"
about: everything, empty
routes:
  - {method: "*", path: "/*", json: {access_token: token, token: token, expires_in: 3600, data: [], items: [], results: []}}
expect: {records: {}}
"#;

/// Streams that poll a job for ever, or whose windows are many, are let go.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn manifests_from_outside_do_the_same() {
    let Some(folder) = folder() else {
        println!("skipped: DECLARATIVE_MANIFESTS names no folder of manifests");
        return;
    };
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| {
        file.extension()
            .is_some_and(|end| end == "yaml" || end == "yml")
    });
    files.sort();
    let mut python = Python::start();
    let mut text = String::from("# Manifests from outside the repository\n");
    let mut bad = Vec::new();
    for file in &files {
        let found = one(file, &mut python).await;
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        writeln!(text, "\n## {name}\n\n{}", found.join("\n")).unwrap();
        if found.iter().any(|line| line.starts_with('-')) {
            bad.push(name);
        }
    }
    let path = report::keep("declarative-outside.md", &text);
    println!("{text}\nKept in {}", path.display());
    assert!(bad.is_empty(), "not the same: {bad:?}");
}

/// What is to be said of one manifest; lines that begin with a dash are differences.
async fn one(file: &Path, python: &mut Python) -> Vec<String> {
    let (manifest, left_out) = localised(&fs::read_to_string(file).unwrap());
    if let Err(fault) = Manifest::parse(&manifest).and_then(|manifest| manifest.ensure_native()) {
        return vec![format!(
            "skipped: {fault} {}",
            fault.detail.clone().unwrap_or_default()
        )];
    }
    let mut found = vec![format!(
        "{left_out} streams left out because they need Python"
    )];
    let script: Script = serde_saphyr::from_str(SERVICE).unwrap();
    let mut case = Case::made(file, Arc::new(script), manifest);
    let spec = both(&case, Operation::Spec, python, &mut found).await;
    let spec = spec.and_then(|told| told.spec).unwrap_or_default();
    case.config = made_up(&spec["connectionSpecification"]);
    let discovered = both(&case, Operation::Discover, python, &mut found).await;
    for (name, stream) in discovered.and_then(|told| told.catalog).unwrap_or_default() {
        let mode = &stream["supported_sync_modes"]
            .as_array()
            .and_then(|modes| modes.last())
            .cloned();
        case.catalog = Some(
            json!({"streams": [{"stream": stream, "sync_mode": mode, "destination_sync_mode": "append"}]}),
        );
        found.push(format!("{name}:"));
        let told = both(&case, Operation::Read, python, &mut found).await;
        found.push(told.map_or_else(
            || "  takes too long in Python".to_owned(),
            |told| counted(&told),
        ));
    }
    found
}

/// Asks both, adds how they differ, and gives what Airbyte's told.
async fn both(
    case: &Case,
    operation: Operation,
    python: &mut Python,
    found: &mut Vec<String>,
) -> Option<Outcome> {
    let nothing = Outcome::default();
    let job = Arc::new(case.job(operation, &nothing, &nothing));
    let mut theirs = python.within(PATIENCE, &job).await?;
    let mut ours = Box::pin(ours::run(job)).await;
    for request in theirs.requests.iter_mut().chain(&mut ours.requests) {
        timeless(&mut request.query);
    }
    if theirs.refused.is_some() || theirs.failed {
        let words = [
            theirs.refused.clone().unwrap_or_default(),
            theirs.words.join(" "),
        ]
        .concat();
        found.push(format!(
            "  Airbyte's runtime fails at {operation:?}: {words}"
        ));
    }
    let different = compare::differences(&case.script, operation, &theirs, &ours).into_iter();
    found.extend(different.map(|text| format!("- {operation:?}: {text}")));
    Some(theirs)
}

fn counted(told: &Outcome) -> String {
    let paths: BTreeSet<&String> = told.requests.iter().map(|request| &request.path).collect();
    format!(
        "  {} requests to {} paths",
        told.requests.len(),
        paths.len()
    )
}

/// The manifest as both runtimes can have it here, as JSON, which is YAML, and how many streams are left out.
fn localised(manifest: &str) -> (String, usize) {
    let address = Regex::new(r#"https?://(\{\{.*?\}\}|[^/"'\s{}])+"#).unwrap();
    let mut manifest = replaced(&serde_saphyr::from_str(manifest).unwrap(), &address);
    // Some keep their specification in a file of its own, which is not here.
    if manifest["spec"].is_null() {
        manifest["spec"] = json!({"type": "Spec", "connection_specification": {"type": "object", "properties": {}}});
    }
    let streams: Vec<Value> = manifest["streams"].as_array().cloned().unwrap_or_default();
    let native: Vec<Value> = streams
        .iter()
        .filter(|stream| alone(&manifest, stream))
        .cloned()
        .collect();
    let left_out = streams.len() - native.len();
    manifest["streams"] = Value::Array(native);
    (manifest.to_string(), left_out)
}

/// Whether the stream needs no Python.
fn alone(manifest: &Value, stream: &Value) -> bool {
    let mut manifest = manifest.clone();
    manifest["streams"] = json!([stream]);
    Manifest::parse(&manifest.to_string())
        .is_ok_and(|manifest| manifest.runtime() == Runtime::Native)
}

/// Every address on the way out becomes the service's (JSON Schema's own address is a name), and schemas in files, which
/// came with the connector, are left empty.
fn replaced(value: &Value, address: &Regex) -> Value {
    match value {
        Value::Object(fields) if value["type"] == "JsonFileSchemaLoader" => {
            json!({"type": "InlineSchemaLoader", "schema": {"type": "object", "properties": {}}, "$parameters": fields.get("$parameters").cloned().unwrap_or(json!({}))})
        }
        Value::Object(fields) => {
            let fields = fields.iter();
            fields
                .map(|(name, value)| (name.clone(), replaced(value, address)))
                .collect()
        }
        Value::Array(items) => items.iter().map(|item| replaced(item, address)).collect(),
        Value::String(text) if !text.contains("json-schema.org") => {
            address.replace_all(text, ADDRESS).into()
        }
        other => other.clone(),
    }
}

/// Something that fits the schema, with moments of the last days so that windows are few.
fn made_up(schema: &Value) -> Value {
    let first = |name: &str| schema[name].as_array().and_then(|all| all.first()).cloned();
    let given = schema
        .get("const")
        .or_else(|| schema.get("default"))
        .cloned();
    if let Some(value) = given.or_else(|| first("enum")) {
        return value;
    }
    if let Some(option) = first("oneOf").or_else(|| first("anyOf")) {
        return made_up(&option);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds
            .iter()
            .find(|kind| *kind != "null")
            .cloned()
            .unwrap_or_default(),
        kind => kind.clone(),
    };
    match kind.as_str().unwrap_or("object") {
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "boolean" => json!(true),
        "array" => json!([made_up(&schema["items"])]),
        "string" => json!(text(schema)),
        _ => {
            let none = Map::new();
            let fields = schema["properties"].as_object().unwrap_or(&none).iter();
            fields
                .map(|(name, schema)| (name.clone(), made_up(schema)))
                .collect()
        }
    }
}

fn text(schema: &Value) -> String {
    let moment = OffsetDateTime::now_utc() - time::Duration::days(3);
    let (day, pattern) = (
        moment.date().to_string(),
        schema["pattern"].as_str().unwrap_or_default(),
    );
    let candidates = [
        format!("{day}T00:00:00Z"),
        format!("{day}T00:00:00.000Z"),
        day,
        "one".to_owned(),
    ];
    let dated = !pattern.is_empty()
        || schema["format"]
            .as_str()
            .is_some_and(|kind| kind.starts_with("date"));
    let shape = Regex::new(pattern).ok().filter(|_| dated);
    let fitting = candidates
        .into_iter()
        .find(|text| shape.as_ref().is_some_and(|shape| shape.is_match(text)));
    let example = schema["examples"]
        .as_array()
        .and_then(|all| all.first()?.as_str().map(str::to_owned));
    fitting.or(example).unwrap_or_else(|| "one".to_owned())
}

/// The two runs are seconds apart, and windows end now.
fn timeless(query: &mut [(String, String)]) {
    let moment = Regex::new(r"\d{2}:\d{2}:\d{2}(\.\d+)?|\b\d{10}(\d{3})?\b").unwrap();
    for (_, value) in query {
        *value = moment.replace_all(value, "…").into_owned();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever has manifests to try names their folder this way"
)]
fn folder() -> Option<String> {
    std::env::var("DECLARATIVE_MANIFESTS")
        .ok()
        .filter(|folder| !folder.is_empty())
}
