//! Who is let in to a call: the key, then its scope, before anything of the call's path, query or body is looked at.
//!
//! Which scope opens which call is told once, where the OpenAPI document is made from. The hub asks again before it acts.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use hub::Hub;
use model::Scope as Named;
use serde_json::Value;

use super::{
    caller::{self, Caller},
    calls::Calls,
    error::Problem,
};
use crate::limit;

/// The scopes that open each call. One of those named is enough.
#[derive(Debug, Clone)]
pub struct Gate {
    hub: Hub,
    calls: Arc<Calls<Vec<Named>>>,
}

impl Gate {
    pub fn new(hub: Hub, document: &Value) -> Self {
        Self {
            hub,
            calls: Arc::new(Calls::of(document, scopes)),
        }
    }
}

/// Lets a call in, with its caller, or refuses it unread.
pub async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    // Whoever answers for a call that is not there need not know who asks.
    let Some(scopes) = gate.calls.find(&request) else {
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

fn scopes(operation: &Value) -> Vec<Named> {
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
        let document = serde_json::to_value(crate::api::document()).unwrap();
        let Calls(calls) = Calls::of(&document, scopes);
        assert_eq!(calls["/api/v1/connections"]["post"], [Named::Manage]);
        assert_eq!(calls["/api/airbyte/sources"]["get"], [Named::Read]);
        for (path, methods) in &calls {
            for (method, scopes) in methods {
                assert!(!scopes.is_empty(), "{method} {path} is open to no key");
            }
        }
    }
}
