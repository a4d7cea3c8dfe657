//! What the pages of events ask for and change. What makes an address or a secret is in [`super::post`].

use leptos::prelude::*;

use super::given::Events;
use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::{
    paths,
    server::{self, finish},
};

#[server]
pub async fn load_events(connection: String) -> Result<Events, Error> {
    let (hub, scope) = server::scope().await?;
    let connection = server::id(&connection)?;
    let row = hub::connections::get(&hub, &scope, connection).await?.row;
    Ok(Events {
        name: row.name,
        integration: row.integration_name,
        status: hub::webhooks::status(&hub, &scope, connection).await?,
        posted: super::post::posted(),
    })
}

/// Ends a connection's address; its tab of events is shown again.
#[server]
pub async fn turn_off_events(connection: String) -> Result<(), Error> {
    let (hub, scope) = server::scope().await?;
    let connection = server::id(&connection)?;
    finish(
        &[],
        hub::webhooks::turn_off(&hub, &scope, connection).await,
        |()| paths::connection_tab(connection, "events"),
    )
}
