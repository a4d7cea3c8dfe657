//! What became of a text, told by the page of the integration that it leads to.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::ui::{Notice, Tone};

/// What an address has for it: `?saved=replaced`.
pub const SAVED: &str = "saved";
pub const REPLACED: &str = "replaced";
pub const UNCHANGED: &str = "unchanged";

/// Whether connections use an integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    Yes,
    No,
}

impl From<bool> for Used {
    fn from(is_used: bool) -> Self {
        if is_used { Self::Yes } else { Self::No }
    }
}

/// Stands above what the page says of an integration; silent where the address says nothing.
#[component]
pub fn Done(name: String, #[prop(into)] used: Used) -> impl IntoView {
    let query = use_query_map();
    move || {
        let saved = query.with(|query| query.get(SAVED).unwrap_or_default());
        words(&saved, &name, used).map(|(title, text)| {
            view! { <div role="status" class="mb-5"><Notice tone=Tone::Ok title=title><p>{text}</p></Notice></div> }
                .into_any()
        })
    }
}

fn words(saved: &str, name: &str, used: Used) -> Option<(String, &'static str)> {
    match (saved, used) {
        (REPLACED, Used::Yes) => Some((
            format!("{name} was replaced."),
            "Connections that use it follow the new description from their next run on.",
        )),
        (REPLACED, Used::No) => Some((
            format!("{name} was replaced."),
            "No connection uses it yet: the next one follows the new description.",
        )),
        (UNCHANGED, _) => Some((
            "Nothing changed.".to_owned(),
            "What you added says the same as before.",
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_one_says_who_follows_and_an_unchanged_one_that_nothing_did() {
        let said = |saved: &str, is_used: bool| words(saved, "Harbour office", is_used.into());
        let (title, text) = said(REPLACED, true).unwrap();
        assert_eq!(title, "Harbour office was replaced.");
        assert!(text.starts_with("Connections that use it"), "{text}");
        let (_, text) = said(REPLACED, false).unwrap();
        assert!(text.starts_with("No connection uses it"), "{text}");
        assert_eq!(said(UNCHANGED, true).unwrap().0, "Nothing changed.");
        assert_eq!(said("", true), None);
    }
}
