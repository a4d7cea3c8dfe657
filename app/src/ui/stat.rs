//! Numbers that a page is about, in a row of four.

use leptos::prelude::*;

#[component]
pub fn Stats(children: Children) -> impl IntoView {
    view! {
        <dl class="grid grid-cols-2 gap-px overflow-hidden rounded-card border border-line bg-line lg:grid-cols-4">
            {children()}
        </dl>
    }
    .into_any()
}

#[component]
pub fn Stat(
    #[prop(into)] label: String,
    #[prop(into)] value: String,
    /// A few words under the number.
    #[prop(optional, into)]
    note: String,
) -> impl IntoView {
    view! {
        <div class="min-w-0 bg-raised px-4 py-3">
            <dt class="text-label text-ink-mute">{label}</dt>
            <dd class="text-title font-semibold tabular-nums">{value}</dd>
            {(!note.is_empty()).then(|| view! { <dd class="text-label text-ink-soft">{note}</dd> })}
        </div>
    }
    .into_any()
}
