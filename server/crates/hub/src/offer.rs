//! What the Airbyte of this hub offers beside the bundled catalogue: one elsewhere its own connectors, and which of the
//! catalogue's it really runs; the embedded engine what an operator added to it.
//!
//! Asked when somebody looks at the catalogue, kept for a while. Whether it may be asked at all is not a person's
//! business: without an answer the catalogue stands as it is.

mod entry;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use model::{Integration, Runs, StepName, TenantId};
use sqlx::PgConnection;
use store::{
    offered::{self, Offered},
    steps,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Engine, Error, Hub, catalogue, specs};

/// How long an answer is good for. Afterwards it still counts, while a new one is asked for.
const ASK_AGAIN: Duration = Duration::from_mins(10);
/// When to try again where there was none.
const TRY_AGAIN: Duration = Duration::from_mins(1);
/// How long a page waits for the first answer of all.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the Airbyte runs, as it told last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// `None` for the embedded engine: the catalogue is written for it.
    definitions: Option<BTreeSet<Uuid>>,
    /// What the bundled catalogue does not know, by name.
    more: Vec<Integration>,
}

impl Offer {
    /// Of an Airbyte elsewhere.
    pub fn elsewhere(definitions: impl IntoIterator<Item = Uuid>, more: Vec<Integration>) -> Self {
        Self {
            definitions: Some(definitions.into_iter().collect()),
            more,
        }
    }

    /// Of the embedded engine.
    pub fn embedded(more: Vec<Integration>) -> Self {
        Self {
            definitions: None,
            more,
        }
    }

    /// What the bundled catalogue does not know, by name.
    pub fn more(&self) -> &[Integration] {
        &self.more
    }

    /// Where an integration runs on a hub with this Airbyte.
    pub fn runs(&self, entry: &Integration) -> Runs {
        let Some(definitions) = &self.definitions else {
            return entry.runs.clone();
        };
        if entry.runs == Runs::Described {
            return Runs::Described;
        }
        let offered = specs::definition(entry).is_some_and(|id| definitions.contains(&id));
        match (&entry.runs, offered) {
            (Runs::Nowhere { .. }, true) => Runs::AirbyteOnly,
            // Why nobody runs it says more than that this one does not.
            (Runs::Nowhere { .. }, false) | (_, true) => entry.runs.clone(),
            (_, false) => Runs::Nowhere {
                why: not_offered(&entry.name),
            },
        }
    }
}

/// Told where an Airbyte elsewhere lacks a connector.
pub(crate) fn not_offered(name: &str) -> String {
    format!("This Airbyte does not offer {name}.")
}

/// The last answer, one for the deployment: the catalogue's connectors are the same in all workspaces.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    told: Mutex<Told>,
    /// One asks; who comes meanwhile and has nothing to show waits for that answer.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Told {
    offer: Option<Arc<Offer>>,
    /// When to ask; the past before anybody did.
    due: Option<OffsetDateTime>,
}

/// What there is to show, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
enum Look {
    Fresh(Option<Arc<Offer>>),
    /// Shown while a new answer is asked for.
    Due(Arc<Offer>),
    Unknown,
}

impl Kept {
    fn look(&self, now: OffsetDateTime) -> Look {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.due.is_some_and(|due| now < due) {
            return Look::Fresh(told.offer.clone());
        }
        match told.offer.clone() {
            Some(offer) => {
                // Whoever comes next need not ask too.
                told.due = Some(now + TRY_AGAIN);
                Look::Due(offer)
            }
            None => Look::Unknown,
        }
    }

    fn last(&self) -> Option<Arc<Offer>> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.offer.clone()
    }

    fn keep(&self, answer: Result<Offer, airbyte::Error>, now: OffsetDateTime) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let (offer, wait) = match answer {
            Ok(offer) => (Some(Arc::new(offer)), ASK_AGAIN),
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "the Airbyte did not tell what it offers");
                (told.offer.take(), TRY_AGAIN)
            }
            // The account may not list them, or there is no such call: the same answer for a while.
            Err(error) => {
                tracing::debug!(%error, "the Airbyte does not tell what it offers");
                (None, ASK_AGAIN)
            }
        };
        *told = Told {
            offer,
            due: Some(now + wait),
        };
    }
}

/// The workspace through which to ask for a tenant; none while it is being prepared.
pub(crate) async fn workspace(
    conn: &mut PgConnection,
    tenant: TenantId,
) -> Result<Option<Uuid>, Error> {
    let id = steps::external_id(conn, tenant, StepName::Workspace).await?;
    Ok(id.and_then(|id| id.parse().ok()))
}

/// The entry of a connector that only this hub's Airbyte knows, or knew.
pub(crate) async fn entry(hub: &Hub, slug: &str) -> Result<Integration, Error> {
    let last = hub.offer().last();
    if let Some(entry) = last
        .iter()
        .flat_map(|offer| offer.more())
        .find(|entry| entry.slug == slug)
    {
        return Ok(entry.clone());
    }
    let mut conn = hub
        .store()
        .pool
        .acquire()
        .await
        .map_err(store::Error::from)?;
    let stored = offered::find(&mut conn, slug).await?;
    stored
        .map(|stored| entry::of(hub.engine(), stored))
        .ok_or(Error::NotFound)
}

/// What this hub's Airbyte offers; nothing where it does not tell. One elsewhere is asked through a workspace.
pub(crate) async fn here(hub: &Hub, workspace: Option<Uuid>) -> Option<Arc<Offer>> {
    if hub.engine() == Engine::Remote && workspace.is_none() {
        return hub.offer().last();
    }
    let workspace = workspace.unwrap_or_default();
    match hub.offer().look(hub.clock().now()) {
        Look::Fresh(offer) => offer,
        Look::Due(offer) => {
            let hub = hub.clone();
            tokio::spawn(async move { ask(&hub, workspace).await });
            Some(offer)
        }
        Look::Unknown => {
            let asking = {
                let hub = hub.clone();
                // Goes on when nobody waits any more: the next page finds the answer.
                tokio::spawn(async move { first(&hub, workspace).await })
            };
            let _in_time = tokio::time::timeout(PATIENCE, asking).await;
            hub.offer().last()
        }
    }
}

async fn first(hub: &Hub, workspace: Uuid) {
    let _turn = hub.offer().asking.lock().await;
    if hub.offer().look(hub.clock().now()) == Look::Unknown {
        ask(hub, workspace).await;
    }
}

async fn ask(hub: &Hub, workspace: Uuid) {
    let answer = match hub.engine() {
        Engine::Remote => elsewhere(hub, workspace).await,
        Engine::Embedded => embedded(hub).await,
    };
    hub.offer().keep(answer, hub.clock().now());
}

async fn elsewhere(hub: &Hub, workspace: Uuid) -> Result<Offer, airbyte::Error> {
    let sources = hub.airbyte().runnable_sources(workspace).await?;
    let more = more(hub, sources.iter().filter_map(entry::elsewhere)).await;
    let definitions = sources.iter().map(|source| source.source_definition_id);
    Ok(Offer::elsewhere(definitions, more))
}

async fn embedded(hub: &Hub) -> Result<Offer, airbyte::Error> {
    let definitions = hub.airbyte().definitions().await?;
    let more = more(hub, definitions.iter().filter_map(entry::own)).await;
    Ok(Offer::embedded(more))
}

async fn more(hub: &Hub, offered: impl Iterator<Item = Offered>) -> Vec<Integration> {
    kept(hub, offered).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "what else the Airbyte offers could not be kept");
        Vec::new()
    })
}

/// Entries for what the bundled catalogue does not know, under the slugs they had from the beginning.
async fn kept(
    hub: &Hub,
    offered: impl Iterator<Item = Offered>,
) -> Result<Vec<Integration>, Error> {
    let known: BTreeSet<Uuid> = catalogue::all()
        .iter()
        .filter_map(specs::definition)
        .collect();
    let unknown: Vec<_> = offered
        .filter(|one| !known.contains(&one.definition))
        .collect();
    if unknown.is_empty() {
        return Ok(Vec::new());
    }
    let mut conn = hub
        .store()
        .pool
        .acquire()
        .await
        .map_err(store::Error::from)?;
    let stored = offered::keep(&mut conn, &unknown, hub.clock().now()).await?;
    let stored = stored.into_iter();
    let mut more: Vec<Integration> = stored.map(|one| entry::of(hub.engine(), one)).collect();
    more.sort_by_key(|entry| entry.name.to_lowercase());
    Ok(more)
}

#[cfg(test)]
mod tests;
