//! Hears from the database that names changed.

use std::{convert::Infallible, time::Duration};

use sqlx::postgres::PgListener;

use crate::{Hub, names::Remembered};

const CHANNEL: &str = "names_changed";
const RECONNECT: Duration = Duration::from_secs(2);

/// Lets this process remember names, for as long as it runs.
pub async fn listen(hub: Hub) -> Infallible {
    loop {
        if let Err(error) = follow(&hub, hub.names()).await {
            tracing::debug!(%error, "names are read each time until the database tells of changes again");
        }
        hub.names().forget(false);
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn follow(hub: &Hub, names: &Remembered) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(&hub.store().pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    names.forget(true);
    while listener.try_recv().await?.is_some() {
        names.forget(true);
    }
    // The line was cut: what is told meanwhile is lost.
    Ok(())
}
