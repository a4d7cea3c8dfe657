//! What a text comes to: mistakes with their places, or each integration, what it becomes, and its first rows.

use leptos::prelude::*;
use model::{Applied, Described, Mistake, Outcome, WebhookScheme};

use super::given::Tried;
use crate::{
    connections::rows,
    paths,
    ui::{
        After, Badge, Busy, Button, Card, Code, Disclosure, Form, Icon, InputKind, Kind, Need,
        Notice, TextField, Tone, capital, plural,
    },
};

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
    view! { <Notice tone=Tone::Bad title=title><ul class="list-disc space-y-1 ps-4">{rows}</ul></Notice> }.into_any()
}

/// Everything the text describes, each with the way to try it, and the one button that adds them.
pub fn described(all: Vec<Described>, document: &str, mut tried: Option<Tried>) -> AnyView {
    let document = document.to_owned();
    let usable = all.len();
    let cards = all
        .into_iter()
        .map(|one| {
            let tried = tried.take_if(|tried| tried.name == one.name);
            card(one, &document, tried)
        })
        .collect_view();
    let add = (usable > 0).then(|| {
        let label = match usable {
            1 => "Add it".to_owned(),
            many => format!("Add all {many}"),
        };
        view! {
            <Form action=paths::INTEGRATIONS_NEW id="add" class="flex flex-wrap items-center gap-3" after=After::Download>
                <input type="hidden" name="document" value=document />
                <Button label=label kind=Kind::Primary icon="plus" name="intent" value="add" />
                <span class="text-label text-ink-mute">"Next you type its secrets and test the connection."</span>
            </Form>
        }
    });
    view! { <div class="space-y-5">{cards}{add}</div> }.into_any()
}

fn card(one: Described, document: &str, tried: Option<Tried>) -> AnyView {
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
    let can_be_tried = matches!(&*kind, "rest" | "webhook");
    let events = sender.as_deref().and_then(WebhookScheme::parse).map(|sender| {
        let sender = sender.label();
        view! { <p class="text-ink-soft">{format!("Its events come in by themselves, signed as {sender} does. You turn them on once it is connected; what they miss is read on its schedule.")}</p> }
    });
    let attempt = can_be_tried.then(|| attempt(&name, secrets, document, tried));
    view! {
        <Card>
            <div class="space-y-4">
                <div class="flex flex-wrap items-center gap-2">
                    <h2 class="min-w-0 text-base font-semibold wrap-anywhere">{name}</h2>
                    <Badge tone=Tone::Off icon="plug" label=kind_label(&kind) />
                </div>
                {description.map(|said| view! { <p class="text-ink-soft">{said}</p> })}
                {endpoints}
                <p class="text-ink-soft">{asks}</p>
                {events}
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

fn attempt(name: &str, secrets: Vec<String>, document: &str, tried: Option<Tried>) -> AnyView {
    let (id, name, document) = (
        format!("try-{}", short(name)),
        name.to_owned(),
        document.to_owned(),
    );
    let (samples, error) =
        tried.map_or_else(|| (Vec::new(), None), |tried| (tried.samples, tried.error));
    let fields = secrets
        .into_iter()
        .map(|secret| {
            let (field, label) = (format!("secret.{secret}"), spoken(&secret));
            view! { <TextField name=field label=label kind=InputKind::Password need=Need::Required /> }
        })
        .collect_view();
    let found = (!samples.is_empty()).then(|| {
        let tables = samples
            .iter()
            .map(|stream| view! { <div class="space-y-1"><h3 class="font-mono text-xs">{stream.name.clone()}</h3>{rows::table(stream)}</div> })
            .collect_view();
        view! {
            <div class="space-y-4">
                <p role="status" class="flex items-start gap-1.5 text-label text-ink-soft"><Icon name="eye" class="mt-0.5 size-4 shrink-0" />"The first rows, read just now and kept nowhere. Personal data is masked."</p>
                {tables}
            </div>
        }
    });
    view! {
        <Form action=paths::INTEGRATIONS_NEW id=id class="space-y-4 rounded-card border border-line p-4" after=After::Download error=error>
            <input type="hidden" name="document" value=document />
            <input type="hidden" name="name" value=name />
            {fields}
            <div class="flex flex-wrap items-center gap-3">
                <Button label="Show the first rows" icon="eye" kind=Kind::Plain name="intent" value="try" />
                <span class="text-label text-ink-mute">"What you type is used once and not stored."</span>
                <Busy words="Asking the API…" />
            </div>
        </Form>
        {found}
    }
    .into_any()
}

/// A secret as its form calls it.
fn spoken(name: &str) -> String {
    capital(&name.replace('_', " "))
}

/// A part of a name that may stand in an id.
fn short(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Of a draft: what is typed whole is shown as the document has it.
fn waits(left_out: &[String]) -> String {
    let words = "a connection that waits for its secrets";
    match left_out {
        [] => words.to_owned(),
        left_out => format!(
            "{words}. Typed whole, because a secret stands inside: {}",
            left_out.join("; ")
        ),
    }
}

/// What became of several integrations.
pub fn applied(all: Vec<Applied>) -> AnyView {
    let rows = all
        .into_iter()
        .map(|one| {
            let (words, next) = match one.outcome {
                Outcome::Added { slug } => ("added".to_owned(), Some((paths::connect(&slug), "Connect it"))),
                Outcome::Changed { slug } => ("described anew".to_owned(), Some((paths::integration(&slug), "Look at it"))),
                Outcome::Unchanged { slug } => ("as before".to_owned(), Some((paths::integration(&slug), "Look at it"))),
                Outcome::Drafted { connection, left_out } => (waits(&left_out), Some((paths::connection_edit(connection), "Finish it"))),
                Outcome::Refused { why } => return view! { <li><span class="font-medium">{one.name}</span> ": " {why}</li> }.into_any(),
            };
            let link = next.map(|(href, label)| view! { <a href=href>{label}</a> });
            view! { <li><span class="font-medium">{one.name}</span> ": " {words} ". " {link}</li> }.into_any()
        })
        .collect_view();
    view! { <Notice tone=Tone::Ok title="What became of it"><ul class="list-disc space-y-1 ps-4">{rows}</ul></Notice> }.into_any()
}
