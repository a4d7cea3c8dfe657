//! Keeping a grant alive for connectors that only know an access token: they are asked with one that lasts.

use oauth::{Endpoint, Grant, Provider, Renewal};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sync::fault::Fault;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::lasting::Lasting;
use crate::{
    Engine,
    error::Failure,
    secrets::merged,
    tables::{
        grants::{self as rows, Row},
        sources,
    },
};

/// Each holds two connections to the database while it works; more at once could leave none for anybody else.
static RENEWALS: Semaphore = Semaphore::const_new(4);

impl Engine {
    /// The configuration of a source with a token that lasts for what comes next. What is stored stays as signing in
    /// filled it: the newest token is with the grant, for all sources that live by it.
    pub(crate) async fn fresh(
        &self,
        source: &sources::Row,
        config: Value,
    ) -> Result<Value, Failure> {
        let Some(id) = source.grant_id else {
            return Ok(config);
        };
        let Some(row) = rows::find(&self.config.pool, id).await? else {
            return Ok(config);
        };
        if self.renews(&row).is_none() {
            return Ok(config);
        }
        let mut lasting = still_accepted(self, &row)?;
        if lasting.is_due(OffsetDateTime::now_utc()) {
            let engine = self.clone();
            // In a task of its own: whoever goes away meanwhile takes no new token with them.
            let renewal = tokio::spawn(async move { engine.renewed(id).await });
            lasting = renewal
                .await
                .map_err(|_| Fault::bug("The renewal of a sign-in broke off."))??;
        }
        Ok(merged(&config, &lasting.part))
    }

    /// The provider and the connector's needs, where the renewal is ours.
    fn renews(&self, row: &Row) -> Option<(&Provider, &Grant)> {
        let found = self.config.providers.grant(&row.source_type);
        found.filter(|(provider, how)| how.renewal == Renewal::Hub && provider.id == row.provider)
    }

    /// One at a time, over all processes; whoever waited finds the work done.
    async fn renewed(&self, id: Uuid) -> Result<Lasting, Failure> {
        let _place = RENEWALS.acquire().await.map_err(|_| Fault::cancelled())?;
        let mut turn = queue::begin(&self.config.pool).await?;
        rows::take_turn(&mut turn, id).await?;
        let row = rows::find(&self.config.pool, id).await?;
        let row = row.ok_or_else(sign_in_again)?;
        let mut lasting = still_accepted(self, &row)?;
        if lasting.is_due(OffsetDateTime::now_utc()) {
            self.renew(&row, &mut lasting).await?;
        }
        turn.commit().await?;
        Ok(lasting)
    }

    /// Asks and keeps, before anything is used: the old refresh token may be worth nothing once the provider has answered.
    async fn renew(&self, row: &Row, lasting: &mut Lasting) -> Result<(), Failure> {
        let (Some((provider, how)), Some(token)) = (self.renews(row), &lasting.token) else {
            return Ok(());
        };
        let (token, client) = (SecretString::from(token.clone()), lasting.client.client());
        let at = Endpoint {
            outbound: &self.config.outbound,
            provider,
            words: &lasting.words,
            client: &client,
        };
        let now = OffsetDateTime::now_utc();
        let tokens = match oauth::refresh(at, &token, now).await {
            Ok(tokens) => tokens,
            Err(oauth::Error::InvalidGrant { .. }) => {
                // Nobody asks the provider again until a person has signed in.
                rows::end(&self.config.pool, row.id).await?;
                return Err(sign_in_again().into());
            }
            Err(error) => return Ok(still_good(row, lasting, &error, now)?),
        };
        oauth::fill(&mut lasting.part, how, &client, &tokens, None);
        lasting.expires_at = tokens.expires_at;
        if let Some(new) = &tokens.refresh {
            lasting.token = Some(new.expose_secret().to_owned());
        }
        let sealed = lasting.seal(self, row.workspace_id, row.id);
        let mut conn = self.config.pool.acquire().await?;
        Ok(rows::put_sealed(&mut conn, row.id, &sealed).await?)
    }
}

fn still_accepted(engine: &Engine, row: &Row) -> Result<Lasting, Failure> {
    if row.ended {
        return Err(sign_in_again().into());
    }
    Ok(Lasting::open(engine, row)?)
}

/// A provider that does not answer is no reason to stop while the token still counts.
fn still_good(
    row: &Row,
    lasting: &Lasting,
    error: &oauth::Error,
    now: OffsetDateTime,
) -> Result<(), Fault> {
    tracing::warn!(%error, grant = %row.id, provider = row.provider, "a token could not be renewed");
    if lasting.expires_at.is_some_and(|end| end > now) {
        return Ok(());
    }
    Err(match error {
        oauth::Error::Unreachable(_) => {
            Fault::unreachable("The provider does not answer, so the sign-in could not be renewed.")
        }
        _ => Fault::config(
            "The provider refuses to renew the sign-in: the client registered there may be wrong.",
        ),
    })
}

fn sign_in_again() -> Fault {
    Fault::credentials("The provider no longer accepts the sign-in. Sign in again.")
}
