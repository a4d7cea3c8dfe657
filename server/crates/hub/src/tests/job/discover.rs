//! What the source has: an Airbyte elsewhere may have to look at others first, and meanwhile somebody may have called the
//! test off. The hub's own engine tells what is renewed on the way in settings that are saved nowhere else yet.

use std::time::{Duration, Instant};

use airbyte::{
    Server, Waits,
    extension::{DiscoverLine, DiscoverRequest},
    protocol::AirbyteCatalog,
};
use model::{CheckStep, Progress};
use uuid::Uuid;

use super::{End, LOOK_AGAIN, Trial, faults::nothing_found, refused};
use crate::Error;

const TABLES: &str = "Tables found";
/// Whoever waits for less is not told of.
const SOON: Duration = Duration::from_secs(2);
const WAITS: &str = "Airbyte looks at other sources first. This one has its turn after them.";

impl Trial<'_> {
    pub(super) async fn discover(&mut self, source: Option<Uuid>) -> Result<AirbyteCatalog, End> {
        let began = Instant::now();
        self.steps.begin(TABLES);
        self.show().await?;
        let found = if source.is_none() && self.hub.airbyte().server() == Server::Engine {
            self.told_streams().await
        } else {
            self.streams_in_turn(source).await
        };
        self.steps.say(TABLES, "");
        let catalog = found?;
        if catalog.streams.is_empty() {
            return Err(End::Failed(nothing_found()));
        }
        self.steps.set(CheckStep {
            name: TABLES.to_owned(),
            state: Progress::Passed,
            detail: match catalog.streams.len() {
                1 => "1 table".to_owned(),
                count => format!("{count} tables"),
            },
            field: None,
            millis: i64::try_from(began.elapsed().as_millis()).ok(),
        });
        Ok(catalog)
    }

    async fn streams_in_turn(&mut self, source: Option<Uuid>) -> Result<AirbyteCatalog, End> {
        let request = self.question(source);
        let waits = Waits::default();
        let client = self.hub.airbyte().telling(&waits);
        tokio::select! {
            found = client.discover(&request) => found.map_err(refused),
            end = self.wait(&waits) => Err(end),
        }
    }

    /// Those of settings that nobody else keeps.
    async fn told_streams(&mut self) -> Result<AirbyteCatalog, End> {
        let request = self.question(None);
        let client = self.hub.airbyte();
        let mut lines = client.discover_unsaved(&request).await.map_err(refused)?;
        while let Some(line) = lines.next().await.map_err(refused)? {
            match line {
                DiscoverLine::Configuration(config) => self.keep(config).await?,
                DiscoverLine::Catalog(catalog) => return Ok(catalog),
                DiscoverLine::Fault(fault) => return Err(End::Failed(fault)),
            }
        }
        Err(End::Again(Error::Upstream(
            "The search for tables ended without a result.".to_owned(),
        )))
    }

    fn question(&self, source: Option<Uuid>) -> DiscoverRequest {
        let mut request = DiscoverRequest {
            source_id: source,
            ignore_cache: true,
            ..DiscoverRequest::default()
        };
        if source.is_none() {
            request.definition_id = Some(self.connection.definition);
            request.workspace_id = Some(self.place.workspace);
            request.configuration = Some(self.config.clone());
        }
        request
    }

    /// Says where the test has to wait, as long as somebody wants it; ends when nobody does. Once the source is asked it is
    /// left to answer: what is saved there for the question goes with the answer.
    async fn wait(&mut self, waits: &Waits) -> End {
        let mut told = false;
        loop {
            tokio::time::sleep(LOOK_AGAIN).await;
            let waits_long = waits.waited().is_some_and(|waited| waited > SOON);
            if !waits_long && !told {
                continue;
            }
            told = waits_long;
            self.steps.say(TABLES, if told { WAITS } else { "" });
            if let Err(end) = self.show().await {
                return end;
            }
        }
    }
}
