//! What the source has: an Airbyte elsewhere may have to look at others first, and meanwhile somebody may have called the
//! test off.

use std::time::{Duration, Instant};

use airbyte::{Waits, extension::DiscoverRequest, protocol::AirbyteCatalog};
use model::{CheckStep, Progress};
use uuid::Uuid;

use super::{End, LOOK_AGAIN, Trial, faults::nothing_found, refused};

const TABLES: &str = "Tables found";
/// Whoever waits for less is not told of.
const SOON: Duration = Duration::from_secs(2);
const WAITS: &str = "Airbyte looks at other sources first. This one has its turn after them.";

impl Trial<'_> {
    pub(super) async fn discover(&mut self, source: Option<Uuid>) -> Result<AirbyteCatalog, End> {
        let began = Instant::now();
        self.steps.begin(TABLES);
        self.show().await?;
        let request = self.question(source);
        let waits = Waits::default();
        let client = self.hub.airbyte().telling(&waits);
        let found = tokio::select! {
            found = client.discover(&request) => found,
            end = self.wait(&waits) => return Err(end),
        };
        self.steps.say(TABLES, "");
        let catalog = found.map_err(refused)?;
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
