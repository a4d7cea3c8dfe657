//! The whole of the server's routes, grouped by who calls them, inside the layers every request passes.

use std::path::Path;

use axum::{Router, extract::DefaultBodyLimit, handler::Handler, middleware};
use engine::Engine;
use metrics_exporter_prometheus::PrometheusHandle;
use tower_http::{
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    timeout::RequestBodyTimeoutLayer,
};
use tower_sessions::SessionManagerLayer;

use crate::{
    api,
    client::{self, REQUEST_ID_HEADER, TrustedProxies},
    guard::{self, PublicOrigin},
    limit,
    overload::{self, Rates, Room},
    probes, refused,
    render::{self, Renderers},
    session::{self, Sessions},
    site,
    state::AppState,
    web, webhooks,
};

/// What the router is made of.
pub struct Parts<'a> {
    pub state: AppState,
    pub engine: Option<Engine>,
    pub sessions: SessionManagerLayer<Sessions>,
    pub public_origin: PublicOrigin,
    pub proxies: TrustedProxies,
    pub rates: Rates,
    pub renderers: Renderers,
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
        rates,
        renderers,
        site_root,
        numbers,
    } = parts;
    let told = middleware::from_fn_with_state(public_origin.clone(), guard::headers);
    let room = Room::new(&rates);
    let pinned = middleware::from_fn_with_state(renderers, render::pinned);
    let sent_at_once = middleware::from_fn_with_state(room.of_senders(), overload::many);
    let at_once = middleware::from_fn_with_state(room, overload::many);
    let in_time = middleware::from_fn_with_state(overload::USUAL, overload::long);
    let browser = web::router(&state)
        .merge(app::server::forms())
        .merge(app::server::trips())
        .layer(pinned.clone())
        .layer(middleware::from_fn(limit::bodies))
        .layer(in_time.clone())
        .merge(app::server::upload_forms().layer(pinned.clone()))
        .fallback(web::not_found.layer(pinned).layer(in_time))
        .layer(middleware::from_fn(session::caller))
        .layer(sessions)
        .layer(middleware::from_fn_with_state(
            public_origin,
            guard::same_origin,
        ));
    let bounded = browser.merge(api::router(&state.hub)).layer(at_once).layer(
        middleware::from_fn_with_state(rates.clone(), overload::often),
    );
    let delivered = webhooks::router()
        .layer(sent_at_once)
        .layer(middleware::from_fn_with_state(
            rates.clone(),
            overload::deliveries_often,
        ));
    let mut router = Router::new()
        .merge(bounded)
        .merge(delivered)
        .merge(probes::router(numbers))
        .merge(site::router(site_root))
        .with_state(state);
    if let Some(engine) = engine {
        let strangers = middleware::from_fn_with_state(rates, overload::strangers_often);
        router = router.nest("/api/public/v1", engine.router().layer(strangers));
    }
    router
        .layer(middleware::from_fn(refused::panics))
        .layer(middleware::from_fn_with_state(proxies, client::layer))
        .layer(DefaultBodyLimit::max(limit::BODY))
        .layer(RequestBodyTimeoutLayer::new(limit::SILENCE))
        .layer(told)
        .layer(middleware::from_fn(probes::count))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID_HEADER))
        .layer(SetRequestIdLayer::new(REQUEST_ID_HEADER, MakeRequestUuid))
}
