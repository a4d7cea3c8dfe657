//! What handlers share: built once at start, cloned per request, taken apart by `FromRef`.

use axum::extract::FromRef;
use hub::Hub;
use leptos::config::LeptosOptions;

/// Everything a handler can ask for.
#[derive(Clone, FromRef)]
pub struct AppState {
    pub hub: Hub,
    pub leptos: LeptosOptions,
}
