//! The first rows of an API that is only described yet: the part of the form that asks for them, and what came.

use leptos::prelude::*;

use super::{
    filling::{Filling, Pressed},
    focus,
    given::TriedTable,
};
use crate::{
    connections::rows,
    error::Error,
    ui::{Button, Icon, InputKind, Kind, Need, Notice, TextField, Tone, capital, reference},
};

/// A secret as its form calls it.
pub fn spoken(name: &str) -> String {
    capital(&name.replace('_', " "))
}

/// Enter in a field presses the first button of a form, which would check the text and forget the secrets.
pub fn by_enter(filling: Filling) -> AnyView {
    let press = move |_| filling.press(Pressed::Try(0));
    view! {
        <button type="submit" name="try" value="" class="sr-only" tabindex="-1" aria-hidden="true" on:click=press>"Show the first rows"</button>
    }
    .into_any()
}

/// Of the integration at this position. To be made inside of the form, which knows what became of the secrets.
pub fn attempt(
    position: usize,
    name: &str,
    secrets: Vec<String>,
    tables: Vec<TriedTable>,
    filling: Filling,
) -> AnyView {
    let about = format!("First rows of {name}");
    let promise = (!secrets.is_empty()).then(|| {
        view! { <span class="text-label text-ink-mute">"What you type is used once and not stored."</span> }
    });
    let found = (!tables.is_empty()).then(|| found(tables));
    let button = Pressed::Try(position);
    view! {
        <div role="group" aria-label=about class="space-y-4 rounded-card border border-line p-4">
            {fields(position, secrets)}
            <div class="flex flex-wrap items-center gap-3" on:click=move |_| filling.press(button)>
                <Button label="Show the first rows" icon="eye" kind=Kind::Plain name="try" value=position.to_string() />
                {promise}
                {filling.on_its_way(button, "Asking the API. It has 10 seconds.")}
            </div>
        </div>
        {found}
    }
    .into_any()
}

fn fields(position: usize, secrets: Vec<String>) -> AnyView {
    secrets
        .into_iter()
        .map(|secret| {
            let (field, label) = (format!("secret.{position}.{secret}"), spoken(&secret));
            view! { <TextField name=field label=label kind=InputKind::Password need=Need::Required /> }
        })
        .collect_view()
        .into_any()
}

/// Why there are no rows at all, where no field is to blame.
pub fn failed(error: Error) -> AnyView {
    let (title, advice) = (error.title(), error.advice());
    view! {
        <div id=focus::FAILED tabindex="-1" role="alert" autofocus=true>
            <Notice tone=Tone::Bad title=title><p>{advice}</p>{reference(error.request_id)}</Notice>
        </div>
    }
    .into_any()
}

fn found(tables: Vec<TriedTable>) -> AnyView {
    let has_rows = tables.iter().any(|one| !one.sample.rows.is_empty());
    let said = has_rows.then(|| {
        view! { <p role="status" class="flex items-start gap-1.5 text-label text-ink-soft"><Icon name="eye" class="mt-0.5 size-4 shrink-0" />"The first rows, read just now and kept nowhere. What looks personal is masked."</p> }
    });
    let warned = warnings(&tables);
    let tables = tables.into_iter().map(table).collect_view();
    view! { <div id=focus::ROWS tabindex="-1" class="space-y-4">{warned}{said}{tables}</div> }
        .into_any()
}

/// What is most likely wrong stands before all rows, which look right.
fn warnings(tables: &[TriedTable]) -> Option<AnyView> {
    let lines: Vec<AnyView> = tables
        .iter()
        .filter_map(|one| {
            let (name, words) = (one.sample.name.clone(), one.warning.clone()?);
            let line =
                view! { <li><span class="font-mono text-xs">{name}</span> ": " {words}</li> };
            Some(line.into_any())
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let notice = view! {
        <div role="status">
            <Notice tone=Tone::Warn title="Look at this before you add it"><ul class="list-disc space-y-1 ps-4">{lines}</ul></Notice>
        </div>
    };
    Some(notice.into_any())
}

fn table(one: TriedTable) -> AnyView {
    let TriedTable {
        mut sample,
        warning: _,
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
