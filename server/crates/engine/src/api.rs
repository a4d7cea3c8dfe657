//! The public API, quirks included: one file per noun.

pub mod connections;
mod declarative;
mod definitions;
mod destinations;
mod health;
mod jobs;
mod oauth;
mod request;
mod sources;
mod streams;
mod tags;
mod tokens;
mod validate;
mod workspaces;

use axum::Json;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use serde_json::json;

use crate::Engine;

pub use jobs::{response as job_response, status as job_status};
pub use request::{Body, Params, timestamp};
pub use validate::first_error;

/// Routes relative to the base of the API.
pub fn router() -> Router<Engine> {
    Router::new()
        .route("/health", get(health::health))
        .route("/applications/token", post(tokens::issue))
        .route(
            "/workspaces",
            get(workspaces::list).post(workspaces::create),
        )
        .route(
            "/workspaces/{id}",
            get(workspaces::get)
                .patch(workspaces::update)
                .delete(workspaces::delete),
        )
        .route(
            "/workspaces/{id}/oauthCredentials",
            put(oauth::put_for_workspace),
        )
        .route(
            "/workspaces/{id}/oauthCredentials/{actor_type}/{name}",
            delete(oauth::delete_for_workspace),
        )
        .route(
            "/organizations/{id}/oauthCredentials",
            put(oauth::put_for_all),
        )
        .route(
            "/organizations/{id}/oauthCredentials/{actor_type}/{name}",
            delete(oauth::delete_for_all),
        )
        .route("/sources/initiateOAuth", post(oauth::initiate))
        .route("/oauth/callback", get(oauth::callback))
        .route("/sources", get(sources::list).post(sources::create))
        .route(
            "/sources/{id}",
            get(sources::get)
                .patch(sources::patch)
                .put(sources::put)
                .delete(sources::delete),
        )
        .route(
            "/destinations",
            get(destinations::list).post(destinations::create),
        )
        .route(
            "/destinations/{id}",
            get(destinations::get)
                .patch(destinations::patch)
                .put(destinations::put)
                .delete(destinations::delete),
        )
        .route("/streams", get(streams::list))
        .route("/tags", get(tags::list).post(tags::create))
        .route(
            "/tags/{id}",
            get(tags::get).patch(tags::patch).delete(tags::delete),
        )
        .route(
            "/connections",
            get(connections::list).post(connections::create),
        )
        .route(
            "/connections/{id}",
            get(connections::get)
                .patch(connections::patch)
                .delete(connections::delete),
        )
        .route("/jobs", get(jobs::list).post(jobs::create))
        .route("/jobs/{id}", get(jobs::get).delete(jobs::cancel))
        .merge(connectors())
}

/// What can be run, and what workspaces bring themselves.
fn connectors() -> Router<Engine> {
    Router::new()
        .route("/connector_definitions", get(definitions::connectors))
        .route(
            "/workspaces/{workspace}/definitions/declarative_sources",
            get(declarative::list).post(declarative::create),
        )
        .route(
            "/workspaces/{workspace}/definitions/declarative_sources/{id}",
            get(declarative::get)
                .put(declarative::put)
                .delete(declarative::delete),
        )
        .route(
            "/workspaces/{workspace}/definitions/{kind}",
            get(definitions::list).post(definitions::change),
        )
        .route(
            "/workspaces/{workspace}/definitions/{kind}/{id}",
            get(definitions::get)
                .put(definitions::change_one)
                .delete(definitions::change_one),
        )
}

/// What the API does not have, in the words of Airbyte's framework: no problem document.
pub async fn unknown() -> Response {
    (
        StatusCode::NOT_FOUND,
        Json(json!({ "message": "Not Found" })),
    )
        .into_response()
}
