//! Keeping a grant alive for connectors that only know an access token: they are asked with one that lasts, and with another
//! one where it was refused before its end.

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

/// Why a token is asked for. Holds secrets: no `Debug`.
enum Cause {
    /// It ends soon.
    Ends,
    /// It was refused in this configuration.
    Refused(Value),
}

impl Cause {
    /// Not any more where somebody else has renewed it meanwhile.
    fn holds(&self, lasting: &Lasting, now: OffsetDateTime) -> bool {
        match self {
            Self::Ends => lasting.is_due(now),
            Self::Refused(shown) => lasting.is_in(shown),
        }
    }

    /// A provider that does not answer is no reason to stop while the token still counts.
    fn can_wait(&self, lasting: &Lasting, now: OffsetDateTime) -> bool {
        match self {
            Self::Ends => lasting.expires_at.is_some_and(|end| end > now),
            Self::Refused(_) => false,
        }
    }
}

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
            lasting = self.renewed_apart(id, Cause::Ends).await?;
        }
        Ok(merged(&config, &lasting.part))
    }

    /// Whether there is another token by now than the one that was refused in this configuration: it is renewed where that is
    /// for us to do, or somebody has signed in again since the source was found.
    pub(crate) async fn another_token(
        &self,
        found: &sources::Row,
        refused: &Value,
    ) -> Result<bool, Failure> {
        let pool = &self.config.pool;
        let Some(source) = sources::find(pool, None, found.id).await? else {
            return Ok(false);
        };
        if source.grant_id != found.grant_id {
            return Ok(true);
        }
        let Some(id) = source.grant_id else {
            return Ok(false);
        };
        let row = rows::find(pool, id).await?;
        if row.is_none_or(|row| self.renews(&row).is_none()) {
            return Ok(false);
        }
        let cause = Cause::Refused(refused.clone());
        let lasting = self.renewed_apart(id, cause).await?;
        Ok(!lasting.is_in(refused))
    }

    /// In a task of its own: whoever goes away meanwhile takes no new token with them.
    async fn renewed_apart(&self, id: Uuid, cause: Cause) -> Result<Lasting, Failure> {
        let engine = self.clone();
        let renewal = tokio::spawn(async move { engine.renewed(id, &cause).await });
        renewal
            .await
            .map_err(|_| Fault::bug("The renewal of a sign-in broke off."))?
    }

    /// The provider and the connector's needs, where the renewal is ours.
    fn renews(&self, row: &Row) -> Option<(&Provider, &Grant)> {
        let found = self.config.providers.grant(&row.source_type);
        found.filter(|(provider, how)| how.renewal == Renewal::Hub && provider.id == row.provider)
    }

    /// One at a time, over all processes; whoever waited finds the work done.
    async fn renewed(&self, id: Uuid, cause: &Cause) -> Result<Lasting, Failure> {
        let _place = RENEWALS.acquire().await.map_err(|_| Fault::cancelled())?;
        let mut turn = queue::begin(&self.config.pool).await?;
        rows::take_turn(&mut turn, id).await?;
        let row = rows::find(&self.config.pool, id).await?;
        let row = row.ok_or_else(sign_in_again)?;
        let mut lasting = still_accepted(self, &row)?;
        if cause.holds(&lasting, OffsetDateTime::now_utc()) {
            self.renew(&row, &mut lasting, cause).await?;
        }
        turn.commit().await?;
        Ok(lasting)
    }

    /// Asks and keeps, before anything is used: the old refresh token may be worth nothing once the provider has answered.
    async fn renew(&self, row: &Row, lasting: &mut Lasting, cause: &Cause) -> Result<(), Failure> {
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
            Err(error) => {
                tracing::warn!(%error, grant = %row.id, provider = row.provider, "a token could not be renewed");
                let can_wait = cause.can_wait(lasting, now);
                return if can_wait {
                    Ok(())
                } else {
                    Err(not_renewed(&error).into())
                };
            }
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

fn not_renewed(error: &oauth::Error) -> Fault {
    match error {
        oauth::Error::Unreachable(_) => {
            Fault::unreachable("The provider does not answer, so the sign-in could not be renewed.")
        }
        _ => Fault::config(
            "The provider refuses to renew the sign-in: the client registered there may be wrong.",
        ),
    }
}

fn sign_in_again() -> Fault {
    Fault::credentials("The provider no longer accepts the sign-in. Sign in again.")
}
