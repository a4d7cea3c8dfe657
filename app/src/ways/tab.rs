//! The tab of a connection's ways: which are open and why not, how often each worked, and how runs choose.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{ConnectionId, RoutePolicy, RouteSuccess, Routes, Tries};

use super::{
    api::{Rehearse, RunInDetail, SetRoutes},
    rules::fields,
};
use crate::{
    paths,
    ui::{
        self, Button, Card, Column, Facts, Form, LinkButton, Moment, Notice, Pad, Saved, Table,
        Tone,
    },
};

const COLUMNS: [Column; 4] = [
    Column::Text("In the last"),
    Column::Number("Directly"),
    Column::Number("As a fallback"),
    Column::Number("Airbyte first"),
];

pub fn view(connection: ConnectionId, routes: &Routes) -> AnyView {
    let direct = routes.no_direct.is_none();
    let both = direct && routes.no_airbyte.is_none();
    let (rests, ways, own) = (rests(routes), ways(routes), success(&routes.success));
    let others = (routes.integration_success != routes.success).then(|| {
        let all = success(&routes.integration_success);
        view! { <Card title="With all connections to this tool" pad=Pad::None>{all}</Card> }
    });
    let form = form(connection, routes.policy, both);
    view! {
        <div class="max-w-3xl space-y-5">
            {rests}
            <Card title="Ways to these rows">{ways}</Card>
            <Card title="How often each worked" pad=Pad::None>{own}</Card>
            {others}
            <Card title="How runs choose">
                {form}
            </Card>
            {both.then(|| rehearsal(connection))}
            {direct.then(|| detail(connection))}
        </div>
    }
    .into_any()
}

fn rests(routes: &Routes) -> Option<AnyView> {
    let until = routes.direct_rests_until.clone()?;
    let notice = view! {
        <Notice tone=Tone::Warn title="The direct way is left alone">
            <p>"The source failed several times in a row or asked for a pause. Runs that start by themselves ask it directly again after "<Moment at=until />"."</p>
        </Notice>
    };
    Some(notice.into_any())
}

fn ways(routes: &Routes) -> AnyView {
    let words = |closed: &Option<String>, open: &'static str| match closed {
        None => open.to_owned(),
        Some(why) => why.clone(),
    };
    let direct = match (&routes.no_direct, &routes.direct_rests_until) {
        (None, Some(until)) => {
            let until = until.clone();
            view! { "Resting until "<Moment at=until /> }.into_any()
        }
        (closed, _) => words(closed, "Open: this hub reads the source itself.").into_any(),
    };
    let airbyte = words(
        &routes.no_airbyte,
        "Open: Airbyte reads the source, with a bookmark of its own.",
    );
    view! {
        <Facts facts=vec![
            ("Directly".to_owned(), direct),
            ("Through Airbyte".to_owned(), airbyte.into_any()),
        ] />
    }
    .into_any()
}

fn success(windows: &[RouteSuccess]) -> AnyView {
    let rows = windows
        .iter()
        .map(|window| {
            view! {
                <tr>
                    <th scope="row">{span(window.hours)}</th>
                    <td data-label="Directly" class="num">{rate(window.direct)}</td>
                    <td data-label="As a fallback" class="num">{rate(window.fallback)}</td>
                    <td data-label="Airbyte first" class="num">{rate(window.airbyte)}</td>
                </tr>
            }
        })
        .collect_view();
    view! { <Table caption="Tries that ended well, by way" columns=&COLUMNS>{rows}</Table> }
        .into_any()
}

fn span(hours: i32) -> String {
    match hours {
        24 => "24 hours".to_owned(),
        hours => ui::plural(i64::from(hours / 24), "day", "days"),
    }
}

/// "98 % of 120 tries"; nothing was tried: a dash.
fn rate(tries: Tries) -> String {
    if tries.made == 0 {
        return "–".to_owned();
    }
    let percent = tries.good * 100 / tries.made;
    let made = ui::plural(tries.made, "try", "tries");
    format!("{percent} % of {made}")
}

fn form(connection: ConnectionId, policy: RoutePolicy, both: bool) -> AnyView {
    let lead = if both {
        "Failures that may pass are tried again, then the other way is taken. Wrong settings, missing rights and unusable data stop a run: no other way would help."
    } else {
        "Failures that may pass are tried again. The rest counts as soon as a second way is open."
    };
    view! {
        <Form action=SetRoutes::PATH id="routes" class="space-y-4">
            <Saved what="route" words="Saved. The next run chooses by these rules." />
            <input type="hidden" name="connection" value=connection.to_string() />
            <p class="text-ink-soft">{lead}</p>
            {fields(&policy.into())}
            <div class="flex flex-wrap items-center gap-3">
                <Button label="Save" />
                <LinkButton href=paths::connection_what_if(connection) label="What would have happened?" icon="history" />
            </div>
        </Form>
    }
    .into_any()
}

/// Only the direct way can tell more than it usually does.
fn detail(connection: ConnectionId) -> AnyView {
    view! {
        <Card title="Look closely">
            <p class="mb-3 text-ink-soft">"A run now that tells in its log what it asks of the source and how that answers: each request to an API without its query, headers and body, each question to a database without its values. Connectors that are programs of their own tell no more than usual."</p>
            <Form action=RunInDetail::PATH id="detail">
                <input type="hidden" name="connection" value=connection.to_string() />
                <Button label="Sync now with a detailed log" icon="search" />
            </Form>
        </Card>
    }
    .into_any()
}

fn rehearsal(connection: ConnectionId) -> AnyView {
    view! {
        <Card title="Rehearse the fallback">
            <p class="mb-3 text-ink-soft">"A run now that leaves the direct way out, so that you know the other one works before you need it. Each table is written as it is set to be, whichever way its rows come: none is there twice."</p>
            <Form action=Rehearse::PATH id="rehearse">
                <input type="hidden" name="connection" value=connection.to_string() />
                <Button label="Sync through Airbyte now" icon="play" />
            </Form>
        </Card>
    }
    .into_any()
}
