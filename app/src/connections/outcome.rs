//! How signing in at a provider ended, each way with its own words and its own way on. What was typed is still in the form.

use leptos::prelude::*;
use model::{ConsentOutcome, ConsentView};

use crate::ui::{Code, Notice, Tone};

/// Nothing to say while the trip goes on, and after one that ended well.
pub fn notice(trip: &ConsentView) -> Option<AnyView> {
    let provider = &trip.provider;
    let (tone, title, body) = match trip.outcome.as_ref()? {
        ConsentOutcome::Tested { .. } => return None,
        ConsentOutcome::Denied { words } => (
            Tone::Warn,
            format!("{provider} was not allowed"),
            said(
                "You chose not to allow it there, so nothing was connected. Sign in again whenever you like.",
                provider,
                words.as_deref(),
            ),
        ),
        ConsentOutcome::Refused { error, words } => (
            Tone::Bad,
            format!("{provider} refused"),
            said(
                "Try again. If it refuses again, its own words say what is missing.",
                provider,
                Some(words.as_deref().unwrap_or(error)),
            ),
        ),
        ConsentOutcome::Expired => (
            Tone::Warn,
            "Signing in took too long".to_owned(),
            text("It has to be finished within ten minutes. Sign in again."),
        ),
        ConsentOutcome::WrongRedirect { uri } => (
            Tone::Bad,
            format!("{provider} does not know the address of this hub"),
            redirect(uri.clone()),
        ),
        ConsentOutcome::MissingScopes { scopes } => (
            Tone::Warn,
            "Not everything was allowed".to_owned(),
            text(&format!(
                "Without it rows would be missing: {}. Sign in again and allow all that is asked for.",
                scopes.join(", ")
            )),
        ),
        ConsentOutcome::WrongAccount {
            signed_in,
            expected,
        } => (
            Tone::Warn,
            "That is another account".to_owned(),
            text(&format!(
                "You signed in as {signed_in}, but the tables of this connection hold rows of {expected}. \
                 Sign in as {expected}, or make a new connection for {signed_in}."
            )),
        ),
        ConsentOutcome::WrongClient => (
            Tone::Bad,
            format!("{provider} refused this hub"),
            text(
                "The client that is registered there is no longer right. Whoever registered it must check its id and secret.",
            ),
        ),
        ConsentOutcome::Unreachable => (
            Tone::Warn,
            format!("{provider} could not be asked"),
            text("It did not answer. Try again in a moment."),
        ),
        ConsentOutcome::NotUnderstood => (
            Tone::Bad,
            format!("The answer of {provider} made no sense"),
            text(
                "Nothing was connected. Sign in again; if it happens again, the operator of this hub can look into it.",
            ),
        ),
        ConsentOutcome::Form { fields } => (
            Tone::Warn,
            "The settings need another look".to_owned(),
            text(
                &fields
                    .iter()
                    .map(|field| field.detail.clone())
                    .collect::<Vec<_>>()
                    .join(" "),
            ),
        ),
    };
    Some(
        view! { <div class="mb-5" role="status"><Notice tone=tone title=title>{body}</Notice></div> }
            .into_any(),
    )
}

fn text(words: &str) -> AnyView {
    view! { <p class="break-words">{words.to_owned()}</p> }.into_any()
}

fn said(advice: &str, provider: &str, words: Option<&str>) -> AnyView {
    let words = words.map(|words| {
        view! { <p class="break-words text-ink-soft">{format!("{provider} says: “{words}”")}</p> }
    });
    view! { {text(advice)}{words} }.into_any()
}

/// The address to register, ready to be copied.
pub fn redirect(uri: String) -> AnyView {
    view! {
        <p>"Whoever registered the client there must add exactly this address:"</p>
        <Code text=uri />
    }
    .into_any()
}
