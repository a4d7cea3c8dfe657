//! Waiting for the provider's window: open, closed before its end, or never allowed by the browser.

use std::time::Duration;

use leptos::{ev::MouseEvent, leptos_dom::helpers::set_timeout, prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{api::consent, outcome::redirect};
use crate::{
    browser::window::{self, Beside},
    paths,
    ui::{Away, Disclosure, Elsewhere, Icon, Seen},
};

/// Pause between two looks at whether the person is back, in milliseconds.
const PAUSE: u64 = 1000;

type Trip = RwSignal<Option<Away>>;

/// Shown while a trip to a provider goes on beside this page. `redirect_uri` is what the provider has to know, where a client
/// of this hub is used.
#[component]
pub fn Waiting(
    provider: String,
    redirect_uri: Option<String>,
    elsewhere: Elsewhere,
) -> impl IntoView {
    let Elsewhere(trip) = elsewhere;
    let navigate = use_navigate();
    let back = StoredValue::new(Callback::new(move |next: String| {
        trip.set(None);
        navigate(&next, NavigateOptions::default());
    }));
    // One watch for each trip, however its window looks meanwhile.
    let flow = Memo::new(move |_| trip.try_get().flatten().map(|away| away.flow));
    Effect::new(move |_| {
        if let Some(flow) = flow.try_get().flatten() {
            look(trip, flow, back);
        }
    });
    move || {
        flow.try_get().flatten()?;
        let (now, help) = (provider.clone(), stopped(&provider, redirect_uri.clone()));
        Some(view! {
            <div class="card space-y-3 p-4">
                {move || window(trip, &now)}
                {help}
            </div>
        })
    }
}

/// How the window looks, and what can be done about it.
fn window(trip: Trip, provider: &str) -> Option<AnyView> {
    let Away { flow, seen } = trip.try_get().flatten()?;
    let there = paths::oauth_go(&flow);
    let (icon, title, words) = said(seen, provider);
    let act = match seen {
        Seen::Open => again(trip, there, "Open window again", "btn btn-small").into_any(),
        Seen::Gone => again(trip, there, "Sign in again", "btn btn-small btn-primary").into_any(),
        Seen::Blocked => view! { <a href=there rel="external" class="btn btn-small btn-primary">"Go on in this page"</a> }.into_any(),
    };
    let view = view! {
        <div class="flex flex-wrap items-center gap-4" role="status">
            {icon}
            <div class="min-w-44 flex-1">
                <p class="font-semibold">{title}</p>
                <p class="text-ink-soft">{words}</p>
            </div>
            {act}
            <button type="button" class="btn btn-small btn-quiet" on:click=move |_| trip.set(None)>"Cancel"</button>
        </div>
    };
    Some(view.into_any())
}

/// Most providers that do not know the address stop on a page of their own and send nobody back: only this page can tell.
fn stopped(provider: &str, redirect_uri: Option<String>) -> Option<AnyView> {
    let uri = redirect_uri?;
    let view = view! {
        <Disclosure label=format!("Does {provider} show an error?")>
            <div class="space-y-2">
                <p>"If it speaks of a wrong or unknown “redirect URI” or “callback URL”, it does not know the address of this hub."</p>
                {redirect(uri)}
                <p class="text-ink-soft">"Then open the window again. What you typed here is kept."</p>
            </div>
        </Disclosure>
    };
    Some(view.into_any())
}

/// Icon, title and words for how the window looks.
fn said(seen: Seen, provider: &str) -> (AnyView, String, String) {
    match seen {
        Seen::Open => (
            view! { <span class="text-work"><Icon name="loader" class="size-6 shrink-0 spin" /></span> }.into_any(),
            format!("Waiting for {provider}"),
            "Finish in the other window. This page goes on by itself.".to_owned(),
        ),
        // True in both cases: closed, or open and cut off from this page.
        Seen::Gone => (
            view! { <span class="text-ink-mute"><Icon name="circle-alert" class="size-6 shrink-0" /></span> }.into_any(),
            "Signing in is not finished".to_owned(),
            "The window was closed, or it can’t be seen from here. If it is still open, finish there: this page goes on by itself.".to_owned(),
        ),
        Seen::Blocked => (
            view! { <span class="text-ink-mute"><Icon name="ban" class="size-6 shrink-0" /></span> }.into_any(),
            "Your browser blocked the window".to_owned(),
            format!("Go on to {provider} in this page instead. What you typed is kept."),
        ),
    }
}

/// Shows the window again, a new one where it is closed.
fn again(trip: Trip, there: String, label: &'static str, class: &'static str) -> impl IntoView {
    let path = there.clone();
    let open = move |event: MouseEvent| {
        event.prevent_default();
        let beside = Beside::again(&path);
        trip.update(|trip| {
            if let Some(away) = trip {
                away.seen = Seen::of(beside);
            }
        });
    };
    view! { <a href=there rel="external" class=class on:click=open>{label}</a> }
}

/// Asks until the person is back, or until this page no longer waits for that trip.
fn look(trip: Trip, flow: String, back: StoredValue<Callback<String>>) {
    let ask = move || {
        // Before the trip is asked about: who finished and then closed the window is back by then.
        let closed = window::looks_closed();
        spawn_local(async move {
            let found = consent(flow.clone()).await;
            let waits = trip.try_get_untracked().flatten();
            let Some(waits) = waits.filter(|away| away.flow == flow) else {
                return;
            };
            match found {
                Ok(found) if found.outcome.is_some() => {
                    let next = paths::after_consent(
                        &found.integration,
                        found.connection,
                        found.id,
                        found.outcome.as_ref(),
                    );
                    if let Some(back) = back.try_get_value() {
                        back.run(next);
                    }
                    return;
                }
                Ok(_) => notice(trip, &waits, closed),
                // Nothing is known: neither that the person is back nor that they are not.
                Err(_) => {}
            }
            look(trip, flow, back);
        });
    };
    set_timeout(ask, Duration::from_millis(PAUSE));
}

/// Says what became of the window, once.
fn notice(trip: Trip, waits: &Away, closed: bool) {
    let seen = match (waits.seen, closed) {
        (Seen::Open, true) if window::looks_closed() => Seen::Gone,
        (Seen::Gone, false) => Seen::Open,
        _ => return,
    };
    trip.set(Some(Away {
        seen,
        ..waits.clone()
    }));
}
