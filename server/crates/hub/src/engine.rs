//! What the engine holds for a tenant and for a connection: workspace, destination, source, connection.
//!
//! Everything is found before it is made, by a name that carries our own id: a crash between the engine's answer and
//! our commit leaves nothing double.

mod direct;
mod places;
mod push;
mod reach;
mod ways;

use airbyte::{
    Client, Server,
    api::{SourceCreate, SourcePatch, SourcePut, SourceResponse},
    extension::FaultKind,
};
use model::{ConnectionId, StepName, TenantId};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sqlx::PgConnection;
use store::{connections::Connection, routes, steps};
use uuid::Uuid;

use crate::{Error, Hub};

pub(crate) use direct::{forget_place, workspace as direct_workspace};
pub use places::OnePlace;
pub(crate) use push::{Refusal, push};
pub(crate) use reach::out_of_bounds;
pub(crate) use ways::{Connectors, Way, Ways, client, ways};

/// The tenant's workspace and destination.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub workspace: Uuid,
    pub destination: Uuid,
}

pub(crate) async fn place(conn: &mut PgConnection, tenant: TenantId) -> Result<Place, Error> {
    let mut id = [Uuid::nil(); 2];
    for (slot, step) in id
        .iter_mut()
        .zip([StepName::Workspace, StepName::Destination])
    {
        let text = steps::external_id(conn, tenant, step).await?;
        *slot = text.and_then(|text| text.parse().ok()).ok_or_else(|| {
            Error::Conflict(
                "Your workspace is still being prepared. Try again in a moment.".to_owned(),
            )
        })?;
    }
    Ok(Place {
        workspace: id[0],
        destination: id[1],
    })
}

/// What the engine calls a connection and its source: readable, and found again by the id in it.
fn engine_name(id: ConnectionId, name: &str) -> String {
    format!("{name} [{id}]")
}

pub(crate) fn is_ours(id: ConnectionId, engine_name: &str) -> bool {
    engine_name.ends_with(&format!("[{id}]"))
}

/// Finds the source of a connection or makes it, and gives it the configuration.
pub(crate) async fn put_source(
    client: &Client,
    workspace: Uuid,
    connection: &Connection,
    config: &Value,
) -> Result<Uuid, airbyte::Error> {
    let put = SourcePut {
        name: engine_name(connection.id, &connection.name),
        configuration: config.clone(),
    };
    if let Some(known) = connection.engine_source
        && let Some(put) = there(client.replace_source(known, &put).await)?
    {
        return Ok(put.source_id);
    }
    if let Some(source) = find_source(client, workspace, connection).await? {
        return Ok(client.replace_source(source, &put).await?.source_id);
    }
    let create = SourceCreate {
        name: put.name,
        workspace_id: workspace,
        definition_id: Some(connection.definition),
        configuration: config.clone(),
        secret_id: None,
    };
    let made = client.create_source(&create).await?.source_id;
    without_twins(client, workspace, connection, made).await
}

/// Gives a source that is there other settings, in which masks may stand for what it has.
pub(crate) async fn replace_source(
    client: &Client,
    connection: &Connection,
    source: Uuid,
    config: &Value,
) -> Result<Uuid, airbyte::Error> {
    let put = SourcePut {
        name: engine_name(connection.id, &connection.name),
        configuration: config.clone(),
    };
    Ok(client.replace_source(source, &put).await?.source_id)
}

/// The same for a source whose tokens Airbyte keeps: nothing is replaced, because its settings there are more than ours.
pub(crate) async fn give_source(
    client: &Client,
    workspace: Uuid,
    connection: &Connection,
    config: &Value,
    secret: Option<&SecretString>,
) -> Result<Uuid, airbyte::Error> {
    let name = engine_name(connection.id, &connection.name);
    let secret_id = secret.map(|secret| secret.expose_secret().to_owned());
    let patch = SourcePatch {
        name: Some(name.clone()),
        configuration: Some(config.clone()),
        secret_id: secret_id.clone(),
    };
    if let Some(known) = connection.engine_source
        && let Some(given) = there(client.update_source(known, &patch).await)?
    {
        return Ok(given.source_id);
    }
    if let Some(source) = find_source(client, workspace, connection).await? {
        return Ok(client.update_source(source, &patch).await?.source_id);
    }
    let create = SourceCreate {
        name,
        workspace_id: workspace,
        definition_id: Some(connection.definition),
        configuration: config.clone(),
        secret_id,
    };
    let made = client.create_source(&create).await?.source_id;
    without_twins(client, workspace, connection, made).await
}

/// Made before a crash and not noted, or made anew.
async fn find_source(
    client: &Client,
    workspace: Uuid,
    connection: &Connection,
) -> Result<Option<Uuid>, airbyte::Error> {
    let all = client.sources(workspace).await?;
    let ours = |source: &SourceResponse| is_ours(connection.id, &source.name);
    Ok(all.into_iter().find(ours).map(|source| source.source_id))
}

/// What is between us and an Airbyte elsewhere may deliver a call twice: of two sources the first stays.
async fn without_twins(
    client: &Client,
    workspace: Uuid,
    connection: &Connection,
    made: Uuid,
) -> Result<Uuid, airbyte::Error> {
    if client.server() == Server::Engine {
        return Ok(made);
    }
    let all = client.sources(workspace).await?;
    let ours = all
        .iter()
        .filter(|source| is_ours(connection.id, &source.name));
    let mut ids: Vec<Uuid> = ours.map(|source| source.source_id).collect();
    ids.sort_unstable();
    let Some((first, twins)) = ids.split_first() else {
        return Ok(made);
    };
    for twin in twins {
        gone(client.delete_source(*twin).await)?;
    }
    Ok(*first)
}

/// Removes what the engines hold for a connection on all ways; gone already is as good.
pub(crate) async fn forget(
    hub: &Hub,
    tenant: TenantId,
    connection: &Connection,
) -> Result<(), Error> {
    let mut tx = hub.store().tenant(tenant).await?;
    let beside = routes::beside(&mut tx, tenant, connection.id).await?;
    let direct = routes::direct_place(&mut tx, tenant).await?;
    let place = place(&mut tx, tenant).await;
    tx.commit().await?;
    match (beside, direct) {
        (Some(beside), _) => {
            let (source, held) = (Some(beside.source), Some(beside.connection));
            forget_at(hub.direct(), source, held).await?;
        }
        // Its settings were taken, its tables were not.
        (None, Some((workspace, _))) => {
            let source = find_source(hub.direct(), workspace, connection).await?;
            forget_at(hub.direct(), source, None).await?;
        }
        (None, None) => {}
    }
    let source = match (connection.engine_source, place) {
        (Some(source), _) => Some(source),
        // A test may have made one and not passed.
        (None, Ok(place)) => find_source(hub.airbyte(), place.workspace, connection).await?,
        (None, Err(_)) => None,
    };
    Ok(forget_at(hub.airbyte(), source, connection.engine_connection).await?)
}

async fn forget_at(
    client: &Client,
    source: Option<Uuid>,
    connection: Option<Uuid>,
) -> Result<(), airbyte::Error> {
    if let Some(id) = connection {
        gone(client.delete_connection(id).await)?;
    }
    if let Some(id) = source {
        gone(client.delete_source(id).await)?;
    }
    Ok(())
}

impl From<airbyte::Error> for Error {
    /// What trying again may solve is `Upstream`; what it will not is `Conflict`.
    fn from(error: airbyte::Error) -> Self {
        match error {
            airbyte::Error::Connector(fault) if passes(fault.kind) => Self::Upstream(fault.message),
            airbyte::Error::Connector(fault) => Self::Conflict(fault.message),
            airbyte::Error::Invalid { message } | airbyte::Error::Conflict { message } => {
                Self::Conflict(message)
            }
            airbyte::Error::NotFound { .. } => Self::Conflict(
                "The engine no longer knows this connection. Test it again to set it up anew."
                    .to_owned(),
            ),
            other => {
                tracing::warn!(error = %other, "the engine refused a call");
                Self::Upstream(format!("{}{ADVICE}", silence(&other)))
            }
        }
    }
}

/// What a connector said may be otherwise in a while.
pub(crate) fn passes(kind: FaultKind) -> bool {
    use FaultKind::{RateLimited, Timeout, Unreachable, Upstream};
    matches!(kind, RateLimited | Timeout | Unreachable | Upstream)
}

/// What whoever asked may do. A run that asks again by itself leaves it out.
pub(crate) const ADVICE: &str = " Try again in a few minutes.";

/// Why there was no answer to work with.
pub(crate) fn silence(error: &airbyte::Error) -> &'static str {
    match error {
        airbyte::Error::RateLimited { .. } => {
            "The engine that moves the data has too much to do and asks for fewer calls."
        }
        airbyte::Error::Credentials { .. } => {
            "The engine that moves the data refuses the credentials of this hub. Whoever runs the hub must renew them."
        }
        airbyte::Error::Forbidden { .. } => {
            "The engine that moves the data does not allow this hub to do that. Whoever runs the hub must give its account the right."
        }
        airbyte::Error::Unsupported { .. } => {
            "The engine that moves the data cannot do that. Whoever runs the hub can update it."
        }
        airbyte::Error::Unreadable { .. } => {
            "What answers in place of the engine that moves the data is not the engine: a page for people, perhaps."
        }
        _ => "The engine that moves the data does not answer as it should.",
    }
}

/// `None` where somebody has deleted there what was noted here.
fn there<T>(result: Result<T, airbyte::Error>) -> Result<Option<T>, airbyte::Error> {
    match result {
        Err(airbyte::Error::NotFound { .. }) => Ok(None),
        other => other.map(Some),
    }
}

fn gone(result: Result<(), airbyte::Error>) -> Result<(), airbyte::Error> {
    match result {
        Err(airbyte::Error::NotFound { .. }) => Ok(()),
        other => other,
    }
}
