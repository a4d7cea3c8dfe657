//! A sign-in that came to nothing (another account, too few permissions) is given back where nobody lives by it.

use std::time::Duration;

use model::TenantId;
use oauth::{Account, Endpoint, Grant, Renewal, Tokens};
use secrecy::SecretString;
use serde_json::json;
use store::oauth::grants::By;

use super::{
    clients::Found,
    revoke::{in_config, may_be_used},
};
use crate::{Error, Hub};

/// The person waits meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) struct Unused<'a> {
    pub tenant: TenantId,
    pub how: &'a Grant,
    pub client: &'a Found,
    pub tokens: &'a Tokens,
    pub account: Option<Account>,
}

impl Unused<'_> {
    /// At the provider. Where that does not work it stays granted, and can be removed there by hand.
    pub async fn give_back(self, hub: &Hub, at: Endpoint<'_>) {
        let told = tokio::time::timeout(PATIENCE, self.told(hub, at)).await;
        match told {
            Ok(Ok(told)) => {
                tracing::info!(provider = at.provider.id, told, "a sign-in came to nothing");
            }
            Ok(Err(error)) => {
                tracing::warn!(provider = at.provider.id, %error, "a sign-in that came to nothing was not given back");
            }
            Err(_) => {
                tracing::warn!(
                    provider = at.provider.id,
                    "a provider does not take a sign-in back in time"
                );
            }
        }
    }

    /// Whether the provider was told.
    async fn told(&self, hub: &Hub, at: Endpoint<'_>) -> Result<bool, Error> {
        let Some(account) = &self.account else {
            return Ok(false);
        };
        let by = By {
            provider: &at.provider.id,
            account_id: Some(&account.id),
            own_client: self.client.own,
        };
        let used = may_be_used(hub, by, self.tenant, None).await?;
        match self.token(account) {
            Some(token) if !used => oauth::revoke(at, &token).await.map_err(Error::internal),
            _ => Ok(false),
        }
    }

    /// The one that a connection would have been left with.
    fn token(&self, account: &Account) -> Option<SecretString> {
        let ours = self.tokens.refresh.clone();
        let ours = ours.filter(|_| self.how.renewal == Renewal::Hub);
        ours.or_else(|| {
            let mut config = json!({});
            oauth::fill(
                &mut config,
                self.how,
                &self.client.client,
                self.tokens,
                Some(account),
            );
            in_config(self.how, &config)
        })
    }
}
