//! One change of a connection's endpoint: turned on, altered, or given another address or secret, in one transaction.

use std::time::Duration;

use model::{ConnectionId, WebhookMade, WebhookScheme};
use secrecy::{ExposeSecret, SecretString};
use store::{
    TenantTx,
    connections::{self, Connection, Stage},
    secrets, streams,
    webhooks::{self as rows, Webhook},
};
use sync::load::munge;
use time::OffsetDateTime;

use super::{address, secret_of, view};
use crate::{Error, Hub, Permission, Scope, acts, schedules};

/// How long the secret before a rotation stays good: time enough to change it at the sender.
const OVERLAP: Duration = Duration::from_hours(24);
/// How often runs bring what events have missed, unless somebody says otherwise.
const CATCH_UP: &str = "every hour";
/// Name of the table of events, after the connection's prefix.
const TABLE: &str = "webhook_events";

/// One change of a connection's endpoint, in its transaction.
pub(super) struct Change<'a> {
    hub: &'a Hub,
    scope: &'a Scope,
    pub(super) tx: TenantTx,
    pub(super) connection: Connection,
    /// None: turned off.
    pub(super) webhook: Option<Webhook>,
    now: OffsetDateTime,
}

impl<'a> Change<'a> {
    pub(super) async fn begin(
        hub: &'a Hub,
        scope: &'a Scope,
        id: ConnectionId,
    ) -> Result<Self, Error> {
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

    pub(super) fn on(&self) -> Result<Webhook, Error> {
        let off = || Error::conflict("This connection takes no events in. Turn them on first.");
        self.webhook.clone().ok_or_else(off)
    }

    async fn seal(&mut self, secret: &SecretString) -> Result<Vec<u8>, Error> {
        let tenant = self.scope.tenant();
        let keys = secrets::keys(&mut self.tx, self.hub.keys(), tenant).await?;
        let text = SecretString::from(secret.expose_secret().trim());
        Ok(keys.seal_text(secret_of(self.connection.id), &text))
    }

    pub(super) async fn turn_on(
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

    pub(super) async fn alter(
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

    pub(super) async fn another_address(&mut self) -> Result<String, Error> {
        let (token, hash) = token();
        let (tenant, id) = (self.scope.tenant(), self.connection.id);
        rows::set_token(&mut self.tx, tenant, id, &hash, self.now).await?;
        self.note("webhook.address", "").await?;
        Ok(self.url(&token))
    }

    pub(super) async fn another_secret(
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

    pub(super) async fn note(&mut self, act: &str, detail: &str) -> Result<(), Error> {
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

    pub(super) async fn done(
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
}
