//! The checklist of a new workspace. Every tick is read from data, so it cannot be wrong.

use leptos::prelude::*;
use model::{ChecklistItem, ChecklistStep, ProfileAnswer};

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

pub fn card(items: &[ChecklistItem], profile: &ProfileAnswer) -> AnyView {
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
            row(item, turn, mark(item, profile))
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

/// How a step stands: one that was skipped is over, and yet not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Done,
    Skipped,
    Open,
}

fn mark(item: &ChecklistItem, profile: &ProfileAnswer) -> Mark {
    match (item.done, item.step) {
        (false, _) => Mark::Open,
        (true, ChecklistStep::Profile) if *profile == ProfileAnswer::Skipped => Mark::Skipped,
        (true, _) => Mark::Done,
    }
}

fn row(item: &ChecklistItem, turn: Turn, mark: Mark) -> AnyView {
    let Words {
        title,
        text,
        time,
        href,
        action,
    } = words(item.step);
    let (class, icon, word) = match mark {
        Mark::Done => ("text-ok", "circle-check", "Done: "),
        Mark::Skipped => ("text-ink-mute", "circle-dashed", "Skipped: "),
        Mark::Open => ("text-ink-mute", "circle", "To do: "),
    };
    let kind = if turn == Turn::Now {
        Kind::Primary
    } else {
        Kind::Small
    };
    let button = (turn != Turn::Later).then(|| view! { <span class="max-sm:ms-8"><LinkButton href=href label=action kind=kind about=format!("{action}: {title}") /></span> });
    let end = match mark {
        Mark::Done => view! { <Badge tone=Tone::Ok icon="check" label="done" /> }.into_any(),
        Mark::Skipped => {
            view! { <Badge tone=Tone::Off icon="minus" label="skipped" />{button} }.into_any()
        }
        Mark::Open => view! { <span class="hidden text-label text-ink-mute sm:block">{format!("~{time}")}</span>{button} }.into_any(),
    };
    view! {
        <li class="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-3">
            <span class=class><Icon name=icon class="size-5 shrink-0" /><span class="sr-only">{word}</span></span>
            <div class="min-w-40 flex-1">
                <p class=if item.done { "text-ink-soft" } else { "font-medium" }>{title}</p>
                <p class="text-label text-ink-mute">{text}</p>
            </div>
            {end}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_that_were_skipped_are_not_said_to_be_answered() {
        let item = |step, done| ChecklistItem { step, done };
        let skipped = ProfileAnswer::Skipped;
        let profile = |done| mark(&item(ChecklistStep::Profile, done), &skipped);
        assert_eq!([profile(true), profile(false)], [Mark::Skipped, Mark::Open]);
        let sync = mark(&item(ChecklistStep::Sync, true), &skipped);
        assert_eq!(sync, Mark::Done);
        let asked = ProfileAnswer::NotAsked;
        let answered = mark(&item(ChecklistStep::Profile, true), &asked);
        assert_eq!(answered, Mark::Done);
    }
}
