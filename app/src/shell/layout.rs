//! The frame: skip link, navigation beside or below, the page in the middle.

use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_location};

use super::{
    flash::forget_flash_on_navigation,
    nav::{BottomBar, SideBar, TopBar},
};
use crate::browser;

#[component]
pub fn Layout() -> impl IntoView {
    forget_flash_on_navigation();
    focus_heading_on_navigation();
    let me = Resource::new(|| (), |()| super::api::load_me());
    view! {
        <a href="#main" rel="external" class="btn btn-primary sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2">"Skip to the page"</a>
        <div class="flex min-h-dvh">
            <SideBar me=me />
            <div class="flex min-w-0 flex-1 flex-col">
                <TopBar me=me />
                <main id="main" tabindex="-1" class="mx-auto w-full max-w-6xl flex-1 px-4 pt-5 pb-24 md:px-8 md:pt-8 md:pb-12">
                    <Outlet />
                </main>
            </div>
        </div>
        <BottomBar me=me />
    }
    .into_any()
}

/// After a navigation without a page load the keyboard starts at the new heading, as it would after one.
fn focus_heading_on_navigation() {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            set_timeout(
                || browser::focus_id("page-title"),
                std::time::Duration::from_millis(120),
            );
        }
        now
    });
}
