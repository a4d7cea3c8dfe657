//! A table of runs: for the activity page and for a tenant's page of the operator.

use leptos::prelude::*;
use model::RunRow;

use crate::{
    paths,
    runs::row_way_words,
    ui::{self, Ago, Column, RunBadge, Table},
};

const COLUMNS: [Column; 6] = [
    Column::Text("Run"),
    Column::Text("State"),
    Column::Number("Rows"),
    Column::Number("Data"),
    Column::Number("Time"),
    Column::Text("Started"),
];

/// May the reader open a run's page? Operators see that runs happened, not what is in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    Pages,
    Nothing,
}

pub fn runs_table(runs: Vec<RunRow>, open: Open) -> AnyView {
    let rows = runs.into_iter().map(|run| row(run, open)).collect_view();
    view! { <Table caption="Runs, newest first" columns=&COLUMNS>{rows}</Table> }.into_any()
}

fn row(run: RunRow, open: Open) -> AnyView {
    let time = run.millis.map_or_else(|| "–".to_owned(), ui::duration);
    let problem = run
        .problem
        .clone()
        .map(|problem| view! { <span class="block wrap-anywhere text-ink-soft">{problem}</span> });
    view! {
        <tr>
            <td class="min-w-48 max-w-md">
                {name(&run, open)}
                <span class="block text-ink-mute">{row_way_words(&run)}</span>
                {problem}
            </td>
            <td data-label="State"><RunBadge state=run.state /></td>
            <td data-label="Rows" class="num">{ui::count(run.rows_written)}</td>
            <td data-label="Data" class="num">{ui::bytes(run.bytes)}</td>
            <td data-label="Time" class="num">{time}</td>
            <td data-label="Started" class="md:min-w-40">
                <span class="min-w-0">
                    <span class="md:whitespace-nowrap"><Ago at=run.created_at /></span>
                    <span class="block wrap-anywhere text-ink-mute">{format!("by {}", run.started_by)}</span>
                </span>
            </td>
        </tr>
    }
    .into_any()
}

fn name(run: &RunRow, open: Open) -> AnyView {
    let name = run.connection_name.clone();
    match open {
        Open::Pages => view! { <a href=paths::run(run.id) class="font-medium wrap-anywhere text-ink hover:underline">{name}</a> }.into_any(),
        Open::Nothing => view! { <span class="font-medium wrap-anywhere">{name}</span> }.into_any(),
    }
}
