//! Giving a grant back when no source lives by it any more: a job of its own, so that no provider holds up who removes a
//! source.

use std::time::Duration;

use oauth::{Endpoint, Provider, Renewal};
use queue::{JobContext, JobError, NewJob, Worker};
use secrecy::SecretString;
use serde_json::{Value, json};
use sqlx::PgConnection;
use sync::fault::Fault;
use time::OffsetDateTime;
use uuid::Uuid;

use super::lasting::Lasting;
use crate::{
    Engine, Error,
    secrets::Place,
    tables::{
        grants::{self as rows, Row},
        sources,
    },
};

/// The queue's name for it.
const JOB: &str = "engine.give_back";
/// With the queue's growing pauses these take up to three quarters of an hour.
pub(super) const TRIES: i32 = 12;
/// A worker waits no longer for a provider.
const PATIENCE: Duration = Duration::from_secs(20);

/// Lets this worker give grants back.
pub(super) fn register(engine: &Engine, worker: &mut Worker) {
    let giving = engine.clone();
    worker.register(JOB, move |job| {
        let engine = giving.clone();
        async move { run(&engine, &job).await }
    });
    let ending = engine.clone();
    worker.on_giving_up(JOB, move |job| {
        let engine = ending.clone();
        async move { give_up(&engine, &job).await }
    });
}

/// Not before no source can be made with it any more.
pub(super) async fn enqueue(
    conn: &mut PgConnection,
    row: &Row,
    open_until: OffsetDateTime,
) -> Result<(), Error> {
    let job = NewJob::new(JOB, json!({ "version": 1, "grant": row.id }));
    let job = NewJob {
        run_at: Some(open_until),
        max_attempts: TRIES,
        ..job.tenant(row.workspace_id).dedup(row.id.to_string())
    };
    queue::enqueue(conn, job).await?;
    Ok(())
}

async fn run(engine: &Engine, cx: &JobContext) -> Result<(), JobError> {
    let id = grant_of(&cx.payload)?;
    let left = left(engine, id).await.map_err(JobError::retry)?;
    let Some(row) = left else {
        return Ok(());
    };
    engine.give_back(&row).await?;
    rows::forget(&engine.config.pool, id)
        .await
        .map_err(JobError::retry)
}

/// Whoever granted it can take it back there by hand.
async fn give_up(engine: &Engine, cx: &JobContext) -> Result<(), JobError> {
    let id = grant_of(&cx.payload)?;
    tracing::warn!(grant = %id, "a grant was not given back at its provider");
    rows::forget(&engine.config.pool, id)
        .await
        .map_err(JobError::retry)
}

pub(super) fn grant_of(payload: &Value) -> Result<Uuid, JobError> {
    let id = payload.get("grant").and_then(Value::as_str);
    id.and_then(|id| id.parse().ok())
        .ok_or_else(|| JobError::fail("the payload names no grant"))
}

/// `None` where it was given back already, or a source lives by it again.
async fn left(engine: &Engine, id: Uuid) -> Result<Option<Row>, Error> {
    let pool = &engine.config.pool;
    let mut tx = queue::begin(pool).await?;
    // A renewal that is on its way ends first: what it was given is what counts.
    rows::take_turn(&mut tx, id).await?;
    let goes_on = rows::goes_on(&mut tx, id).await?;
    tx.commit().await?;
    if goes_on {
        return Ok(None);
    }
    Ok(rows::find(pool, id).await?)
}

impl Engine {
    /// Tells the provider. An error is worth another try.
    async fn give_back(&self, row: &Row) -> Result<(), JobError> {
        let found = self.config.providers.grant(&row.source_type);
        let Some((provider, _)) = found.filter(|(one, _)| one.id == row.provider) else {
            return Ok(());
        };
        let lasting = Lasting::open(self, row).map_err(JobError::fail)?;
        let Some(token) = &lasting.token else {
            return Ok(());
        };
        let shared = self.is_shared(provider, row, token).await;
        if shared.map_err(JobError::retry)? {
            tracing::info!(
                provider = provider.id,
                "a grant stays, as others may live by the same account's"
            );
            return Ok(());
        }
        let client = lasting.client.client();
        let at = Endpoint {
            outbound: &self.config.outbound,
            provider,
            words: &lasting.words,
            client: &client,
        };
        told(at, &SecretString::from(token.clone())).await
    }

    /// Might anybody else live by what would end? What cannot be read counts as somebody's: what is ended never comes back,
    /// while a lost key may be found again, and what is left can be ended at the provider by hand. The log names what has to
    /// go before such a grant is given back.
    async fn is_shared(&self, provider: &Provider, row: &Row, token: &str) -> Result<bool, Error> {
        let beside = rows::beside(&self.config.pool, row).await?;
        if provider.ends_all_of_an_account() {
            return Ok(!beside.is_empty() || self.may_be_typed(row, token).await?);
        }
        // Some give an account the same token whenever it signs in.
        for other in beside {
            if self.may_live_by(&other, token).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Might sources live by this token that another sign-in was for?
    async fn may_live_by(&self, other: &Row, token: &str) -> Result<bool, Error> {
        let kept = match Lasting::open(self, other) {
            Ok(lasting) => lasting.token,
            Err(error) => {
                tell_unread("grant", other.id, &error);
                return Ok(true);
            }
        };
        if kept.as_deref() == Some(token) {
            return Ok(true);
        }
        let Some((_, how)) = self.config.providers.grant(&other.source_type) else {
            return Ok(false);
        };
        if how.renewal == Renewal::Hub && kept.is_some() {
            return Ok(false);
        }
        // Its connector may have renewed it since, and earlier versions kept none beside the sources.
        let (pool, workspace) = (&self.config.pool, Some(other.workspace_id));
        let all = sources::list(pool, workspace, &[], i64::MAX, 0).await?;
        let lives_by = |source: &sources::Row| {
            let held = self.held_by(source.workspace_id, source.id, &source.config);
            held.is_none_or(|config| how.token_in(&config).as_deref() == Some(token))
        };
        let mut own = all.iter().filter(|one| one.grant_id == Some(other.id));
        Ok(own.any(lives_by))
    }

    /// What a source holds; `None` where it cannot be read.
    fn held_by(&self, workspace: Uuid, id: Uuid, sealed: &[u8]) -> Option<Value> {
        let config = self.open_config(Place::Source, workspace, id, sealed);
        config
            .inspect_err(|error| tell_unread("source", id, error))
            .ok()
    }

    /// Might a source that nobody signed in for here live by what the same account granted to the same client?
    async fn may_be_typed(&self, row: &Row, token: &str) -> Result<bool, Error> {
        let pool = &self.config.pool;
        // The others' sources do not say whose account it is, but mostly to which client it granted something.
        for source_type in self.config.providers.source_types(&row.provider) {
            let known = self.definitions.find_type(source_type);
            let theirs = self.config.providers.grant(source_type);
            let (Some(definition), Some((_, theirs))) = (known, theirs) else {
                continue;
            };
            for source in rows::others(pool, definition.id).await? {
                let held = self.held_by(source.workspace_id, source.id, &source.config);
                if held.is_none_or(|config| theirs.may_share(&config, &row.client_id, token)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

fn tell_unread(what: &'static str, id: Uuid, error: &Error) {
    let cause: &dyn std::error::Error = error;
    tracing::warn!(error = cause, what, %id, "what cannot be read may live by a grant, which is not given back");
}

/// Takes back at the provider what a token stands for; `false` where it has no address for that.
pub(crate) async fn tell_provider(
    at: Endpoint<'_>,
    token: &SecretString,
) -> Result<bool, oauth::Error> {
    let told = tokio::time::timeout(PATIENCE, oauth::revoke(at, token)).await;
    told.unwrap_or_else(|_| {
        let late = Fault::timeout("The provider took too long to answer.");
        Err(oauth::Error::Unreachable(late))
    })
}

async fn told(at: Endpoint<'_>, token: &SecretString) -> Result<(), JobError> {
    let provider = &at.provider.id;
    match tell_provider(at, token).await {
        Ok(told) => tracing::info!(provider, told, "a grant was given back"),
        Err(error @ oauth::Error::Unreachable(_)) => return Err(JobError::retry(error)),
        // It would say the same again.
        Err(error) => {
            tracing::warn!(provider, %error, "a provider did not take a grant back");
        }
    }
    Ok(())
}
