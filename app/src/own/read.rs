//! What a text comes to: mistakes with their places, or each integration, what it becomes, and its first rows.

use leptos::prelude::*;
use model::{Applied, Described, Mistake, Outcome, Reading, WebhookScheme};

use super::{
    filling::{Filling, Pressed},
    focus,
    given::{OwnPage, Replaced, Tried},
    rows::{self, spoken},
};
use crate::{
    error::Error,
    paths,
    ui::{Badge, Button, Card, Code, Disclosure, Kind, Notice, Tone, plural},
};

/// The id of the form that the text stands in.
pub const FORM: &str = "yaml";

/// The id of what a page answers with, where that is more than the text again.
pub fn answered(page: &OwnPage) -> Option<String> {
    if page.error.is_some() {
        return Some(focus::REFUSED.to_owned());
    }
    if matches!(page.reading, Some(Reading::Mistakes(_))) {
        return Some(focus::MISTAKES.to_owned());
    }
    if page.has_changed {
        return Some(focus::CHANGED.to_owned());
    }
    match &page.tried {
        Some(tried) if at_fields(tried).is_some() => Some(format!("{FORM}-errors")),
        Some(tried) if tried.error.is_some() => Some(focus::FAILED.to_owned()),
        Some(_) => Some(focus::ROWS.to_owned()),
        None if page.applied.is_empty() => {
            let is_right = matches!(page.reading, Some(Reading::Integrations(_)));
            is_right.then(|| focus::READING.to_owned())
        }
        None => Some(focus::DONE.to_owned()),
    }
}

/// What is wrong with the secrets that were typed for a try; the form tells it at their fields.
pub fn at_fields(tried: &Tried) -> Option<Error> {
    let error = tried.error.clone();
    error.filter(|error| !error.fields.is_empty())
}

/// Nothing was done with a text that nobody has looked at yet.
pub fn changed() -> AnyView {
    view! {
        <div id=focus::CHANGED tabindex="-1" role="alert" autofocus=true>
            <Notice tone=Tone::Warn title="The text has changed since it was checked."><p>"Look at it again, then add it."</p></Notice>
        </div>
    }
    .into_any()
}

pub fn mistakes(mistakes: Vec<Mistake>) -> AnyView {
    let count = i64::try_from(mistakes.len()).unwrap_or(i64::MAX);
    let title = format!("{} to correct", plural(count, "mistake", "mistakes"));
    let rows = mistakes
        .into_iter()
        .map(|mistake| {
            let place = mistake.place.map_or_else(
                || "In the operator’s types".to_owned(),
                |(line, column)| format!("Line {line}, column {column}"),
            );
            view! { <li><span class="font-medium">{place}</span> ": " <span class="wrap-anywhere">{mistake.message}</span></li> }
        })
        .collect_view();
    view! {
        <div id=focus::MISTAKES tabindex="-1" role="alert" autofocus=true>
            <Notice tone=Tone::Bad title=title><ul class="list-disc space-y-1 ps-4">{rows}</ul></Notice>
        </div>
    }
    .into_any()
}

/// Everything the text describes, each with the way to try it. To be made inside of the form.
pub fn described(
    all: Vec<Described>,
    mut tried: Option<Tried>,
    replaced: &[Replaced],
    filling: Filling,
) -> AnyView {
    let cards = all
        .into_iter()
        .enumerate()
        .map(|(position, one)| {
            let tried = tried.take_if(|tried| tried.name == one.name);
            let replaced = replaced.iter().find(|known| known.name == one.name);
            let name = one.name.clone();
            view! {
                <input type="hidden" name="name" value=name />
                {card(position, one, tried, replaced, filling)}
            }
        })
        .collect_view();
    let class = move || {
        if filling.is_stale() {
            "space-y-5 opacity-60"
        } else {
            "space-y-5"
        }
    };
    view! { <div class=class>{cards}</div> }.into_any()
}

/// Whether a secret is typed to try any of these.
pub fn asks_to_try(all: &[Described]) -> bool {
    all.iter()
        .any(|one| can_be_tried(one) && !one.secrets.is_empty())
}

fn can_be_tried(one: &Described) -> bool {
    matches!(&*one.kind, "rest" | "webhook")
}

/// The one button that adds all of them. It says what was seen to be replaced, and nothing else is.
pub fn add(all: &[Described], replaced: &[Replaced], filling: Filling) -> AnyView {
    let asks = all.iter().any(|one| !one.secrets.is_empty());
    let next = match (all.len(), replaced.is_empty(), asks) {
        (1, false, _) if replaced.iter().any(|one| one.connections > 0) => {
            Some("Its connections use it from their next run on.")
        }
        (1, false, _) => None,
        (_, _, true) => Some("Next you type its secrets and test the connection."),
        (_, _, false) => Some("Next you test the connection."),
    };
    let next = next.map(|next| view! { <span class="text-label text-ink-mute">{next}</span> });
    let seen = replaced
        .iter()
        .map(|one| view! { <input type="hidden" name="seen" value=one.seen.clone() /> })
        .collect_view();
    let label = label(all.len(), replaced.len());
    let icon = if label.starts_with("Replace") {
        "refresh-cw"
    } else {
        "plus"
    };
    view! {
        <div class="flex flex-wrap items-center gap-3" on:click=move |_| filling.press(Pressed::Add)>
            {seen}
            <Button label=label kind=Kind::Primary icon=icon name="intent" value="add" />
            {next}
            {filling.on_its_way(Pressed::Add, "Adding…")}
        </div>
    }
    .into_any()
}

/// Of so many, so many are replaced.
fn label(all: usize, replaced: usize) -> String {
    match (all, replaced) {
        (1, 0) => "Add it".to_owned(),
        (1, _) => "Replace it".to_owned(),
        (all, 0) => format!("Add all {all}"),
        (all, replaced) if all == replaced => format!("Replace all {all}"),
        (all, replaced) => format!("Add {}, replace {replaced}", all.saturating_sub(replaced)),
    }
}

fn replaces(one: &Replaced) -> AnyView {
    let who = match one.connections {
        0 => "no connection uses".to_owned(),
        1 => "1 connection uses".to_owned(),
        many => format!("{many} connections use"),
    };
    let title = format!("Replaces “{}”, which {who}.", one.name);
    view! {
        <Notice tone=Tone::Warn title=title>
            <p>"It stands among your integrations and says something else there. To keep it, give this one another name."</p>
        </Notice>
    }
    .into_any()
}

fn card(
    position: usize,
    one: Described,
    tried: Option<Tried>,
    replaced: Option<&Replaced>,
    filling: Filling,
) -> AnyView {
    let can_be_tried = can_be_tried(&one);
    let Described {
        name,
        kind,
        description,
        secrets,
        endpoints,
        sender,
        direct,
        airbyte,
    } = one;
    let endpoints = (!endpoints.is_empty()).then(|| {
        let lines = endpoints
            .into_iter()
            .map(|line| view! { <li class="wrap-anywhere">{line}</li> })
            .collect_view();
        view! { <ul class="list-disc space-y-0.5 ps-4 font-mono text-xs">{lines}</ul> }
    });
    let asks = match &secrets[..] {
        [] => "It asks for no secret.".to_owned(),
        names => {
            let names: Vec<String> = names.iter().map(|name| spoken(name)).collect();
            format!("It asks for: {}.", names.join(", "))
        }
    };
    let events = sender.as_deref().and_then(WebhookScheme::parse).map(|sender| {
        let sender = sender.label();
        view! { <p class="text-ink-soft">{format!("Its events come in by themselves, signed as {sender} does. You turn them on once it is connected; what they miss is read on its schedule.")}</p> }
    });
    let (tables, error) =
        tried.map_or_else(|| (Vec::new(), None), |tried| (tried.tables, tried.error));
    let failed = error
        .filter(|error| error.fields.is_empty())
        .map(rows::failed);
    let attempt = can_be_tried.then(|| rows::attempt(position, &name, secrets, tables, filling));
    let replaced = replaced.map(replaces);
    view! {
        <Card>
            <div class="space-y-4">
                <div class="flex flex-wrap items-center gap-2">
                    <h2 class="min-w-0 text-base font-semibold wrap-anywhere">{name}</h2>
                    <Badge tone=Tone::Off icon="plug" label=kind_label(&kind) />
                </div>
                {replaced}
                {description.map(|said| view! { <p class="text-ink-soft">{said}</p> })}
                {endpoints}
                <p class="text-ink-soft">{asks}</p>
                {events}
                {failed}
                {attempt}
                <Disclosure label="What moves its data directly"><Code text=direct /></Disclosure>
                <Disclosure label="What Airbyte is told"><Code text=airbyte /></Disclosure>
            </div>
        </Card>
    }
    .into_any()
}

fn kind_label(kind: &str) -> &'static str {
    match kind {
        "rest" => "HTTP API",
        "database" => "Database",
        "file" => "File",
        _ => "Webhook",
    }
}

/// Of a draft: what is left to do, and what is typed whole as the document has it.
fn drafted(asks_nothing: bool, left_out: &[String]) -> (String, &'static str) {
    if asks_nothing {
        return ("a connection that waits for its test".to_owned(), "Test it");
    }
    let words = "a connection that waits for its secrets";
    let words = match left_out {
        [] => words.to_owned(),
        left_out => format!(
            "{words}. Typed whole, because a secret stands inside: {}",
            left_out.join("; ")
        ),
    };
    (words, "Finish it")
}

/// What became of all of them, in a word. Where something is left to be typed whole, no tick stands before it.
fn verdict(all: &[Applied]) -> (Tone, &'static str) {
    let is_refused = |one: &Applied| matches!(one.outcome, Outcome::Refused { .. });
    let lacks = |one: &Applied| match &one.outcome {
        Outcome::Drafted { left_out, .. } => !left_out.is_empty(),
        Outcome::Added { .. }
        | Outcome::Changed { .. }
        | Outcome::Unchanged { .. }
        | Outcome::Refused { .. } => false,
    };
    if all.iter().all(is_refused) {
        (Tone::Bad, "Nothing was added")
    } else if all.iter().any(is_refused) {
        (Tone::Warn, "Not all of it was added")
    } else if all.iter().any(lacks) {
        (Tone::Warn, "Added, but not all of what it says")
    } else {
        (Tone::Ok, "What became of it")
    }
}

/// What became of several integrations of this text.
pub fn applied(all: Vec<Applied>, reading: Option<&Reading>) -> AnyView {
    let described: &[Described] = match reading {
        Some(Reading::Integrations(described)) => described,
        Some(Reading::Mistakes(_)) | None => &[],
    };
    let asks_nothing = |name: &str| {
        let mut described = described.iter();
        described.any(|one| one.name == name && one.secrets.is_empty())
    };
    let (tone, title) = verdict(&all);
    let rows = all
        .into_iter()
        .map(|one| {
            let (words, next) = match one.outcome {
                Outcome::Added { slug } => ("added".to_owned(), (paths::connect(&slug), "Connect it")),
                Outcome::Changed { slug } => ("described anew".to_owned(), (paths::integration(&slug), "Look at it")),
                Outcome::Unchanged { slug } => ("as before".to_owned(), (paths::integration(&slug), "Look at it")),
                Outcome::Drafted { connection, left_out } => {
                    let (words, label) = drafted(asks_nothing(&one.name), &left_out);
                    (words, (paths::connection_edit(connection), label))
                }
                Outcome::Refused { why } => return view! { <li><span class="font-medium">{one.name}</span> ": " {why}</li> }.into_any(),
            };
            let (href, label) = next;
            view! { <li><span class="font-medium">{one.name}</span> ": " {words} ". " <a href=href>{label}</a></li> }.into_any()
        })
        .collect_view();
    view! {
        <div id=focus::DONE tabindex="-1" role="status">
            <Notice tone=tone title=title><ul class="list-disc space-y-1 ps-4">{rows}</ul></Notice>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_says_what_it_does() {
        for (all, replaced, expected) in [
            (1, 0, "Add it"),
            (1, 1, "Replace it"),
            (3, 0, "Add all 3"),
            (3, 3, "Replace all 3"),
            (3, 1, "Add 2, replace 1"),
        ] {
            assert_eq!(label(all, replaced), expected);
        }
    }

    #[test]
    fn what_was_left_out_stands_under_no_tick() {
        let drafted = |left_out: &[&str]| Applied {
            name: "Prices".to_owned(),
            outcome: Outcome::Drafted {
                connection: model::ConnectionId::from_u128(1),
                left_out: left_out.iter().map(|one| (*one).to_owned()).collect(),
            },
        };
        let (whole, lacking) = (drafted(&[]), drafted(&["url: https://x/?t=${secrets.t}"]));
        assert_eq!(verdict(std::slice::from_ref(&whole)).0, Tone::Ok);
        assert_eq!(verdict(&[whole, lacking]).0, Tone::Warn);
    }

    #[test]
    fn a_draft_without_secrets_waits_for_no_secret() {
        assert_eq!(drafted(true, &[]).1, "Test it");
        let (words, action) = drafted(false, &["url: https://x/?t=${secrets.t}".to_owned()]);
        assert!(words.contains("secrets. Typed whole"), "{words}");
        assert_eq!(action, "Finish it");
    }
}
