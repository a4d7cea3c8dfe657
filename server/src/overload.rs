//! What keeps one client, or all of them together, from taking the hub down: how often, how many at once, how long.
//!
//! Counted in this process. What guards accounts (sign-in, codes, resets) is counted in the database instead, where two
//! servers share it.

mod room;

use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::Response,
};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use hub::{Client, accounts::line};
use sha2::{Digest, Sha256};

use crate::{api::error::Problem, probes, refused};

pub use room::{Room, many};

/// So many seconds' worth of requests may come at once: a page and all its parts, or a script that wakes up.
const BURST_SECONDS: u32 = 4;
/// A sender's few machines speak for all of its customers: so many times what another address may ask.
const OF_A_SENDER: u32 = 10;

/// How long a page, a form or a call may take until its answer begins.
pub const USUAL: Duration = Duration::from_secs(30);
/// The same for calls that wait for a connector.
pub const WITH_CONNECTOR: Duration = Duration::from_secs(75);

/// Requests a second from one address, and with one API key.
#[derive(Clone)]
pub struct Rates(Option<Arc<Counted>>);

struct Counted {
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    /// Keys are known by their hash: what is presented may be a real one.
    keys: DefaultKeyedRateLimiter<[u8; 32]>,
    /// Endpoints of events, also by a hash.
    endpoints: DefaultKeyedRateLimiter<[u8; 32]>,
    senders: DefaultKeyedRateLimiter<IpAddr>,
}

impl Rates {
    /// `None`: whoever stands in front of the hub does this.
    pub fn new(a_second: Option<NonZeroU32>) -> Self {
        Self(a_second.map(|a_second| {
            let burst = a_second.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_SECONDS - 1));
            let quota = Quota::per_second(a_second).allow_burst(burst);
            let many = NonZeroU32::MIN.saturating_add(OF_A_SENDER - 1);
            let of_senders = Quota::per_second(a_second.saturating_mul(many))
                .allow_burst(burst.saturating_mul(many));
            Arc::new(Counted {
                addresses: RateLimiter::keyed(quota),
                keys: RateLimiter::keyed(quota),
                endpoints: RateLimiter::keyed(quota),
                senders: RateLimiter::keyed(of_senders),
            })
        }))
    }

    /// Forgets clients that have not asked for long; to be called now and then.
    pub fn forget_idle(&self) {
        if let Some(counted) = &self.0 {
            counted.addresses.retain_recent();
            counted.keys.retain_recent();
            counted.endpoints.retain_recent();
            counted.senders.retain_recent();
        }
    }

    /// How long this request would have to wait.
    fn wait(&self, request: &Request) -> Option<Duration> {
        let counted = self.0.as_ref()?;
        let now = DefaultClock::default().now();
        let address = address(request);
        let key = presented_key(request);
        let by_address = address.and_then(|address| counted.addresses.check_key(&address).err());
        let by_key = key.and_then(|key| counted.keys.check_key(&key).err());
        by_address.or(by_key).map(|until| until.wait_time_from(now))
    }

    /// How long this delivery of events would have to wait.
    fn wait_to_deliver(&self, request: &Request) -> Option<Duration> {
        let counted = self.0.as_ref()?;
        let now = DefaultClock::default().now();
        let endpoint = Sha256::digest(request.uri().path().as_bytes()).into();
        let by_sender =
            address(request).and_then(|address| counted.senders.check_key(&address).err());
        let by_endpoint = counted.endpoints.check_key(&endpoint).err();
        let until = by_sender.or(by_endpoint)?;
        Some(until.wait_time_from(now))
    }
}

/// Refuses what comes too often, before anything is looked up.
pub async fn often(State(rates): State<Rates>, request: Request, next: Next) -> Response {
    match rates.wait(&request) {
        None => next.run(request).await,
        Some(wait) => refuse(&request, "rate", Problem::too_often(wait)),
    }
}

/// The same for an API whose callers show who they are: only those that do not yet, at its doors, are counted. The hub itself
/// is one of its callers, and asks as often as its work needs.
pub async fn strangers_often(State(rates): State<Rates>, request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::AUTHORIZATION) {
        return next.run(request).await;
    }
    often(State(rates), request, next).await
}

/// The same for deliveries of events: counted by their endpoint.
pub async fn deliveries_often(
    State(rates): State<Rates>,
    request: Request,
    next: Next,
) -> Response {
    match rates.wait_to_deliver(&request) {
        None => next.run(request).await,
        Some(wait) => refuse(&request, "rate", Problem::too_often(wait)),
    }
}

/// Gives up what takes longer than `limit`. Its transaction ends with it.
pub async fn long(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let route = probes::route(&request);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!(route, seconds = limit.as_secs(), "a request took too long");
            metrics::counter!("tributary_refused_requests_total", "why" => "time").increment(1);
            refused::answer(&headers, Problem::too_slow())
        }
    }
}

fn refuse(request: &Request, why: &'static str, problem: Problem) -> Response {
    metrics::counter!("tributary_refused_requests_total", "why" => why).increment(1);
    refused::answer(request.headers(), problem)
}

/// Whom a request is counted for.
fn address(request: &Request) -> Option<IpAddr> {
    line(&request.extensions().get::<Client>()?.ip)
}

fn presented_key(request: &Request) -> Option<[u8; 32]> {
    let value = request.headers().get(header::AUTHORIZATION)?;
    Some(Sha256::digest(value.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, http::StatusCode, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;

    fn from(ip: &str) -> Request {
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(Client {
            ip: ip.to_owned(),
            user_agent: String::new(),
        });
        request
    }

    fn with_key(ip: &str, key: &str) -> Request {
        let mut request = from(ip);
        let value = format!("Bearer {key}").parse().expect("a header");
        request.headers_mut().insert(header::AUTHORIZATION, value);
        request
    }

    fn burst_of_four() -> Rates {
        Rates::new(NonZeroU32::new(1))
    }

    #[test]
    fn one_address_has_its_burst_and_then_waits_while_others_go_on() {
        let rates = burst_of_four();
        let waits: Vec<bool> = (0..6)
            .map(|_| rates.wait(&from("203.0.113.9")).is_some())
            .collect();
        assert_eq!(waits, [false, false, false, false, true, true]);
        assert_eq!(rates.wait(&from("203.0.113.10")), None);
    }

    #[test]
    fn a_line_of_ipv6_is_one_client() {
        let rates = burst_of_four();
        for host in 0..4 {
            assert_eq!(rates.wait(&from(&format!("2001:db8:1:2::{host}"))), None);
        }
        assert!(rates.wait(&from("2001:db8:1:2:ffff::1")).is_some());
        assert_eq!(rates.wait(&from("2001:db8:1:3::1")), None);
    }

    #[test]
    fn one_key_is_counted_from_every_address() {
        let rates = burst_of_four();
        for host in 0..4 {
            let request = with_key(&format!("203.0.113.{host}"), "hub_live_a");
            assert_eq!(rates.wait(&request), None);
        }
        assert!(
            rates
                .wait(&with_key("198.51.100.1", "hub_live_a"))
                .is_some()
        );
        assert_eq!(rates.wait(&with_key("198.51.100.1", "hub_live_b")), None);
    }

    #[test]
    fn one_endpoint_has_its_burst_and_a_sender_that_of_many() {
        let rates = burst_of_four();
        let deliver = |endpoint: &str| {
            let mut request = from("203.0.113.9");
            *request.uri_mut() = endpoint.parse().expect("a path");
            rates.wait_to_deliver(&request).is_some()
        };
        let waits: Vec<bool> = (0..6).map(|_| deliver("/in/one")).collect();
        assert_eq!(waits, [false, false, false, false, true, true]);
        assert!((0..34).all(|number| !deliver(&format!("/in/{number}"))));
        assert!(deliver("/in/another"), "no more than ten endpoints' worth");
    }

    #[test]
    fn no_limit_is_no_limit() {
        let rates = Rates::new(None);
        assert!((0..1000).all(|_| rates.wait(&from("203.0.113.9")).is_none()));
    }

    #[tokio::test]
    async fn a_full_hub_and_a_slow_handler_say_what_happened() {
        let full = Router::new()
            .route("/", get(|| async { "never" }))
            .layer(middleware::from_fn_with_state(Room::without_places(), many));
        let slow = Router::new()
            .route("/", get(std::future::pending::<&str>))
            .layer(middleware::from_fn_with_state(
                Duration::from_millis(10),
                long,
            ));
        let busy = full.oneshot(from("203.0.113.9")).await.expect("an answer");
        assert_eq!(busy.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(busy.headers()[header::RETRY_AFTER], "2");
        let given_up = slow.oneshot(from("203.0.113.9")).await.expect("an answer");
        assert_eq!(given_up.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            given_up.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
    }
}
