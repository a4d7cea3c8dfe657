//! The routes of events, runs, apps, settings and the operator's console, apart from the rest so that no type grows too large.

use leptos::prelude::*;
use leptos_router::{
    Lazy, ParamSegment, StaticSegment,
    any_nested_route::IntoAnyNestedRoute,
    components::{ParentRoute, Route},
};

use crate::{admin, pages};

#[component(transparent)]
pub fn WorkspaceRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <Route path=(StaticSegment("connections"), ParamSegment("id"), StaticSegment("events")) view={Lazy::<pages::Events>::new()} />
        <Route path=(StaticSegment("connections"), ParamSegment("id"), StaticSegment("events"), StaticSegment("off")) view={Lazy::<pages::EventsOff>::new()} />
        <Route path=(StaticSegment("runs"), ParamSegment("id")) view={Lazy::<pages::Run>::new()} />
        <Route path=StaticSegment("activity") view={Lazy::<pages::Activity>::new()} />
        <Route path=StaticSegment("apps") view={Lazy::<pages::Apps>::new()} />
        <Route path=(StaticSegment("apps"), StaticSegment("new")) view={Lazy::<pages::NewApp>::new()} />
        <Route path=(StaticSegment("apps"), ParamSegment("id")) view={Lazy::<pages::App>::new()} />
        <Route path=(StaticSegment("apps"), ParamSegment("id"), StaticSegment("rotate")) view={Lazy::<pages::RotateApp>::new()} />
        <Route path=(StaticSegment("apps"), ParamSegment("id"), StaticSegment("revoke")) view={Lazy::<pages::RevokeApp>::new()} />
        <Route path=StaticSegment("settings") view={Lazy::<pages::Profile>::new()} />
        <Route path=(StaticSegment("settings"), StaticSegment("security")) view={Lazy::<pages::Security>::new()} />
        <Route path=(StaticSegment("settings"), StaticSegment("keys")) view={Lazy::<pages::Keys>::new()} />
        <Route path=(StaticSegment("settings"), StaticSegment("keys"), StaticSegment("new")) view={Lazy::<pages::NewKey>::new()} />
        <Route path=(StaticSegment("settings"), StaticSegment("keys"), ParamSegment("id"), StaticSegment("revoke")) view={Lazy::<pages::RevokeKey>::new()} />
        <Route path=(StaticSegment("settings"), StaticSegment("providers")) view={Lazy::<pages::OwnClients>::new()} />
        <Route path=(StaticSegment("settings"), StaticSegment("providers"), ParamSegment("provider")) view={Lazy::<pages::OwnClient>::new()} />
    }
    .into_inner()
    .into_any_nested_route()
}

#[component(transparent)]
pub fn ConsoleRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=StaticSegment("admin") view=admin::Console>
            <Route path=StaticSegment("") view={Lazy::<pages::Tenants>::new()} />
            <Route path=StaticSegment("connections") view={Lazy::<pages::AllConnections>::new()} />
            <Route path=StaticSegment("health") view={Lazy::<pages::Health>::new()} />
            <Route path=StaticSegment("rehearsals") view={Lazy::<pages::Rehearsals>::new()} />
            <Route path=(StaticSegment("rehearsals"), ParamSegment("id")) view={Lazy::<pages::Rehearsal>::new()} />
            <Route path=StaticSegment("audit") view={Lazy::<pages::Audit>::new()} />
            <Route path=StaticSegment("providers") view={Lazy::<pages::PlatformClients>::new()} />
            <Route path=(StaticSegment("providers"), ParamSegment("provider")) view={Lazy::<pages::PlatformClient>::new()} />
            <Route path=(StaticSegment("tenants"), StaticSegment("new")) view={Lazy::<pages::NewTenant>::new()} />
            <Route path=(StaticSegment("tenants"), ParamSegment("id")) view={Lazy::<pages::Tenant>::new()} />
            <Route path=(StaticSegment("tenants"), ParamSegment("id"), StaticSegment("suspend")) view={Lazy::<pages::SuspendTenant>::new()} />
            <Route path=(StaticSegment("tenants"), ParamSegment("id"), StaticSegment("delete")) view={Lazy::<pages::DeleteTenant>::new()} />
            <Route path=(StaticSegment("tenants"), ParamSegment("id"), StaticSegment("undo"), ParamSegment("step")) view={Lazy::<pages::UndoStep>::new()} />
        </ParentRoute>
    }
    .into_inner()
    .into_any_nested_route()
}
