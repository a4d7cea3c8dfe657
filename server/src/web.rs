//! Pages and server functions: each request gets its hub and caller as context, each page its content policy.

use app::{App, shell};
use axum::{
    Router,
    extract::{Request, State},
    response::Response,
    routing::get,
};
use hub::Hub;
use leptos::{
    config::LeptosOptions,
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::{
    LeptosRoutes, ResponseOptions, generate_route_list, handle_server_fns_with_context,
};

use crate::state::AppState;

/// Routes of every page, and of the server functions under `/fn`.
pub fn router(state: &AppState) -> Router<AppState> {
    let options = state.leptos.clone();
    let hub = state.hub.clone();
    Router::new()
        .route("/fn/{*name}", get(server_function).post(server_function))
        .leptos_routes_with_context(
            state,
            generate_route_list(App),
            move || page_context(&hub),
            move || shell(options.clone()),
        )
}

async fn server_function(
    State(hub): State<Hub>,
    request: Request,
) -> impl axum::response::IntoResponse {
    handle_server_fns_with_context(move || provide_context(hub.clone()), request).await
}

fn page_context(hub: &Hub) {
    provide_context(hub.clone());
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    if let Ok(policy) = content_policy(&nonce).parse() {
        response.insert_header(axum::http::header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Scripts run only with this answer's nonce; nothing comes from elsewhere, nothing frames us.
fn content_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; manifest-src 'self'; \
         object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
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
