//! The page of one connection: its state, what to do next, and its tabs.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::{use_params_map, use_query_map};
use model::{ConnectionRow, ConnectionState, ConnectionView, TestView, WebhookStatus};
use serde::{Deserialize, Serialize};

use super::{
    api::{StartRun, StartTest, load_connection},
    given::Connection,
    tab_overview, tab_runs, tab_settings, tab_tables, typed,
};
use crate::{
    error::Error,
    paths,
    runs::{api::run, fallback_words},
    ui::{
        self, Ago, BrandTile, Button, ConnectionBadge, Form, Kind, LinkButton, Notice, PageHead,
        Tabs, Tone,
    },
    ways, webhooks,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Overview,
    Tables,
    Runs,
    Route,
    Events,
    Settings,
}

impl Tab {
    const ALL: [Self; 6] = [
        Self::Overview,
        Self::Tables,
        Self::Runs,
        Self::Route,
        Self::Events,
        Self::Settings,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Tables => "tables",
            Self::Runs => "runs",
            Self::Route => "route",
            Self::Events => "events",
            Self::Settings => "settings",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Tables => "Tables",
            Self::Runs => "Runs",
            Self::Route => "Route",
            Self::Events => "Events",
            Self::Settings => "Settings",
        }
    }

    fn parse(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|tab| tab.name() == name)
            .unwrap_or(Self::Overview)
    }
}

#[component]
pub fn ConnectionPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let tab =
        Memo::new(move |_| query.with(|query| Tab::parse(&query.get("tab").unwrap_or_default())));
    let data = ui::page_data(move || (id.get(), tab.get().name().to_owned()), load);
    ui::follow(data, |shown| !is_moving(shown.connection.view.row.state));
    ui::load_with(
        data,
        Callback::new(move |data| page(data, tab.get_untracked())),
    )
}

/// A connection with what its overview says of the last run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Shown {
    connection: Connection,
    /// Why that run took the fallback, where it did.
    around: Option<String>,
}

async fn load((id, tab): (String, String)) -> Result<Shown, Error> {
    let is_overview = tab == Tab::Overview.name();
    // Boxed: each of them asks for much.
    let connection = Box::pin(load_connection(id, tab)).await?;
    let view = &connection.view;
    let last = view.last_run.filter(|run| view.active_run != Some(*run));
    let around = match last.filter(|_| is_overview) {
        // The page is there all the same without it.
        Some(last) => {
            let run = Box::pin(run(last.to_string())).await.ok();
            run.as_ref().and_then(fallback_words)
        }
        None => None,
    };
    Ok(Shown { connection, around })
}

/// Does something happen that the page should follow?
fn is_moving(state: ConnectionState) -> bool {
    matches!(
        state,
        ConnectionState::Checking
            | ConnectionState::FirstLoad
            | ConnectionState::Running
            | ConnectionState::Queued
    )
}

fn page(shown: Shown, tab: Tab) -> AnyView {
    let Connection {
        view,
        card,
        runs,
        routes,
        events,
    } = shown.connection;
    let row = view.row.clone();
    typed::forget(paths::connection_edit(row.id));
    let crumbs = vec![("Connections".to_owned(), paths::CONNECTIONS.to_owned())];
    let mark = view! { <BrandTile logo=card.logo monogram=card.monogram /> }.into_any();
    let state = view! { <ConnectionBadge state=row.state /> }.into_any();
    let lead = subtitle(&row);
    let tabs = Tab::ALL
        .into_iter()
        .map(|one| {
            let href = if one == Tab::Overview {
                paths::connection(row.id)
            } else {
                paths::connection_tab(row.id, one.name())
            };
            (href, one.label().to_owned(), one == tab)
        })
        .collect();
    let actions = actions(&view, tab, head_kind(tab, events.as_ref()));
    let problem = problem(&view);
    let body = match tab {
        Tab::Overview => tab_overview::view(&view, shown.around),
        Tab::Tables => tab_tables::view(view),
        Tab::Runs => tab_runs::view(&row, runs.unwrap_or_default()),
        Tab::Route => routes.map_or_else(|| ().into_any(), |routes| ways::tab(row.id, &routes)),
        Tab::Events => events.map_or_else(
            || ().into_any(),
            |events| {
                let panel = webhooks::panel(row.id, &row.integration_name, &events);
                view! { <div class="max-w-3xl space-y-5">{panel}</div> }.into_any()
            },
        ),
        Tab::Settings => tab_settings::view(view),
    };
    view! {
        <PageHead title=row.name crumbs=crumbs mark=mark state=state lead=lead actions=actions />
        <Tabs label="Parts of this connection" tabs=tabs />
        <div class="space-y-5">{problem}{body}</div>
    }
    .into_any()
}

/// How the main button of the head looks. The tab of tables, and that of events before they are on, have theirs in a form.
fn head_kind(tab: Tab, events: Option<&WebhookStatus>) -> Kind {
    let turns_on = events.is_some_and(|events| events.endpoint.is_none());
    if tab == Tab::Tables || turns_on {
        Kind::Plain
    } else {
        Kind::Primary
    }
}

/// The one thing to do next stands first.
fn actions(view: &ConnectionView, tab: Tab, main: Kind) -> AnyView {
    let id = view.row.id;
    match view.row.state {
        // Its tab of tables says so in the middle of the page.
        ConnectionState::Draft if tab == Tab::Tables => ().into_any(),
        ConnectionState::Draft => view! { <LinkButton href=paths::connection_edit(id) label="Finish set-up" kind=main /> }.into_any(),
        ConnectionState::Checking => match &view.last_test {
            Some(test) => view! { <LinkButton href=paths::test(id, test.id) label="Follow the test" kind=main /> }.into_any(),
            None => ().into_any(),
        },
        ConnectionState::FirstLoad | ConnectionState::Running | ConnectionState::Queued => match view.active_run {
            Some(run) => view! { <LinkButton href=paths::run(run) label="Follow the run" kind=main /> }.into_any(),
            None => ().into_any(),
        },
        ConnectionState::NeedsYou => view! {
            {post(StartTest::PATH, "test", view, "Test again", Kind::Plain, "rotate-ccw")}
            <LinkButton href=paths::connection_edit(id) label="Change the settings" kind=main />
        }
        .into_any(),
        ConnectionState::Paused => post(super::api::ResumeConnection::PATH, "resume", view, "Resume connection", main, "play"),
        ConnectionState::Ready if tab != Tab::Tables && !view.streams.iter().any(|stream| stream.selected) => {
            view! { <LinkButton href=paths::connection_tab(id, "tables") label="Choose tables" kind=main /> }.into_any()
        }
        ConnectionState::Ready | ConnectionState::UpToDate | ConnectionState::Failing => post(StartRun::PATH, "run", view, "Sync now", main, "play"),
    }
}

/// A form of one button that acts on this connection.
pub fn post(
    action: &'static str,
    form: &'static str,
    view: &ConnectionView,
    label: &'static str,
    kind: Kind,
    icon: &'static str,
) -> AnyView {
    let id = view.row.id.to_string();
    view! {
        <Form action=action id=form class="flex flex-wrap items-center gap-2">
            <input type="hidden" name="connection" value=id />
            <Button label=label kind=kind icon=icon />
        </Form>
    }
    .into_any()
}

/// Why it needs a person or fails; it stays until it is solved.
fn problem(view: &ConnectionView) -> Option<AnyView> {
    let reason = view.row.reason.clone()?;
    let told = |test: &&TestView| test.problem.as_ref() == Some(&reason);
    let test = view.last_test.as_ref().filter(told);
    let (tone, title) = match view.row.state {
        ConnectionState::NeedsYou => (Tone::Bad, "This connection needs you"),
        ConnectionState::Draft => (Tone::Bad, "The last test did not pass"),
        _ if test.is_some() => (Tone::Warn, "The last test did not pass"),
        _ if view.active_run.is_some() => (Tone::Off, "The run before failed"),
        ConnectionState::Failing => (Tone::Warn, "The last run had a problem"),
        _ => (Tone::Off, "Good to know"),
    };
    let link = source(view, test).map(|(href, words)| view! { <p><a href=href>{words}</a></p> });
    Some(view! { <Notice tone=tone title=title><p>{reason}</p>{link}</Notice> }.into_any())
}

/// Where the problem came up. While a run is on its way the newest one is not the one that failed.
fn source(view: &ConnectionView, test: Option<&TestView>) -> Option<(String, &'static str)> {
    if let Some(test) = test {
        return Some((paths::test(test.connection, test.id), "Look at the test"));
    }
    let run = view.last_run.filter(|run| view.active_run != Some(*run))?;
    Some((paths::run(run), "Look at the run"))
}

/// The tool, where the name does not say it already, and when rows came last.
fn subtitle(row: &ConnectionRow) -> AnyView {
    let tool = (row.integration_name != row.name).then(|| row.integration_name.clone());
    let at = row.last_rows_at.clone();
    if tool.is_none() && at.is_none() {
        return ().into_any();
    }
    let dot = (tool.is_some() && at.is_some()).then_some(" · ");
    let last = at.map(|at| view! { "last rows " <Ago at=at /> });
    view! { <p>{tool}{dot}{last}</p> }.into_any()
}
