//! Choosing among a fixed list: radios for a few, a list for many, ticks for several.

use leptos::prelude::*;

use super::{
    Field, FormState, Shape,
    field::{Need, Wires},
};

/// One answer: its value, its word, and a sentence about it.
#[derive(Debug, Clone)]
pub struct Answer {
    pub value: String,
    pub label: String,
    pub hint: Option<String>,
}

impl Answer {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
            hint: None,
        }
    }

    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Radios, one tile each.
#[component]
pub fn ChoiceField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional_no_strip)] hint: Option<String>,
    #[prop(optional, into)] value: String,
    #[prop(optional)] need: Need,
    answers: Vec<Answer>,
) -> impl IntoView {
    let wires = Wires::new(&name, hint.is_some());
    let value = FormState::value_of(&name, value);
    // Radios can't be cleared: where one is chosen, "optional" would promise what cannot be done.
    let need = if value.is_empty() {
        need
    } else {
        Need::Required
    };
    let grid = grid(answers.len());
    let tiles = answers.into_iter().map(move |answer| {
        let checked = answer.value == value;
        tile("radio", name.clone(), answer, checked)
    });
    let tiles = tiles.collect_view();
    view! { <Field wires=wires label=label hint=hint need=need shape=Shape::Set><div class=grid>{tiles}</div></Field> }
        .into_any()
}

/// An answer, and what only whoever chooses it is asked.
pub struct Branch {
    pub answer: Answer,
    pub fields: Option<AnyView>,
}

/// Radios with what belongs to each of them. All of it is in the page and keeps what was typed; the style sheet shows the
/// part of the chosen one. One of them always is.
#[component]
pub fn BranchField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional_no_strip)] hint: Option<String>,
    #[prop(into)] value: String,
    branches: Vec<Branch>,
) -> impl IntoView {
    let wires = Wires::new(&name, hint.is_some());
    let chosen = FormState::value_of(&name, value);
    let both = branches.into_iter().map(move |Branch { answer, fields }| {
        let checked = answer.value == chosen;
        let inner = fields.map(|fields| {
            view! { <div class="mt-3 space-y-5 border-s-2 border-river-tint ps-4">{fields}</div> }
        });
        let part = view! { <section class="branch">{inner}</section> };
        (tile("radio", name.clone(), answer, checked), part)
    });
    let (tiles, parts): (Vec<_>, Vec<_>) = both.unzip();
    view! {
        <Field wires=wires label=label hint=hint need=Need::Required shape=Shape::Set>
            <div class="one-of">
                <div class="choices grid gap-2 sm:grid-cols-2">{tiles}</div>
                {parts}
            </div>
        </Field>
    }
    .into_any()
}

/// Ticks, one tile each; several may be on.
#[component]
pub fn SeveralField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional_no_strip)] hint: Option<String>,
    values: Vec<String>,
    #[prop(optional)] need: Need,
    answers: Vec<Answer>,
) -> impl IntoView {
    let wires = Wires::new(&name, hint.is_some());
    let grid = grid(answers.len());
    let tiles = answers
        .into_iter()
        .map(move |answer| {
            let checked = values.contains(&answer.value);
            tile("checkbox", name.clone(), answer, checked)
        })
        .collect_view();
    view! { <Field wires=wires label=label hint=hint need=need shape=Shape::Set><div class=grid>{tiles}</div></Field> }
        .into_any()
}

/// Full rows: no tile stands alone in the last one where that can be helped.
const fn grid(tiles: usize) -> &'static str {
    if tiles.is_multiple_of(3) {
        "grid gap-2 sm:grid-cols-2 lg:grid-cols-3"
    } else {
        "grid gap-2 sm:grid-cols-2"
    }
}

pub fn tile(kind: &'static str, name: String, answer: Answer, checked: bool) -> AnyView {
    view! {
        <label class="choice">
            <input type=kind class="tick" name=name value=answer.value checked=checked />
            <span class="min-w-0">
                <span class="block">{answer.label}</span>
                {answer.hint.map(|hint| view! { <span class="block text-label text-ink-soft">{hint}</span> })}
            </span>
        </label>
    }
    .into_any()
}

/// A list to pick one from.
#[component]
pub fn SelectField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional_no_strip)] hint: Option<String>,
    #[prop(optional, into)] value: String,
    #[prop(optional)] need: Need,
    answers: Vec<Answer>,
) -> impl IntoView {
    let wires = Wires::new(&name, hint.is_some());
    let value = FormState::value_of(&name, value);
    let options = answers
        .into_iter()
        .map(|answer| {
            let chosen = answer.value == value;
            view! { <option value=answer.value selected=chosen>{answer.label}</option> }
        })
        .collect_view();
    let control = view! {
        <select id=wires.id.clone() name=name class="input" aria-describedby=wires.described_by() aria-invalid=wires.invalid()>
            {options}
        </select>
    };
    view! { <Field wires=wires label=label hint=hint need=need>{control}</Field> }.into_any()
}
