//! What the pages about ways ask for and change.

use leptos::prelude::*;
use model::Replay;
use serde::{Deserialize, Serialize};

use super::rules::Rules;
use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::{
    error::Code,
    paths,
    server::{self, finish},
};
#[cfg(feature = "ssr")]
use model::{Route, RoutePolicy};

/// Another policy tried on what was, with the connection's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhatIf {
    pub name: String,
    /// What stands in the form: as it was asked, or as it is set.
    pub rules: Rules,
    /// What is wrong with what was asked.
    pub refused: Option<Error>,
    /// `None`: nobody has asked yet, or what was asked is refused.
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
    let rules = Rules {
        first,
        fallback,
        attempts,
        fallback_minutes,
    };
    finish(
        &rules.pairs(),
        hub::routes::set(&hub, &scope, connection, policy(&rules)).await,
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

/// Leads on to the page with the answer, whose address holds the question; rules that cannot be are told at their fields.
#[server]
pub async fn try_routes(
    connection: String,
    #[server(default)] first: String,
    #[server(default)] fallback: String,
    #[server(default)] attempts: String,
    #[server(default)] fallback_minutes: String,
) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let connection = server::id(&connection)?;
    hub::connections::get(&hub, &scope, connection).await?;
    let rules = Rules {
        first,
        fallback,
        attempts,
        fallback_minutes,
    };
    finish(&rules.pairs(), hub::routes::check(policy(&rules)), |()| {
        paths::with_query(&paths::connection_what_if(connection), &rules.pairs())
    })
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
    let asked = Rules {
        first,
        fallback,
        attempts,
        fallback_minutes,
    };
    let mut answer = WhatIf {
        name: view.row.name,
        rules: asked,
        refused: None,
        replay: None,
    };
    if answer.rules.is_empty() {
        let routes = hub::routes::get(&hub, &scope, connection).await?;
        answer.rules = routes.policy.into();
        return Ok(answer);
    }
    let policy = policy(&answer.rules);
    match hub::routes::what_if(&hub, &scope, connection, policy).await {
        Ok(replay) => {
            answer.rules = replay.policy.into();
            answer.replay = Some(replay);
        }
        // An address can hold anything: the page is there all the same, with the form to put it right.
        Err(hub::Error::Invalid(fields)) => {
            answer.refused = Some(Error {
                fields,
                ..Error::new(Code::Invalid)
            });
        }
        Err(error) => return Err(error.into()),
    }
    Ok(answer)
}

/// As it was typed; what is no number is out of bounds, and told so at its field.
#[cfg(feature = "ssr")]
fn policy(rules: &Rules) -> RoutePolicy {
    RoutePolicy {
        first: Route::parse(&rules.first).unwrap_or(Route::Direct),
        fallback: rules.fallback != "no",
        attempts: rules.attempts.trim().parse().unwrap_or(0),
        fallback_minutes: rules.fallback_minutes.trim().parse().unwrap_or(0),
    }
}
