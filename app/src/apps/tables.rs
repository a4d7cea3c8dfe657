//! Choosing the tables an app may read, by connection.

use std::collections::{BTreeMap, HashSet};

use leptos::prelude::*;
use model::TableAccess;

use crate::{
    paths,
    ui::{Answer, Field, Shape, Wires, choice_tile},
};

#[component]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a component owns what it is given"
)]
pub fn TablesField(tables: Vec<TableAccess>, chosen: HashSet<String>) -> impl IntoView {
    let wires = Wires::new("tables", true);
    let hint =
        "Access to a table that is not there yet starts by itself with its first run.".to_owned();
    let groups = if tables.is_empty() {
        no_tables()
    } else {
        groups(tables, &chosen)
    };
    view! { <Field wires=wires label="Tables it may read" hint=Some(hint) shape=Shape::Set>{groups}</Field> }
        .into_any()
}

fn no_tables() -> AnyView {
    view! {
        <p class="rounded-control bg-sunken px-3 py-2 text-ink-soft">
            "There are no tables yet. You can choose them later, or " <a href=paths::INTEGRATIONS>"connect a tool first"</a> "."
        </p>
    }
    .into_any()
}

fn groups(tables: Vec<TableAccess>, chosen: &HashSet<String>) -> AnyView {
    let mut by_connection = BTreeMap::<String, Vec<TableAccess>>::new();
    for table in tables {
        by_connection
            .entry(table.connection_name.clone())
            .or_default()
            .push(table);
    }
    by_connection
        .into_iter()
        .map(|(connection, tables)| {
            let connection = if connection.is_empty() {
                "No connection fills these any more".to_owned()
            } else {
                connection
            };
            let tiles = tables
                .into_iter()
                .map(|table| tile(table, chosen))
                .collect_view();
            view! {
                <div class="space-y-1.5 pt-1">
                    <p class="text-label wrap-anywhere text-ink-mute">{connection}</p>
                    <div class="grid gap-2 wrap-anywhere sm:grid-cols-2">{tiles}</div>
                </div>
            }
        })
        .collect_view()
        .into_any()
}

fn tile(table: TableAccess, chosen: &HashSet<String>) -> AnyView {
    let on = chosen.contains(&table.table);
    let answer = Answer::new(table.table.clone(), table.table);
    let answer = if table.exists {
        answer
    } else {
        answer.with_hint("not there yet")
    };
    choice_tile("checkbox", "tables[]".to_owned(), answer, on)
}
