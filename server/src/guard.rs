//! What every browser request passes: same-origin check for changes, security headers for answers.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};

use crate::{api::error::Problem, probes, refused};

/// Content policy of a page of this server that has no script: nothing comes from elsewhere, nothing is sent.
pub const SCRIPTLESS_PAGE: &str = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; \
                                   base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Bodies a browser form or our own pages send. Anything else on a changing request is refused: `text/plain` is how
/// a foreign form would smuggle JSON.
const FORM_TYPES: [&str; 3] = [
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/json",
];

/// Whoever came by https once comes by nothing else for two years. Only this host: others of its domain are not ours.
const ONLY_HTTPS: &str = "max-age=63072000";

/// Refuses changes that another site's page caused (CSRF). Reads pass; so do programs with a bearer key, which never
/// use cookies.
pub async fn same_origin(
    State(public_origin): State<PublicOrigin>,
    request: Request,
    next: Next,
) -> Response {
    if is_safe(request.method())
        || comes_from_us(request.headers(), &public_origin) && has_known_body(request.headers())
    {
        return next.run(request).await;
    }
    tracing::warn!(
        route = %probes::route(&request),
        "refused a change that did not come from our own pages"
    );
    refused::answer(request.headers(), Problem::from_elsewhere())
}

/// Origins that our own pages can have.
#[derive(Debug, Clone)]
pub struct PublicOrigin(pub std::sync::Arc<Vec<String>>);

impl PublicOrigin {
    /// Is the site reached by https, and in no other way?
    fn is_https(&self) -> bool {
        self.0.iter().all(|ours| ours.starts_with("https://"))
    }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn comes_from_us(headers: &HeaderMap, public: &PublicOrigin) -> bool {
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        Some(site) => site == b"same-origin",
        None => headers
            .get(header::ORIGIN)
            .and_then(|origin| origin.to_str().ok())
            .is_some_and(|origin| public.0.iter().any(|ours| ours == origin)),
    }
}

fn has_known_body(headers: &HeaderMap) -> bool {
    match headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    {
        None => headers
            .get(header::CONTENT_LENGTH)
            .is_none_or(|length| length == "0"),
        Some(kind) => FORM_TYPES.contains(&kind.split(';').next().unwrap_or_default().trim()),
    }
}

/// Headers that every answer carries. The content policy of pages is set by the page itself, which knows its nonce.
pub async fn headers(
    State(public_origin): State<PublicOrigin>,
    request: Request,
    next: Next,
) -> Response {
    let is_asset = ["/pkg/", "/fonts/", "/brands/"]
        .iter()
        .any(|folder| request.uri().path().starts_with(folder));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin-allow-popups"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        (
            "permissions-policy",
            "camera=(), microphone=(), geolocation=(), payment=()",
        ),
    ] {
        headers
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        ));
    if public_origin.is_https() {
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert(HeaderValue::from_static(ONLY_HTTPS));
    }
    if !is_asset {
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware, routing::get};
    use tower::ServiceExt;

    use super::*;

    fn at(origins: &[&str]) -> PublicOrigin {
        let origins = origins.iter().map(|&origin| origin.to_owned());
        PublicOrigin(std::sync::Arc::new(origins.collect()))
    }

    fn ours() -> PublicOrigin {
        at(&["https://hub.example.com"])
    }

    fn sent(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn only_our_own_pages_can_change_things() {
        for (headers, allowed) in [
            (sent(&[("sec-fetch-site", "same-origin")]), true),
            (sent(&[("sec-fetch-site", "same-site")]), false),
            (
                sent(&[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://hub.example.com"),
                ]),
                false,
            ),
            (sent(&[("sec-fetch-site", "none")]), false),
            (sent(&[("origin", "https://hub.example.com")]), true),
            (
                sent(&[("origin", "https://hub.example.com.evil.test")]),
                false,
            ),
            (sent(&[("origin", "null")]), false),
            (sent(&[]), false),
        ] {
            assert_eq!(comes_from_us(&headers, &ours()), allowed, "{headers:?}");
        }
    }

    #[tokio::test]
    async fn browsers_keep_to_https_where_the_site_has_it() {
        let local = at(&["http://hub.example.com", "http://127.0.0.1:8080"]);
        for (origins, wanted) in [(ours(), Some("max-age=63072000")), (local, None)] {
            let app = Router::new()
                .route("/", get(|| async { "hello" }))
                .layer(middleware::from_fn_with_state(origins.clone(), headers));
            let request = Request::new(Body::empty());
            let answer = app.oneshot(request).await.expect("an answer");
            let told = answer.headers().get(header::STRICT_TRANSPORT_SECURITY);
            let told = told.map(|value| value.to_str().expect("text"));
            assert_eq!(told, wanted, "{origins:?}");
        }
    }

    #[test]
    fn bodies_of_foreign_forms_are_refused() {
        assert!(has_known_body(&sent(&[(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8"
        )])));
        assert!(!has_known_body(&sent(&[("content-type", "text/plain")])));
        assert!(!has_known_body(&sent(&[("content-length", "12")])));
        assert!(has_known_body(&sent(&[])));
    }
}
