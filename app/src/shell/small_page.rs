//! A page of a few lines outside the app: on the way to a provider or back, or what a link is for.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use leptos::prelude::*;

use super::scriptless_page;
use crate::ui::Mark;

/// The page with its mark and heading. It is kept nowhere, and tells nobody but us where it was. `allows` is added to a policy that
/// allows nothing but our style, fonts and pictures.
pub fn small_page(
    headers: &HeaderMap,
    status: StatusCode,
    title: &str,
    body: AnyView,
    allows: &str,
) -> Response {
    let heading = title.to_owned();
    let body = view! {
        <main class="mx-auto max-w-md space-y-4 px-4 py-16">
            <Mark />
            <h1 class="text-hero wrap-anywhere">{heading}</h1>
            {body}
        </main>
    };
    let html = scriptless_page(headers, title, &[], body.into_any());
    let policy = format!(
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; {allows}"
    );
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::REFERRER_POLICY,
        // A form of ours on it still says where it comes from.
        HeaderValue::from_static("same-origin"),
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
