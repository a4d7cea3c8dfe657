//! The document of a page that has no scripts: whole in its HTML, in the theme that the browser chose.

use axum::http::HeaderMap;
use leptos::prelude::*;

use crate::server::theme_of;

/// The whole document around `body`. `styles` are style sheets beside the product's own.
pub fn scriptless_page(headers: &HeaderMap, title: &str, styles: &[&str], body: AnyView) -> String {
    let styles = ["/pkg/tributary.css"]
        .iter()
        .chain(styles)
        .map(|href| view! { <link rel="stylesheet" href=(*href).to_owned() /> })
        .collect_view();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme_of(headers).attribute()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <title>{format!("{title} · Tributary")}</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                {styles}
            </head>
            <body>{body}</body>
        </html>
    }
    .to_html()
    // Marks between texts, for scripts that take over a page. None runs here.
    .replace("<!>", "")
}
