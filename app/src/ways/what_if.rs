//! Other rules, tried on the runs of the last days: what would have gone another way, and what that would have cost.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::{use_params_map, use_query_map};
use model::{ConnectionId, Replay, ReplayEnd, ReplayedRun};

use super::{
    api::{TryRoutes, WhatIf, load_what_if},
    rules::{Rules, fields},
};
use crate::{
    paths,
    ui::{self, Ago, Badge, Button, Card, Column, Empty, Form, Kind, Pad, PageHead, Table, Tone},
};

const COLUMNS: [Column; 4] = [
    Column::Text("Run"),
    Column::Text("It went"),
    Column::Text("It would have gone"),
    Column::Text("How"),
];

#[component]
pub fn WhatIfPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let asked = Memo::new(move |_| {
        query.with(|query| {
            let of = |name: &str| query.get(name).unwrap_or_default();
            Rules {
                first: of("first"),
                fallback: of("fallback"),
                attempts: of("attempts"),
                fallback_minutes: of("fallback_minutes"),
            }
        })
    });
    let data = ui::page_data(
        move || (id.get(), asked.get()),
        |(id, asked)| {
            load_what_if(
                id,
                asked.first,
                asked.fallback,
                asked.attempts,
                asked.fallback_minutes,
            )
        },
    );
    ui::load_with(
        data,
        Callback::new(move |data| page(&data, &id.get_untracked())),
    )
}

fn page(data: &WhatIf, id: &str) -> AnyView {
    let Ok(connection) = id.parse::<ConnectionId>() else {
        return ().into_any();
    };
    let (rules, refused) = (data.rules.clone(), data.refused.clone());
    let crumbs = vec![
        ("Connections".to_owned(), paths::CONNECTIONS.to_owned()),
        (data.name.clone(), paths::connection(connection)),
        (
            "Route".to_owned(),
            paths::connection_tab(connection, "route"),
        ),
    ];
    let lead =
        view! { <p>"Try other rules on the runs of the last 30 days. Nothing is changed."</p> }
            .into_any();
    view! {
        <PageHead title="What would have happened?" crumbs=crumbs lead=lead />
        <div class="max-w-3xl space-y-5">
            <Card title="Other rules">
                <Form action=TryRoutes::PATH id="what-if" class="space-y-4" error=refused>
                    <input type="hidden" name="connection" value=connection.to_string() />
                    {fields(&rules)}
                    <Button label="Try on past runs" kind=Kind::Primary />
                </Form>
            </Card>
            {data.replay.as_ref().map(answer)}
        </div>
    }
    .into_any()
}

fn answer(replay: &Replay) -> AnyView {
    if replay.runs == 0 {
        return view! {
            <Empty icon="history" what="No run to try them on" next="Runs of the last 30 days that ended by themselves are used. Rehearsals do not count." />
        }
        .into_any();
    }
    let words = format!(
        "{} of {} would have gone as they did.",
        replay.same,
        ui::plural(replay.runs, "run", "runs")
    );
    let changed = (!replay.changed.is_empty()).then(|| {
        let rows = replay.changed.iter().map(row).collect_view();
        view! {
            <Table caption="Runs that would have gone another way, the newest first" columns=&COLUMNS>{rows}</Table>
        }
    });
    view! {
        <Card title="On past runs" pad=Pad::None>
            <p class="px-4 py-3">{words}</p>
            {changed}
        </Card>
    }
    .into_any()
}

fn row(run: &ReplayedRun) -> AnyView {
    let how = run
        .rules
        .iter()
        .map(|rule| view! { <li>{rule.label()}</li> })
        .collect_view();
    view! {
        <tr>
            <th scope="row"><a href=paths::run(run.run)><Ago at=run.created_at.clone() /></a></th>
            <td data-label="It went">{ended(run.was, run.was_millis)}</td>
            <td data-label="It would have gone">{ended(run.would, run.would_millis)}</td>
            <td data-label="How"><ol class="list-decimal ps-5 text-ink-soft">{how}</ol></td>
        </tr>
    }
    .into_any()
}

fn ended(end: ReplayEnd, millis: i64) -> AnyView {
    let (tone, icon, word) = match end {
        ReplayEnd::Good => (Tone::Ok, "circle-check", "Ended well"),
        ReplayEnd::Failed => (Tone::Bad, "circle-alert", "Failed"),
        ReplayEnd::Unknown => (Tone::Off, "circle-dashed", "Not known"),
    };
    let took = (end != ReplayEnd::Unknown).then(|| format!(" in {}", ui::duration(millis)));
    view! { <span class="whitespace-nowrap"><Badge tone=tone icon=icon label=word />{took}</span> }
        .into_any()
}
