//! Streams of a connection: what a source offers becomes tables, and a person chooses among them.

pub mod choose;
pub mod discovered;
pub mod personal;

use model::{ConnectionId, Preset, StreamChoice};
use store::{
    TenantTx,
    connections::{self, Stage},
    streams::{self, Offer, Stream},
};
use sync::load::munge;

use crate::{Error, Hub, Permission, Scope, acts};

/// Replaces the choices of the named streams; others stay as they are.
pub async fn choose(
    hub: &Hub,
    scope: &Scope,
    id: ConnectionId,
    choices: Vec<StreamChoice>,
) -> Result<(), Error> {
    scope.require(Permission::Manage)?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    let stored = checked(&mut tx, id).await?;
    replace(hub, scope, tx, id, stored, &choices).await
}

/// One click for all streams. `selected` are labels (`namespace.name`); `None` keeps what is chosen.
pub async fn preset(
    hub: &Hub,
    scope: &Scope,
    id: ConnectionId,
    preset: Preset,
    selected: Option<&[String]>,
) -> Result<(), Error> {
    scope.require(Permission::Manage)?;
    let mut tx = hub.store().tenant(scope.tenant()).await?;
    let stored = checked(&mut tx, id).await?;
    let choices = choose::preset(&stored, preset, selected);
    replace(hub, scope, tx, id, stored, &choices).await
}

async fn checked(tx: &mut TenantTx, id: ConnectionId) -> Result<Vec<Stream>, Error> {
    let tenant = tx.tenant();
    let connection = connections::lock(tx, tenant, id).await?;
    match connection.stage {
        Stage::Active | Stage::Paused => Ok(streams::list(tx, tenant, id).await?),
        Stage::Removing => Err(Error::NotFound),
        Stage::Draft | Stage::Unchecked => Err(Error::Conflict(
            "Test this connection first: its tables are not known yet.".to_owned(),
        )),
    }
}

async fn replace(
    hub: &Hub,
    scope: &Scope,
    mut tx: TenantTx,
    id: ConnectionId,
    stored: Vec<Stream>,
    choices: &[StreamChoice],
) -> Result<(), Error> {
    let tenant = tx.tenant();
    let chosen = choose::judge(&stored, choices).map_err(Error::Invalid)?;
    let streams: Vec<Stream> = stored
        .into_iter()
        .zip(chosen)
        .map(|(stream, choice)| Stream { choice, ..stream })
        .collect();
    let count = streams
        .iter()
        .filter(|stream| stream.choice.selected)
        .count();
    streams::replace(&mut tx, tenant, id, &streams).await?;
    connections::bump(&mut tx, tenant, id, hub.clock().now()).await?;
    let detail = format!("Chose {count} of {} tables.", streams.len());
    acts::note(
        hub,
        &mut tx,
        scope,
        "connection.streams",
        &id.to_string(),
        &detail,
    )
    .await?;
    Ok(tx.commit().await?)
}

/// A prefix that keeps the tables of a new connection apart from all others: none where that is enough.
pub(crate) fn prefix(slug: &str, offers: &[Offer], taken: &[String]) -> String {
    let is_free = |prefix: &String| {
        !offers
            .iter()
            .any(|offer| taken.contains(&table(prefix, offer)))
    };
    let base = munge(slug);
    std::iter::once(String::new())
        .chain(std::iter::once(format!("{base}_")))
        .chain((2..=u32::MAX).map(|number| format!("{base}{number}_")))
        .find(is_free)
        .unwrap_or_default()
}

/// What a source offers now, with the choices that were made before where they still fit. New tables of a connection
/// that was set up already are offered, not chosen.
pub(crate) fn merge(prefix: &str, offers: Vec<Offer>, before: &[Stream]) -> Vec<Stream> {
    let mut streams: Vec<Stream> = Vec::with_capacity(offers.len());
    for offer in offers {
        let table = table(prefix, &offer);
        let known = before
            .iter()
            .find(|stream| stream.offer.is(&offer.namespace, &offer.name));
        let mut choice = match known {
            Some(stream) if fits(&offer, stream) => stream.choice.clone(),
            _ => discovered::default_choice(&offer),
        };
        let double = streams
            .iter()
            .any(|other| other.choice.selected && other.table == table);
        choice.selected =
            !double && known.map_or(before.is_empty(), |stream| stream.choice.selected);
        streams.push(Stream {
            offer,
            table,
            choice,
        });
    }
    streams
}

fn fits(offer: &Offer, stream: &Stream) -> bool {
    let choice = &stream.choice;
    let known = |name: &String| offer.fields.iter().any(|field| field.name == *name);
    offer.modes.contains(&choice.mode)
        && offer.source_key == stream.offer.source_key
        && offer.source_cursor == stream.offer.source_cursor
        && (offer.source_key.is_some() || choice.primary_key.iter().all(known))
        && (offer.source_cursor || choice.cursor.iter().all(known))
        && choice.fields.iter().flatten().all(known)
}

fn table(prefix: &str, offer: &Offer) -> String {
    munge(&format!("{prefix}{}", offer.name))
}

#[cfg(test)]
mod tests;
