//! The REST door for programs: bearer keys in, JSON out, problem documents on failure.
//!
//! Every handler reads its input, calls one `hub` function and shapes the answer; nothing is decided here.

mod admission;
pub mod airbyte;
pub mod caller;
mod calls;
mod closed;
mod docs;
pub mod error;
mod input;
mod path;
mod takes;
pub mod v1;

use axum::{
    Json, Router, middleware,
    routing::{any, get},
};
use hub::Hub;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;

use crate::{limit, overload, state::AppState};
use admission::Gate;
use error::Problem;
use takes::Takes;

/// Title, text and tags of the document; paths and schemas come from the handlers.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tributary",
        description = "Connect a tenant's tools, move their rows into its own database schema, and hand apps the settings to read them. \
                       Every call carries an API key of the tenant: `Authorization: Bearer hub_…`. Errors are `application/problem+json`. \
                       A parameter or a field that a call does not know is refused, never left out."
    ),
    modifiers(&BearerKey),
    tags(
        (name = "tenant", description = "Whom the key belongs to"),
        (name = "integrations", description = "What can be connected, and what to connect first"),
        (name = "connections", description = "Connected integrations: create, test, look at rows, choose streams"),
        (name = "runs", description = "Syncs and their receipts"),
        (name = "apps", description = "Generated apps and what they may read"),
        (name = "airbyte", description = "The five calls of the integration hub, under Airbyte's names"),
    )
)]
struct Document;

struct BearerKey;

impl Modify for BearerKey {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::builder().scheme(HttpAuthScheme::Bearer).build());
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("key", scheme);
    }
}

fn documented() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Document::openapi())
        .nest("/api/v1", v1::router())
        .nest(
            "/api/airbyte",
            airbyte::router()
                .layer(middleware::from_fn(takes::body))
                .layer(middleware::from_fn(limit::bodies))
                .layer(middleware::from_fn_with_state(
                    overload::WITH_CONNECTOR,
                    overload::long,
                )),
        )
}

/// The routes and their document.
fn parts() -> (Router<AppState>, utoipa::openapi::OpenApi) {
    let (router, mut document) = documented().split_for_parts();
    closed::close(&mut document);
    (router, document)
}

/// The REST routes, their document and the page that explains them.
pub fn router(hub: &Hub) -> Router<AppState> {
    let (router, described) = parts();
    let described = serde_json::to_value(described).unwrap_or_default();
    // Outside of what reads bodies: a call that is not allowed is refused unread.
    let mut router = router
        .layer(middleware::from_fn_with_state(
            Takes::new(&described),
            takes::query,
        ))
        .layer(middleware::from_fn_with_state(
            Gate::new(hub.clone(), &described),
            admission::admit,
        ));
    // What is not there is told to programs as a problem document, not as a page.
    for rest in ["/api/v1/{*rest}", "/api/airbyte/{*rest}"] {
        router = router.route(rest, any(|| async { Problem::not_found() }));
    }
    router
        .route("/api/v1/openapi.json", get(|| async { Json(document()) }))
        .merge(docs::router())
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
}

/// The OpenAPI document, as generated from the handlers.
pub fn document() -> utoipa::openapi::OpenApi {
    parts().1
}
