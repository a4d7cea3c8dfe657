//! One report: asked for, waited for, read, thrown away. A failed one is asked for again.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::SemaphorePermit;
use tokio::time::Instant;

use super::failed::{Failed, Step};
use super::{Jobs, Status};
use crate::declarative::decode::{Bounds, Item};
use crate::declarative::env::Env;
use crate::declarative::record::{Record, View, Wanted};
use crate::declarative::request::{Ask, Page, Requester, Stop, slice_binding};
use crate::declarative::retrieve::{Arrival, Pages, Take, place};
use crate::declarative::slice::Slice;
use crate::declarative::template::Scope;
use crate::declarative::text::plain;
use crate::fault::Fault;

/// Between two questions about a report.
const PAUSE: Duration = Duration::from_secs(5);
/// How often one report is asked for.
const ATTEMPTS: u32 = 3;

/// A report on its way.
pub struct Running<'a> {
    jobs: &'a Jobs,
    env: &'a Env,
    schema: &'a Value,
    slice: Slice,
    report: Option<Report<'a>>,
    arrival: Arrival,
}

/// A finished report.
struct Report<'a> {
    creation: Value,
    slice: Slice,
    targets: std::vec::IntoIter<Value>,
    pages: Option<Box<Pages<'a>>>,
    polling: Value,
}

impl<'a> Running<'a> {
    pub fn new(jobs: &'a Jobs, slice: &Slice, schema: &'a Value, env: &'a Env) -> Self {
        Self {
            jobs,
            env,
            schema,
            slice: slice.clone(),
            report: None,
            arrival: Arrival::default(),
        }
    }

    pub fn arrival(&self) -> Arrival {
        self.arrival.clone()
    }

    /// Waits for the report at first, then reads a page of it. `false` when it was the last.
    pub async fn next(
        &mut self,
        wanted: Option<Wanted<'_>>,
        take: &mut Take<'_>,
    ) -> Result<bool, Fault> {
        let result = self.step(wanted, take).await;
        result.map_err(|fault| match fault.stream {
            Some(_) => fault,
            None => fault.in_stream(&self.jobs.name),
        })
    }

    async fn step(
        &mut self,
        wanted: Option<Wanted<'_>>,
        take: &mut Take<'_>,
    ) -> Result<bool, Fault> {
        if self.report.is_none() {
            self.report = self.wait().await?;
            return Ok(self.report.is_some());
        }
        let (jobs, env, schema) = (self.jobs, self.env, self.schema);
        let Some(report) = &mut self.report else {
            return Ok(false);
        };
        let Some(pages) = &mut report.pages else {
            let Some(target) = report.targets.next() else {
                self.end().await?;
                return Ok(false);
            };
            let mut slice = report.slice.clone();
            slice.extra.insert("download_target".to_owned(), target);
            slice
                .extra
                .insert("creation_response".to_owned(), report.creation.clone());
            slice
                .extra
                .insert("polling_response".to_owned(), report.polling.clone());
            let pages = jobs.download.simple.pages(&slice, schema, env);
            report.pages = Some(Box::new(pages.telling(&self.arrival)));
            return Ok(true);
        };
        let no_state = Value::Object(Map::new());
        let scope = Scope::new()
            .json("config", &env.config)
            .json("stream_state", &no_state)
            .with("stream_slice", slice_binding(&self.slice));
        let view = View {
            scope: &scope,
            wanted,
            schema,
        };
        let more = pages
            .next(None, &mut |record| match record {
                Record::Raw(text) => jobs.selector.select(Item::Raw(text), view, take),
                Record::Tree(fields) => {
                    jobs.selector
                        .select(Item::Tree(Value::Object(fields.clone())), view, take)
                }
            })
            .await
            .map_err(|fault| Step::Download.at(&place::stretch(&self.slice), fault))?;
        if !more {
            report.pages = None;
        }
        Ok(true)
    }

    /// Asks for the report and waits until it is there; nothing when the API has nothing to report.
    async fn wait(&self) -> Result<Option<Report<'a>>, Fault> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let permit = self
                .env
                .jobs
                .acquire()
                .await
                .map_err(|_| Fault::cancelled())?;
            let failed = match self.attempt(permit).await {
                Ok(report) => return Ok(report),
                Err(failed) => failed,
            };
            let part = place::partition(&self.slice) + &place::stretch(&self.slice);
            if !failed.may_pass() {
                return Err(failed.once(&part));
            }
            if attempt >= ATTEMPTS {
                return Err(failed.at_last(ATTEMPTS, &part));
            }
            let text = failed.remark(&part);
            self.env.say("WARN", &self.jobs.name, text).await;
            tokio::time::sleep(self.jobs.retry_pause.max(PAUSE)).await;
        }
    }

    async fn attempt(&self, _permit: SemaphorePermit<'_>) -> Result<Option<Report<'a>>, Failed> {
        let created = self.send(&self.jobs.creation, &self.slice).await;
        let created = created.map_err(|fault| Failed::new(Step::Creation, fault))?;
        if !created.is_ok() {
            let fault = Fault::upstream("The API refused it.");
            return Err(Failed::new(Step::Creation, fault));
        }
        let finished = self.finish(answer(&created)).await;
        finished.map_err(|fault| Failed::new(Step::Polling, fault))
    }

    /// Asks until the report is there.
    async fn finish(&self, creation: Value) -> Result<Option<Report<'a>>, Fault> {
        let mut slice = self.slice.clone();
        slice
            .extra
            .insert("creation_response".to_owned(), creation.clone());
        let begun = Instant::now();
        loop {
            let page = self.send(&self.jobs.polling, &slice).await?;
            match self.status(&page)? {
                Status::Completed => return self.finished(creation, &page).await.map(Some),
                Status::Skipped => return Ok(None),
                Status::Failed => {
                    return Err(Fault::upstream("The API says that the report failed."));
                }
                Status::TimedOut => {
                    self.abort(&slice).await?;
                    return Err(Fault::timeout(
                        "The API says that the report took too long.",
                    ));
                }
                Status::Running if begun.elapsed() > self.jobs.patience => {
                    self.abort(&slice).await?;
                    return Err(Fault::timeout("The report took too long."));
                }
                Status::Running => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    fn status(&self, page: &Page) -> Result<Status, Fault> {
        let mut found = None;
        let jobs = self.jobs;
        jobs.status
            .records(&jobs.decoder, page, Bounds::default(), &mut |item| {
                if found.is_none() {
                    found = Some(plain(&item.into_tree()?));
                }
                Ok(())
            })?;
        let name = found.unwrap_or_else(|| "None".to_owned());
        jobs.statuses.get(&name).copied().ok_or_else(|| {
            Fault::config(format!(
                "The API's status “{name}” of a report is not known to the manifest."
            ))
        })
    }

    async fn finished(&self, creation: Value, polled: &Page) -> Result<Report<'a>, Fault> {
        let polling = answer(polled);
        let mut targets = vec![Value::from("")];
        if let Some(extractor) = &self.jobs.targets {
            let asked = match &self.jobs.target_requester {
                Some(requester) => {
                    let mut slice = Slice::whole();
                    slice
                        .extra
                        .insert("polling_response".to_owned(), polling.clone());
                    Some(self.send(requester, &slice).await?)
                }
                None => None,
            };
            targets.clear();
            let page = asked.as_ref().unwrap_or(polled);
            extractor.records(&self.jobs.decoder, page, Bounds::default(), &mut |item| {
                targets.push(item.into_tree()?);
                Ok(())
            })?;
        }
        Ok(Report {
            creation,
            slice: self.slice.clone(),
            targets: targets.into_iter(),
            pages: None,
            polling,
        })
    }

    async fn abort(&self, slice: &Slice) -> Result<(), Fault> {
        if let Some(requester) = &self.jobs.abort {
            self.send(requester, slice).await?;
        }
        Ok(())
    }

    /// Throws the report away.
    async fn end(&mut self) -> Result<(), Fault> {
        let Some(report) = self.report.take() else {
            return Ok(());
        };
        if let Some(requester) = &self.jobs.delete {
            let mut slice = report.slice;
            slice
                .extra
                .insert("creation_response".to_owned(), report.creation);
            self.send(requester, &slice).await?;
        }
        Ok(())
    }

    async fn send(&self, requester: &Requester, slice: &Slice) -> Result<Page, Fault> {
        let ask = Ask {
            slice: Some(slice),
            ..Ask::default()
        };
        Box::pin(requester.send(&ask, self.env))
            .await
            .map_err(Stop::into_fault)
    }
}

/// An answer as templates see it, with its headers.
fn answer(page: &Page) -> Value {
    let mut fields = match page.json() {
        Some(Value::Object(fields)) => fields.clone(),
        _ => Map::new(),
    };
    fields
        .entry("headers")
        .or_insert_with(|| Value::Object(page.headers.clone()));
    Value::Object(fields)
}
