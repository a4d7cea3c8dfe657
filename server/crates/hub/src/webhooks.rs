//! Webhooks in: a sender tells what has changed, and it is a row at once.
//!
//! Here: turning a connection's endpoint on and off, and its secrets. What comes in is taken by [`receive`], and becomes
//! rows in [`write`].

pub mod event;
mod load;
mod merge;
pub mod receive;
mod records;
pub mod signature;
mod write;

use std::time::Duration;

use model::{
    ConnectionId, WebhookMade, WebhookPart, WebhookRefused, WebhookRotation, WebhookScheme,
    WebhookSettings, WebhookStatus, WebhookView,
};
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgConnection;
use store::{
    TenantTx,
    connections::{self, Connection, Stage},
    ids::Id,
    secrets::{self, Place, TenantKeys},
    streams, times,
    webhooks::{self as rows, Webhook, events},
};
use sync::load::munge;
use time::OffsetDateTime;

use crate::{Error, Hub, Permission, Scope, acts, schedules};

pub(crate) use write::{JOB, after_run, give_up, late, run};

/// Path of the endpoints, before the token.
pub const PATH: &str = "/in/";
/// How long the secret before a rotation stays good: time enough to change it at the sender.
const OVERLAP: Duration = Duration::from_hours(24);
/// What the list of events counts.
const RECENT: Duration = Duration::from_hours(24);
/// Letters of a signing secret: none is known that is shorter or longer.
const SECRET: std::ops::RangeInclusive<usize> = 8..=512;
/// How often runs bring what events have missed, unless somebody says otherwise.
const CATCH_UP: &str = "every hour";
/// Name of the form's field, and of the field in a program's request.
const FIELD: &str = "secret";
/// Name of the table of events, after the connection's prefix.
const TABLE: &str = "webhook_events";

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
        suggested: WebhookScheme::of_integration(&connection.integration),
        endpoint,
    })
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
    let scheme = settings
        .scheme
        .or(before)
        .unwrap_or_else(|| WebhookScheme::of_integration(&change.connection.integration));
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

/// One change of a connection's endpoint, in its transaction.
struct Change<'a> {
    hub: &'a Hub,
    scope: &'a Scope,
    tx: TenantTx,
    connection: Connection,
    /// None: turned off.
    webhook: Option<Webhook>,
    now: OffsetDateTime,
}

impl<'a> Change<'a> {
    async fn begin(hub: &'a Hub, scope: &'a Scope, id: ConnectionId) -> Result<Self, Error> {
        scope.require(Permission::Manage)?;
        let tenant = scope.tenant();
        let mut tx = hub.store().tenant(tenant).await?;
        let connection = connections::lock(&mut tx, tenant, id).await?;
        match connection.stage {
            Stage::Active | Stage::Paused => {}
            Stage::Removing => return Err(Error::NotFound),
            Stage::Draft | Stage::Unchecked => {
                return Err(Error::conflict(
                    "This connection is not finished. Test it first.",
                ));
            }
        }
        let webhook = rows::lock(&mut tx, tenant, id).await?;
        Ok(Self {
            hub,
            scope,
            tx,
            connection,
            webhook: webhook.filter(|webhook| webhook.is_on),
            now: hub.clock().now(),
        })
    }

    fn on(&self) -> Result<Webhook, Error> {
        let off = || Error::conflict("This connection takes no events in. Turn them on first.");
        self.webhook.clone().ok_or_else(off)
    }

    async fn seal(&mut self, secret: &SecretString) -> Result<Vec<u8>, Error> {
        let tenant = self.scope.tenant();
        let keys = secrets::keys(&mut self.tx, self.hub.keys(), tenant).await?;
        let text = SecretString::from(secret.expose_secret().trim());
        Ok(keys.seal_text(secret_of(self.connection.id), &text))
    }

    async fn turn_on(
        &mut self,
        scheme: WebhookScheme,
        secret: Option<&SecretString>,
    ) -> Result<String, Error> {
        let tenant = self.scope.tenant();
        let sealed = match secret {
            Some(secret) => Some(self.seal(secret).await?),
            None => None,
        };
        let (token, hash) = token();
        let new = rows::New {
            connection: self.connection.id,
            token_hash: &hash,
            scheme,
            secret: sealed.as_deref(),
            table: &self.table().await?,
            created_by: &acts::who(&mut self.tx, self.scope).await?,
            at: self.now,
        };
        rows::turn_on(&mut self.tx, tenant, &new).await?;
        self.catch_up().await?;
        self.note("webhook.on", scheme.label()).await?;
        Ok(self.url(&token))
    }

    /// What events miss, runs bring: every hour, where nobody has said when.
    async fn catch_up(&mut self) -> Result<(), Error> {
        let (tenant, id) = (self.scope.tenant(), self.connection.id);
        if schedules::view(&mut self.tx, tenant, id).await?.is_none() {
            schedules::put(self.hub, &mut self.tx, tenant, id, CATCH_UP).await?;
        }
        Ok(())
    }

    async fn alter(
        &mut self,
        scheme: WebhookScheme,
        is_new: bool,
        secret: Option<&SecretString>,
    ) -> Result<(), Error> {
        let (tenant, id) = (self.scope.tenant(), self.connection.id);
        if is_new {
            rows::set_scheme(&mut self.tx, tenant, id, scheme).await?;
        }
        if let Some(secret) = secret {
            let sealed = self.seal(secret).await?;
            rows::set_secret(&mut self.tx, tenant, id, &sealed, None, self.now).await?;
        }
        if is_new || secret.is_some() {
            self.note("webhook.change", scheme.label()).await?;
        }
        Ok(())
    }

    async fn another_address(&mut self) -> Result<String, Error> {
        let (token, hash) = token();
        rows::set_token(&mut self.tx, self.scope.tenant(), self.connection.id, &hash).await?;
        self.note("webhook.address", "").await?;
        Ok(self.url(&token))
    }

    async fn another_secret(
        &mut self,
        before: &Webhook,
        secret: &SecretString,
    ) -> Result<(), Error> {
        let (tenant, id) = (self.scope.tenant(), self.connection.id);
        let sealed = self.seal(secret).await?;
        let until = self.now + OVERLAP;
        let old = before.secret.as_deref().map(|old| (old, until));
        rows::set_secret(&mut self.tx, tenant, id, &sealed, old, self.now).await?;
        self.note("webhook.secret", before.scheme.label()).await
    }

    /// A name that no other table of the tenant has; the one it had before, if it was on before.
    async fn table(&mut self) -> Result<String, Error> {
        let (tenant, id) = (self.scope.tenant(), self.connection.id);
        let own = streams::list(&mut self.tx, tenant, id).await?;
        let mut taken = streams::tables_of_others(&mut self.tx, tenant, id).await?;
        taken.extend(own.into_iter().map(|stream| stream.table));
        Ok(free_table(
            &self.connection.table_prefix,
            &self.connection.integration,
            &taken,
        ))
    }

    async fn note(&mut self, act: &str, detail: &str) -> Result<(), Error> {
        let target = self.connection.id.to_string();
        let detail = if detail.is_empty() {
            self.connection.name.clone()
        } else {
            format!("{}: {detail}", self.connection.name)
        };
        acts::note(self.hub, &mut self.tx, self.scope, act, &target, &detail).await
    }

    fn url(&self, token: &SecretString) -> String {
        address(self.hub, token.expose_secret())
    }

    async fn done(
        mut self,
        url: Option<String>,
        secret: Option<SecretString>,
    ) -> Result<WebhookMade, Error> {
        let now = rows::get(&mut self.tx, self.scope.tenant(), self.connection.id).await?;
        let now = now.ok_or(Error::NotFound)?;
        let endpoint = view(self.hub, &mut self.tx, now).await?;
        self.tx.commit().await?;
        Ok(WebhookMade {
            endpoint,
            url,
            secret: secret.map(|secret| secret.expose_secret().to_owned()),
        })
    }
}

/// An endpoint's address.
fn address(hub: &Hub, token: &str) -> String {
    format!("{}{PATH}{token}", hub.public_url().trim_end_matches('/'))
}

fn token() -> (SecretString, [u8; 32]) {
    let token = seal::token::secret();
    let hash = seal::token::hash(token.expose_secret());
    (token, hash)
}

fn free_table(prefix: &str, slug: &str, taken: &[String]) -> String {
    let base = munge(&format!("{slug}_{TABLE}"));
    let free = |name: &String| !taken.contains(name);
    std::iter::once(munge(&format!("{prefix}{TABLE}")))
        .chain(std::iter::once(base.clone()))
        .chain((2..=u32::MAX).map(|number| munge(&format!("{base}_{number}"))))
        .find(free)
        .unwrap_or(base)
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
    Ok(WebhookView {
        scheme: webhook.scheme,
        table: webhook.table,
        has_secret: webhook.secret.is_some(),
        secret_set_at: times::maybe(webhook.secret_set_at),
        old_secret_until: times::maybe(webhook.old_secret_until.filter(|until| *until > now)),
        created_at: times::text(webhook.created_at),
        last_event_at: times::maybe(counts.last_at),
        events_24h: counts.recent,
        waiting: counts.waiting,
        last_refusal: webhook.last_refusal.map(|(reason, at)| WebhookRefused {
            reason,
            detail: reason.words().to_owned(),
            at: times::text(at),
        }),
        problem: webhook.problem,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_events_has_a_name_of_its_own() {
        let taken = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(free_table("", "stripe", &taken(&[])), "webhook_events");
        assert_eq!(
            free_table("stripe2_", "stripe", &[]),
            "stripe2_webhook_events"
        );
        assert_eq!(
            free_table("", "stripe", &taken(&["webhook_events"])),
            "stripe_webhook_events"
        );
        assert_eq!(
            free_table(
                "",
                "stripe",
                &taken(&["webhook_events", "stripe_webhook_events"])
            ),
            "stripe_webhook_events_2"
        );
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
