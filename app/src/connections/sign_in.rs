//! Signing in at a provider in place of pasting keys: what will be allowed, the button, and waiting for the window.

use std::time::Duration;

use leptos::{leptos_dom::helpers::set_timeout, prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use model::{SignIn, SignInState};

use super::{api::consent, outcome::redirect};
use crate::{
    browser, paths,
    ui::{Card, Disclosure, Elsewhere, Icon, Kind, Moment},
};

/// Pause between two looks at whether the person is back, in milliseconds.
const PAUSE: u64 = 1000;

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

/// Shown while the provider's window is open.
#[component]
pub fn Waiting(provider: String, elsewhere: Elsewhere) -> impl IntoView {
    let Elsewhere(flow) = elsewhere;
    let navigate = use_navigate();
    let back = StoredValue::new(Callback::new(move |next: String| {
        flow.set(None);
        navigate(&next, NavigateOptions::default());
    }));
    Effect::new(move |_| {
        if let Some(id) = flow.try_get().flatten() {
            look(flow, id, back);
        }
    });
    move || {
        let id = flow.try_get().flatten()?;
        let again = paths::oauth_go(&id);
        Some(view! {
            <div class="card flex flex-wrap items-center gap-4 p-4" role="status">
                <span class="text-work"><Icon name="loader" class="size-6 shrink-0 spin" /></span>
                <div class="min-w-44 flex-1">
                    <p class="font-semibold">{format!("Waiting for {provider}")}</p>
                    <p class="text-ink-soft">"Finish in the other window. This page goes on by itself."</p>
                </div>
                <a href=again target=browser::WINDOW rel="external" class="btn btn-small">"Open window again"</a>
                <button type="button" class="btn btn-small btn-quiet" on:click=move |_| flow.set(None)>"Cancel"</button>
            </div>
        })
    }
}

/// Asks until the person is back, or until this page no longer waits for that trip.
fn look(flow: RwSignal<Option<String>>, id: String, back: StoredValue<Callback<String>>) {
    let ask = move || {
        spawn_local(async move {
            let seen = consent(id.clone()).await;
            let waits = flow.try_get_untracked().flatten().as_ref() == Some(&id);
            if !waits {
                return;
            }
            match seen {
                Ok(trip) if trip.outcome.is_some() => {
                    let next = paths::after_consent(
                        &trip.integration,
                        trip.connection,
                        trip.id,
                        trip.outcome.as_ref(),
                    );
                    if let Some(back) = back.try_get_value() {
                        back.run(next);
                    }
                }
                _ => look(flow, id, back),
            }
        });
    };
    set_timeout(ask, Duration::from_millis(PAUSE));
}
