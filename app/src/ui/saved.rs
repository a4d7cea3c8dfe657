//! Says that a form was saved, at the address that it led to.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{FormState, Notice, Tone};

/// Stands in the form that it speaks of: silent once that form is refused.
#[component]
pub fn Saved(
    /// What the address calls it: `?saved=tables`.
    what: &'static str,
    words: &'static str,
) -> impl IntoView {
    let query = use_query_map();
    let refused = FormState::refused();
    move || {
        let saved = query.with(|query| query.get("saved").as_deref() == Some(what));
        let notice = || {
            view! { <div role="status"><Notice tone=Tone::Ok><p>{words}</p></Notice></div> }
                .into_any()
        };
        (saved && !refused.get()).then(notice)
    }
}
