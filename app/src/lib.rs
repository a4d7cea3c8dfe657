//! Tributary's pages: the route table, and the app around it.

mod account;
mod activity;
mod admin;
mod apps;
mod browser;
mod catalogue;
mod connections;
pub mod error;
mod home;
mod links;
mod marketing;
mod own;
mod pages;
pub mod paths;
mod providers;
mod routes;
mod runs;
#[cfg(feature = "ssr")]
pub mod server;
mod settings;
mod shell;
mod ui;
mod ways;
mod webhooks;
mod welcome;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    Lazy, ParamSegment, SsrMode, StaticSegment,
    components::{ParentRoute, Route, Router, Routes},
};

pub use shell::shell;
#[cfg(feature = "ssr")]
pub use shell::{refused_page, scriptless_page};

/// Every page is complete in its HTML; scripts add to it.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    shell::provide_shell();
    mark_hydrated();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Tributary".to_owned() } else { format!("{title} · Tributary") } />
        <Router>
            <Routes fallback=shell::NotFound>
                <ParentRoute path=StaticSegment("") view=shell::Layout ssr=SsrMode::Async>
                    <Route path=StaticSegment("") view={Lazy::<pages::Home>::new()} />
                    <Route path=StaticSegment("sign-up") view={Lazy::<pages::SignUp>::new()} />
                    <Route path=(StaticSegment("sign-up"), StaticSegment("company")) view={Lazy::<pages::Join>::new()} />
                    <Route path=StaticSegment("verify") view={Lazy::<pages::Verify>::new()} />
                    <Route path=StaticSegment("sign-in") view={Lazy::<pages::SignIn>::new()} />
                    <Route path=StaticSegment("reset") view={Lazy::<pages::Reset>::new()} />
                    <Route path=(StaticSegment("reset"), ParamSegment("token")) view={Lazy::<pages::NewPassword>::new()} />
                    <Route path=StaticSegment("welcome") view={Lazy::<pages::Welcome>::new()} />
                    <Route path=StaticSegment("integrations") view={Lazy::<pages::Catalogue>::new()} />
                    <Route path=(StaticSegment("integrations"), StaticSegment("new")) view={Lazy::<pages::NewIntegration>::new()} />
                    <Route path=(StaticSegment("integrations"), ParamSegment("slug")) view={Lazy::<pages::Integration>::new()} />
                    <Route path=(StaticSegment("connect"), ParamSegment("slug")) view={Lazy::<pages::Connect>::new()} />
                    <Route path=(StaticSegment("connect"), ParamSegment("slug"), StaticSegment("send")) view={Lazy::<pages::SendNew>::new()} />
                    <Route path=StaticSegment("link") view={Lazy::<pages::Link>::new()} />
                    <Route path=StaticSegment("connections") view={Lazy::<pages::Connections>::new()} />
                    <Route path=(StaticSegment("connections"), ParamSegment("id")) view={Lazy::<pages::Connection>::new()} />
                    <Route path=(StaticSegment("connections"), ParamSegment("id"), StaticSegment("test"), ParamSegment("test")) view={Lazy::<pages::ConnectionTest>::new()} />
                    <Route path=(StaticSegment("connections"), ParamSegment("id"), StaticSegment("rows"), ParamSegment("sample")) view={Lazy::<pages::ConnectionRows>::new()} />
                    <Route path=(StaticSegment("connections"), ParamSegment("id"), StaticSegment("edit")) view={Lazy::<pages::EditConnection>::new()} />
                    <Route path=(StaticSegment("connections"), ParamSegment("id"), StaticSegment("send")) view={Lazy::<pages::SendExisting>::new()} />
                    <Route path=(StaticSegment("connections"), ParamSegment("id"), StaticSegment("what-if")) view={Lazy::<pages::WhatIf>::new()} />
                    <Route path=(StaticSegment("connections"), ParamSegment("id"), StaticSegment("remove")) view={Lazy::<pages::RemoveConnection>::new()} />
                    <routes::WorkspaceRoutes />
                    <routes::ConsoleRoutes />
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// Tells tests, and parts that need scripts, that handlers are in place.
fn mark_hydrated() {
    Effect::new(|_| browser::mark_body("data-hydrated"));
}
