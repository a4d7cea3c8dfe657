//! From an API's description to a low-code manifest, which runs here and in Airbyte.

use serde_json::{Map, Value, json};

use super::endpoint::Method;
use super::fields::{WHOLE, schema};
use super::{Endpoint, Rest};
use crate::integration::secrets;
use crate::integration::values::templated;

/// The version of the language: every release since knows what is used here.
const VERSION: &str = "6.0.0";
/// The first that can put a word before a session's token, and ask for another token or session where one was refused; older
/// ones refuse the manifest.
const VERSION_THAT_RENEWS: &str = "7.8.0";
/// The first that can put a value inside of a mapping of the body.
const VERSION_THAT_NESTS: &str = "6.33.0";

/// Who runs a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// This hub: in this process, or by the version of Airbyte's runtime that it installs.
    Here,
    /// An Airbyte elsewhere, which may be an older one.
    Airbyte,
}

/// `secrets` are all that its form asks for.
pub fn manifest(rest: &Rest, secrets: &[String], runner: Runner) -> Value {
    let renews = rest.authentication.renews(runner);
    let streams: Vec<Value> = rest
        .endpoints
        .iter()
        .map(|endpoint| stream(rest, endpoint, renews.as_ref()))
        .collect();
    let first: Vec<&str> = rest
        .endpoints
        .iter()
        .take(1)
        .map(|endpoint| endpoint.name.as_str())
        .collect();
    let version = match renews {
        Some(_) => VERSION_THAT_RENEWS,
        None if rest.asks_inside() => VERSION_THAT_NESTS,
        None => VERSION,
    };
    json!({
        "version": version,
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": first},
        "streams": streams,
        "spec": {"type": "Spec", "connection_specification": specification(secrets)},
    })
}

fn stream(rest: &Rest, endpoint: &Endpoint, renews: Option<&Value>) -> Value {
    let mut stream = json!({
        "type": "DeclarativeStream",
        "name": endpoint.name,
        "retriever": {
            "type": "SimpleRetriever",
            "requester": requester(rest, endpoint, renews),
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
        stream["incremental_sync"] = cursor.component(&endpoint.primary_key);
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

fn requester(rest: &Rest, endpoint: &Endpoint, renews: Option<&Value>) -> Value {
    let mut requester = request(rest, endpoint.method, &endpoint.path);
    requester["authenticator"] = rest.authentication.component(rest);
    let filters: Vec<Value> = renews
        .cloned()
        .into_iter()
        .chain(endpoint.paging.end())
        .collect();
    if !filters.is_empty() {
        requester["error_handler"] =
            json!({"type": "DefaultErrorHandler", "response_filters": filters});
    }
    add(&mut requester, &endpoint.headers, &endpoint.parameters);
    if let Some(body) = &endpoint.body {
        requester["request_body_json"] = templated(body);
    }
    requester
}

/// A request at the API, with what all of them have.
pub fn request(rest: &Rest, method: Method, path: &str) -> Value {
    let mut request = json!({
        "type": "HttpRequester",
        "url_base": secrets::templated(&rest.base_url),
        "path": secrets::templated(path),
        "http_method": method.name(),
    });
    add(&mut request, &rest.headers, &rest.parameters);
    request
}

/// Adds headers and parameters; those of the same name are replaced.
pub fn add(request: &mut Value, headers: &Map<String, Value>, parameters: &Map<String, Value>) {
    for (place, fields) in [
        ("request_headers", headers),
        ("request_parameters", parameters),
    ] {
        for (name, value) in fields {
            request[place][name.as_str()] = templated(value);
        }
    }
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
