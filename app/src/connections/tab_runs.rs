//! The runs of one connection.

use leptos::prelude::*;
use model::{ConnectionRow, Page, RunRow};

use crate::{
    paths,
    runs::row_way_words,
    ui::{Ago, Empty, Kind, RunBadge, bytes, count, duration},
};

pub fn view(connection: &ConnectionRow, runs: Page<RunRow>) -> AnyView {
    if runs.items.is_empty() {
        return view! {
            <Empty
                icon="history"
                what="Nothing ran yet"
                next="Each run is listed here with what it read, what it wrote, and whether the numbers agree."
                action=(paths::connection_tab(connection.id, "tables"), "Choose tables and start")
                kind=Kind::Plain
            />
        }
        .into_any();
    }
    let all = paths::activity_of(connection.id);
    let more = runs
        .next
        .is_some()
        .then(|| view! { <p class="mt-3"><a href=all>"Older runs are in Activity"</a></p> });
    let rows = runs.items.into_iter().map(row).collect_view();
    view! {
        <div class="card overflow-x-auto">
            <table class="table table-cards">
                <caption class="sr-only">"Runs, the newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Run"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Started by"</th>
                        <th scope="col" class="num">"Rows"</th>
                        <th scope="col" class="num">"Size"</th>
                        <th scope="col" class="num">"Took"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {more}
    }
    .into_any()
}

fn row(run: RunRow) -> AnyView {
    let way = row_way_words(&run);
    let problem = run
        .problem
        .map(|problem| view! { <p class="mt-0.5 max-w-[48ch] text-ink-soft">{problem}</p> });
    view! {
        <tr class="relative">
            <th scope="row"><a href=paths::run(run.id) class="stretched text-ink"><Ago at=run.created_at /></a><span class="block font-normal text-ink-mute">{way}</span></th>
            <td data-label="State"><div><RunBadge state=run.state />{problem}</div></td>
            <td data-label="Started by">{run.started_by}</td>
            <td class="num" data-label="Rows">{count(run.rows_written)}</td>
            <td class="num" data-label="Size">{bytes(run.bytes)}</td>
            <td class="num" data-label="Took">{run.millis.map(duration)}</td>
        </tr>
    }
    .into_any()
}
