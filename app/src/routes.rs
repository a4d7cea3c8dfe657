//! The routes of runs, apps, settings and the operator's console, apart from the rest so that no type grows too large.

use leptos::prelude::*;
use leptos_router::{
    ParamSegment, StaticSegment,
    any_nested_route::IntoAnyNestedRoute,
    components::{ParentRoute, Route},
};

use crate::{activity, admin, apps, runs, settings};

#[component(transparent)]
pub fn WorkspaceRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <Route path=(StaticSegment("runs"), ParamSegment("id")) view=runs::RunPage />
        <Route path=StaticSegment("activity") view=activity::ActivityPage />
        <Route path=StaticSegment("apps") view=apps::ListPage />
        <Route path=(StaticSegment("apps"), StaticSegment("new")) view=apps::NewPage />
        <Route path=(StaticSegment("apps"), ParamSegment("id")) view=apps::AppPage />
        <Route path=(StaticSegment("apps"), ParamSegment("id"), StaticSegment("rotate")) view=apps::RotatePage />
        <Route path=(StaticSegment("apps"), ParamSegment("id"), StaticSegment("revoke")) view=apps::RevokePage />
        <Route path=StaticSegment("settings") view=settings::ProfilePage />
        <Route path=(StaticSegment("settings"), StaticSegment("security")) view=settings::SecurityPage />
        <Route path=(StaticSegment("settings"), StaticSegment("keys")) view=settings::KeysPage />
        <Route path=(StaticSegment("settings"), StaticSegment("keys"), StaticSegment("new")) view=settings::NewKeyPage />
        <Route path=(StaticSegment("settings"), StaticSegment("keys"), ParamSegment("id"), StaticSegment("revoke")) view=settings::RevokeKeyPage />
    }
    .into_inner()
    .into_any_nested_route()
}

#[component(transparent)]
pub fn ConsoleRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=StaticSegment("admin") view=admin::Console>
            <Route path=StaticSegment("") view=admin::TenantsPage />
            <Route path=StaticSegment("health") view=admin::HealthPage />
            <Route path=StaticSegment("audit") view=admin::AuditPage />
            <Route path=(StaticSegment("tenants"), StaticSegment("new")) view=admin::NewTenantPage />
            <Route path=(StaticSegment("tenants"), ParamSegment("id")) view=admin::TenantPage />
            <Route path=(StaticSegment("tenants"), ParamSegment("id"), StaticSegment("suspend")) view=admin::SuspendPage />
            <Route path=(StaticSegment("tenants"), ParamSegment("id"), StaticSegment("delete")) view=admin::DeletePage />
            <Route path=(StaticSegment("tenants"), ParamSegment("id"), StaticSegment("undo"), ParamSegment("step")) view=admin::UndoPage />
        </ParentRoute>
    }
    .into_inner()
    .into_any_nested_route()
}
