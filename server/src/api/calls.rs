//! The calls of the OpenAPI document, each with what is wanted of it, found again from a request.

use std::collections::BTreeMap;

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
};
use serde_json::Value;

/// By the path's template and method.
#[derive(Debug)]
pub struct Calls<T>(pub BTreeMap<String, BTreeMap<String, T>>);

impl<T> Calls<T> {
    /// Reads each operation of the document.
    pub fn of(document: &Value, read: impl Fn(&Value) -> T) -> Self {
        let methods = |item: &Value| -> BTreeMap<String, T> {
            let methods = item.as_object().into_iter().flatten();
            methods
                .map(|(method, operation)| (method.clone(), read(operation)))
                .collect()
        };
        let paths = document["paths"].as_object().into_iter().flatten();
        Self(
            paths
                .map(|(path, item)| (path.clone(), methods(item)))
                .collect(),
        )
    }

    /// `None` when there is no such call.
    pub fn find(&self, request: &Request) -> Option<&T> {
        let path = request.extensions().get::<MatchedPath>()?;
        let methods = self.0.get(path.as_str())?;
        let method = match *request.method() {
            // Answered by the handler of GET.
            Method::HEAD => &Method::GET,
            ref other => other,
        };
        methods.get(&method.as_str().to_lowercase())
    }
}
