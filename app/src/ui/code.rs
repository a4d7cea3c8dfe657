//! Text for machines: ids, commands, settings, with a button that copies them.

use leptos::{prelude::*, task::spawn_local};

use super::Icon;
use crate::browser;

/// A line or block of code that can be copied.
#[component]
pub fn Code(#[prop(into)] text: String) -> impl IntoView {
    view! {
        <div class="flex items-start gap-2 rounded-control border border-line bg-sunken p-2 ps-3">
            <pre class="min-w-0 flex-1 py-0.5 font-mono text-xs leading-5 whitespace-pre-wrap wrap-anywhere" tabindex="0"><code>{text.clone()}</code></pre>
            <CopyButton text=text />
        </div>
    }
    .into_any()
}

/// Needs scripts, so it appears only with them.
#[component]
pub fn CopyButton(
    #[prop(into)] text: String,
    /// What is copied, for screen readers.
    #[prop(optional, into)]
    about: Option<String>,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        let text = text.clone();
        spawn_local(async move { copied.set(browser::copy(&text).await) });
    };
    let about = format!("Copy {}", about.unwrap_or_default());
    view! {
        <button type="button" class="btn btn-small btn-quiet needs-script shrink-0" on:click=copy aria-label=about>
            <Icon name="copy" />
            <span role="status">{move || if copied.get() { "Copied" } else { "Copy" }}</span>
        </button>
    }
    .into_any()
}
