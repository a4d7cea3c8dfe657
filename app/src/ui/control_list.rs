//! Lists inside a connector's form: free texts, and rows of fields. Buttons post where no scripts run.

use leptos::{ev::MouseEvent, prelude::*};
use model::{Branch, Control, Field as FormField};

use super::{
    Field, Icon, Shape,
    control::fields,
    field::{Need, Wires},
};

/// Buttons that the server understands where no scripts run; see `hub::forms::edit_rows`.
const ADD: &str = "form.add";
const REMOVE: &str = "form.remove";

/// Texts posted under one name; blank ones do not count, and one is always there to type into.
pub fn texts(
    name: String,
    label: String,
    hint: Option<String>,
    values: Vec<String>,
    need: Need,
) -> AnyView {
    let wires = Wires::new(&name, hint.is_some());
    let lines = RwSignal::new(
        values
            .into_iter()
            .chain([String::new()])
            .enumerate()
            .collect::<Vec<_>>(),
    );
    let add = move |_: MouseEvent| {
        lines.update(|lines| {
            let next = lines.last().map_or(0, |(key, _)| key + 1);
            lines.push((next, String::new()));
        });
    };
    let first = wires.id.clone();
    let spoken = label.clone();
    let line = move |(key, value): (usize, String)| {
        let id = (key == 0).then(|| first.clone());
        view! { <input type="text" id=id class="input" name=name.clone() value=value autocomplete="off" aria-label=format!("{spoken}, {}", key + 1) /> }
    };
    view! {
        <Field wires=wires label=label hint=hint need=need shape=Shape::Set>
            <div class="space-y-2">
                <For each=move || lines.get() key=|(key, _)| *key children=line />
                <button type="button" class="btn btn-small needs-script" on:click=add><Icon name="plus" />"Add another"</button>
            </div>
        </Field>
    }
    .into_any()
}

/// Rows of fields; a new row comes from the template, its `#` replaced by a number no row has.
pub fn rows(
    name: String,
    label: String,
    hint: Option<String>,
    list: Vec<Vec<FormField>>,
    template: Vec<FormField>,
    need: Need,
) -> AnyView {
    let wires = Wires::new(&name, hint.is_some());
    let keyed = list
        .into_iter()
        .enumerate()
        .map(|(place, row)| (row_number(&name, &row).unwrap_or(place), row))
        .collect::<Vec<_>>();
    let shown = RwSignal::new(keyed);
    let list_name = name.clone();
    let add = move |event: MouseEvent| {
        event.prevent_default();
        shown.update(|rows| {
            let next = rows.iter().map(|(key, _)| key + 1).max().unwrap_or(0);
            rows.push((next, renumbered(&template, next)));
        });
    };
    let row = move |(key, row): (usize, Vec<FormField>)| {
        let remove = move |event: MouseEvent| {
            event.prevent_default();
            shown.update(|rows| rows.retain(|(known, _)| *known != key));
        };
        view! {
            <div class="card space-y-4 p-4">
                {fields(row)}
                <button type="submit" class="btn btn-small btn-quiet" name=REMOVE value=format!("{list_name}.{key}") on:click=remove>
                    <Icon name="trash" />
                    "Remove"
                </button>
            </div>
        }
    };
    view! {
        <Field wires=wires label=label hint=hint need=need shape=Shape::Set>
            <div class="space-y-3">
                <For each=move || shown.get() key=|(key, _)| *key children=row />
                <button type="submit" class="btn btn-small" name=ADD value=name on:click=add><Icon name="plus" />"Add a row"</button>
            </div>
        </Field>
    }
    .into_any()
}

/// The number inside the names of a row's fields.
fn row_number(list: &str, row: &[FormField]) -> Option<usize> {
    row.first()?
        .name
        .strip_prefix(list)?
        .strip_prefix('.')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

fn renumbered(template: &[FormField], number: usize) -> Vec<FormField> {
    let number = number.to_string();
    template
        .iter()
        .map(|field| renamed(field, &number))
        .collect()
}

fn renamed(field: &FormField, number: &str) -> FormField {
    let all = |list: &[FormField]| {
        list.iter()
            .map(|field| renamed(field, number))
            .collect::<Vec<_>>()
    };
    let control = match &field.control {
        Control::Group { fields } => Control::Group {
            fields: all(fields),
        },
        Control::OneOf { chosen, branches } => Control::OneOf {
            chosen: *chosen,
            branches: branches
                .iter()
                .map(|branch| Branch {
                    fields: all(&branch.fields),
                    ..branch.clone()
                })
                .collect(),
        },
        // A list inside the new row is empty; its template keeps its own mark.
        Control::Rows { template, .. } => Control::Rows {
            rows: Vec::new(),
            template: all(template),
        },
        other => other.clone(),
    };
    FormField {
        name: field.name.replacen('#', number, 1),
        control,
        ..field.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> FormField {
        FormField {
            name: name.to_owned(),
            label: String::new(),
            hint: None,
            example: None,
            required: false,
            control: Control::Text {
                value: String::new(),
                pattern: None,
                multiline: false,
            },
        }
    }

    #[test]
    fn a_new_row_gets_its_own_names() {
        let template = [FormField {
            control: Control::Rows {
                rows: Vec::new(),
                template: vec![text("hosts.#.ports.#")],
            },
            ..text("hosts.#.ports")
        }];
        let row = renumbered(&template, 4);
        assert_eq!(row[0].name, "hosts.4.ports");
        let Control::Rows { template, .. } = &row[0].control else {
            panic!("still rows")
        };
        assert_eq!(template[0].name, "hosts.4.ports.#");
        assert_eq!(row_number("hosts", &row), Some(4));
    }
}
