//! The OpenAPI document as the page shows it: groups of calls, and the schemas they speak of.

use serde_json::Value;

use super::{
    sample::{self, Sent},
    shape::{self, Field, Piece, Shape},
};

/// The whole document.
#[derive(Debug)]
pub struct Reference {
    pub text: String,
    pub groups: Vec<Group>,
    pub schemas: Vec<Schema>,
}

/// The calls of one tag.
#[derive(Debug)]
pub struct Group {
    pub name: String,
    pub text: String,
    pub calls: Vec<Call>,
}

#[derive(Debug)]
pub struct Call {
    /// Where on the page it is.
    pub anchor: String,
    pub method: String,
    pub path: String,
    pub text: String,
    /// Any of these scopes of a key will do.
    pub scopes: Vec<String>,
    pub parameters: Vec<Field>,
    pub body: Option<Body>,
    pub answers: Vec<Answer>,
    pub curl: String,
}

#[derive(Debug)]
pub struct Body {
    pub kind: Vec<Piece>,
    pub media: String,
    /// Of the object itself; what lies deeper is explained with its own schema.
    pub fields: Vec<Field>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: String,
    pub text: &'static str,
    pub kind: Vec<Piece>,
}

/// A schema with a name.
#[derive(Debug)]
pub struct Schema {
    pub name: String,
    pub text: String,
    pub shape: Shape,
}

/// Reads the document; tags keep its order.
pub fn read(document: &Value) -> Reference {
    let components = &document["components"]["schemas"];
    let mut calls = calls(document, components);
    let tags = document["tags"].as_array().cloned().unwrap_or_default();
    let groups = tags
        .iter()
        .map(|tag| {
            let name = tag["name"].as_str().unwrap_or_default().to_owned();
            let (here, elsewhere) = calls.drain(..).partition(|(tag, _)| *tag == name);
            calls = elsewhere;
            Group {
                text: shape::text(tag),
                calls: without_tags(here),
                name,
            }
        })
        .collect();
    Reference {
        text: shape::text(&document["info"]),
        groups,
        schemas: schemas(components),
    }
}

fn without_tags(calls: Vec<(String, Call)>) -> Vec<Call> {
    calls.into_iter().map(|(_, call)| call).collect()
}

fn schemas(components: &Value) -> Vec<Schema> {
    components
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, schema)| Schema {
            name: name.clone(),
            text: shape::text(schema),
            shape: shape::shape(schema),
        })
        .collect()
}

/// Every call with its tag.
fn calls(document: &Value, components: &Value) -> Vec<(String, Call)> {
    let paths = document["paths"].as_object();
    paths
        .into_iter()
        .flatten()
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| {
                let tag = operation["tags"][0].as_str().unwrap_or_default().to_owned();
                (tag, call(path, method, operation, components))
            })
        })
        .collect()
}

fn call(path: &str, method: &str, operation: &Value, components: &Value) -> Call {
    let method = method.to_uppercase();
    let parameters = parameters(operation);
    let content = &operation["requestBody"]["content"];
    let (body, sent) = body(content, components);
    let needed: Vec<&str> = parameters
        .iter()
        .filter(|field| field.required && field.place.as_deref() == Some("query"))
        .map(|field| field.name.as_str())
        .collect();
    Call {
        anchor: anchor(&method, path),
        curl: sample::curl(&method, path, &needed, &sent),
        path: path.to_owned(),
        text: words(operation),
        scopes: scopes(operation),
        answers: answers(operation),
        method,
        parameters,
        body,
    }
}

/// Summary and description, which hold one text.
fn words(operation: &Value) -> String {
    let summary = operation["summary"].as_str().unwrap_or_default();
    match operation["description"].as_str() {
        Some(more) if more.starts_with(summary) => more.to_owned(),
        Some(more) => format!("{summary} {more}"),
        None => summary.to_owned(),
    }
}

fn parameters(operation: &Value) -> Vec<Field> {
    operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| Field {
            name: parameter["name"].as_str().unwrap_or_default().to_owned(),
            place: parameter["in"].as_str().map(str::to_owned),
            required: parameter["required"].as_bool().unwrap_or_default(),
            kind: shape::kind(&parameter["schema"]),
            text: shape::text(parameter),
        })
        .collect()
}

fn body(content: &Value, components: &Value) -> (Option<Body>, Sent) {
    let Some((media, content)) = content.as_object().and_then(|kinds| kinds.iter().next()) else {
        return (None, Sent::Nothing);
    };
    let schema = &content["schema"];
    let sent = if media == "application/json" {
        Sent::Json(sample::body(schema, components))
    } else {
        Sent::File
    };
    let kind = match &sent {
        Sent::File => vec![Piece::Word("file".to_owned())],
        _ => shape::kind(schema),
    };
    let body = Body {
        kind,
        media: media.clone(),
        fields: shape::reference(schema)
            .map(|name| shape::fields(&components[name]))
            .unwrap_or_default(),
    };
    (Some(body), sent)
}

fn scopes(operation: &Value) -> Vec<String> {
    operation["security"][0]["key"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn answers(operation: &Value) -> Vec<Answer> {
    let responses = operation["responses"].as_object();
    responses
        .into_iter()
        .flatten()
        .map(|(status, response)| {
            let content = response["content"].as_object();
            let schema = content.and_then(|kinds| kinds.values().next());
            Answer {
                status: status.clone(),
                text: meaning(status),
                kind: schema
                    .map(|content| shape::kind(&content["schema"]))
                    .unwrap_or_default(),
            }
        })
        .collect()
}

/// What a status means here.
fn meaning(status: &str) -> &'static str {
    match status {
        "200" => "Done",
        "201" => "Made",
        "202" => "Taken on; a job does it",
        "204" => "Done; nothing to tell",
        "401" => "No valid key",
        "403" => "The key may not do this",
        "404" => "Not there, or somebody else's",
        "409" => "Not in this state",
        "413" => "Larger than is taken",
        "422" => "Something in the request is wrong",
        "429" => "Too many calls; see Retry-After",
        _ => "",
    }
}

/// `GET /api/v1/runs/{run}` → `get-api-v1-runs-run`.
fn anchor(method: &str, path: &str) -> String {
    let letters: String = path
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    let parts: Vec<&str> = letters.split('-').filter(|part| !part.is_empty()).collect();
    format!("{}-{}", method.to_lowercase(), parts.join("-"))
}
