//! The frame: skip link, navigation beside or below, the page in the middle.

use leptos::prelude::*;
use leptos_router::components::Outlet;

use super::{
    flash::forget_flash_on_navigation,
    landing::land_on_navigation,
    nav::{BottomBar, SideBar, TopBar},
};

#[component]
pub fn Layout() -> impl IntoView {
    forget_flash_on_navigation();
    land_on_navigation();
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
