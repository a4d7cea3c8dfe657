//! The first rows of an API that is only described yet: the form that asks for them, and what came.

use leptos::prelude::*;

use super::{
    focus,
    given::{Tried, TriedTable},
};
use crate::{
    connections::rows,
    paths,
    ui::{
        After, Busy, Button, Form, Icon, InputKind, Kind, Need, Notice, TextField, Tone, capital,
    },
};

/// The id of the form that tries the integration of this name.
pub fn form_id(name: &str) -> String {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("try-{plain}")
}

/// A secret as its form calls it.
pub fn spoken(name: &str) -> String {
    capital(&name.replace('_', " "))
}

pub fn attempt(name: &str, secrets: Vec<String>, document: &str, tried: Option<Tried>) -> AnyView {
    let (id, name, document) = (form_id(name), name.to_owned(), document.to_owned());
    let (tables, error) =
        tried.map_or_else(|| (Vec::new(), None), |tried| (tried.tables, tried.error));
    let promise = (!secrets.is_empty()).then(|| {
        view! { <span class="text-label text-ink-mute">"What you type is used once and not stored."</span> }
    });
    let found = (!tables.is_empty()).then(|| found(tables));
    view! {
        <Form action=paths::INTEGRATIONS_NEW id=id class="space-y-4 rounded-card border border-line p-4" after=After::Page error=error>
            <input type="hidden" name="document" value=document />
            <input type="hidden" name="name" value=name />
            {fields(secrets)}
            <div class="flex flex-wrap items-center gap-3">
                <Button label="Show the first rows" icon="eye" kind=Kind::Plain name="intent" value="try" />
                {promise}
                <Busy words="Asking the API. It has 10 seconds." />
            </div>
        </Form>
        {found}
    }
    .into_any()
}

/// To be made inside of their form, which knows what became of them.
fn fields(secrets: Vec<String>) -> AnyView {
    secrets
        .into_iter()
        .map(|secret| {
            let (field, label) = (format!("secret.{secret}"), spoken(&secret));
            view! { <TextField name=field label=label kind=InputKind::Password need=Need::Required /> }
        })
        .collect_view()
        .into_any()
}

fn found(tables: Vec<TriedTable>) -> AnyView {
    let has_rows = tables.iter().any(|one| !one.sample.rows.is_empty());
    let said = has_rows.then(|| {
        view! { <p role="status" class="flex items-start gap-1.5 text-label text-ink-soft"><Icon name="eye" class="mt-0.5 size-4 shrink-0" />"The first rows, read just now and kept nowhere. What looks personal is masked."</p> }
    });
    let tables = tables.into_iter().map(table).collect_view();
    view! { <div id=focus::ROWS tabindex="-1" class="space-y-4">{said}{tables}</div> }.into_any()
}

fn table(one: TriedTable) -> AnyView {
    let TriedTable {
        mut sample,
        hint,
        not_kept,
    } = one;
    let is_empty = sample.rows.is_empty();
    let problem = sample.problem.take().map(|words| {
        let title = if is_empty {
            "No rows of this table"
        } else {
            "Not all of these rows came"
        };
        view! { <Notice tone=Tone::Warn title=title><p>{words}</p></Notice> }
    });
    let hint = hint.map(|words| view! { <Notice tone=Tone::Off><p>{words}</p></Notice> });
    let rows = (!is_empty).then(|| rows::table(&sample));
    let lost = (!not_kept.is_empty()).then(|| {
        let words = format!(
            "Not kept, because fields does not name them: {}.",
            not_kept.join(", ")
        );
        view! { <p class="text-label text-ink-soft wrap-anywhere">{words}</p> }
    });
    view! {
        <div class="space-y-2">
            <h3 class="font-mono text-xs">{sample.name}</h3>
            {problem}
            {hint}
            {rows}
            {lost}
        </div>
    }
    .into_any()
}
