//! Taking a delivery in: whose it is, whether it is signed, and keeping it before anybody is told that it came.
//!
//! Neither the address nor what was sent is ever logged.

use model::{TenantState, WebhookRefusal};
use queue::NewJob;
use serde_json::json;
use store::{
    connections::Stage,
    ids::Id,
    secrets::{self, Place, TenantKeys},
    webhooks::{self as rows, events},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    JOB, address,
    event::{self, Event, Said},
    secrets_now,
    signature::{self, Delivery, Headers},
};
use crate::{Error, Hub};

/// The same refusal again is noted after this long: a sender with a wrong secret sends all day.
const NOTED_AGAIN: std::time::Duration = std::time::Duration::from_secs(10);
/// How often a job tries before the regular clean-up takes over.
const ATTEMPTS: i32 = 20;

/// A request to an endpoint.
pub struct Request<'a> {
    /// What stands in the address.
    pub token: &'a str,
    pub method: &'a str,
    /// What stands behind the path, with its question mark.
    pub query: &'a str,
    pub headers: &'a Headers,
    /// None: it was larger than is read.
    pub body: Option<&'a [u8]>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Kept for good, and this many of it were new.
    Kept { new: u64 },
    /// To be answered with this text.
    Challenge(String),
}

/// Why it was not taken in.
#[derive(Debug)]
pub enum Refused {
    /// No endpoint has this address (any more).
    Unknown,
    /// Its workspace does nothing at the moment: the sender is to try later.
    Resting,
    Untrue(WebhookRefusal),
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        match error.into() {
            Error::NotFound => Self::Unknown,
            other => Self::Failed(other),
        }
    }
}

/// Takes a delivery in. Once this answers `Kept`, what was sent survives a crash and becomes rows.
pub async fn receive(hub: &Hub, request: &Request<'_>) -> Result<Taken, Refused> {
    let hash = seal::token::hash(request.token);
    let mut tx = hub.store().platform().await?;
    let place = rows::find(&mut tx, &hash).await?.ok_or(Refused::Unknown)?;
    tx.commit().await?;
    let is_there = matches!(place.stage, Stage::Active | Stage::Paused);
    match place.tenant_state {
        TenantState::Active if is_there => {}
        TenantState::Suspended if is_there => return Err(Refused::Resting),
        _ => return Err(Refused::Unknown),
    }
    let now = hub.clock().now();
    match keep(hub, &place, &hash, request, now).await {
        Err(Refused::Untrue(why)) => {
            note(hub, &place, why, now).await?;
            Err(Refused::Untrue(why))
        }
        other => other,
    }
}

async fn keep(
    hub: &Hub,
    place: &rows::Place,
    hash: &[u8],
    request: &Request<'_>,
    now: OffsetDateTime,
) -> Result<Taken, Refused> {
    let too_large = Refused::Untrue(WebhookRefusal::TooLarge);
    let body = request.body.ok_or(too_large)?;
    let (tenant, connection) = (place.tenant, place.connection);
    let mut tx = hub.store().tenant(tenant).await?;
    let keys = secrets::keys(&mut tx, hub.keys(), tenant).await?;
    let webhook = rows::get(&mut tx, tenant, connection).await?;
    let webhook = webhook.ok_or(Refused::Unknown)?;
    let secrets = secrets_now(&keys, &webhook, now)?;
    if secrets.is_empty() {
        return Err(Refused::Untrue(WebhookRefusal::NoSecret));
    }
    let uri = format!("{}{}", address(hub, request.token), request.query);
    let delivery = Delivery {
        method: request.method,
        uri: &uri,
        headers: request.headers,
        body,
    };
    signature::verify(webhook.scheme, &delivery, &secrets, now).map_err(Refused::Untrue)?;
    let said = event::read(webhook.scheme, &delivery).map_err(Refused::Untrue)?;
    let events = match said {
        Said::Challenge(text) => return Ok(Taken::Challenge(text)),
        Said::Events(events) => events,
    };
    let sealed: Vec<_> = events.iter().map(|event| sealed(&keys, event)).collect();
    // Turned off or given another address since it was looked up: then it came too late.
    let turn = events::enter(&mut tx, tenant, connection, hash).await?;
    let turn = turn.ok_or(Refused::Unknown)?;
    let new = events::insert(&mut tx, tenant, connection, &sealed, now).await?;
    if new > 0 {
        queue::enqueue(&mut tx, job(tenant, connection, turn)).await?;
    }
    tx.commit().await?;
    metrics::counter!("tributary_webhook_events_total", "scheme" => webhook.scheme.name())
        .increment(new);
    Ok(Taken::Kept { new })
}

/// The job of an endpoint's turn. While it waits or works, an equal one is not added.
pub(super) fn job(tenant: model::TenantId, connection: model::ConnectionId, turn: i64) -> NewJob {
    let payload = json!({"tenant": tenant, "connection": connection, "turn": turn});
    let mut job = NewJob::new(JOB, payload).tenant(tenant.uuid());
    job.max_attempts = ATTEMPTS;
    job.dedup(format!("{connection}/{turn}"))
}

fn sealed<'a>(keys: &TenantKeys, event: &'a Event) -> events::New<'a> {
    let id = Uuid::now_v7();
    events::New {
        id,
        event: &event.id,
        kind: &event.kind,
        payload: keys.seal(payload_of(id), event.payload.as_bytes()),
        signed: event.signed.clone(),
    }
}

/// Where what was sent is kept until it is a row.
pub(super) fn payload_of(id: Uuid) -> Place<'static> {
    Place {
        table: "webhook_events",
        column: "payload",
        row: id,
    }
}

async fn note(
    hub: &Hub,
    place: &rows::Place,
    why: WebhookRefusal,
    now: OffsetDateTime,
) -> Result<(), Error> {
    metrics::counter!("tributary_webhook_refused_total", "why" => why.name()).increment(1);
    let mut tx = hub.store().tenant(place.tenant).await?;
    let before = now - NOTED_AGAIN;
    rows::refused(&mut tx, place.tenant, place.connection, why, now, before).await?;
    Ok(tx.commit().await?)
}
