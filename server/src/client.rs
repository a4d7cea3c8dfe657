//! Which address and program a request comes from, for limits, the session list and the audit log.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, header, request::Parts},
    middleware::Next,
    response::Response,
};
use hub::Client;

/// User agents are shown in the session list; what is longer is no browser.
const AGENT_LIMIT: usize = 300;

tokio::task_local! {
    /// The client of the request that is being answered: the session store writes it beside the session.
    pub static CURRENT: Client;
    /// Id of the request that is being answered: errors tell it.
    static REQUEST_ID: Option<String>;
}

/// Header of the id that every request gets.
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Id of the request that is being answered; nothing outside of one.
pub fn request_id() -> Option<String> {
    REQUEST_ID.try_with(Clone::clone).ok().flatten()
}

/// Reverse proxies whose `X-Forwarded-For` is believed. Nobody else's is.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(pub Arc<Vec<IpAddr>>);

/// Works out the client once a request and leaves it in the extensions.
pub async fn layer(
    State(proxies): State<TrustedProxies>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    let client = Client {
        ip: address(peer, request.headers(), &proxies),
        user_agent: agent(request.headers()),
    };
    request.extensions_mut().insert(client.clone());
    let id = request
        .headers()
        .get(REQUEST_ID_HEADER)
        .and_then(|id| id.to_str().ok())
        .map(str::to_owned);
    REQUEST_ID
        .scope(id, CURRENT.scope(client, next.run(request)))
        .await
}

/// Work of this request that goes on in another task: it still knows whose it is.
pub fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let id = request_id();
    let client = CURRENT.try_with(Clone::clone);
    async move {
        match client {
            Ok(client) => REQUEST_ID.scope(id, CURRENT.scope(client, work)).await,
            Err(_) => work.await,
        }
    }
}

/// The client that [`layer`] found.
pub fn of(parts: &Parts) -> Client {
    parts
        .extensions
        .get::<Client>()
        .cloned()
        .unwrap_or_else(|| Client {
            ip: "unknown".to_owned(),
            user_agent: String::new(),
        })
}

fn address(peer: Option<IpAddr>, headers: &HeaderMap, proxies: &TrustedProxies) -> String {
    let Some(peer) = peer else {
        return "unknown".to_owned();
    };
    let forwarded = headers
        .get("x-forwarded-for")
        .and_then(|value| value.to_str().ok());
    let nearest = forwarded
        .and_then(|list| list.rsplit(',').next())
        .and_then(|text| text.trim().parse::<IpAddr>().ok());
    match nearest {
        Some(client) if proxies.0.contains(&peer) => client.to_string(),
        _ => peer.to_string(),
    }
}

fn agent(headers: &HeaderMap) -> String {
    headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .chars()
        .take(AGENT_LIMIT)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarded_addresses_count_only_from_a_trusted_proxy() {
        let proxy: IpAddr = [10, 0, 0, 1].into();
        let stranger: IpAddr = [203, 0, 113, 9].into();
        let trusted = TrustedProxies(Arc::new(vec![proxy]));
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-forwarded-for",
            "1.2.3.4, 198.51.100.7".parse().expect("a header"),
        );
        assert_eq!(address(Some(proxy), &headers, &trusted), "198.51.100.7");
        assert_eq!(address(Some(stranger), &headers, &trusted), "203.0.113.9");
        assert_eq!(
            address(Some(proxy), &HeaderMap::new(), &trusted),
            "10.0.0.1"
        );
    }
}
