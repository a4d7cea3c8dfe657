//! Version 1 of the REST API: one file a noun.

mod apps;
mod connections;
mod integrations;
mod routes;
mod runs;
mod samples;
mod streams;
mod tenant;
mod tests;
mod uploads;
mod webhooks;

use axum::middleware;
use utoipa_axum::router::OpenApiRouter;

use crate::{api::takes, limit, overload, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(tenant::router())
        .merge(integrations::router())
        .merge(connections::router())
        .merge(tests::router())
        .merge(samples::router())
        .merge(streams::router())
        .merge(routes::router())
        .merge(webhooks::router())
        .merge(runs::router())
        .merge(apps::router())
        .layer(middleware::from_fn(takes::body))
        .layer(middleware::from_fn(limit::bodies))
        .layer(middleware::from_fn_with_state(
            overload::USUAL,
            overload::long,
        ))
        .merge(uploads::router())
}
