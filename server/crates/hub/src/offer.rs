//! What an Airbyte elsewhere offers: which of the catalogue's connectors it really runs.
//!
//! Asked when somebody looks at the catalogue, kept for a while. Whether it may be asked at all is not a person's
//! business: without an answer the catalogue stands as it is.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use model::{Integration, Runs, StepName, TenantId};
use sqlx::PgConnection;
use store::steps;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Engine, Error, Hub, specs};

/// How long an answer is good for. Afterwards it still counts, while a new one is asked for.
const ASK_AGAIN: Duration = Duration::from_mins(10);
/// When to try again where there was none.
const TRY_AGAIN: Duration = Duration::from_mins(1);
/// How long a page waits for the first answer of all.
const PATIENCE: Duration = Duration::from_secs(3);

/// Definitions that the Airbyte runs, as it told last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer(BTreeSet<Uuid>);

impl Offer {
    pub fn new(definitions: impl IntoIterator<Item = Uuid>) -> Self {
        Self(definitions.into_iter().collect())
    }

    /// Where an integration runs on a hub with this Airbyte.
    pub fn runs(&self, entry: &Integration) -> Runs {
        let offered = specs::definition(entry).is_some_and(|id| self.0.contains(&id));
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

/// What the Airbyte elsewhere offers; nothing with the embedded engine, nor where it does not tell.
pub(crate) async fn here(hub: &Hub, workspace: Option<Uuid>) -> Option<Arc<Offer>> {
    if hub.engine() == Engine::Embedded {
        return None;
    }
    let Some(workspace) = workspace else {
        return hub.offer().last();
    };
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
    let answer = hub.airbyte().runnable_sources(workspace).await;
    let offer = answer.map(|sources| {
        let ids = sources
            .into_iter()
            .map(|source| source.source_definition_id);
        Offer::new(ids)
    });
    hub.offer().keep(offer, hub.clock().now());
}

#[cfg(test)]
mod tests;
