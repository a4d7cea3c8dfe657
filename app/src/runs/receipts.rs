//! A receipt for each table: rows read, rows written, what stands there now, and whether that adds up.

use leptos::prelude::*;
use model::{RunState, RunView, StreamReceipt};

use super::words::waits_until;
use crate::ui::{self, Badge, Clock, Column, Icon, RunBadge, Table, Tone};

const COLUMNS: [Column; 7] = [
    Column::Text("Table"),
    Column::Text("State"),
    Column::Number("Read"),
    Column::Number("Written"),
    Column::Number("Data"),
    Column::Number("In the table"),
    Column::Text("Receipt"),
];

pub fn receipts(run: &RunView) -> AnyView {
    if run.streams.is_empty() {
        let words = if run.row.state.is_over() {
            "It ended before a table was reached."
        } else {
            "Tables appear here as soon as the run starts."
        };
        return view! { <p class="px-4 py-6 text-ink-soft">{words}</p> }.into_any();
    }
    let next = waits_until(run);
    let rows = run
        .streams
        .iter()
        .map(|stream| receipt(stream, next))
        .collect_view();
    view! { <Table caption="Receipt of each table" columns=&COLUMNS>{rows}</Table> }.into_any()
}

fn receipt(stream: &StreamReceipt, next: Option<&str>) -> AnyView {
    let in_table = stream.table_rows.map_or_else(|| "–".to_owned(), ui::count);
    view! {
        <tr>
            <td class="min-w-40 max-w-md">{name(stream)}</td>
            <td data-label="State">{state(stream, next)}</td>
            <td data-label="Read" class="num">{ui::count(stream.rows_read)}</td>
            <td data-label="Written" class="num">{ui::count(stream.rows_written)}</td>
            <td data-label="Data" class="num">{ui::bytes(stream.bytes)}</td>
            <td data-label="In the table" class="num">{in_table}</td>
            <td data-label="Receipt">{verdict(stream)}</td>
        </tr>
    }
    .into_any()
}

/// Of a table that the last try did not finish: when the next one begins.
fn state(stream: &StreamReceipt, next: Option<&str>) -> AnyView {
    let Some(at) = next.filter(|_| stream.state == RunState::Queued) else {
        return view! { <RunBadge state=stream.state /> }.into_any();
    };
    view! {
        <Badge tone=Tone::Work icon="clock" label="waits" />
        <span class="block text-label text-ink-soft">"tries again at "<Clock at=at.to_owned() /></span>
    }
    .into_any()
}

/// The table, the stream it comes from when that is called otherwise, and what is odd about it.
fn name(stream: &StreamReceipt) -> AnyView {
    let source = match &stream.namespace {
        Some(namespace) => format!("{namespace}.{}", stream.name),
        None => stream.name.clone(),
    };
    let source = (source != stream.table)
        .then(|| view! { <span class="block text-ink-mute">{format!("from {source}")}</span> });
    let nulled = (stream.values_nulled > 0).then(|| {
        let values = ui::plural(stream.values_nulled, "value did not fit its column and is", "values did not fit their columns and are");
        view! { <span class="block text-warn">{format!("{values} empty. ")}<code class="font-mono text-xs">"_airbyte_meta"</code>" lists them."</span> }
    });
    // Stopped by a person, or to be read again: nothing is wrong for good.
    let tone = if matches!(stream.state, RunState::Cancelled | RunState::Queued) {
        "block text-ink-soft"
    } else {
        "block text-bad"
    };
    let problem = stream
        .problem
        .clone()
        .map(|problem| view! { <span class=tone>{problem}</span> });
    view! {
        <span class="block font-medium wrap-anywhere">{stream.table.clone()}</span>
        {source}
        {nulled}
        {problem}
    }
    .into_any()
}

fn verdict(stream: &StreamReceipt) -> AnyView {
    let (class, icon, word) = match (stream.verified, stream.state.is_over()) {
        (true, _) => (
            "inline-flex items-center gap-1 text-ok",
            "shield-check",
            "balances",
        ),
        (false, false) => (
            "inline-flex items-center gap-1 text-ink-mute",
            "circle-dashed",
            "not yet",
        ),
        (false, true) => (
            "inline-flex items-center gap-1 text-ink-soft",
            "minus",
            "none",
        ),
    };
    view! { <span class=class><Icon name=icon />{word}</span> }.into_any()
}
