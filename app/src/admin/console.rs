//! The frame of the operator's console: a tag that is always there, and the page below it.

use leptos::prelude::*;
use leptos_router::components::Outlet;

use crate::ui::Icon;

#[component]
pub fn Console() -> impl IntoView {
    view! {
        <div
            role="note"
            class="sticky top-0 z-10 -mx-4 -mt-5 mb-5 flex items-center gap-2 border-b-2 border-warn bg-warn-tint px-4 py-1.5 text-label md:-mx-8 md:-mt-8 md:px-8"
        >
            <span class="inline-flex items-center gap-1.5 font-semibold text-warn"><Icon name="shield" />"Operator"</span>
            <span class="text-ink-soft max-sm:hidden">"You see every tenant, but none of their data. Each act is recorded with your name."</span>
        </div>
        <Outlet />
    }
    .into_any()
}
