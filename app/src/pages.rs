//! Pages as parts of the browser's program: a group of pages is fetched when somebody first opens one of them. The server
//! renders them like anything else.
//!
//! The groups are few on purpose: what several groups use becomes a file for each combination of them.

use leptos::prelude::*;
use leptos_router::LazyRoute;

use crate::{
    account, activity, admin, apps, catalogue, connections, home, links, own, providers, runs,
    settings, ways, webhooks, welcome,
};

/// One function that holds the group's pages, and one type for each page: the router names pages by their types.
macro_rules! group {
    ($load:ident, $preload:ident, $group:ident { $($name:ident => $page:path,)* }) => {
        #[derive(Clone, Copy)]
        enum $group {
            $($name,)*
        }

        #[lazy]
        fn $load(page: $group) -> AnyView {
            match page {
                $($group::$name => $page().into_any(),)*
            }
        }

        $(
            pub struct $name;

            impl LazyRoute for $name {
                fn data() -> Self {
                    Self
                }

                async fn view(_: Self) -> AnyView {
                    $load($group::$name).await
                }

                async fn preload() {
                    #[cfg(feature = "hydrate")]
                    $preload().await;
                }
            }
        )*
    };
}

group!(arriving, __preload_arriving, Arriving {
    Home => home::HomePage,
    SignUp => account::SignUpPage,
    Join => account::JoinPage,
    Verify => account::VerifyPage,
    SignIn => account::SignInPage,
    Reset => account::ResetPage,
    NewPassword => account::NewPasswordPage,
    Welcome => welcome::WelcomePage,
});

group!(connecting, __preload_connecting, Connecting {
    Catalogue => catalogue::CataloguePage,
    Integration => catalogue::IntegrationPage,
    NewIntegration => own::NewPage,
    Connect => connections::ConnectPage,
    ConnectionTest => connections::TestPage,
    ConnectionRows => connections::RowsPage,
    EditConnection => connections::EditPage,
    SendNew => links::SendNewPage,
    SendExisting => links::SendExistingPage,
    Link => links::LinkPage,
});

group!(working, __preload_working, Working {
    Connections => connections::ListPage,
    Connection => connections::ConnectionPage,
    WhatIf => ways::WhatIfPage,
    Events => webhooks::EventsPage,
    EventsOff => webhooks::OffPage,
    RemoveConnection => connections::RemovePage,
    Run => runs::RunPage,
    Activity => activity::ActivityPage,
    Apps => apps::ListPage,
    NewApp => apps::NewPage,
    App => apps::AppPage,
    RotateApp => apps::RotatePage,
    RevokeApp => apps::RevokePage,
    Profile => settings::ProfilePage,
    Security => settings::SecurityPage,
    Keys => settings::KeysPage,
    NewKey => settings::NewKeyPage,
    RevokeKey => settings::RevokeKeyPage,
    OwnClients => providers::OwnListPage,
    OwnClient => providers::OwnPage,
});

group!(operating, __preload_operating, Operating {
    Tenants => admin::TenantsPage,
    AllConnections => admin::ConnectionsPage,
    Health => admin::HealthPage,
    Rehearsals => admin::RehearsalsPage,
    Rehearsal => admin::RehearsalPage,
    Audit => admin::AuditPage,
    NewTenant => admin::NewTenantPage,
    Tenant => admin::TenantPage,
    SuspendTenant => admin::SuspendPage,
    DeleteTenant => admin::DeletePage,
    UndoStep => admin::UndoPage,
    PlatformClients => providers::PlatformListPage,
    PlatformClient => providers::PlatformPage,
});
