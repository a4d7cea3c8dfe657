//! The page for a request that was refused before it reached one: too large, too often, too slow. Without a look at any
//! data.

use axum::http::HeaderMap;
use leptos::prelude::*;

use super::scriptless_page;
use crate::{paths, ui::Mark};

/// The whole document. The address may have taken a form, so there is no "load again": the way back is the browser's.
pub fn refused_page(
    headers: &HeaderMap,
    title: &str,
    detail: &str,
    request_id: Option<String>,
) -> String {
    let body = view! {
        <div class="mx-auto w-full max-w-6xl px-4 py-4 md:px-8">
            <header class="mb-10">
                <a href=paths::HOME class="inline-flex items-center gap-2 rounded-control font-semibold"><Mark />"Tributary"</a>
            </header>
            <main id="main">
                <h1 class="text-title">{title.to_owned()}</h1>
                <p class="mt-1 mb-6 max-w-prose text-ink-soft">{detail.to_owned()}</p>
                {request_id.map(|id| view! { <p class="text-label text-ink-mute">"Reference "<code class="font-mono text-xs break-all">{id}</code></p> })}
            </main>
        </div>
    };
    scriptless_page(headers, title, &[], body.into_any())
}
