//! What a call takes, as the OpenAPI document says it. What is misspelt, missing or of another kind is refused by its name
//! before the handler runs: a wish that is left out in silence starts something else than was asked for.
//!
//! `query` looks at the address, `fields` at a JSON body, `words` says what is wrong.

mod fields;
mod query;
mod words;

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use model::FieldError;
use serde_json::Value;

use super::{calls::Calls, error::Problem};
use crate::limit;
use query::Parameter;

/// So many mistakes are told of one call; a body of nothing else has room for hundreds of thousands.
const TOLD: usize = 20;

/// What each call takes.
#[derive(Debug, Clone)]
pub struct Takes(Arc<Calls<Arc<Call>>>);

/// What one call takes; stands in the extensions of its requests.
#[derive(Debug)]
struct Call {
    parameters: Vec<Parameter>,
    body: Expected,
    /// The schemas that others refer to.
    schemas: Arc<Value>,
}

#[derive(Debug)]
enum Expected {
    Nothing,
    Json(Value),
    /// A file, which is read as it comes.
    Other,
}

impl Takes {
    pub fn new(document: &Value) -> Self {
        let schemas = Arc::new(document["components"]["schemas"].clone());
        let read = |operation: &Value| {
            Arc::new(Call {
                parameters: query::parameters(operation),
                body: expected(&operation["requestBody"]["content"]),
                schemas: Arc::clone(&schemas),
            })
        };
        Self(Arc::new(Calls::of(document, read)))
    }
}

fn expected(content: &Value) -> Expected {
    if content.is_null() {
        return Expected::Nothing;
    }
    match content["application/json"].get("schema") {
        Some(schema) => Expected::Json(schema.clone()),
        None => Expected::Other,
    }
}

impl Call {
    fn mistakes_in(&self, body: &[u8]) -> Vec<FieldError> {
        match &self.body {
            Expected::Nothing => self.unasked(body),
            // One that is no JSON is left to the handler's extractor, which can say where it breaks.
            Expected::Json(schema) => serde_json::from_slice(body)
                .map(|value: Value| fields::mistakes(&value, schema, &self.schemas))
                .unwrap_or_default(),
            Expected::Other => Vec::new(),
        }
    }

    /// Many clients send an empty object where there is nothing to send.
    fn unasked(&self, body: &[u8]) -> Vec<FieldError> {
        if body.is_empty() {
            return Vec::new();
        }
        match serde_json::from_slice(body) {
            Ok(Value::Null) => Vec::new(),
            Ok(Value::Object(fields)) => fields
                .keys()
                .take(TOLD)
                .map(|name| words::needless(name, self.is_parameter(name)))
                .collect(),
            _ => vec![words::no_body()],
        }
    }

    fn is_parameter(&self, name: &str) -> bool {
        self.parameters
            .iter()
            .any(|parameter| parameter.name == name)
    }
}

/// Looks at the query, and remembers with the request what its body has to be.
pub async fn query(State(takes): State<Takes>, mut request: Request, next: Next) -> Response {
    let Some(call) = takes.0.find(&request).cloned() else {
        return next.run(request).await;
    };
    let mistakes = query::mistakes(request.uri(), &call.parameters);
    if !mistakes.is_empty() {
        limit::drop_unread(request.into_body()).await;
        return refuse(mistakes);
    }
    request.extensions_mut().insert(call);
    next.run(request).await
}

/// Looks at the body, inside of what reads it within its bound.
pub async fn body(request: Request, next: Next) -> Response {
    let Some(call) = request.extensions().get::<Arc<Call>>().cloned() else {
        return next.run(request).await;
    };
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, limit::BODY).await else {
        return Problem::broken_off().into_response();
    };
    let mistakes = call.mistakes_in(&bytes);
    if mistakes.is_empty() {
        return next
            .run(Request::from_parts(parts, Body::from(bytes)))
            .await;
    }
    refuse(mistakes)
}

fn refuse(mistakes: Vec<FieldError>) -> Response {
    Problem::from(hub::Error::Invalid(mistakes)).into_response()
}
