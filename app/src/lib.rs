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
mod marketing;
pub mod paths;
mod routes;
mod runs;
#[cfg(feature = "ssr")]
pub mod server;
mod settings;
mod shell;
mod ui;
mod welcome;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    ParamSegment, SsrMode, StaticSegment,
    components::{ParentRoute, Route, Router, Routes},
};

#[cfg(feature = "ssr")]
pub use shell::refused_page;
pub use shell::shell;

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
                    <Route path=StaticSegment("") view=home::HomePage />
                    <Route path=StaticSegment("sign-up") view=account::SignUpPage />
                    <Route path=StaticSegment("verify") view=account::VerifyPage />
                    <Route path=StaticSegment("sign-in") view=account::SignInPage />
                    <Route path=StaticSegment("reset") view=account::ResetPage />
                    <Route path=(StaticSegment("reset"), ParamSegment("token")) view=account::NewPasswordPage />
                    <Route path=StaticSegment("welcome") view=welcome::WelcomePage />
                    <Route path=StaticSegment("integrations") view=catalogue::CataloguePage />
                    <Route path=(StaticSegment("integrations"), ParamSegment("slug")) view=catalogue::IntegrationPage />
                    <Route path=(StaticSegment("connect"), ParamSegment("slug")) view=connections::ConnectPage />
                    <Route path=StaticSegment("connections") view=connections::ListPage />
                    <Route path=(StaticSegment("connections"), ParamSegment("id")) view=connections::ConnectionPage />
                    <Route path=(StaticSegment("connections"), ParamSegment("id"), StaticSegment("test"), ParamSegment("test")) view=connections::TestPage />
                    <Route path=(StaticSegment("connections"), ParamSegment("id"), StaticSegment("rows"), ParamSegment("sample")) view=connections::RowsPage />
                    <Route path=(StaticSegment("connections"), ParamSegment("id"), StaticSegment("edit")) view=connections::EditPage />
                    <Route path=(StaticSegment("connections"), ParamSegment("id"), StaticSegment("remove")) view=connections::RemovePage />
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
