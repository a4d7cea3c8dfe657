//! Pages and server functions as routes: each request gets its hub as context, each page its content policy.

use app::{App, server::page_context, shell};
use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::any,
};
use hub::Hub;
use leptos::{config::LeptosOptions, prelude::provide_context};
use leptos_axum::{LeptosRoutes, generate_route_list};

use crate::{api::error::Problem, site, state::AppState};

/// Routes of every page, and of the server functions, which lie under `/fn`.
pub fn router(state: &AppState) -> Router<AppState> {
    let options = state.leptos.clone();
    let hub = state.hub.clone();
    let parts = site::split_manifest();
    let context = move || {
        page_context(&hub);
        if let Some(parts) = &parts {
            provide_context(parts.clone());
        }
    };
    Router::new()
        .route("/fn/{*name}", any(no_such_function))
        .leptos_routes_with_context(state, generate_route_list(App), context, move || {
            shell(options.clone())
        })
}

/// A function that this version does not have: a page from before an update asked for it.
async fn no_such_function() -> Problem {
    Problem::not_found()
}

/// The page for an address that is nobody's.
pub async fn not_found(
    State(hub): State<Hub>,
    State(options): State<LeptosOptions>,
    request: Request,
) -> Response {
    let context = move || page_context(&hub);
    let page = leptos_axum::render_app_async_with_context(context, move || shell(options.clone()));
    page(request).await
}
