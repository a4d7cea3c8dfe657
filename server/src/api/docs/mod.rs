//! `/api/docs`: the OpenAPI document as a page for people. Whole in its HTML, without scripts, from this server alone.
//!
//! `reference` reads the document, `shape` says what its schemas allow, `sample` makes example bodies and `curl` calls,
//! `page` is the HTML. `/api`, where people look for it first, leads here.

mod page;
mod reference;
mod sample;
pub(super) mod shape;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, header},
    response::{Html, IntoResponse, Redirect},
    routing::get,
};
use hub::Hub;

use crate::{guard, state::AppState};

const PAGE: &str = "/api/docs";
/// Styles of this page alone; tokens and parts come from the product's own style sheet.
const STYLES: &str = include_str!("docs.css");

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api", get(|| async { Redirect::to(PAGE) }))
        .route(PAGE, get(show))
        .route("/api/docs.css", get(styles))
}

async fn show(State(hub): State<Hub>, headers: HeaderMap) -> impl IntoResponse {
    let document = serde_json::to_value(super::document()).unwrap_or_default();
    let reference = reference::read(&document);
    let page = page::render(&headers, &reference, hub.public_url());
    (
        [(header::CONTENT_SECURITY_POLICY, guard::SCRIPTLESS_PAGE)],
        Html(page),
    )
}

async fn styles() -> impl IntoResponse {
    (
        [
            (header::CONTENT_TYPE, "text/css; charset=utf-8"),
            (header::CACHE_CONTROL, "public, no-cache"),
        ],
        STYLES,
    )
}
