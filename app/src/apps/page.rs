//! The page of one app: what changed, its bundle, how to use it, its tables, its login.

use std::collections::HashSet;

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::{AppView, TableAccess};

use super::{
    api::{May, SetTables, app},
    bundle::bundle,
    list::{active, revoked, seen},
    login::login,
    tables::TablesField,
    usage::usage,
};
use crate::{
    paths,
    ui::{self, Button, Card, Form, Kind, LinkButton, Notice, PageHead, Saved, Tone},
};

#[component]
pub fn AppPage() -> impl IntoView {
    let params = use_params_map();
    let data = ui::page_data(
        move || params.with(|params| params.get("id").unwrap_or_default()),
        app,
    );
    ui::load(data, page)
}

fn page((app, may): (AppView, May)) -> AnyView {
    let body = if app.row.revoked {
        ended(&app, may)
    } else {
        parts(&app, may)
    };
    view! { {head(&app, may)} <div class="space-y-5">{body}</div> }.into_any()
}

fn head(app: &AppView, may: May) -> AnyView {
    let row = &app.row;
    let manage = may == May::Manage && !row.revoked;
    let actions = manage.then(
        || view! { <LinkButton href=paths::app_revoke(row.id) label="Revoke access" icon="ban" /> },
    );
    let reads = (!row.revoked).then(|| format!("{} · ", reads(app)));
    let lead = view! { <p>{reads} "Its login " {seen(row.last_used_at.clone())}</p> };
    view! {
        <PageHead
            title=row.name.clone()
            crumbs=vec![("Apps".to_owned(), paths::APPS.to_owned())]
            state=if row.revoked { revoked() } else { active() }
            lead=lead.into_any()
            actions=view! { {actions} }.into_any()
        />
    }
    .into_any()
}

/// "Reads 3 of 12 tables".
pub fn reads(app: &AppView) -> String {
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let allowed = app.tables.iter().filter(|table| table.allowed).count();
    format!(
        "Reads {} of {}",
        ui::count(number(allowed)),
        ui::plural(number(app.tables.len()), "table", "tables")
    )
}

fn ended(app: &AppView, may: May) -> AnyView {
    let words = format!(
        "The login {} was removed. Its settings no longer work anywhere.",
        app.login
    );
    let again = (may == May::Manage)
        .then(|| view! { <LinkButton href=paths::APPS_NEW label="Register a new app" icon="plus" kind=Kind::Primary /> });
    view! {
        <Notice tone=Tone::Off title="This app has no access any more"><p>{words}</p></Notice>
        {again}
    }
    .into_any()
}

fn parts(app: &AppView, may: May) -> AnyView {
    let tables = tables(app.row.id.to_string(), app.tables.clone(), may);
    view! {
        {changed(app)}
        {bundle(app, may)}
        {usage(app)}
        <Card title="Tables">{tables}</Card>
        {login(app, may)}
    }
    .into_any()
}

/// What a program that runs with an older file does not know yet.
fn changed(app: &AppView) -> Option<AnyView> {
    if app.changed.is_empty() {
        return None;
    }
    let lines = app
        .changed
        .iter()
        .map(|line| view! { <li class="break-words">{line.clone()}</li> })
        .collect_view();
    let notice = view! {
        <Notice tone=Tone::Warn title="Changed since the last download">
            <ul class="list-disc space-y-0.5 ps-4">{lines}</ul>
            <p class="text-ink-soft">"Download the file again and restart the app with it."</p>
        </Notice>
    };
    Some(notice.into_any())
}

fn tables(id: String, tables: Vec<TableAccess>, may: May) -> AnyView {
    let chosen: HashSet<String> = tables
        .iter()
        .filter(|table| table.allowed)
        .map(|table| table.table.clone())
        .collect();
    if may == May::Look {
        let names = chosen
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>();
        let lines = names
            .into_iter()
            .map(|name| view! { <li>{name}</li> })
            .collect_view();
        return view! { <ul class="list-disc ps-4">{lines}</ul> }.into_any();
    }
    let save = (!tables.is_empty()).then(|| view! { <Button label="Save tables" /> });
    view! {
        <Form action=SetTables::PATH id="tables">
            <Saved what="tables" words="Saved. The login can read exactly these tables now." />
            <input type="hidden" name="app" value=id />
            <TablesField tables=tables chosen=chosen />
            {save}
        </Form>
    }
    .into_any()
}
