//! Signing in at a provider in place of pasting keys: what will be allowed, and the button.

use leptos::prelude::*;
use model::{SignIn, SignInState};

use super::outcome::redirect;
use crate::ui::{Card, Disclosure, Icon, Kind, Moment};

/// The part of the form that stands for what signing in gives.
pub fn panel(sign_in: &SignIn) -> AnyView {
    let SignIn {
        provider,
        permissions,
        state,
        redirect_uri,
    } = sign_in.clone();
    let lead = match state {
        SignInState::Needed if permissions.is_empty() => {
            view! { <p>{format!("{provider} shows you what it asks for before you allow it.")}</p> }
                .into_any()
        }
        SignInState::Needed => {
            view! { <p>{format!("{provider} asks you to allow:")}</p> }.into_any()
        }
        SignInState::Done { account, at } => {
            let who = account.unwrap_or_else(|| "Somebody".to_owned());
            view! { <p class="flex flex-wrap items-center gap-x-1.5"><span class="text-ok"><Icon name="circle-check" /></span><span class="font-medium break-all">{who}</span>" signed in "<Moment at=at /></p> }.into_any()
        }
        SignInState::Expired { account } => {
            let who = account.map_or_else(String::new, |account| format!(" of {account}"));
            view! { <p class="text-bad">{format!("{provider} no longer accepts the sign-in{who}. Sign in again: tables and history stay.")}</p> }.into_any()
        }
        SignInState::ByHand => return ().into_any(),
    };
    let registered = redirect_uri.map(|uri| {
        view! { <Disclosure label="For whoever registered the client">{redirect(uri)}</Disclosure> }
    });
    view! {
        <Card title=format!("Sign in with {provider}")>
            <div class="space-y-3">
                {lead}
                {allowed(permissions)}
                {registered}
            </div>
        </Card>
    }
    .into_any()
}

/// What a person allows; nothing where the provider's own page is the first to say it.
pub fn allowed(permissions: Vec<String>) -> Option<AnyView> {
    if permissions.is_empty() {
        return None;
    }
    let words = permissions
        .into_iter()
        .map(|words| view! { <li>{words}</li> })
        .collect_view();
    Some(view! { <ul class="list-disc space-y-1 ps-4">{words}</ul> }.into_any())
}

/// Where the provider's pages are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Beside the form, where the browser allows it.
    Own,
    /// In place of the form.
    Same,
}

impl Window {
    const fn mark(self) -> Option<&'static str> {
        match self {
            Self::Own => Some("consent"),
            Self::Same => None,
        }
    }
}

/// "Sign in with HubSpot": in a window beside the page where the browser allows one.
pub fn button(sign_in: &SignIn, kind: Kind, window: Window) -> AnyView {
    let again = matches!(
        sign_in.state,
        SignInState::Done { .. } | SignInState::Expired { .. }
    );
    let label = if again {
        format!("Sign in with {} again", sign_in.provider)
    } else {
        format!("Sign in with {}", sign_in.provider)
    };
    view! {
        <button type="submit" class=kind.class() name="form.intent" value="sign_in" data-window=window.mark()>
            <Icon name="external-link" />
            {label}
        </button>
    }
    .into_any()
}
