//! HTTP calls: checked before each hop, redirects followed by hand, credentials never carried to another origin.

use std::error::Error as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, LOCATION, RANGE, USER_AGENT};
use reqwest::redirect;
use reqwest::{Certificate, Client, Method, Request, Response, StatusCode, Url};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use url::Host;

use super::port::serves_web;
use super::resolve::Guarded;
use super::tls;
use super::{Connecting, Outbound, Policy, Probing, Scheme};
use crate::clock;
use crate::fault::Fault;

/// Longest silence of a server in the middle of an answer.
const READ_PATIENCE: Duration = Duration::from_secs(30);
/// Longest time until the answer of an API begins, redirects included. Its body is read by whoever asked, who has to see to
/// it that it does not come in drops for ever.
const CALL_PATIENCE: Duration = Duration::from_mins(1);
const MAX_REDIRECTS: usize = 3;
/// What is said of a server that names an address that is not called.
const ASTRAY: &str = "redirects to an address that is not called:";
const AGENT: &str = concat!("sync/", env!("CARGO_PKG_VERSION"));

/// Why a call is made; it decides how long the answer may take to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A small question and its answer.
    Api,
    /// A file of any length; only silence ends it.
    Download,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that makes HTTP clients"
)]
pub fn client(policy: &Arc<Policy>, how: Connecting) -> Result<Client, Fault> {
    let builder = Client::builder()
        .user_agent(AGENT)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .https_only(policy.scheme == Scheme::HttpsOnly)
        .connect_timeout(how.patience())
        // It runs while connecting, too.
        .read_timeout(READ_PATIENCE.saturating_add(how.extra()))
        .dns_resolver(Guarded(Arc::clone(policy)))
        .tls_certs_merge(roots(policy)?);
    let builder = match how.probing {
        Probing::Usual => builder,
        Probing::After {
            silence,
            interval,
            most,
        } => builder
            .tcp_keepalive(silence)
            .tcp_keepalive_interval(interval)
            .tcp_keepalive_retries(most),
    };
    builder.build().map_err(|error| {
        Fault::bug("The HTTP client could not be set up.").with_detail(error.to_string())
    })
}

pub fn roots(policy: &Policy) -> Result<Vec<Certificate>, Fault> {
    let bad = |error: reqwest::Error| {
        Fault::config("A trusted certificate of this server cannot be read.")
            .with_detail(error.to_string())
    };
    let bundles = policy
        .extra_roots
        .iter()
        .map(|pem| Certificate::from_pem_bundle(pem.as_bytes()).map_err(bad));
    Ok(bundles
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect())
}

impl Outbound {
    /// A request builder. The request is sent with [`Outbound::send`], which checks where it goes.
    pub fn request(&self, method: Method, url: Url) -> reqwest::RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request and follows redirects. Any status that is not a redirect is an answer.
    pub async fn send(&self, request: Request, purpose: Purpose) -> Result<Response, Fault> {
        let work = self.follow(request);
        match purpose {
            Purpose::Download => work.await,
            Purpose::Api => tokio::time::timeout(CALL_PATIENCE, work)
                .await
                .map_err(|_| Fault::timeout("The server took too long to answer."))?,
        }
    }

    /// When a server wants to be asked again, by what it says in `Retry-After`: seconds or a date.
    pub fn retry_after(text: &str) -> Option<OffsetDateTime> {
        moment(text.trim(), clock::utc())
    }

    async fn follow(&self, mut request: Request) -> Result<Response, Fault> {
        let mut led_by: Option<Url> = None;
        for _ in 0..=MAX_REDIRECTS {
            let again = request.try_clone();
            let from = request.url().clone();
            let answer = self.hop(request).await;
            let answer = answer.map_err(|fault| match &led_by {
                Some(server) => led_astray(fault, server),
                None => fault,
            })?;
            let Some(target) = redirect_target(&answer, &from)? else {
                return Ok(answer);
            };
            request = next_hop(again, answer.status(), &from, target)?;
            led_by = Some(from);
        }
        Err(Fault::upstream(format!(
            "The server redirected more than {MAX_REDIRECTS} times."
        )))
    }

    /// One call, wherever its answer leads.
    async fn hop(&self, request: Request) -> Result<Response, Fault> {
        let url = request.url().clone();
        self.check(&url)?;
        self.check_port(&url).await?;
        let answer = self.client.execute(request).await;
        answer.map_err(|error| fault(&error, &url))
    }

    /// Refuses what the resolver never sees: other schemes, numbers for names, credentials in the URL.
    fn check(&self, url: &Url) -> Result<(), Fault> {
        let allowed = url.scheme() == "https"
            || (url.scheme() == "http" && self.policy.scheme == Scheme::HttpToo);
        if !allowed {
            return Err(Fault::forbidden(format!(
                "“{}://” addresses are not allowed here; use https://.",
                url.scheme()
            ))
            .at_field("url"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                Fault::config("User name and password do not belong in the address.")
                    .at_field("url"),
            );
        }
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(Fault::config("The address names no server.").at_field("url")),
        };
        if self.policy.permits(ip) {
            Ok(())
        } else {
            Err(self.policy.refusal(&ip.to_string(), ip).at_field("url"))
        }
    }

    /// Whether a port of another service may be called depends on where the name leads.
    async fn check_port(&self, url: &Url) -> Result<(), Fault> {
        let port = url.port_or_known_default().unwrap_or_default();
        if serves_web(port) {
            return Ok(());
        }
        let at_url = |fault: Fault| fault.at_field("url");
        let host = url.host_str().unwrap_or_default();
        let pinned = self.resolve_database_host(host, port).await;
        let addresses = pinned.map_err(at_url)?.addresses;
        self.policy.check_port(port, &addresses).map_err(at_url)
    }
}

/// Says who named an address that is not called: nobody finds it in what they entered.
fn led_astray(mut fault: Fault, server: &Url) -> Fault {
    if !fault.is_transient() {
        let server = server.host_str().unwrap_or_default();
        fault.message = format!("“{server}” {ASTRAY} {}", fault.message);
    }
    fault
}

/// Whether a server named the address that was refused: that is no matter of what a person entered.
pub fn is_led_astray(fault: &Fault) -> bool {
    !fault.is_transient() && fault.message.contains(ASTRAY)
}

fn redirect_target(answer: &Response, from: &Url) -> Result<Option<Url>, Fault> {
    let redirects = matches!(
        answer.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let Some(location) = answer.headers().get(LOCATION).filter(|_| redirects) else {
        return Ok(None);
    };
    let target = location.to_str().ok().and_then(|text| from.join(text).ok());
    target
        .map(Some)
        .ok_or_else(|| Fault::upstream("The server redirected to an address that cannot be read."))
}

/// The request after a redirect. To another origin only the plainest headers go along, and never a body.
fn next_hop(
    request: Option<Request>,
    status: StatusCode,
    from: &Url,
    target: Url,
) -> Result<Request, Fault> {
    let mut request = request.ok_or_else(|| {
        Fault::upstream("The server redirected an upload, which cannot be sent twice.")
    })?;
    let keeps_method = matches!(
        status,
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
    );
    let foreign = from.origin() != target.origin();
    if keeps_method && foreign && request.body().is_some() {
        return Err(Fault::upstream(
            "The server redirected the request with its content to another server, which is not followed.",
        ));
    }
    if !keeps_method && *request.method() != Method::HEAD {
        *request.method_mut() = Method::GET;
        *request.body_mut() = None;
    }
    if foreign {
        let old = std::mem::take(request.headers_mut());
        *request.headers_mut() = harmless(&old);
    }
    *request.url_mut() = target;
    Ok(request)
}

fn harmless(headers: &HeaderMap) -> HeaderMap {
    let kept = [ACCEPT, RANGE, USER_AGENT];
    kept.into_iter()
        .filter_map(|name| Some((name.clone(), headers.get(&name)?.clone())))
        .collect()
}

/// What went wrong with a call, in plain words.
pub fn fault(error: &reqwest::Error, url: &Url) -> Fault {
    if let Some(refusal) = cause(error) {
        return refusal.clone().at_field("url");
    }
    let host = url.host_str().unwrap_or_default();
    let detail = chain(error);
    let fault = if error.is_timeout() {
        Fault::timeout(format!("“{host}” did not answer in time."))
    } else if let Some(problem) = tls::problem(error, host) {
        Fault::unreachable(problem)
    } else if error.is_connect() {
        Fault::unreachable(format!("“{host}” could not be reached."))
    } else {
        Fault::unreachable(format!("The answer of “{host}” broke off."))
    };
    fault.with_detail(detail).at_field("url")
}

/// Our own refusal, however deep the client wrapped it.
fn cause(error: &reqwest::Error) -> Option<&Fault> {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(fault) = error.downcast_ref::<Fault>() {
            return Some(fault);
        }
        next = error.source();
    }
    None
}

/// The causes, without the URL, which may carry a token.
fn chain(error: &reqwest::Error) -> String {
    let mut parts = Vec::new();
    let mut next = error.source();
    while let Some(error) = next {
        parts.push(error.to_string());
        next = error.source();
    }
    parts.dedup();
    parts.join(": ")
}

fn moment(text: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
    if let Ok(seconds) = text.parse::<f64>() {
        let wait = Duration::try_from_secs_f64(seconds).ok()?;
        return now.checked_add(time::Duration::try_from(wait).ok()?);
    }
    // HTTP writes GMT where mail writes an offset.
    OffsetDateTime::parse(&text.replace("GMT", "+0000"), &Rfc2822).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_nonsense_is_not() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let at = |text| moment(text, now).map(OffsetDateTime::unix_timestamp);
        assert_eq!(at("30"), Some(30));
        assert_eq!(at("0.5"), Some(0));
        assert_eq!(at("Thu, 01 Jan 1970 00:02:00 GMT"), Some(120));
        for nonsense in ["", "soon", "-5", "NaN", "1e400"] {
            assert_eq!(at(nonsense), None, "{nonsense}");
        }
    }
}
