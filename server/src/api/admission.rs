//! Who is let in to a call: the key, then its scope, before anything of the call's path, query or body is looked at.
//!
//! Which scope opens which call is told once, where the OpenAPI document is made from. The hub asks again before it acts.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{MatchedPath, Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};
use hub::Hub;
use model::Scope as Named;
use utoipa::openapi::OpenApi;

use super::{
    caller::{self, Caller},
    error::Problem,
};
use crate::limit;

/// The scopes that open each call.
#[derive(Debug, Clone)]
pub struct Gate {
    hub: Hub,
    calls: Arc<Calls>,
}

/// By the path's template and method. One scope of those named is enough.
type Calls = BTreeMap<String, BTreeMap<String, Vec<Named>>>;

impl Gate {
    pub fn new(hub: Hub, document: &OpenApi) -> Self {
        Self {
            hub,
            calls: Arc::new(calls(document)),
        }
    }

    /// `None` when there is no such call: whoever answers that need not know who asks.
    fn scopes(&self, request: &Request) -> Option<&[Named]> {
        let path = request.extensions().get::<MatchedPath>()?;
        let methods = self.calls.get(path.as_str())?;
        let method = match *request.method() {
            // Answered by the handler of GET.
            Method::HEAD => &Method::GET,
            ref other => other,
        };
        methods
            .get(&method.as_str().to_lowercase())
            .map(Vec::as_slice)
    }
}

/// Lets a call in, with its caller, or refuses it unread.
pub async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let Some(scopes) = gate.scopes(&request) else {
        return next.run(request).await;
    };
    let (mut parts, body) = request.into_parts();
    match caller::identify(&gate.hub, &parts).await {
        Ok(scope) => match scope.require_scope(scopes) {
            Ok(()) => {
                parts.extensions.insert(Caller(scope));
                next.run(Request::from_parts(parts, body)).await
            }
            Err(denied) => refuse(denied.into(), body).await,
        },
        Err(problem) => refuse(problem, body).await,
    }
}

async fn refuse(problem: Problem, body: axum::body::Body) -> Response {
    limit::drop_unread(body).await;
    problem.into_response()
}

fn calls(document: &OpenApi) -> Calls {
    let document = serde_json::to_value(document).unwrap_or_default();
    let paths = document["paths"].as_object().into_iter().flatten();
    let methods = |item: &serde_json::Value| {
        let methods = item.as_object().into_iter().flatten();
        methods
            .map(|(method, operation)| (method.clone(), scopes(operation)))
            .collect()
    };
    paths
        .map(|(path, item)| (path.clone(), methods(item)))
        .collect()
}

fn scopes(operation: &serde_json::Value) -> Vec<Named> {
    let named = operation["security"][0]["key"].as_array();
    named
        .into_iter()
        .flatten()
        .filter_map(|name| Named::parse(name.as_str()?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_of_the_document_names_a_scope() {
        let calls = calls(&crate::api::document());
        assert_eq!(calls["/api/v1/connections"]["post"], [Named::Manage]);
        assert_eq!(calls["/api/airbyte/sources"]["get"], [Named::Read]);
        for (path, methods) in &calls {
            for (method, scopes) in methods {
                assert!(!scopes.is_empty(), "{method} {path} is open to no key");
            }
        }
    }
}
