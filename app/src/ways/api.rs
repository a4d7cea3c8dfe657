//! What the pages about ways ask for and change.

use leptos::prelude::*;
use model::{Replay, Routes};
use serde::{Deserialize, Serialize};

use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::{
    paths,
    server::{self, finish},
};
#[cfg(feature = "ssr")]
use model::{Route, RoutePolicy};

/// Another policy tried on what was, with the connection's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhatIf {
    pub name: String,
    pub routes: Routes,
    /// `None`: nobody has asked yet.
    pub replay: Option<Replay>,
}

#[server]
pub async fn set_routes(
    connection: String,
    #[server(default)] first: String,
    #[server(default)] fallback: String,
    #[server(default)] attempts: String,
    #[server(default)] fallback_minutes: String,
) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let connection = server::id(&connection)?;
    let policy = policy(&first, &fallback, &attempts, &fallback_minutes);
    let typed = [
        ("first", first.as_str()),
        ("fallback", fallback.as_str()),
        ("attempts", attempts.as_str()),
        ("fallback_minutes", fallback_minutes.as_str()),
    ];
    finish(
        &typed,
        hub::routes::set(&hub, &scope, connection, policy).await,
        |()| paths::connection_saved(connection, "route", "route"),
    )
}

/// A run that leaves the direct way out.
#[server]
pub async fn rehearse(connection: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let connection = server::id(&connection)?;
    finish(
        &[],
        hub::runs::start(&hub, &scope, connection, hub::runs::Way::Fallback).await,
        paths::run,
    )
}

/// A run that tells in its log what it asks of the source.
#[server]
pub async fn run_in_detail(connection: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let connection = server::id(&connection)?;
    finish(
        &[],
        hub::runs::start(&hub, &scope, connection, hub::runs::Log::Detailed).await,
        paths::run,
    )
}

#[server]
pub async fn load_what_if(
    connection: String,
    #[server(default)] first: String,
    #[server(default)] fallback: String,
    #[server(default)] attempts: String,
    #[server(default)] fallback_minutes: String,
) -> Result<WhatIf, Error> {
    let (hub, scope) = server::scope().await?;
    let connection = server::id(&connection)?;
    let view = hub::connections::get(&hub, &scope, connection).await?;
    let routes = hub::routes::get(&hub, &scope, connection).await?;
    let asked = !attempts.is_empty();
    let replay = if asked {
        let policy = policy(&first, &fallback, &attempts, &fallback_minutes);
        Some(hub::routes::what_if(&hub, &scope, connection, policy).await?)
    } else {
        None
    };
    Ok(WhatIf {
        name: view.row.name,
        routes,
        replay,
    })
}

/// As it was typed; what is no number is out of bounds, and told so at its field.
#[cfg(feature = "ssr")]
fn policy(first: &str, fallback: &str, attempts: &str, fallback_minutes: &str) -> RoutePolicy {
    RoutePolicy {
        first: Route::parse(first).unwrap_or(Route::Direct),
        fallback: fallback != "no",
        attempts: attempts.trim().parse().unwrap_or(0),
        fallback_minutes: fallback_minutes.trim().parse().unwrap_or(0),
    }
}
