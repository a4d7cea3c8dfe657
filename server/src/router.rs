//! The whole of the server's routes, grouped by who calls them, inside the layers every request passes.

use std::path::Path;

use axum::{Router, extract::DefaultBodyLimit, middleware};
use engine::Engine;
use metrics_exporter_prometheus::PrometheusHandle;
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
};
use tower_sessions::SessionManagerLayer;

use crate::{
    api,
    client::{self, REQUEST_ID_HEADER, TrustedProxies},
    guard::{self, PublicOrigin},
    limit, probes,
    session::{self, Sessions},
    site,
    state::AppState,
    web,
};

/// What the router is made of.
pub struct Parts<'a> {
    pub state: AppState,
    pub engine: Option<Engine>,
    pub sessions: SessionManagerLayer<Sessions>,
    pub public_origin: PublicOrigin,
    pub proxies: TrustedProxies,
    pub site_root: &'a Path,
    pub numbers: PrometheusHandle,
}

/// Puts every door together.
pub fn build(parts: Parts<'_>) -> Router {
    let Parts {
        state,
        engine,
        sessions,
        public_origin,
        proxies,
        site_root,
        numbers,
    } = parts;
    let browser = web::router(&state)
        .layer(middleware::from_fn(limit::bodies))
        .merge(app::server::routes())
        .fallback(web::not_found)
        .layer(middleware::from_fn(session::caller))
        .layer(sessions)
        .layer(middleware::from_fn_with_state(
            public_origin,
            guard::same_origin,
        ));
    let mut router = Router::new()
        .merge(browser)
        .merge(api::router())
        .merge(probes::router(numbers))
        .merge(site::router(site_root))
        .with_state(state);
    if let Some(engine) = engine {
        router = router.nest("/api/public/v1", engine.router());
    }
    router
        .layer(middleware::from_fn_with_state(proxies, client::layer))
        .layer(DefaultBodyLimit::max(limit::BODY))
        .layer(middleware::from_fn(guard::headers))
        .layer(middleware::from_fn(probes::count))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID_HEADER))
        .layer(SetRequestIdLayer::new(REQUEST_ID_HEADER, MakeRequestUuid))
        .layer(CatchPanicLayer::new())
}
