//! The list of apps.

use leptos::prelude::*;
use model::AppRow;

use super::api::{May, apps};
use crate::{
    paths,
    ui::{self, Ago, Badge, Card, Column, Empty, Kind, LinkButton, Pad, PageHead, Table, Tone},
};

const COLUMNS: [Column; 6] = [
    Column::Text("App"),
    Column::Text("State"),
    Column::Number("Tables"),
    Column::Number("Integrations on"),
    Column::Text("Last download"),
    Column::Text("Last seen"),
];

#[component]
pub fn ListPage() -> impl IntoView {
    ui::load(ui::page_data(|| (), |()| apps()), page)
}

fn page((apps, may): (Vec<AppRow>, May)) -> AnyView {
    let lead = view! { <p>"Programs that read your tables, each with a login of its own."</p> };
    let button = (may == May::Manage && !apps.is_empty())
        .then(|| view! { <LinkButton href=paths::APPS_NEW label="Register an app" icon="plus" kind=Kind::Primary /> });
    view! {
        <PageHead title="Apps" lead=lead.into_any() actions=view! { {button} }.into_any() />
        {if apps.is_empty() { nothing(may) } else { table(apps) }}
    }
    .into_any()
}

fn nothing(may: May) -> AnyView {
    const WHAT: &str = "An app is a program of yours that reads your tables";
    match may {
        May::Manage => view! {
            <Empty
                icon="package"
                what=WHAT
                next="Register one: it gets a read-only database login, limited to the tables you choose, and a .env file that works at once."
                action=(paths::APPS_NEW.to_owned(), "Register an app")
            />
        }
        .into_any(),
        May::Look => view! { <Empty icon="package" what=WHAT next="None is registered. An owner or admin of the workspace can do that." /> }.into_any(),
    }
}

fn table(apps: Vec<AppRow>) -> AnyView {
    let rows = apps.into_iter().map(row).collect_view();
    view! { <Card pad=Pad::None><Table caption="Apps" columns=&COLUMNS>{rows}</Table></Card> }
        .into_any()
}

fn row(app: AppRow) -> AnyView {
    view! {
        <tr class="relative">
            <td class="min-w-40"><a href=paths::app(app.id) class="stretched font-medium text-ink hover:underline">{app.name}</a></td>
            <td data-label="State">{if app.revoked { revoked() } else { active() }}</td>
            <td data-label="Tables" class="num">{ui::count(app.tables)}</td>
            <td data-label="Integrations on" class="num">{ui::count(app.flags_on)}</td>
            <td data-label="Last download">{moment(app.downloaded_at, "never")}</td>
            <td data-label="Last seen">{moment(app.last_used_at, "never")}</td>
        </tr>
    }
    .into_any()
}

pub fn active() -> AnyView {
    view! { <Badge tone=Tone::Ok icon="circle-check" label="active" /> }.into_any()
}

pub fn revoked() -> AnyView {
    view! { <Badge tone=Tone::Off icon="ban" label="revoked" /> }.into_any()
}

/// "last seen 4 min ago", as the end of a sentence about a login.
pub fn seen(at: Option<String>) -> AnyView {
    match at {
        Some(at) => view! { "was last seen " <Ago at=at /> }.into_any(),
        None => "was never used".into_any(),
    }
}

pub fn moment(at: Option<String>, never: &'static str) -> AnyView {
    match at {
        Some(at) => view! { <Ago at=at /> }.into_any(),
        None => view! { <span class="text-ink-mute">{never}</span> }.into_any(),
    }
}
