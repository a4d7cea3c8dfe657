//! How signing in at a provider ended, each way with its own words and its own way on. What was typed is still in the form.

use leptos::prelude::*;
use model::{ConsentOutcome, ConsentView};

use crate::{
    paths,
    ui::{Code, Notice, Tone},
};

/// A notice in the making.
struct Words {
    tone: Tone,
    title: String,
    body: AnyView,
}

impl Words {
    fn new(tone: Tone, title: impl Into<String>, body: AnyView) -> Self {
        Self {
            tone,
            title: title.into(),
            body,
        }
    }
}

/// Nothing to say while the trip goes on, and after one that ended well.
pub fn notice(trip: &ConsentView) -> Option<AnyView> {
    let outcome = trip.outcome.as_ref()?;
    let Words { tone, title, body } =
        of_person(outcome).or_else(|| of_provider(outcome, &trip.provider))?;
    Some(
        view! { <div class="mb-5" role="status"><Notice tone=tone title=title>{body}</Notice></div> }
            .into_any(),
    )
}

/// The form as it was left for a provider that nobody has come back from.
pub fn unfinished(trip: &ConsentView, form: &str) -> Option<AnyView> {
    if trip.outcome.is_some() {
        return None;
    }
    let title = "What you typed is still here";
    let words = format!(
        "You left it to sign in at {}, and that is not finished. Secrets are kept and not shown.",
        trip.provider
    );
    // No trip is called so: the form opens as if there had been none.
    let afresh = paths::with_query(form, &[("flow", "none")]);
    Some(
        view! {
            <div class="mb-5" role="status">
                <Notice tone=Tone::Off title=title>
                    <p class="text-ink-soft">{words}</p>
                    <p><a href=afresh>"Start with an empty form"</a></p>
                </Notice>
            </div>
        }
        .into_any(),
    )
}

/// What the person can put right by signing in again.
fn of_person(outcome: &ConsentOutcome) -> Option<Words> {
    Some(match outcome {
        ConsentOutcome::Expired => Words::new(
            Tone::Warn,
            "Signing in took too long",
            text("It has to be finished within ten minutes. Sign in again."),
        ),
        ConsentOutcome::MissingScopes { scopes } => Words::new(
            Tone::Warn,
            "Not everything was allowed",
            text(&format!(
                "Without it rows would be missing: {}. Sign in again and allow all that is asked for.",
                scopes.join(", ")
            )),
        ),
        ConsentOutcome::WrongAccount {
            signed_in,
            expected,
        } => Words::new(
            Tone::Warn,
            "That is another account",
            text(&another(signed_in, expected)),
        ),
        ConsentOutcome::Elsewhere { wanted, found } => Words::new(
            Tone::Warn,
            "That was allowed for another site",
            text(&elsewhere(wanted, found)),
        ),
        ConsentOutcome::NotKept { why } => {
            Words::new(Tone::Warn, "The sign-in could not be used", text(why))
        }
        ConsentOutcome::Form { fields } => {
            let details: Vec<&str> = fields.iter().map(|field| field.detail.as_str()).collect();
            Words::new(
                Tone::Warn,
                "The settings need another look",
                text(&details.join(" ")),
            )
        }
        _ => return None,
    })
}

/// What the provider said or did.
fn of_provider(outcome: &ConsentOutcome, provider: &str) -> Option<Words> {
    Some(match outcome {
        ConsentOutcome::Denied { words } => Words::new(
            Tone::Warn,
            format!("{provider} was not allowed"),
            said(
                "You chose not to allow it there, so nothing was connected. Sign in again whenever you like.",
                provider,
                words.as_deref(),
            ),
        ),
        ConsentOutcome::Refused { error, words } => Words::new(
            Tone::Bad,
            format!("{provider} refused"),
            said(
                "Try again. If it refuses again, its own words say what is missing.",
                provider,
                Some(words.as_deref().unwrap_or(error)),
            ),
        ),
        ConsentOutcome::WrongRedirect { uri } => Words::new(
            Tone::Bad,
            format!("{provider} does not know the address of this hub"),
            redirect(uri.clone()),
        ),
        ConsentOutcome::Unproven => Words::new(
            Tone::Bad,
            format!("The answer is not proven to be of {provider}"),
            text(
                "It was changed on its way, or was not signed with the client secret that is kept here. Nothing was connected. \
                 Sign in again; if that does not help, whoever registered the client must check its secret.",
            ),
        ),
        ConsentOutcome::WrongClient => Words::new(
            Tone::Bad,
            format!("{provider} refused this hub"),
            text(
                "The client that is registered there is no longer right. Whoever registered it must check its id and secret.",
            ),
        ),
        ConsentOutcome::Unreachable => Words::new(
            Tone::Warn,
            format!("{provider} could not be asked"),
            text("It did not answer. Try again in a moment."),
        ),
        ConsentOutcome::NotUnderstood => Words::new(
            Tone::Bad,
            format!("The answer of {provider} made no sense"),
            text(
                "Nothing was connected. Sign in again; if it happens again, the operator of this hub can look into it.",
            ),
        ),
        _ => return None,
    })
}

/// Two accounts may have one name.
fn another(signed_in: &str, expected: &str) -> String {
    if signed_in == expected {
        return format!(
            "You signed in as {signed_in}, but the tables of this connection hold rows of another account that has the same name. \
             Sign in with the account that was used before, or make a new connection for this one."
        );
    }
    format!(
        "You signed in as {signed_in}, but the tables of this connection hold rows of {expected}. \
         Sign in as {expected}, or make a new connection for {signed_in}."
    )
}

fn elsewhere(wanted: &str, found: &[String]) -> String {
    let found = match found {
        [] => "You have none there that you may use".to_owned(),
        found => format!("It was allowed for {}", found.join(", ")),
    };
    format!(
        "{found}, but the settings say {wanted}. Sign in again and choose {wanted}, or change the settings."
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

#[cfg(test)]
mod tests {
    use super::another;

    #[test]
    fn an_account_of_the_same_name_is_told_from_the_one_before() {
        let words = another("Acme", "Globex");
        assert!(
            words.contains("hold rows of Globex. Sign in as Globex"),
            "{words}"
        );
        let words = another("Acme", "Acme");
        assert!(words.contains("another account that has the same name"));
        assert!(!words.contains("Sign in as Acme"), "{words}");
    }
}
