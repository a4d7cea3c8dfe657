//! Following a run, reading its log, stopping it, running again.

use leptos::prelude::*;
use model::{LogLine, RunView};

use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::{
    paths,
    server::{self, finish},
};

/// Log lines in one answer.
pub const LOG_PAGE: i64 = 300;
/// Each try of a run has so many numbers in its log, of which the first is its heading's.
pub const NUMBERS_OF_A_TRY: i64 = 1_000_000;
#[cfg(feature = "ssr")]
const _: () = assert!(NUMBERS_OF_A_TRY == hub::runs::NUMBERS_OF_A_TRY);

#[server]
pub async fn run(id: String) -> Result<RunView, Error> {
    let (hub, scope) = server::scope().await?;
    Ok(hub::runs::get(&hub, &scope, server::id(&id)?).await?)
}

/// Lines after the one with this number.
#[server]
pub async fn log(id: String, after: i64) -> Result<Vec<LogLine>, Error> {
    let (hub, scope) = server::scope().await?;
    Ok(hub::runs::logs(&hub, &scope, server::id(&id)?, after, LOG_PAGE).await?)
}

#[server]
pub async fn cancel(run: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let run = server::id(&run)?;
    finish(&[], hub::runs::cancel(&hub, &scope, run).await, |()| {
        paths::run(run)
    })
}

#[server]
pub async fn run_again(connection: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let started = hub::runs::start(
        &hub,
        &scope,
        server::id(&connection)?,
        hub::runs::Way::AsSet,
    )
    .await;
    finish(&[], started, paths::run)
}
