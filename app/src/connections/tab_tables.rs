//! Step 4: which tables to keep, and how rows arrive. Simple by default; every setting behind "Expert".

use leptos::{prelude::*, server_fn::ServerFn};
use model::{ConnectionState, ConnectionView, StreamView, SyncMode};

use super::api::ChooseTables;
use crate::{
    paths,
    ui::{Answer, Busy, Button, ChoiceField, Empty, Form, Icon, Kind, Saved, plural},
};

pub fn view(view: ConnectionView) -> AnyView {
    if !view.is_known() {
        return view! {
            <Empty icon="table" what="Tables are known once a test has passed" next="Finish the settings and test them." action=(paths::connection_edit(view.row.id), "Finish set-up") />
        }
        .into_any();
    }
    if view.streams.is_empty() {
        return view! {
            <Empty icon="table" what="This source offers no tables" next="Test the connection again once it holds something." action=(paths::connection(view.row.id), "Back to the overview") />
        }
        .into_any();
    }
    let presets = vec![
        Answer::new("exact_copy", "Keep an exact copy")
            .with_hint("New rows are added, changed rows updated. What most apps want."),
        Answer::new("keep_history", "Keep history")
            .with_hint("Every version of a row is added. Nothing is ever overwritten."),
        Answer::new("expert", "Expert").with_hint("Mode, key, cursor and columns of each table."),
    ];
    let chosen = preset(&view.streams);
    let total = i64::try_from(view.streams.len()).unwrap_or(i64::MAX);
    let id = view.row.id.to_string();
    let start = (view.active_run.is_none() && view.row.state != ConnectionState::Paused)
        .then(|| view! { <Button label="Save and start" kind=Kind::Primary icon="play" name="then" value="start" /> });
    let rows = view
        .streams
        .into_iter()
        .enumerate()
        .map(|(index, stream)| row(index, &stream))
        .collect_view();
    view! {
        <Form action=ChooseTables::PATH class="tables-form space-y-5">
            <Saved what="tables" words="Saved. The next run keeps exactly these tables." />
            <input type="hidden" name="connection" value=id />
            <ChoiceField name="preset" label="How rows are kept" value=chosen answers=presets />
            <section class="card overflow-hidden" aria-labelledby="choose">
                <div class="flex items-center justify-between gap-3 border-b border-line px-4 py-3">
                    <h2 id="choose" class="text-sm">{plural(total, "table", "tables")}</h2>
                    {tick_all()}
                </div>
                <ul class="divide-y divide-line">{rows}</ul>
            </section>
            <div class="sticky bottom-16 flex flex-wrap items-center gap-2 rounded-card border border-line bg-raised p-3 shadow-float md:bottom-4">
                {start}
                <Button label="Save tables" />
                <Busy words="Saving…" />
            </div>
        </Form>
    }
    .into_any()
}

/// The preset that the stored choices look like.
fn preset(streams: &[StreamView]) -> &'static str {
    let chosen = || streams.iter().filter(|stream| stream.selected);
    let copy = |stream: &StreamView| {
        let mirrors = matches!(
            stream.mode,
            SyncMode::IncrementalDedupedHistory | SyncMode::FullRefreshOverwrite
        );
        mirrors && stream.fields.iter().all(|field| field.selected)
    };
    let history = |stream: &StreamView| {
        matches!(
            stream.mode,
            SyncMode::IncrementalAppend | SyncMode::FullRefreshAppend
        )
    };
    if chosen().all(copy) {
        "exact_copy"
    } else if chosen().all(history) {
        "keep_history"
    } else {
        "expert"
    }
}

/// Ticks or clears every table at once; needs scripts.
fn tick_all() -> AnyView {
    let set = |on: bool| move |_| crate::browser::tick_all(".tables-form .table-tick", on);
    view! {
        <span class="needs-script flex gap-1">
            <button type="button" class="btn btn-small btn-quiet" on:click=set(true)>"All"</button>
            <button type="button" class="btn btn-small btn-quiet" on:click=set(false)>"None"</button>
        </span>
    }
    .into_any()
}

fn row(index: usize, stream: &StreamView) -> AnyView {
    let name = |part: &str| format!("streams[{index}][{part}]");
    let columns = i64::try_from(stream.fields.len()).unwrap_or(i64::MAX);
    let source = stream.namespace.clone().map_or_else(
        || stream.name.clone(),
        |namespace| format!("{namespace}.{}", stream.name),
    );
    let personal = stream.fields.iter().any(|field| field.personal).then(
        || view! { <span class="tag"><Icon name="user" class="size-3" />"personal data"</span> },
    );
    view! {
        <li class="px-4 py-2.5">
            <input type="hidden" name=name("name") value=stream.name.clone() />
            <input type="hidden" name=name("namespace") value=stream.namespace.clone().unwrap_or_default() />
            <label class="flex items-start gap-3">
                <input type="checkbox" class="tick table-tick" name=name("selected") value="yes" checked=stream.selected />
                <span class="min-w-0 flex-1">
                    <span class="flex flex-wrap items-center gap-2 font-medium">{source}{personal}</span>
                    <span class="block text-label text-ink-mute">
                        "Lands in " <span class="font-mono text-xs">{stream.table.clone()}</span> {format!(" · {}", plural(columns, "column", "columns"))}
                    </span>
                </span>
            </label>
            <div class="expert-only mt-3 ms-7">{expert(index, stream)}</div>
        </li>
    }
    .into_any()
}

fn expert(index: usize, stream: &StreamView) -> AnyView {
    let name = |part: &str| format!("streams[{index}][{part}]");
    let modes = stream
        .modes
        .iter()
        .map(|mode| view! { <option value=mode.name() selected=*mode == stream.mode>{mode.label()}</option> })
        .collect_view();
    let about = |what: &str| format!("{what} of {}", stream.name);
    let cursor = if stream.cursor_fixed_by_source {
        view! { <span class="text-label text-ink-soft">"Newest rows are known by the source itself."</span> }.into_any()
    } else {
        let options = stream.fields.iter().map(|field| {
            let is_it = stream.cursor.as_ref() == Some(&field.name);
            view! { <option value=field.name.clone() selected=is_it>{field.name.clone()}</option> }
        });
        view! { <select class="input" name=name("cursor") aria-label=about("Cursor")><option value="">"No cursor"</option>{options.collect_view()}</select> }.into_any()
    };
    let key = if stream.key_fixed_by_source {
        view! { <span class="text-label text-ink-soft">"Set by the source: " <span class="font-mono text-xs">{stream.primary_key.join(", ")}</span></span> }.into_any()
    } else {
        ticks(
            stream,
            &name("primary_key"),
            "Primary key",
            |stream, field| stream.primary_key.contains(&field.name),
        )
    };
    let columns = ticks(stream, &name("fields"), "Columns to keep", |_, field| {
        field.selected
    });
    view! {
        <div class="grid gap-3 rounded-card bg-sunken p-3 sm:grid-cols-2">
            <div class="space-y-1"><p class="text-label font-medium">"How rows arrive"</p><select class="input" name=name("mode") aria-label=about("How rows arrive, table")>{modes}</select></div>
            <div class="space-y-1"><p class="text-label font-medium">"Cursor: what marks newer rows"</p>{cursor}</div>
            <div class="sm:col-span-2">{key}</div>
            <div class="sm:col-span-2">{columns}</div>
        </div>
    }
    .into_any()
}

/// Ticks for the fields of a table, folded away.
fn ticks(
    stream: &StreamView,
    name: &str,
    title: &'static str,
    on: fn(&StreamView, &model::FieldView) -> bool,
) -> AnyView {
    let chosen = stream
        .fields
        .iter()
        .filter(|field| on(stream, field))
        .count();
    let summary = format!("{title} · {chosen} of {}", stream.fields.len());
    let boxes = stream
        .fields
        .iter()
        .map(|field| {
            let checked = on(stream, field);
            view! {
                <label class="flex items-start gap-2">
                    <input type="checkbox" class="tick" name=format!("{name}[]") value=field.name.clone() checked=checked />
                    <span class="min-w-0"><span class="font-mono text-xs">{field.name.clone()}</span><span class="block text-xs text-ink-mute">{field.kind.clone()}</span></span>
                </label>
            }
        })
        .collect_view();
    view! {
        <details>
            <summary class="inline-flex items-center gap-1 rounded-control text-label font-medium">
                <Icon name="chevron-right" class="chevron size-3.5 shrink-0" />
                {summary}
            </summary>
            <fieldset class="mt-2 grid gap-2 sm:grid-cols-3"><legend class="sr-only">{format!("{title}, {}", stream.name)}</legend>{boxes}</fieldset>
        </details>
    }
    .into_any()
}
