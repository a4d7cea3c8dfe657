//! The worker: claims jobs up to its concurrency, runs their handlers, keeps their leases and drains at the end.

mod run;
mod wake;

use std::{collections::HashMap, future::Future, pin::Pin, sync::Arc, time::Duration};

use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    Error, JobContext, JobError,
    claim::claim,
    schedule::{Regular, ensure_next},
};
use wake::Wake;

type Work = Pin<Box<dyn Future<Output = Result<(), JobError>> + Send>>;
type Handler = Arc<dyn Fn(JobContext) -> Work + Send + Sync>;

/// How a worker behaves.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// Jobs at once.
    pub concurrency: usize,
    /// Of one tenant's jobs of these kinds, how many may run at once in all processes, so that others find a place.
    pub per_tenant: Option<usize>,
    /// Names this process in the lease.
    pub owner: String,
    /// A job whose worker is silent for this long is taken over.
    pub lease: Duration,
    /// Longest wait before looking for jobs when nobody woke us.
    pub poll: Duration,
    /// Pause before the second attempt; doubles with each, up to `backoff_limit`, then a random share of it is taken.
    pub backoff: Duration,
    pub backoff_limit: Duration,
    /// How long running jobs may finish after the shutdown began.
    pub grace: Duration,
}

impl WorkerOptions {
    pub fn new(concurrency: usize, owner: impl Into<String>) -> Self {
        Self {
            concurrency,
            per_tenant: None,
            owner: owner.into(),
            lease: Duration::from_secs(30),
            poll: Duration::from_secs(1),
            backoff: Duration::from_secs(2),
            backoff_limit: Duration::from_mins(10),
            grace: Duration::from_secs(20),
        }
    }

    /// Six chances to renew before the lease is over.
    fn heartbeat(&self) -> Duration {
        self.lease / 6
    }
}

/// Handlers by kind, and the loop that feeds them.
pub struct Worker {
    pool: PgPool,
    options: WorkerOptions,
    handlers: HashMap<&'static str, Handler>,
    /// Called once when a job is given up.
    last_words: HashMap<&'static str, Handler>,
    regular: Vec<Regular>,
}

impl Worker {
    pub fn new(pool: PgPool, options: WorkerOptions) -> Self {
        Self {
            pool,
            options,
            handlers: HashMap::new(),
            last_words: HashMap::new(),
            regular: Vec::new(),
        }
    }

    /// This kind of job is run by this handler. Kinds without a handler are left to other workers.
    pub fn register<F, R>(&mut self, kind: &'static str, handler: F)
    where
        F: Fn(JobContext) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        self.handlers
            .insert(kind, Arc::new(move |job| Box::pin(handler(job))));
    }

    /// Called before a job of this kind is given up, so that its owner can record the failure. At least once.
    pub fn on_giving_up<F, R>(&mut self, kind: &'static str, handler: F)
    where
        F: Fn(JobContext) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        self.last_words
            .insert(kind, Arc::new(move |job| Box::pin(handler(job))));
    }

    /// Enqueues a job of this kind at every round multiple of `every`, once for all workers together.
    pub fn every(&mut self, kind: &'static str, every: Duration) {
        self.regular.push(Regular { kind, every });
    }

    /// Works until the token is cancelled, then lets running jobs finish or gives them back.
    pub async fn run(self, shutdown: CancellationToken) {
        let worker = Arc::new(self);
        let wake = Wake::listen(&worker.pool);
        let stop = CancellationToken::new();
        let mut running = JoinSet::new();
        let mut clock = tokio::time::interval(Duration::from_secs(15));
        loop {
            if running.len() < worker.options.concurrency && !shutdown.is_cancelled() {
                match worker.claim().await {
                    Ok(Some(job)) => {
                        let (worker, wake, stop) = (worker.clone(), wake.clone(), stop.clone());
                        running.spawn(async move { run::run(&worker, &wake, job, stop).await });
                        continue;
                    }
                    Ok(None) => {}
                    Err(error) => tracing::warn!(%error, "the queue can't be read; trying again"),
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = wake.woken() => {}
                () = tokio::time::sleep(worker.options.poll) => {}
                Some(_) = running.join_next(), if !running.is_empty() => {}
                _ = clock.tick() => worker.keep_regular().await,
            }
        }
        let finish = async { while running.join_next().await.is_some() {} };
        if tokio::time::timeout(worker.options.grace, finish)
            .await
            .is_err()
        {
            stop.cancel();
            while running.join_next().await.is_some() {}
        }
    }

    /// Runs what is due now, one after the other, until nothing is. Returns how many attempts that took. For tests and
    /// for commands that wait.
    pub async fn drain(&self) -> Result<usize, Error> {
        let wake = Wake::silent();
        let mut attempts = 0;
        while let Some(job) = self.claim().await? {
            run::run(self, &wake, job, CancellationToken::new()).await;
            attempts += 1;
        }
        Ok(attempts)
    }

    async fn claim(&self) -> Result<Option<crate::claim::Claimed>, sqlx::Error> {
        let kinds: Vec<String> = self
            .handlers
            .keys()
            .map(|kind| (*kind).to_owned())
            .collect();
        claim(&self.pool, &kinds, &self.options).await
    }

    async fn keep_regular(&self) {
        for regular in &self.regular {
            if let Err(error) = ensure_next(&self.pool, *regular).await {
                tracing::warn!(%error, job.kind = regular.kind, "a regular job can't be planned; trying again");
            }
        }
    }
}
