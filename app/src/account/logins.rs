//! Buttons for accounts elsewhere, and why the last try with one did not sign in.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    paths,
    ui::{Icon, Notice, Tone},
};

/// Nothing where none is set up. Whoever is known there goes on to `next`.
pub fn buttons(logins: Vec<(String, String)>, next: &str) -> Option<AnyView> {
    if logins.is_empty() {
        return None;
    }
    let links = logins
        .into_iter()
        .map(|(id, name)| {
            view! {
                <a href=paths::sign_in_with(&id, next) rel="external" class="btn btn-wide"><Icon name="log-in" />{format!("Continue with {name}")}</a>
            }
        })
        .collect_view();
    Some(
        view! {
            <div class="mt-6 space-y-3 border-t border-line pt-6">{links}</div>
        }
        .into_any(),
    )
}

/// Why the last try did not sign in.
pub fn failed() -> Option<AnyView> {
    let why = use_query_map().with_untracked(|query| query.get("failed"))?;
    let words = match why.as_str() {
        "denied" => "You did not allow it there. Sign in another way, or try again.",
        "address" => {
            "That account has no address its provider has verified, so it cannot be matched to you. Sign in with your password."
        }
        "foreign" => "That sign-in was not begun in this browser, or was used already. Try again.",
        "late" => "It took longer than ten minutes, so it counts no more. Sign in again.",
        "often" => "Too many tries. Wait some minutes.",
        _ => {
            "The provider did not answer as it should. Sign in with your password, or try again in a moment."
        }
    };
    Some(
        view! { <div class="mb-4" role="status"><Notice tone=Tone::Warn title="You are not signed in"><p>{words}</p></Notice></div> }
            .into_any(),
    )
}
