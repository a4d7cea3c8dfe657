//! What the public API lacks: the embedded engine answers it under `/x`, a platform in its own ways.

use reqwest::{Method, Response, StatusCode};
use uuid::Uuid;

use super::answer::read_json;
use super::send::LONG;
use super::{Client, Lines, Server};
use crate::Error;
use crate::api::{JobResponse, JobType};
use crate::extension::{
    CheckLine, CheckRequest, Definition, DiscoverLine, DiscoverRequest, DiscoverResponse,
    JobDetail, JobLogs, JobStart, Preparing, RehearsalTried, RehearsalTry, SampleLine,
    SampleRequest, SpecAnswer,
};
use crate::protocol::AirbyteCatalog;

impl Client {
    /// What the engine can run. For a platform see [`Client::runnable_sources`].
    pub async fn definitions(&self) -> Result<Vec<Definition>, Error> {
        self.ask(&self.call(Method::GET, ["x", "definitions"]), "definitions")
            .await
    }

    /// What the connector asks for. Asking starts its installation when it is not there yet.
    pub async fn spec(&self, definition: Uuid) -> Result<SpecAnswer, Error> {
        if self.server() == Server::Platform {
            let spec = self.platform_spec(definition).await?;
            return Ok(SpecAnswer::Ready(Box::new(spec)));
        }
        let call = self
            .call(
                Method::GET,
                ["x", "definitions", &definition.to_string(), "spec"],
            )
            // A connector that was just installed takes its time to speak for the first time.
            .within(Some(LONG));
        self.read(&call, read_spec).await
    }

    /// Tries a configuration; its steps come while they happen.
    pub async fn check(&self, request: &CheckRequest) -> Result<Lines<CheckLine>, Error> {
        if self.server() == Server::Platform {
            let (client, request) = (self.clone(), request.clone());
            return Ok(Lines::later(Self::check_begun(), async move {
                client.platform_check(&request).await
            }));
        }
        let call = self
            .call(Method::POST, ["x", "check"])
            .json(request)?
            .within(None);
        Ok(Lines::new(self.send(&call).await?))
    }

    /// The streams of a source with their whole schemas.
    pub async fn discover(&self, request: &DiscoverRequest) -> Result<AirbyteCatalog, Error> {
        if self.server() == Server::Platform {
            return self.platform_discover(request).await;
        }
        let call = self
            .call(Method::POST, ["x", "discover"])
            .json(request)?
            .within(Some(LONG));
        Ok(self
            .ask::<DiscoverResponse>(&call, "catalogue")
            .await?
            .catalog)
    }

    /// The same of settings that are not saved: what the connector renews in them comes before the streams, or before why
    /// there are none. A platform tells nothing on the way: there it is [`Client::discover`].
    pub async fn discover_unsaved(
        &self,
        request: &DiscoverRequest,
    ) -> Result<Lines<DiscoverLine>, Error> {
        if self.server() == Server::Platform {
            return Err(Error::Unsupported {
                message: "Airbyte tells nothing while it looks for streams.".to_owned(),
            });
        }
        let request = DiscoverRequest {
            lines: true,
            ..request.clone()
        };
        let call = self
            .call(Method::POST, ["x", "discover"])
            .json(&request)?
            .within(Some(LONG));
        Ok(Lines::new(self.send(&call).await?))
    }

    /// Reads a few rows of each stream; streams come as they are read. No platform does this.
    pub async fn sample(&self, request: &SampleRequest) -> Result<Lines<SampleLine>, Error> {
        if self.server() == Server::Platform {
            return Err(Error::Unsupported {
                message: "Airbyte reads no rows without a sync.".to_owned(),
            });
        }
        let call = self
            .call(Method::POST, ["x", "sample"])
            .json(request)?
            .within(None);
        Ok(Lines::new(self.send(&call).await?))
    }

    /// Starts a sync that is tried as told. `Busy` means one runs already; after an `Interrupted`, list before starting
    /// again. No platform takes such orders: there it is [`Client::start_job`].
    pub async fn start_job_as(&self, start: &JobStart) -> Result<JobResponse, Error> {
        if self.server() == Server::Platform {
            return self.start_job(start.connection_id, JobType::Sync).await;
        }
        self.ask(&self.call(Method::POST, ["x", "jobs"]).json(start)?, "job")
            .await
    }

    /// One more attempt of the newest job of a connection, which has failed. `Conflict` where that is not so.
    pub async fn retry_job(&self, id: i64) -> Result<JobResponse, Error> {
        let call = self.call(Method::POST, ["x", "jobs", &id.to_string(), "attempts"]);
        self.ask(&call, "job").await
    }

    /// One try of a rehearsal. Installing what runs it may take minutes at first.
    pub async fn rehearse(&self, wanted: &RehearsalTry) -> Result<RehearsalTried, Error> {
        let call = self
            .call(Method::POST, ["x", "rehearsal"])
            .json(wanted)?
            .within(Some(LONG));
        self.ask(&call, "rehearsal").await
    }

    /// A job with its failure and its streams.
    pub async fn job_detail(&self, id: i64) -> Result<JobDetail, Error> {
        if self.server() == Server::Platform {
            return self.platform_job(id).await;
        }
        self.ask(
            &self.call(Method::GET, ["x", "jobs", &id.to_string()]),
            "job",
        )
        .await
    }

    /// Log lines after number `after`, at most `limit`.
    pub async fn job_logs(&self, id: i64, after: i64, limit: i64) -> Result<JobLogs, Error> {
        if self.server() == Server::Platform {
            return self.platform_logs(id, after, limit).await;
        }
        let call = self
            .call(Method::GET, ["x", "jobs", &id.to_string(), "logs"])
            .query("after", &after.to_string())
            .query("limit", &limit.to_string());
        self.ask(&call, "log").await
    }
}

async fn read_spec(answer: Response) -> Result<SpecAnswer, Error> {
    if answer.status() == StatusCode::ACCEPTED {
        let Preparing { detail, .. } = read_json(answer, "specification").await?;
        return Ok(SpecAnswer::Preparing { detail });
    }
    Ok(SpecAnswer::Ready(read_json(answer, "specification").await?))
}
