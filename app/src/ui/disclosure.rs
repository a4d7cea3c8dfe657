//! Something that opens in place: details that few people need.

use leptos::prelude::*;

use super::Icon;

#[component]
pub fn Disclosure(#[prop(into)] label: String, children: Children) -> impl IntoView {
    view! {
        <details>
            <summary class="inline-flex items-center gap-1 rounded-control text-label text-ink-soft hover:text-ink">
                <Icon name="chevron-right" class="chevron size-4 shrink-0" />
                {label}
            </summary>
            <div class="mt-2">{children()}</div>
        </details>
    }
    .into_any()
}
