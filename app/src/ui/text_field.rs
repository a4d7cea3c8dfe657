//! A labelled text control, in the kinds browsers know.

use leptos::prelude::*;

use super::{
    Field, FormState, Icon,
    field::{Need, Wires},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    Text,
    Email,
    /// Hidden while typed, never filled in from the server.
    Password,
    /// A few digits from a mail.
    Code,
    /// Several lines for machines: JSON, certificates, keys.
    Multiline,
    /// A few sentences for people.
    Prose,
    Number,
    Date,
}

impl Kind {
    const fn input(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Password => "password",
            Self::Date => "date",
            Self::Text | Self::Code | Self::Multiline | Self::Prose | Self::Number => "text",
        }
    }

    const fn mode(self) -> Option<&'static str> {
        match self {
            Self::Code => Some("numeric"),
            Self::Number => Some("decimal"),
            _ => None,
        }
    }
}

#[component]
pub fn TextField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional)] kind: Kind,
    #[prop(optional_no_strip)] hint: Option<String>,
    #[prop(optional_no_strip)] placeholder: Option<String>,
    #[prop(optional, into)] value: String,
    #[prop(optional)] need: Need,
    /// What browsers and password managers may fill in.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
) -> impl IntoView {
    let wires = Wires::new(&name, hint.is_some());
    let value = if kind == Kind::Password {
        String::new()
    } else {
        FormState::value_of(&name, value)
    };
    let control = match kind {
        Kind::Password => secret(&wires, name, placeholder, autocomplete),
        Kind::Multiline => multiline(&wires, "input", name, placeholder, value),
        Kind::Prose => multiline(&wires, "input prose", name, placeholder, value),
        _ => line(&wires, kind, name, placeholder, value, autocomplete, need),
    };
    view! { <Field wires=wires label=label hint=hint need=need>{control}</Field> }.into_any()
}

fn line(
    wires: &Wires,
    kind: Kind,
    name: String,
    placeholder: Option<String>,
    value: String,
    autocomplete: Option<&'static str>,
    need: Need,
) -> AnyView {
    view! {
        <input
            id=wires.id.clone()
            name=name
            type=kind.input()
            inputmode=kind.mode()
            class="input"
            value=value
            placeholder=placeholder
            autocomplete=autocomplete.unwrap_or("off")
            autocapitalize="none"
            spellcheck="false"
            aria-required=(need == Need::Required).then_some("true")
            aria-describedby=wires.described_by()
            aria-invalid=wires.invalid()
        />
    }
    .into_any()
}

fn multiline(
    wires: &Wires,
    class: &'static str,
    name: String,
    placeholder: Option<String>,
    value: String,
) -> AnyView {
    let area = leptos::html::textarea()
        .id(wires.id.clone())
        .name(name)
        .class(class)
        .placeholder(placeholder)
        .autocomplete("off")
        .spellcheck("false")
        .aria_describedby(wires.described_by())
        .aria_invalid(wires.invalid());
    // An empty text node would be rendered as a blank, which would count as typed.
    if value.is_empty() {
        area.into_any()
    } else {
        area.child(value).into_any()
    }
}

/// Write-only: never filled in from the server; scripts add a button that shows it while typing.
fn secret(
    wires: &Wires,
    name: String,
    placeholder: Option<String>,
    autocomplete: Option<&'static str>,
) -> AnyView {
    let shown = RwSignal::new(false);
    view! {
        <div class="relative">
            <input
                id=wires.id.clone()
                name=name
                type=move || if shown.get() { "text" } else { "password" }
                class="input pe-11"
                placeholder=placeholder
                autocomplete=autocomplete.unwrap_or("new-password")
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=wires.described_by()
                aria-invalid=wires.invalid()
            />
            <button
                type="button"
                class="needs-script absolute inset-y-0 end-0 grid w-10 place-items-center text-ink-mute hover:text-ink"
                aria-label="Show what is typed"
                aria-pressed=move || if shown.get() { "true" } else { "false" }
                on:click=move |_| shown.update(|shown| *shown = !*shown)
            >
                {move || if shown.get() { view! { <Icon name="eye-off" /> } } else { view! { <Icon name="eye" /> } }}
            </button>
        </div>
    }
    .into_any()
}
