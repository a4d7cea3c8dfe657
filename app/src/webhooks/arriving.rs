//! What came in, followed while somebody looks: it is asked for again every few seconds, and ever more seldom where nothing
//! comes. The forms beside it are left alone, with whatever is typed into them.

use std::time::Duration;

use leptos::{
    leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle},
    prelude::*,
    task::spawn_local,
};
use model::{ConnectionId, WebhookView};

use super::{api::load_events, newest};
use crate::{
    browser,
    error::Code,
    paths,
    ui::{self, Ago, Badge, Card, Facts, Moment, Notice, Tone, mono},
};

/// Pause between two questions, in seconds: as many as a person counts who waits for their first event.
const PAUSE: u64 = 3;
const LONGEST_PAUSE: u64 = 60;
/// So many questions in vain come one after another before the pauses grow.
const EAGER: u32 = 20;
/// After so many in vain, a quarter of an hour, nobody asks any more: each question keeps the session of a tab alive that
/// nobody may be at.
const MOST: u32 = 37;

#[derive(Clone, Copy)]
struct Follow {
    connection: ConnectionId,
    endpoint: RwSignal<WebhookView>,
    timer: StoredValue<Option<TimeoutHandle>>,
    /// Questions since something was new.
    in_vain: StoredValue<u32>,
    rests: RwSignal<bool>,
}

#[component]
pub fn Arriving(
    connection: ConnectionId,
    /// Who sends, in words.
    sender: String,
    endpoint: WebhookView,
) -> impl IntoView {
    let follow = Follow {
        connection,
        endpoint: RwSignal::new(endpoint),
        timer: StoredValue::new(None),
        in_vain: StoredValue::new(0),
        rests: RwSignal::new(false),
    };
    Effect::new(move |_| wait(follow));
    on_cleanup(move || {
        if let Some(Some(timer)) = follow.timer.try_get_value() {
            timer.clear();
        }
    });
    move || {
        follow
            .endpoint
            .with(|endpoint| came(follow, &sender, endpoint))
    }
}

/// How long to wait for the next question, in seconds, if there is one.
fn pause(in_vain: u32) -> Option<u64> {
    let doublings = in_vain.saturating_sub(EAGER - 1);
    let grown = PAUSE.saturating_mul(2_u64.saturating_pow(doublings));
    (in_vain < MOST).then_some(grown.min(LONGEST_PAUSE))
}

fn wait(follow: Follow) {
    let Some(pause) = pause(follow.in_vain.get_value()) else {
        follow.rests.set(true);
        return;
    };
    let ring = move || {
        if browser::is_hidden() {
            wait(follow);
        } else {
            spawn_local(ask(follow));
        }
    };
    if let Ok(handle) = set_timeout_with_handle(ring, Duration::from_secs(pause)) {
        follow.timer.set_value(Some(handle));
    }
}

async fn ask(follow: Follow) {
    let asked = load_events(follow.connection.to_string()).await;
    if follow.endpoint.is_disposed() {
        return;
    }
    follow.in_vain.update_value(|asked| *asked += 1);
    let goes_on = match asked.map(|events| events.status.endpoint) {
        Ok(Some(now)) => {
            show(follow, now);
            true
        }
        // Turned off in another window: what is shown here came in before.
        Ok(None) => false,
        Err(error) => !matches!(error.code, Code::SignedOut | Code::NotFound | Code::Denied),
    };
    if goes_on {
        wait(follow);
    }
}

/// Nothing moves on the page where nothing is new.
fn show(follow: Follow, now: WebhookView) {
    if follow.endpoint.with_untracked(|shown| *shown != now) {
        follow.in_vain.set_value(0);
        follow.endpoint.set(now);
    }
}

fn came(follow: Follow, sender: &str, endpoint: &WebhookView) -> AnyView {
    let Follow {
        connection, rests, ..
    } = follow;
    let rests = move || {
        rests.get().then(|| {
            view! {
                <p class="mt-3 text-ink-soft">"Nothing was new for a while, so nothing is asked for any more. Reload the page to see what came since."</p>
            }
        })
    };
    let newest = newest::list(endpoint);
    let (notices, facts) = (notices(sender, endpoint), facts(sender, endpoint));
    view! {
        {notices}
        <Card title="Events">
            <Facts facts=facts />
            <p class="mt-3 text-ink-soft">"What events miss, runs bring. When they start is said under "<a href=paths::connection_tab(connection, "settings")>"Settings"</a>"."</p>
            {rests}
        </Card>
        {newest}
    }
    .into_any()
}

fn notices(sender: &str, endpoint: &WebhookView) -> AnyView {
    let whence = endpoint.scheme.where_secret();
    let secret = (!endpoint.has_secret).then(|| {
        view! {
            <Notice tone=Tone::Bad title="The signing secret is missing">
                <p>{format!("Nothing is taken in before it is set. {whence}")}</p>
            </Notice>
        }
    });
    let late = endpoint.problem.clone().map(|problem| {
        view! { <Notice tone=Tone::Warn title="Rows are late"><p>{problem}</p></Notice> }
    });
    // Where something was taken in since, it is history.
    let refused = endpoint
        .last_refusal
        .clone()
        .filter(|refusal| endpoint.has_secret && refusal.is_newest)
        .map(|refusal| {
            view! {
                <Notice tone=Tone::Warn title=format!("The last delivery of {sender} was refused")>
                    <p>{refusal.detail}</p>
                </Notice>
            }
        });
    view! { {secret}{late}{refused} }.into_any()
}

fn facts(sender: &str, endpoint: &WebhookView) -> Vec<(String, AnyView)> {
    let state = if endpoint.has_secret {
        view! { <Badge tone=Tone::Ok icon="circle-check" label="on" /> }.into_any()
    } else {
        view! { <Badge tone=Tone::Bad icon="circle-alert" label="needs its secret" /> }.into_any()
    };
    let last = match endpoint.last_event_at.clone() {
        Some(at) => view! { <Ago at=at /> }.into_any(),
        None => "none yet".into_any(),
    };
    let day = ui::plural(endpoint.events_24h, "event", "events");
    let day = match endpoint.waiting {
        0 => day,
        waiting => format!("{day}, {} not rows yet", ui::count(waiting)),
    };
    let refusal = match endpoint.last_refusal.clone() {
        Some(refusal) => view! { <Moment at=refusal.at />" · "{refusal.detail} }.into_any(),
        None => "none".into_any(),
    };
    let mut facts = vec![
        ("State".to_owned(), state),
        ("Sender".to_owned(), sender.to_owned().into_any()),
    ];
    // Most sign in a way of their own, which is called like them.
    let signed_as = endpoint.scheme.label();
    if signed_as != sender {
        facts.push(("Signed as".to_owned(), signed_as.into_any()));
    }
    facts.extend([
        ("Table".to_owned(), mono(endpoint.table.clone())),
        ("Last event".to_owned(), last),
        ("In the last 24 hours".to_owned(), day.into_any()),
        ("Last refusal".to_owned(), refusal),
    ]);
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_sees_it_at_once_and_an_unattended_tab_falls_silent() {
        let pauses: Vec<u64> = (0..).map_while(pause).collect();
        assert_eq!(pauses[..20], [3; 20]);
        assert_eq!(pauses[20..26], [6, 12, 24, 48, 60, 60]);
        let minutes = pauses.iter().sum::<u64>() / 60;
        assert!((14..=16).contains(&minutes), "{minutes}");
    }
}
