//! Airbyte's public list of connectors: where specifications come from when an account may not read them at its own server.
//!
//! The list is large and changes once a day. It is fetched when first needed, kept for a day, and asked for nothing but
//! specifications.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::Url;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::answer::{accept, read_json};
use super::send::{Repeat, with_retries};
use crate::{Error, extension::Spec};

/// How long a list is good for.
const DAY: Duration = Duration::from_hours(24);
/// When to try again after the list could not be had. What was there before goes on counting; where there was nothing,
/// whoever asks meanwhile is told so at once.
const LATER: Duration = Duration::from_mins(1);
const PATIENCE: Duration = Duration::from_mins(2);

/// The public list. Its address is an operator's.
pub(super) struct Registry {
    url: Url,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    specs: Arc<BTreeMap<Uuid, Box<RawValue>>>,
    due: Option<Instant>,
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    sources: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    source_definition_id: Uuid,
    #[serde(default)]
    spec: Option<Box<RawValue>>,
}

/// A specification in the protocol's spelling.
#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "connectionSpecification")]
    connection_specification: serde_json::Value,
    #[serde(rename = "documentationUrl", default)]
    documentation_url: Option<String>,
    #[serde(default)]
    advanced_auth: Option<serde_json::Value>,
}

impl Registry {
    pub(super) fn new(url: Url) -> Self {
        Self {
            url,
            kept: Mutex::default(),
        }
    }

    /// The newest specification of a source's connector. `NotFound` when it is not on the list.
    pub(super) async fn spec(
        &self,
        http: &reqwest::Client,
        definition: Uuid,
    ) -> Result<Spec, Error> {
        let specs = self.specs(http).await?;
        let found = specs.get(&definition).ok_or_else(|| Error::NotFound {
            message: "Airbyte's public list does not know this connector.".to_owned(),
        })?;
        let listed: Listed =
            serde_json::from_str(found.get()).map_err(|source| Error::Unreadable {
                what: "specification",
                source,
            })?;
        Ok(Spec {
            connection_specification: listed.connection_specification,
            documentation_url: listed.documentation_url,
            advanced_auth: listed.advanced_auth,
            advanced_auth_global_credentials_available: None,
        })
    }

    /// Whoever comes while the list is fetched waits for that one.
    async fn specs(
        &self,
        http: &reqwest::Client,
    ) -> Result<Arc<BTreeMap<Uuid, Box<RawValue>>>, Error> {
        let mut kept = self.kept.lock().await;
        let wait = kept
            .due
            .map(|due| due.saturating_duration_since(Instant::now()));
        match wait.filter(|wait| !wait.is_zero()) {
            Some(retry_after) if kept.specs.is_empty() => {
                return Err(Error::Resting { retry_after });
            }
            Some(_) => return Ok(Arc::clone(&kept.specs)),
            None => {}
        }
        match self.fetch(http).await {
            Ok(specs) => {
                *kept = Kept {
                    specs: Arc::new(specs),
                    due: Some(Instant::now() + DAY),
                };
            }
            Err(error) => {
                tracing::warn!(%error, "Airbyte's public list of connectors could not be read");
                kept.due = Some(Instant::now() + LATER);
                if kept.specs.is_empty() {
                    return Err(error);
                }
            }
        }
        Ok(Arc::clone(&kept.specs))
    }

    /// Without credentials: they are the deployment's, and this is somebody else's server.
    async fn fetch(&self, http: &reqwest::Client) -> Result<BTreeMap<Uuid, Box<RawValue>>, Error> {
        let list: List = with_retries(Repeat::Always, || async {
            let request = http.get(self.url.clone()).timeout(PATIENCE);
            let answer = accept(request.send().await.map_err(Error::transport)?).await?;
            read_json(answer, "list of connectors").await
        })
        .await
        .map_err(unreadable)?;
        let specs: BTreeMap<_, _> = list
            .sources
            .into_iter()
            .filter_map(|entry| Some((entry.source_definition_id, entry.spec?)))
            .collect();
        if specs.is_empty() {
            return Err(Error::unreadable("list of connectors", "it names none"));
        }
        Ok(specs)
    }
}

/// Whatever the list's server answered says nothing about the connector that was asked for.
fn unreadable(error: Error) -> Error {
    if error.is_transient() {
        return error;
    }
    Error::Upstream {
        status: 502,
        retry_after: None,
        message: format!("Airbyte's public list of connectors cannot be read: {error}"),
    }
}
