//! The activity page: all runs with filters in the address, and the audit trail behind the second tab.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::{AuditLine, Page, RunState};

use super::{
    api::{RunsAnswer, RunsQuery, changes, runs},
    changes::{Codes, audit_table},
    runs::{Open, runs_table},
};
use crate::{
    paths,
    ui::{self, Card, Empty, Icon, Pad, PageHead, Pager, Tabs},
};

/// What the chips above the list narrow it to.
const STATES: [(&str, &str); 7] = [
    ("", "All"),
    (RunState::Running.name(), "Running"),
    (RunState::Queued.name(), "Queued"),
    (RunState::Succeeded.name(), "Succeeded"),
    (RunState::Partial.name(), "Partial"),
    (RunState::Failed.name(), "Failed"),
    (RunState::Cancelled.name(), "Cancelled"),
];

#[component]
pub fn ActivityPage() -> impl IntoView {
    let query = use_query_map();
    let get = move |name: &str| query.with(|query| query.get(name).unwrap_or_default());
    let audit = Memo::new(move |_| get("tab") == "changes");
    let after = Memo::new(move |_| get("after"));
    move || {
        if audit.get() {
            let data = ui::page_data(move || after.get(), changes);
            return ui::load(data, changes_page);
        }
        let wanted = move || RunsQuery {
            state: get("state"),
            connection: get("connection"),
            after: get("after"),
        };
        let data = ui::page_data(wanted, runs);
        ui::follow(data, |answer: &RunsAnswer| {
            answer.runs.items.iter().all(|run| run.state.is_over())
        });
        ui::load(data, runs_page)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Runs,
    Changes,
}

fn head(tab: Tab) -> AnyView {
    let tabs = vec![
        (
            paths::ACTIVITY.to_owned(),
            "Runs".to_owned(),
            tab == Tab::Runs,
        ),
        (
            format!("{}?tab=changes", paths::ACTIVITY),
            "Changes".to_owned(),
            tab == Tab::Changes,
        ),
    ];
    let lead = match tab {
        Tab::Runs => "Every run of your connections, newest first.",
        Tab::Changes => "Who did what in this workspace. Lines are never changed or removed.",
    };
    view! {
        <PageHead title="Activity" lead=view! { <p>{lead}</p> }.into_any() />
        <Tabs label="Activity" tabs=tabs />
    }
    .into_any()
}

fn runs_page(answer: RunsAnswer) -> AnyView {
    let RunsAnswer {
        query,
        runs,
        connections,
    } = answer;
    let narrowed = query != RunsQuery::default();
    let going = runs.items.iter().any(|run| !run.state.is_over());
    let body = match (runs.items.is_empty(), narrowed) {
        (true, false) => view! {
            <Empty
                icon="activity"
                what="Runs bring rows from your connections into your tables"
                next="The first one appears here as soon as you start it on a connection."
                action=(paths::CONNECTIONS.to_owned(), "Go to connections")
            />
        }
        .into_any(),
        (true, true) => view! { <Empty icon="filter" what="No run fits" next="Choose another state or connection." action=(paths::ACTIVITY.to_owned(), "Show all runs") /> }.into_any(),
        (false, _) => view! { <Card pad=Pad::None>{runs_table(runs.items, Open::Pages)}</Card> }.into_any(),
    };
    view! {
        {head(Tab::Runs)}
        {going.then(|| view! { <ui::ReloadWithoutScript /> })}
        {(narrowed || !connections.is_empty()).then(|| filters(&query, connections))}
        {body}
        {pager(&query, runs.next)}
    }
    .into_any()
}

fn pager(query: &RunsQuery, next: Option<String>) -> AnyView {
    let page = |after: &str| {
        paths::with_query(
            paths::ACTIVITY,
            &[
                ("state", &query.state),
                ("connection", &query.connection),
                ("after", after),
            ],
        )
    };
    let next = next.map(|after| page(&after));
    if query.after.is_empty() {
        view! { <Pager next=next /> }.into_any()
    } else {
        view! { <Pager next=next first=page("") /> }.into_any()
    }
}

fn filters(query: &RunsQuery, connections: Vec<(String, String)>) -> AnyView {
    let chips = STATES
        .into_iter()
        .map(|(state, word)| {
            let href = paths::with_query(paths::ACTIVITY, &[("state", state), ("connection", &query.connection)]);
            let current = (state == query.state).then_some("true");
            view! { <li><a href=href class="chip" aria-current=current data-noscroll="true">{word}</a></li> }
        })
        .collect_view();
    view! {
        <div class="mb-4 flex flex-wrap items-center gap-x-4 gap-y-3">
            <nav aria-label="State of the run"><ul class="flex flex-wrap gap-2">{chips}</ul></nav>
            {by_connection(query, connections)}
        </div>
    }
    .into_any()
}

/// A plain form: the choice ends up in the address.
fn by_connection(query: &RunsQuery, connections: Vec<(String, String)>) -> AnyView {
    let chosen = query.connection.clone();
    let options = connections
        .into_iter()
        .map(|(id, name)| {
            let selected = id == chosen;
            view! { <option value=id selected=selected>{name}</option> }
        })
        .collect_view();
    view! {
        <form method="get" action=paths::ACTIVITY class="flex items-center gap-2">
            <input type="hidden" name="state" value=query.state.clone() />
            <label for="by-connection" class="sr-only">"Connection"</label>
            <select id="by-connection" name="connection" class="input w-52">
                <option value="">"All connections"</option>
                {options}
            </select>
            <button type="submit" class="btn btn-small"><Icon name="filter" />"Show runs"</button>
        </form>
    }
    .into_any()
}

fn changes_page(lines: Page<AuditLine>) -> AnyView {
    let next = lines
        .next
        .map(|after| paths::with_query(paths::ACTIVITY, &[("tab", "changes"), ("after", &after)]));
    let body = if lines.items.is_empty() {
        view! { <Empty icon="clipboard-list" what="Nothing was changed yet" next="Each change of connections, apps and keys becomes a line here." /> }.into_any()
    } else {
        view! { <Card pad=Pad::None>{audit_table(lines.items, Codes::Hidden)}</Card> }.into_any()
    };
    view! { {head(Tab::Changes)} {body} <Pager next=next /> }.into_any()
}
