//! The page for an address that is nobody's. It stands outside the layout, which belongs to known routes.

use leptos::prelude::*;

use crate::{
    error::{Code, Error},
    paths,
    ui::{self, Mark},
};

#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <div class="mx-auto w-full max-w-6xl px-4 py-4 md:px-8">
            <header class="mb-10"><a href=paths::HOME class="inline-flex items-center gap-2 rounded-control font-semibold"><Mark />"Tributary"</a></header>
            <main id="main" tabindex="-1">{ui::problem(Error::new(Code::NotFound))}</main>
        </div>
    }
    .into_any()
}
