//! The way out for whoever is asked for a password and has none: people who signed up by an account elsewhere never set one.

use leptos::prelude::*;

use crate::paths;

/// Stands below a field for the present password.
#[component]
pub fn Forgotten() -> impl IntoView {
    view! { <p class="text-label text-ink-soft">"No password yet, or forgotten? "<a href=paths::RESET>"Set one by mail"</a></p> }
        .into_any()
}
