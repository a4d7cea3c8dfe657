//! Something that opens in place: details that few people need, or an act that wants a second look.

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

/// A button that first says what will happen; the act itself is inside.
#[component]
pub fn SecondLook(
    #[prop(into)] label: String,
    icon: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <details class="relative">
            <summary class="btn">
                <Icon name=icon />
                {label}
            </summary>
            <div class="card absolute end-0 z-10 mt-2 w-80 max-w-[calc(100vw-2rem)] space-y-3 p-4 text-start shadow-float max-sm:start-0 max-sm:end-auto">
                {children()}
            </div>
        </details>
    }
    .into_any()
}
