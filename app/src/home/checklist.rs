//! The checklist of a new workspace. Every tick is read from data, so it cannot be wrong.

use leptos::prelude::*;
use model::{ChecklistItem, ChecklistStep};

use crate::{
    paths,
    ui::{Badge, Card, Icon, Kind, LinkButton, Pad, Tone},
};

struct Words {
    title: &'static str,
    text: &'static str,
    time: &'static str,
    href: &'static str,
    action: &'static str,
}

const fn words(step: ChecklistStep) -> Words {
    match step {
        ChecklistStep::Profile => Words {
            title: "Tell us about the business",
            text: "Three taps. Decides what we suggest first.",
            time: "20 s",
            href: paths::WELCOME,
            action: "Answer questions",
        },
        ChecklistStep::Connect => Words {
            title: "Connect the first source",
            text: "A key, a database login or a file.",
            time: "1 min",
            href: paths::INTEGRATIONS,
            action: "Choose a tool",
        },
        ChecklistStep::SeeRows => Words {
            title: "See first rows",
            text: "Twenty real rows of each table, nothing stored.",
            time: "30 s",
            href: paths::CONNECTIONS,
            action: "See rows",
        },
        ChecklistStep::Sync => Words {
            title: "Start the sync",
            text: "Choose tables; rows land in your own schema.",
            time: "1 min",
            href: paths::CONNECTIONS,
            action: "Start the sync",
        },
        ChecklistStep::Bundle => Words {
            title: "Create the first app bundle",
            text: "A read-only login and settings for one app.",
            time: "1 min",
            href: paths::APPS_NEW,
            action: "Create an app",
        },
    }
}

pub fn card(items: &[ChecklistItem]) -> AnyView {
    let done = items.iter().filter(|item| item.done).count();
    let next = items.iter().position(|item| !item.done);
    let rows = items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let turn = match (next == Some(index), can_start(item.step, items)) {
                (true, _) => Turn::Now,
                (false, true) => Turn::Any,
                (false, false) => Turn::Later,
            };
            row(item, turn)
        })
        .collect_view();
    view! {
        <Card title=format!("Get started · {done} of {}", items.len()) pad=Pad::None>
            <ol class="divide-y divide-line">{rows}</ol>
        </Card>
    }
    .into_any()
}

/// When a step can be done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Now,
    Any,
    /// Once the steps before it are done.
    Later,
}

/// Rows and runs need a connection; the profile, a connection and an app can be made in any order.
fn can_start(step: ChecklistStep, items: &[ChecklistItem]) -> bool {
    let done = |wanted| items.iter().any(|item| item.step == wanted && item.done);
    match step {
        ChecklistStep::SeeRows | ChecklistStep::Sync => done(ChecklistStep::Connect),
        ChecklistStep::Profile | ChecklistStep::Connect | ChecklistStep::Bundle => true,
    }
}

fn row(item: &ChecklistItem, turn: Turn) -> AnyView {
    let Words {
        title,
        text,
        time,
        href,
        action,
    } = words(item.step);
    let mark = if item.done {
        view! { <span class="text-ok"><Icon name="circle-check" class="size-5 shrink-0" /><span class="sr-only">"Done: "</span></span> }
    } else {
        view! { <span class="text-ink-mute"><Icon name="circle" class="size-5 shrink-0" /><span class="sr-only">"To do: "</span></span> }
    };
    let kind = if turn == Turn::Now {
        Kind::Primary
    } else {
        Kind::Small
    };
    let button = (turn != Turn::Later).then(|| view! { <span class="max-sm:ms-8"><LinkButton href=href label=action kind=kind about=format!("{action}: {title}") /></span> });
    let end = if item.done {
        view! { <Badge tone=Tone::Ok icon="check" label="done" /> }.into_any()
    } else {
        view! { <span class="hidden text-label text-ink-mute sm:block">{format!("~{time}")}</span>{button} }.into_any()
    };
    view! {
        <li class="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-3">
            {mark}
            <div class="min-w-40 flex-1">
                <p class=if item.done { "text-ink-soft" } else { "font-medium" }>{title}</p>
                <p class="text-label text-ink-mute">{text}</p>
            </div>
            {end}
        </li>
    }
    .into_any()
}
