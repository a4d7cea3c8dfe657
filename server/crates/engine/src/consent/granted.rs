//! What a person granted: kept under the name of a secret, with which a source is made. What we renew or give back stays
//! beside it for as long as a source lives by it.

use std::time::Duration;

use oauth::{Account, Renewal, Tokens};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Trip, lasting::Lasting, unused};
use crate::{
    Engine,
    problem::{ApiError, ApiResult},
    tables::{grants, oauth as rows, sources},
};

/// How long a source may be made with what was granted.
const SECRET: Duration = Duration::from_hours(1);
/// After that nothing is given back for so long: a source may just have been made with it.
const MARGIN: Duration = Duration::from_mins(1);

/// What a source is made with, as it is sealed: no `Debug`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Granted {
    source_type: String,
    /// Of a configuration.
    pub part: Value,
    /// What we renew or give back, if anything.
    pub grant: Option<Uuid>,
}

/// The same as it comes from the provider: no `Debug`.
pub(super) struct Fresh {
    pub part: Value,
    pub tokens: Tokens,
    pub account: Option<Account>,
}

impl Engine {
    /// The part of a configuration that a source in this workspace is made with.
    pub(crate) async fn secret(
        &self,
        workspace: Uuid,
        source_type: &str,
        id: &str,
    ) -> ApiResult<Granted> {
        let hash = seal::token::hash(id);
        let sealed = rows::secret(&self.config.pool, workspace, &hash).await?;
        let sealed = sealed.ok_or_else(|| {
            ApiError::unprocessable(
                "This secretId is not known in this workspace, or an hour has passed. Sign in again.",
            )
        })?;
        let granted: Granted = self.open("oauth_secrets", workspace, &sealed)?;
        if granted.source_type == source_type {
            return Ok(granted);
        }
        // Another connector would send it to a server of its own.
        Err(ApiError::unprocessable(
            "This secretId was granted for another source type.",
        ))
    }

    /// What a source lives by after a change of its configuration: no longer by what was granted, where somebody typed
    /// another token over it.
    pub(crate) fn still_granted(
        &self,
        source: &sources::Row,
        source_type: &str,
        stored: &Value,
        new: &Value,
    ) -> Option<Uuid> {
        let how = self.config.providers.grant(source_type);
        source
            .grant_id
            .filter(|_| how.is_none_or(|(_, how)| how.token_in(stored) == how.token_in(new)))
    }

    /// The name of the secret that a source can be made with.
    pub(super) async fn keep_granted(
        &self,
        workspace: Uuid,
        trip: Trip,
        fresh: Fresh,
    ) -> ApiResult<SecretString> {
        let grant = self.keep_grant(workspace, &trip, &fresh).await?;
        let granted = Granted {
            source_type: trip.source_type,
            part: fresh.part,
            grant,
        };
        self.keep_secret(workspace, &granted).await
    }

    /// `None` where it is neither renewed nor given back by us: all that connectors describe themselves, for one. What no
    /// source is made with is given back.
    pub(super) async fn keep_grant(
        &self,
        workspace: Uuid,
        trip: &Trip,
        fresh: &Fresh,
    ) -> ApiResult<Option<Uuid>> {
        let Some((provider, how)) = self.config.providers.grant(&trip.source_type) else {
            return Ok(None);
        };
        let lasting = match how.renewal {
            Renewal::Hub => Lasting::renewed_by_us(trip, fresh),
            _ if provider.takes_back() => Lasting::only_given_back(trip, how.token_in(&fresh.part)),
            _ => return Ok(None),
        };
        let id = Uuid::now_v7();
        let row = grants::Row {
            id,
            workspace_id: workspace,
            source_type: trip.source_type.clone(),
            provider: provider.id.clone(),
            client_id: trip.client.client_id.clone(),
            account_id: fresh.account.as_ref().map(|account| account.id.clone()),
            sealed: lasting.seal(self, workspace, id),
            ended: false,
            open_until: OffsetDateTime::now_utc() + SECRET + MARGIN,
        };
        let mut tx = queue::begin(&self.config.pool).await?;
        grants::insert(&mut tx, &row).await?;
        if provider.takes_back() {
            unused::watch(&mut tx, &row).await?;
        }
        tx.commit().await?;
        Ok(Some(id))
    }

    async fn keep_secret(&self, workspace: Uuid, granted: &Granted) -> ApiResult<SecretString> {
        let token = seal::token::secret();
        let id = format!(
            "tributary_oauth_workspace_{workspace}_secret_{}_v1",
            token.expose_secret()
        );
        let kept = self.kept("oauth_secrets", workspace, granted);
        let hash = seal::token::hash(&id);
        rows::insert_secret(&self.config.pool, &hash, &kept, SECRET.as_secs_f64()).await?;
        Ok(SecretString::from(id))
    }
}
