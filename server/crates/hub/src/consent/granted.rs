//! What a person granted, kept with the test it was granted for: only a test that passes puts it in an older grant's place.

use model::{ConnectionId, TenantId, TestId};
use oauth::{AIRBYTE, Account};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use store::{
    ids::Id,
    oauth::grants::{self, By, Grant},
    secrets::{Place, TenantKeys},
    tests::{self, Test},
};
use time::OffsetDateTime;

use super::back::tokens_of;
use crate::Error;

/// Lives in memory and inside the seal only, so no `Debug`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Granted {
    pub provider: String,
    /// Granted to the tenant's own client rather than to the platform's.
    pub own_client: bool,
    pub account: Option<Account>,
    pub scopes: Vec<String>,
    /// A refresh token that the hub renews, or the name of Airbyte's secret.
    pub token: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

fn place(id: TestId) -> Place<'static> {
    Place {
        table: "connection_tests",
        column: "granted",
        row: id.uuid(),
    }
}

impl Granted {
    /// Airbyte holds it, under a name that its source does not know yet.
    pub fn by_airbyte(secret: &SecretString, at: OffsetDateTime) -> Self {
        Self {
            provider: AIRBYTE.to_owned(),
            own_client: false,
            account: None,
            scopes: Vec::new(),
            token: Some(secret.expose_secret().to_owned()),
            expires_at: None,
            at,
        }
    }

    pub fn by(&self) -> By<'_> {
        By {
            provider: &self.provider,
            account_id: self.account.as_ref().map(|known| known.id.as_str()),
            own_client: self.own_client,
        }
    }

    pub fn token(&self) -> Option<SecretString> {
        self.token.clone().map(SecretString::from)
    }

    pub fn seal(&self, keys: &TenantKeys, test: TestId) -> Vec<u8> {
        let text = serde_json::to_vec(self).expect("a grant is plain data");
        keys.seal(place(test), &text)
    }

    /// What waits with a test, as long as its settings are kept.
    pub fn open(keys: &TenantKeys, test: &Test) -> Result<Option<Self>, Error> {
        let Some(record) = &test.granted else {
            return Ok(None);
        };
        let bytes = keys.open(place(test.id), record)?;
        let granted = serde_json::from_slice(bytes.expose_secret())
            .map_err(|_| Error::Internal(anyhow::anyhow!("a sealed grant is no JSON")))?;
        Ok(Some(granted))
    }

    /// It counts from here on.
    pub async fn store(
        self,
        conn: &mut PgConnection,
        tenant: TenantId,
        keys: &TenantKeys,
        connection: ConnectionId,
    ) -> Result<(), Error> {
        let grant = self.sealed(keys, connection);
        Ok(grants::put(conn, tenant, &grant).await?)
    }

    pub fn sealed(self, keys: &TenantKeys, connection: ConnectionId) -> Grant {
        let token = self.token();
        let (account_id, account_name) = self.account.map(|known| (known.id, known.name)).unzip();
        Grant {
            connection,
            provider: self.provider,
            own_client: self.own_client,
            account_id,
            account_name,
            scopes: self.scopes,
            tokens: token.map(|token| keys.seal_text(tokens_of(connection), &token)),
            expires_at: self.expires_at,
            must_renew: false,
            granted_at: self.at,
        }
    }
}

/// What signing in last gave: what waits for its test, or what is stored.
pub(crate) async fn newest(
    conn: &mut PgConnection,
    tenant: TenantId,
    keys: &TenantKeys,
    connection: ConnectionId,
) -> Result<Option<Grant>, Error> {
    let waiting = match tests::last(conn, tenant, connection).await? {
        Some(test) => Granted::open(keys, &test)?,
        None => None,
    };
    match waiting {
        Some(granted) => Ok(Some(granted.sealed(keys, connection))),
        None => Ok(grants::find(conn, tenant, connection).await?),
    }
}
