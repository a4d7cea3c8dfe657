//! A page as the answer to a form that was posted to it: asked for like any other, with what only this answer shows.

use axum::{
    body::Body,
    extract::Request,
    http::{Method, request::Parts},
    response::Response,
};
use hub::Hub;
use leptos::{config::LeptosOptions, prelude::provide_context};

use crate::shell;

/// The request of somebody who opens the page that a form was posted to.
pub fn opened(posted: &Parts) -> Request {
    let mut request = Request::builder()
        .method(Method::GET)
        .uri(posted.uri.clone())
        .body(Body::empty())
        .unwrap_or_default();
    *request.headers_mut() = posted.headers.clone();
    *request.extensions_mut() = posted.extensions.clone();
    request
}

/// Renders that page; its server functions find `only_here` in their context.
pub async fn answer_with<T: Clone + Send + Sync + 'static>(
    hub: Hub,
    options: LeptosOptions,
    opened: Request,
    only_here: T,
) -> Response {
    let context = move || {
        super::page_context(&hub);
        provide_context(only_here.clone());
    };
    let page =
        leptos_axum::render_app_async_with_context(context, move || shell::shell(options.clone()));
    page(opened).await
}
