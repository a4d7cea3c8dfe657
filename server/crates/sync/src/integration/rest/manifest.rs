//! From an API's description to a low-code manifest, which runs here and in Airbyte.

use serde_json::{Map, Value, json};

use super::fields::{WHOLE, schema};
use super::{Endpoint, Rest};
use crate::integration::secrets;
use crate::integration::values::templated;

/// The version of the language: every release since knows what is used here.
const VERSION: &str = "6.0.0";

/// `secrets` are all that its form asks for.
pub fn manifest(rest: &Rest, secrets: &[String]) -> Value {
    let streams: Vec<Value> = rest
        .endpoints
        .iter()
        .map(|endpoint| stream(rest, endpoint))
        .collect();
    let first: Vec<&str> = rest
        .endpoints
        .iter()
        .take(1)
        .map(|endpoint| endpoint.name.as_str())
        .collect();
    json!({
        "version": VERSION,
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": first},
        "streams": streams,
        "spec": {"type": "Spec", "connection_specification": specification(secrets)},
    })
}

fn stream(rest: &Rest, endpoint: &Endpoint) -> Value {
    let mut stream = json!({
        "type": "DeclarativeStream",
        "name": endpoint.name,
        "retriever": {
            "type": "SimpleRetriever",
            "requester": requester(rest, endpoint),
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": endpoint.records},
            },
            "paginator": endpoint.paging.component(),
        },
    });
    match &endpoint.primary_key[..] {
        [] => {}
        [one] => stream["primary_key"] = json!(one),
        several => stream["primary_key"] = json!(several),
    }
    if let Some(cursor) = &endpoint.cursor {
        stream["incremental_sync"] = cursor.component();
    }
    if endpoint.fields.is_empty() {
        let whole =
            json!({"type": "AddedFieldDefinition", "path": [WHOLE], "value": "{{ record }}"});
        stream["transformations"] = json!([{"type": "AddFields", "fields": [whole]}]);
    }
    let cursor = endpoint.cursor.iter().map(|cursor| &cursor.field);
    let keys = endpoint.primary_key.iter().chain(cursor);
    stream["schema_loader"] =
        json!({"type": "InlineSchemaLoader", "schema": schema(&endpoint.fields, keys)});
    stream
}

fn requester(rest: &Rest, endpoint: &Endpoint) -> Value {
    let mut requester = json!({
        "type": "HttpRequester",
        "url_base": secrets::templated(&rest.base_url),
        "path": secrets::templated(&endpoint.path),
        "http_method": endpoint.method.name(),
        "authenticator": rest.authentication.component(),
    });
    for (name, of_all, own) in [
        ("request_headers", &rest.headers, &endpoint.headers),
        ("request_parameters", &rest.parameters, &endpoint.parameters),
    ] {
        let mut fields = of_all.clone();
        fields.extend(own.clone());
        if !fields.is_empty() {
            requester[name] = templated(&Value::Object(fields));
        }
    }
    if let Some(body) = &endpoint.body {
        requester["request_body_json"] = templated(body);
    }
    requester
}

/// The form: one hidden field for each secret, and nothing else.
fn specification(secrets: &[String]) -> Value {
    let properties: Map<String, Value> = (0..)
        .zip(secrets)
        .map(|(order, name): (usize, _)| {
            let property = json!({
                "type": "string", "title": title(name), "airbyte_secret": true, "order": order,
            });
            (name.clone(), property)
        })
        .collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "required": secrets,
        "additionalProperties": true,
        "properties": properties,
    })
}

/// `harbour_token` → `Harbour token`
fn title(name: &str) -> String {
    let words = name.trim_matches('_').replace('_', " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => name.to_owned(),
    }
}
