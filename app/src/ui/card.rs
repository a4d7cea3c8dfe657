//! Raised surfaces: a card with a heading, and a list of facts.

use leptos::prelude::*;

/// A titled surface. Without a title it is only the surface.
#[component]
pub fn Card(
    #[prop(optional, into)] title: Option<String>,
    #[prop(default = Pad::Normal)] pad: Pad,
    children: Children,
) -> impl IntoView {
    let head = title
        .map(|title| view! { <h2 class="border-b border-line px-4 py-3 text-sm">{title}</h2> });
    view! { <section class="card overflow-hidden">{head}<div class=pad.class()>{children()}</div></section> }.into_any()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pad {
    Normal,
    /// For tables and lists, which bring their own.
    None,
}

impl Pad {
    const fn class(self) -> &'static str {
        match self {
            Self::Normal => "p-4",
            Self::None => "overflow-x-auto",
        }
    }
}

/// An id or another text for machines, as a value among facts.
pub fn mono(text: String) -> AnyView {
    view! { <code class="font-mono text-xs break-all">{text}</code> }.into_any()
}

/// Names and values, one pair a line.
#[component]
pub fn Facts(facts: Vec<(String, AnyView)>) -> impl IntoView {
    let lines = facts
        .into_iter()
        .map(|(name, value)| {
            view! {
                <div class="grid gap-x-4 py-1.5 sm:grid-cols-[12rem_1fr]">
                    <dt class="text-ink-mute">{name}</dt>
                    <dd class="min-w-0 break-words">{value}</dd>
                </div>
            }
        })
        .collect_view();
    view! { <dl class="divide-y divide-line">{lines}</dl> }.into_any()
}
