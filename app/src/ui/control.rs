//! A connector's form: every kind of control that a JSON Schema can ask for.

use leptos::prelude::*;
use model::{ChoiceOption, Control, Field as FormField, Form};

use super::{
    Answer, Branch, BranchField, ChoiceField, Field, FormState, Icon, InputKind, SelectField,
    SeveralField, Shape, TextField,
    control_list::{rows, texts},
    field::{Need, Wires},
    time::day,
};

/// Up to this many options are all shown at once.
const FEW: usize = 4;

/// All sections of a form, the optional settings folded away.
#[component]
pub fn FormFields(form: Form) -> impl IntoView {
    let sections = form
        .sections
        .into_iter()
        .map(|section| match section.title {
            None => view! { <div class="space-y-5">{fields(section.fields)}</div> }.into_any(),
            Some(title) => view! {
                <fieldset class="space-y-5 border-t border-line pt-4">
                    <legend class="sr-only">{title.clone()}</legend>
                    <p aria-hidden="true" class="font-semibold">{title}</p>
                    {fields(section.fields)}
                </fieldset>
            }
            .into_any(),
        })
        .collect_view();
    let more = (!form.more.is_empty()).then(|| more(form.more));
    view! { <div class="space-y-6">{sections}{more}</div> }.into_any()
}

/// Optional settings; they open by themselves when one of them is wrong.
fn more(list: Vec<FormField>) -> AnyView {
    let wrong = FormState::error_below(list.iter().map(|field| field.name.clone()).collect());
    let count = list.len();
    view! {
        <details class="rounded-card border border-line" open=move || wrong.get()>
            <summary class="flex items-center gap-2 rounded-card px-4 py-3 font-medium hover:bg-sunken">
                <Icon name="chevron-right" class="chevron size-4 shrink-0" />
                {format!("More settings ({count})")}
            </summary>
            <div class="space-y-5 border-t border-line p-4">{fields(list)}</div>
        </details>
    }
    .into_any()
}

pub fn fields(list: Vec<FormField>) -> AnyView {
    list.into_iter().map(field).collect_view().into_any()
}

fn field(field: FormField) -> AnyView {
    let FormField {
        name,
        label,
        hint,
        example,
        required,
        control,
    } = field;
    let need = Need::of(required);
    match control {
        Control::Text { value, multiline, .. } => {
            let kind = if multiline { InputKind::Multiline } else { InputKind::Text };
            let hint = with_example(hint, example.as_ref());
            view! { <TextField name=name label=label kind=kind hint=hint placeholder=example value=value need=need /> }.into_any()
        }
        Control::Number { value, min, max, .. } => {
            let hint = joined(with_example(hint, example.as_ref()), range(min, max));
            view! { <TextField name=name label=label kind=InputKind::Number hint=hint placeholder=example value=value need=need /> }.into_any()
        }
        Control::Secret { set_on, multiline } => secret(name, label, joined(hint, set_on.as_deref().map(kept)), set_on.is_some(), multiline, need),
        Control::Switch { on } => switch(name, label, hint, on),
        Control::Choice { value, options } if options.len() <= FEW => {
            view! { <ChoiceField name=name label=label hint=hint value=value need=need answers=answers(options) /> }.into_any()
        }
        Control::Choice { value, options } => {
            view! { <SelectField name=name label=label hint=hint value=value need=need answers=answers(options) /> }.into_any()
        }
        Control::Several { values, options } => {
            view! { <SeveralField name=name label=label hint=hint values=values need=need answers=answers(options) /> }.into_any()
        }
        Control::Date { value, with_time } => {
            let (kind, shape) = if with_time { (InputKind::Text, "2026-01-31T00:00:00Z") } else { (InputKind::Date, "2026-01-31") };
            let hint = joined(hint, with_time.then(|| "Date and time in UTC, such as 2026-01-31T00:00:00Z.".to_owned()));
            view! { <TextField name=name label=label kind=kind hint=hint placeholder=Some(shape.to_owned()) value=value need=need /> }.into_any()
        }
        Control::Texts { values } => texts(name, label, hint, values, need),
        Control::Rows { rows: list, template } => rows(name, label, hint, list, template, need),
        Control::Group { fields } => group(&name, label, hint, fields, need),
        Control::OneOf { chosen, branches } => one_of(&name, label, hint, chosen, branches),
        Control::File { value, accept } => file(name, label, hint, value, accept, need),
        Control::Json { value } => {
            let hint = joined(hint, Some("Written as JSON.".to_owned()));
            view! { <TextField name=name label=label kind=InputKind::Multiline hint=hint placeholder=example value=value need=need /> }.into_any()
        }
    }
}

fn answers(options: Vec<ChoiceOption>) -> Vec<Answer> {
    options
        .into_iter()
        .map(|option| Answer::new(option.value, option.label))
        .collect()
}

fn joined(first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) => Some(format!("{first} {second}")),
        (first, second) => first.or(second),
    }
}

/// An example stands in the hint, too: a placeholder vanishes when it is needed most.
fn with_example(hint: Option<String>, example: Option<&String>) -> Option<String> {
    joined(
        hint,
        example
            .filter(|example| example.len() <= 80)
            .map(|example| format!("Example: {example}.")),
    )
}

fn range(min: Option<f64>, max: Option<f64>) -> Option<String> {
    match (min, max) {
        (Some(min), Some(max)) => Some(format!("Between {min} and {max}.")),
        (Some(min), None) => Some(format!("At least {min}.")),
        (None, Some(max)) => Some(format!("At most {max}.")),
        (None, None) => None,
    }
}

/// A stored secret is never shown: leaving the field empty keeps it. One that was only tried so far has no day.
fn kept(set_on: &str) -> String {
    match day(set_on) {
        Some(day) => {
            format!("Set on {day}. Leave it empty to keep it; what you type replaces it.")
        }
        None => "Set. Leave it empty to keep it.".to_owned(),
    }
}

fn secret(
    name: String,
    label: String,
    hint: Option<String>,
    is_set: bool,
    multiline: bool,
    need: Need,
) -> AnyView {
    let placeholder = is_set.then(|| "••••••••".to_owned());
    let kind = if multiline {
        InputKind::Multiline
    } else {
        InputKind::Password
    };
    view! { <TextField name=name label=label kind=kind hint=hint placeholder=placeholder need=need /> }.into_any()
}

fn switch(name: String, label: String, hint: Option<String>, on: bool) -> AnyView {
    let wires = Wires::new(&name, hint.is_some());
    let hint_id = format!("{}-hint", wires.id);
    let error = wires.error;
    view! {
        <div class="space-y-1">
            <label class="flex items-start gap-3">
                <input
                    type="checkbox"
                    role="switch"
                    id=wires.id.clone()
                    class="switch"
                    name=name
                    value="on"
                    checked=on
                    aria-describedby=wires.described_by()
                />
                <span class="min-w-0">
                    <span class="block font-medium">{label}</span>
                    {hint.map(|hint| view! { <span id=hint_id class="block text-label text-ink-soft">{hint}</span> })}
                </span>
            </label>
            {move || error.get().map(|detail| view! { <p class="text-label text-bad">{detail}</p> })}
        </div>
    }
    .into_any()
}

fn group(
    name: &str,
    label: String,
    hint: Option<String>,
    list: Vec<FormField>,
    need: Need,
) -> AnyView {
    let wires = Wires::new(name, hint.is_some());
    view! {
        <Field wires=wires label=label hint=hint need=need shape=Shape::Set>
            <div class="space-y-5 border-s-2 border-line ps-4">{fields(list)}</div>
        </Field>
    }
    .into_any()
}

fn one_of(
    name: &str,
    label: String,
    hint: Option<String>,
    chosen: usize,
    branches: Vec<model::Branch>,
) -> AnyView {
    let branches = branches.into_iter().enumerate().map(|(index, branch)| {
        let answer = Answer {
            value: index.to_string(),
            label: branch.title,
            hint: branch.hint,
        };
        let fields = (!branch.fields.is_empty()).then(|| fields(branch.fields));
        Branch { answer, fields }
    });
    let (name, value) = (name.to_owned(), chosen.to_string());
    view! { <BranchField name=name label=label hint=hint value=value branches=branches.collect() /> }
        .into_any()
}

fn file(
    name: String,
    label: String,
    hint: Option<String>,
    value: String,
    accept: String,
    need: Need,
) -> AnyView {
    let wires = Wires::new(&name, hint.is_some());
    let has_file = !value.is_empty();
    view! {
        <Field wires=wires.clone() label=label hint=hint need=need>
            <input type="hidden" name=name.clone() value=value />
            {has_file.then(|| view! { <p class="flex items-center gap-1.5 text-label text-ok"><Icon name="circle-check" />"A file is uploaded. Choose another one to replace it."</p> })}
            <input
                type="file"
                id=wires.id.clone()
                name=name
                accept=accept
                class="input"
                aria-describedby=wires.described_by()
                aria-invalid=wires.invalid()
            />
        </Field>
    }
    .into_any()
}

/// Does the form hold a file anywhere? Then it must be sent in parts.
pub fn has_file(form: &Form) -> bool {
    fn any(list: &[FormField]) -> bool {
        list.iter().any(|field| match &field.control {
            Control::File { .. } => true,
            Control::Group { fields } => any(fields),
            Control::OneOf { branches, .. } => branches.iter().any(|branch| any(&branch.fields)),
            Control::Rows { rows, template } => any(template) || rows.iter().any(|row| any(row)),
            _ => false,
        })
    }
    form.sections.iter().any(|section| any(&section.fields)) || any(&form.more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_without_a_day_is_simply_set() {
        assert_eq!(kept(""), "Set. Leave it empty to keep it.");
        assert_eq!(
            kept("2026-05-03T10:00:00Z"),
            "Set on 3 May 2026. Leave it empty to keep it; what you type replaces it."
        );
    }
}
