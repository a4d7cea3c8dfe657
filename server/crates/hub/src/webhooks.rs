//! Webhooks in: a sender tells what has changed, and it is a row at once.
//!
//! Here: turning a connection's endpoint on and off, and its secrets. What comes in is taken by [`receive`], and becomes
//! rows in [`write`].

mod change;
pub mod event;
mod load;
mod merge;
pub mod receive;
mod records;
pub mod signature;
mod write;

use std::time::Duration;

use model::{
    ConnectionId, WebhookArrival, WebhookMade, WebhookPart, WebhookRefused, WebhookRotation,
    WebhookScheme, WebhookSettings, WebhookStatus, WebhookView,
};
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgConnection;
use store::{
    TenantTx,
    connections::{self, Connection, Stage},
    ids::Id,
    secrets::{Place, TenantKeys},
    times,
    webhooks::{self as rows, Webhook, events},
};
use time::OffsetDateTime;

use crate::{Error, Hub, Permission, Scope, own};
use change::Change;

pub(crate) use write::{JOB, after_run, give_up, late, run};

/// Path of the endpoints, before the token.
pub const PATH: &str = "/in/";
/// What the list of events counts.
const RECENT: Duration = Duration::from_hours(24);
/// How many of the newest events are listed.
const LISTED: i64 = 10;
/// Letters of a signing secret: none is known that is shorter or longer.
const SECRET: std::ops::RangeInclusive<usize> = 8..=512;
/// Name of the form's field, and of the field in a program's request.
const FIELD: &str = "secret";

/// Whether the connection takes events in, and how that goes.
pub async fn status(hub: &Hub, scope: &Scope, id: ConnectionId) -> Result<WebhookStatus, Error> {
    scope.require(Permission::Read)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::get(&mut tx, tenant, id).await?;
    if connection.stage == Stage::Removing {
        return Err(Error::NotFound);
    }
    let webhook = rows::get(&mut tx, tenant, id).await?;
    let endpoint = match webhook.filter(|webhook| webhook.is_on) {
        Some(webhook) => Some(view(hub, &mut tx, webhook).await?),
        None => None,
    };
    Ok(WebhookStatus {
        suggested: usual(hub, &mut tx, &connection).await?,
        endpoint,
    })
}

/// How the senders of an integration sign: as its description says, or as is known of the tool.
async fn usual(
    hub: &Hub,
    tx: &mut TenantTx,
    connection: &Connection,
) -> Result<WebhookScheme, Error> {
    let described = own::sender(hub, tx, &connection.integration).await?;
    Ok(described.unwrap_or_else(|| WebhookScheme::of_integration(&connection.integration)))
}

/// Whether its description says that it sends events, and nobody has turned them on.
pub(crate) async fn are_awaited(
    hub: &Hub,
    tx: &mut TenantTx,
    connection: &Connection,
) -> Result<bool, Error> {
    let (tenant, id) = (tx.tenant(), connection.id);
    if !matches!(connection.stage, Stage::Active | Stage::Paused) {
        return Ok(false);
    }
    let on = rows::get(tx, tenant, id)
        .await?
        .is_some_and(|webhook| webhook.is_on);
    Ok(!on
        && own::sender(hub, tx, &connection.integration)
            .await?
            .is_some())
}

/// Turns it on, or changes it: another kind of sender, or its signing secret.
pub async fn set(
    hub: &Hub,
    scope: &Scope,
    id: ConnectionId,
    settings: WebhookSettings,
) -> Result<WebhookMade, Error> {
    let mut change = Change::begin(hub, scope, id).await?;
    let before = change.webhook.as_ref().map(|webhook| webhook.scheme);
    let scheme = match settings.scheme.or(before) {
        Some(scheme) => scheme,
        None => usual(hub, &mut change.tx, &change.connection).await?,
    };
    let given = settings.secret.map(SecretString::from);
    let given = given.filter(|secret| !secret.expose_secret().trim().is_empty());
    if let Some(secret) = &given {
        check(scheme, secret)?;
    }
    let is_new = before != Some(scheme);
    let made = (is_new && given.is_none() && scheme.secret_is_ours()).then(|| fresh(scheme));
    let secret = given.as_ref().or(made.as_ref());
    let mut url = None;
    if before.is_none() {
        url = Some(change.turn_on(scheme, secret).await?);
    } else {
        change.alter(scheme, is_new, secret).await?;
    }
    change.done(url, made).await
}

/// Makes the address or the signing secret anew.
pub async fn rotate(
    hub: &Hub,
    scope: &Scope,
    id: ConnectionId,
    rotation: WebhookRotation,
) -> Result<WebhookMade, Error> {
    let mut change = Change::begin(hub, scope, id).await?;
    let webhook = change.on()?;
    match rotation.part {
        WebhookPart::Address => {
            let url = change.another_address().await?;
            change.done(Some(url), None).await
        }
        WebhookPart::Secret => {
            let given = rotation.secret.map(SecretString::from);
            let given = given.filter(|secret| !secret.expose_secret().trim().is_empty());
            let made = match &given {
                Some(secret) => {
                    check(webhook.scheme, secret)?;
                    None
                }
                None if webhook.scheme.secret_is_ours() => Some(fresh(webhook.scheme)),
                None => {
                    let detail = format!(
                        "Paste the new signing secret. {}",
                        webhook.scheme.where_secret()
                    );
                    return Err(Error::field(FIELD, detail));
                }
            };
            if let Some(secret) = given.as_ref().or(made.as_ref()) {
                change.another_secret(&webhook, secret).await?;
            }
            change.done(None, made).await
        }
    }
}

/// Turns it off: the address ends at once. Events that were taken in still become rows, and the table stays.
pub async fn turn_off(hub: &Hub, scope: &Scope, id: ConnectionId) -> Result<(), Error> {
    let mut change = Change::begin(hub, scope, id).await?;
    change.on()?;
    rows::turn_off(&mut change.tx, scope.tenant(), id).await?;
    change.note("webhook.off", "").await?;
    Ok(change.tx.commit().await?)
}

/// An endpoint's address.
fn address(hub: &Hub, token: &str) -> String {
    format!("{}{PATH}{token}", hub.public_url().trim_end_matches('/'))
}

fn secret_of(id: ConnectionId) -> Place<'static> {
    Place {
        table: "webhooks",
        column: "secret",
        row: id.uuid(),
    }
}

/// What verifies now: the secret, and the one before while it is good.
fn secrets_now(
    keys: &TenantKeys,
    webhook: &Webhook,
    now: OffsetDateTime,
) -> Result<Vec<SecretString>, Error> {
    let old = webhook
        .old_secret
        .as_ref()
        .filter(|_| webhook.old_secret_until.is_some_and(|until| until > now));
    let sealed = webhook.secret.iter().chain(old);
    sealed
        .map(|record| Ok(keys.open_text(secret_of(webhook.connection), record)?))
        .collect()
}

fn fresh(scheme: WebhookScheme) -> SecretString {
    match scheme {
        WebhookScheme::StandardWebhooks => signature::fresh_standard(),
        _ => seal::token::secret(),
    }
}

fn check(scheme: WebhookScheme, secret: &SecretString) -> Result<(), Error> {
    let text = secret.expose_secret().trim();
    if !SECRET.contains(&text.len()) || text.contains(char::is_control) {
        return Err(Error::field(
            FIELD,
            "A signing secret has 8 to 512 characters. Copy all of it.",
        ));
    }
    if scheme == WebhookScheme::StandardWebhooks {
        signature::check_standard(secret).map_err(|detail| Error::field(FIELD, detail))?;
    }
    if scheme == WebhookScheme::Stripe && !text.starts_with("whsec_") {
        return Err(Error::field(
            FIELD,
            "Stripe's signing secrets begin with whsec_. An API key is something else.",
        ));
    }
    Ok(())
}

async fn view(hub: &Hub, conn: &mut PgConnection, webhook: Webhook) -> Result<WebhookView, Error> {
    let now = hub.clock().now();
    let tenant = webhook.tenant;
    let counts = events::counts(conn, tenant, webhook.connection, now - RECENT).await?;
    let newest = events::newest(conn, tenant, webhook.connection, LISTED).await?;
    Ok(WebhookView {
        scheme: webhook.scheme,
        table: webhook.table,
        has_secret: webhook.secret.is_some(),
        secret_set_at: times::maybe(webhook.secret_set_at),
        old_secret_until: times::maybe(webhook.old_secret_until.filter(|until| *until > now)),
        created_at: times::text(webhook.created_at),
        address_made_at: times::text(webhook.address_made_at),
        last_event_at: times::maybe(counts.last_at),
        events_24h: counts.recent,
        waiting: counts.waiting,
        last_refusal: webhook.last_refusal.map(|(reason, at)| WebhookRefused {
            reason,
            detail: reason.words().to_owned(),
            at: times::text(at),
            // By the exact times: in what is told of them are only whole seconds.
            is_newest: counts.last_at.is_none_or(|event| event < at),
        }),
        newest: newest.into_iter().map(arrival).collect(),
        problem: webhook.problem,
    })
}

fn arrival(event: events::Newest) -> WebhookArrival {
    WebhookArrival {
        kind: event.kind,
        at: times::text(event.received_at),
        is_row: event.is_row,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_may_name_every_kind_of_sender() {
        let names = WebhookScheme::ALL.map(WebhookScheme::name);
        assert_eq!(sync::integration::SENDERS, names);
    }

    #[test]
    fn secrets_are_looked_at_before_they_are_kept() {
        for (scheme, secret, good) in [
            (WebhookScheme::Stripe, "whsec_12345678", true),
            (WebhookScheme::Stripe, "sk_live_12345678", false),
            (WebhookScheme::GitHub, "short", false),
            (WebhookScheme::GitHub, "long enough", true),
            (WebhookScheme::GitHub, "two\nlines here", false),
            (
                WebhookScheme::StandardWebhooks,
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                true,
            ),
            (WebhookScheme::StandardWebhooks, "whsec_MfKQ", false),
        ] {
            let seen = check(scheme, &SecretString::from(secret));
            assert_eq!(seen.is_ok(), good, "{scheme:?} {secret}");
        }
    }
}
