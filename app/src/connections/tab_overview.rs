//! What a connection brings: its tables, what reads them, its last test.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{ConnectionState, ConnectionView, Progress, StreamView};

use super::{
    api::{StartSample, StartTest},
    page::post,
};
use crate::{
    paths,
    ui::{Card, Empty, Icon, Kind, LinkButton, Moment, Notice, Pad, StepMark, Tone, count},
};

pub fn view(view: &ConnectionView, around: Option<String>) -> AnyView {
    let chosen: Vec<StreamView> = view
        .streams
        .iter()
        .filter(|stream| stream.selected)
        .cloned()
        .collect();
    let known = view.is_known();
    let tables = match (known, chosen.is_empty()) {
        (false, _) => not_checked(),
        (true, true) => no_tables(),
        (true, false) => tables(chosen),
    };
    let around = around.filter(|_| view.row.reason.is_none());
    view! {
        {around.map(fallback)}
        <div class="grid items-start gap-5 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
            <div class="min-w-0 space-y-5">{view.awaits_events.then(|| events(view))}{tables}</div>
            <div class="space-y-5">{known.then(|| look(view))}{feeds(view)}{last_test(view)}</div>
        </div>
    }
    .into_any()
}

/// All is well, and yet the last run did not come the usual way. What needs a person stands above the tab.
fn fallback(words: String) -> AnyView {
    view! { <Notice tone=Tone::Off title="The last run went through Airbyte"><p>{words}</p></Notice> }
        .into_any()
}

// What to do next is the button in the head of the page.

fn not_checked() -> AnyView {
    view! { <Empty icon="circle-dashed" what="Its tables are not known yet" next="They show here once a test has passed." /> }
        .into_any()
}

fn no_tables() -> AnyView {
    view! { <Empty icon="table" what="No table is chosen yet" next="Choose what should land in your schema, then start the first run." /> }
        .into_any()
}

fn events(view: &ConnectionView) -> AnyView {
    let name = view.row.name.clone();
    let turn_on = paths::connection_tab(view.row.id, "events");
    view! {
        <Card title="It can send events">
            <p class="text-ink-soft">{format!("{name} tells of changes at the moment they happen. Until its events are turned on, only runs bring them.")}</p>
            <p class="mt-3"><LinkButton href=turn_on label="Turn events on…" /></p>
        </Card>
    }
    .into_any()
}

fn tables(streams: Vec<StreamView>) -> AnyView {
    let title = format!(
        "Tables · {}",
        count(i64::try_from(streams.len()).unwrap_or(i64::MAX))
    );
    let rows = streams
        .into_iter()
        .map(|stream| {
            let fields = stream.fields.iter().filter(|field| field.selected).count();
            let source = stream.namespace.map_or_else(
                || stream.name.clone(),
                |namespace| format!("{namespace}.{}", stream.name),
            );
            view! {
                <tr>
                    <th scope="row" class="font-mono text-xs text-ink">{stream.table}</th>
                    <td data-label="From">{source}</td>
                    <td data-label="How">{stream.mode.label()}</td>
                    <td class="num" data-label="Columns">{fields}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card title=title pad=Pad::None>
            <table class="table table-cards">
                <caption class="sr-only">"Tables of this connection"</caption>
                <thead>
                    <tr><th scope="col">"Table"</th><th scope="col">"From"</th><th scope="col">"How rows arrive"</th><th scope="col" class="num">"Columns"</th></tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Card>
    }
    .into_any()
}

fn look(view: &ConnectionView) -> AnyView {
    let button = post(
        StartSample::PATH,
        "rows",
        view,
        "See rows",
        Kind::Plain,
        "table",
    );
    view! {
        <Card title="Look inside">
            <p class="mb-3 text-ink-soft">"Twenty rows of each table, read now through the connector, not saved."</p>
            {button}
        </Card>
    }
    .into_any()
}

fn feeds(view: &ConnectionView) -> AnyView {
    let body = if view.feeds.is_empty() {
        view! { <p class="text-ink-soft">"No app reads these tables yet. " <a href=paths::APPS_NEW>"Create one"</a></p> }.into_any()
    } else {
        let apps = view.feeds.iter().map(|app| view! { <li class="flex items-center gap-2"><Icon name="package" />{app.clone()}</li> }).collect_view();
        view! { <ul class="space-y-1.5">{apps}</ul> }.into_any()
    };
    view! { <Card title="Apps that read it">{body}</Card> }.into_any()
}

fn last_test(view: &ConnectionView) -> Option<AnyView> {
    let test = view.last_test.clone()?;
    let word = match test.state {
        Progress::Waiting => "Waiting",
        Progress::Running => "Under way",
        Progress::Passed => "Passed",
        Progress::Failed => "Did not pass",
    };
    let at = test.finished_at.unwrap_or(test.started_at);
    // A connection that needs a person has the button in the head of the page.
    let offered = view.row.state == ConnectionState::NeedsYou;
    let again = (test.state.is_over() && !offered).then(|| {
        post(
            StartTest::PATH,
            "test-again",
            view,
            "Test again",
            Kind::Small,
            "rotate-ccw",
        )
    });
    Some(
        view! {
            <Card title="Last test">
                <div class="flex items-start gap-2">
                    <StepMark state=test.state />
                    <div class="min-w-0 flex-1">
                        <a href=paths::test(test.connection, test.id)>{word}</a>
                        <p class="text-label text-ink-mute"><Moment at=at /></p>
                    </div>
                </div>
                <div class="mt-3 empty:hidden">{again}</div>
            </Card>
        }
        .into_any(),
    )
}
