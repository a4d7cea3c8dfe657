//! Reading streams: several at once, several slices at once, their messages in order.

mod emit;

use std::collections::VecDeque;
use std::sync::Arc;

use airbyte::protocol::{StreamDescriptor, StreamStatus};
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;

use super::cursor::Watch;
use super::env::SharedEnv;
use super::groups::{Busy, Hold, Needs, Taken};
use super::heavy;
use super::record::Wanted;
use super::slice::Slice;
use super::stream::Stream;
use crate::fault::{Failures, Fault, Kind};
use emit::{Batch, Emitter};

/// A stream that was asked for.
pub struct Asked {
    pub name: String,
    /// Nothing where the manifest has no such stream.
    pub built: Result<Option<Stream>, Fault>,
    pub needs: Needs,
}

/// Reads the streams of the catalogue. Every stream is tried, and those that fail say why by themselves; the result is one
/// fault for all of them.
pub async fn read(
    streams: Vec<Asked>,
    env: &SharedEnv,
    workers: usize,
    out: &mpsc::Sender<Bytes>,
) -> Result<(), Fault> {
    let starters = Arc::new(Semaphore::new((workers / 2).max(1)));
    let mut waiting = VecDeque::new();
    let mut failed = 0_usize;
    let mut failures = Failures::default();
    for asked in streams {
        let emitter = Emitter::new(StreamDescriptor::new(asked.name, None), env, out);
        match asked.built {
            Ok(Some(stream)) => waiting.push_back(Job {
                emitter: Arc::new(emitter),
                stream: Arc::new(stream),
                env: Arc::clone(env),
                needs: asked.needs,
            }),
            Ok(None) => emitter.status(StreamStatus::Incomplete).await?,
            Err(fault) => {
                emitter.status(StreamStatus::Started).await?;
                emitter.error(&fault).await?;
                emitter.status(StreamStatus::Incomplete).await?;
                failed += 1;
                failures.add(fault);
            }
        }
    }
    let busy = Busy::default();
    let mut tasks = JoinSet::new();
    while !waiting.is_empty() {
        let place = Arc::clone(&starters).acquire_owned().await;
        let place = place.map_err(|_| Fault::cancelled())?;
        if let Some((job, taken)) = startable(&mut waiting, &busy).await {
            let start = Start {
                _place: place,
                _parents: taken.parents,
            };
            let own = taken.own;
            tasks.spawn(async move {
                let failures = job.run(start).await;
                drop(own);
                failures
            });
        }
    }
    while let Some(result) = tasks.join_next().await {
        let stream = result.unwrap_or_else(|error| crashed(&error).into());
        failed += usize::from(!stream.is_empty());
        failures.join(stream);
    }
    verdict(failed, failures)
}

/// The first stream that may be read beside those that are, once there is one.
async fn startable(waiting: &mut VecDeque<Job>, busy: &Busy) -> Option<(Job, Taken)> {
    loop {
        for at in 0..waiting.len() {
            if let Some(taken) = busy.take(&waiting.get(at)?.needs) {
                return Some((waiting.remove(at)?, taken));
            }
        }
        busy.freed().await;
    }
}

/// What a stream holds while its slices are handed out: a place among those that do, and its parents.
struct Start {
    _place: OwnedSemaphorePermit,
    _parents: Hold,
}

/// One stream being read.
struct Job {
    stream: Arc<Stream>,
    emitter: Arc<Emitter>,
    env: SharedEnv,
    needs: Needs,
}

impl Job {
    async fn run(self, start: Start) -> Failures {
        let mut failures = Failures::default();
        if let Err(fault) = self.tell(start, &mut failures).await {
            failures.add(fault);
        }
        failures
    }

    /// Reads it and says how that went. A fault of its own is one of the way out.
    async fn tell(&self, start: Start, failures: &mut Failures) -> Result<(), Fault> {
        self.emitter.status(StreamStatus::Started).await?;
        self.slices(start, failures).await?;
        if failures.is_cancelled() {
            return Ok(());
        }
        let router = self.stream.slicer.lock().await.router_state();
        self.emitter
            .state(|| Ok(Some(self.stream.cursor.finish(router))))
            .await?;
        let status = if failures.is_empty() {
            StreamStatus::Complete
        } else {
            StreamStatus::Incomplete
        };
        self.emitter.status(status).await
    }

    /// Starts the slices as there is room for them, and waits for all.
    async fn slices(&self, start: Start, failures: &mut Failures) -> Result<(), Fault> {
        let mut running: JoinSet<Result<(), Fault>> = JoinSet::new();
        let handed_out = self.hand_out(&mut running).await;
        drop(start);
        self.note(handed_out, failures).await?;
        while let Some(result) = running.join_next().await {
            let result = result.unwrap_or_else(|error| Err(crashed(&error)));
            self.note(result, failures).await?;
        }
        Ok(())
    }

    /// Every slice waits for its turn, so that not all of them are in memory.
    async fn hand_out(&self, running: &mut JoinSet<Result<(), Fault>>) -> Result<(), Fault> {
        let mut slicer = self.stream.slicer.lock().await;
        loop {
            let permit = Arc::clone(&self.env.places).acquire_owned().await;
            let permit = permit.map_err(|_| Fault::cancelled())?;
            let Some(slice) = slicer.next().await? else {
                return Ok(());
            };
            let (stream, emitter, env) = (
                Arc::clone(&self.stream),
                Arc::clone(&self.emitter),
                Arc::clone(&self.env),
            );
            running.spawn(async move {
                let result = partition(&stream, &slice, &emitter, &env).await;
                drop(permit);
                result
            });
        }
    }

    /// Says of what failed why it did.
    async fn note(&self, result: Result<(), Fault>, failures: &mut Failures) -> Result<(), Fault> {
        let Err(fault) = result else {
            return Ok(());
        };
        let told = if fault.kind == Kind::Cancelled {
            Ok(())
        } else {
            self.emitter.error(&fault).await
        };
        failures.add(fault);
        told
    }
}

/// Reads one slice to its end.
async fn partition(
    stream: &Stream,
    slice: &Slice,
    emitter: &Emitter,
    env: &SharedEnv,
) -> Result<(), Fault> {
    let cursor = &stream.cursor;
    let mut watch = cursor.watch();
    let result = pages(stream, slice, emitter, env, &mut watch).await;
    if let Some(odd) = watch.odd() {
        let text = format!("A record's cursor field holds “{odd}”, which tells no position.");
        env.say("WARN", &stream.name, text).await;
    }
    match result {
        Ok(()) => emitter.state(|| cursor.close(slice, &watch)).await,
        Err(fault) => {
            cursor.fail(&watch);
            Err(fault)
        }
    }
}

async fn pages(
    stream: &Stream,
    slice: &Slice,
    emitter: &Emitter,
    env: &SharedEnv,
    watch: &mut Watch,
) -> Result<(), Fault> {
    let schema = stream.schema(env).await?;
    let field = stream.cursor.field();
    let sieve = stream.sieve(slice)?;
    let wanted = sieve.as_ref().map(|sieve| -> Wanted<'_> { sieve });
    let mut reading = stream
        .retriever
        .pages_of(slice, Some(&stream.cursor), schema, env);
    let arrival = reading.arrival();
    let mut batch = Batch::new(&stream.name, env.cx.limits.line_bytes);
    loop {
        let more = reading
            .next(wanted, &mut |record| {
                if let Some(field) = field {
                    record.observe(field, watch);
                }
                batch.push(&record, arrival.get())?;
                // A large answer goes out in pieces, so that not all of its records are in memory.
                if batch.is_full() {
                    heavy::wait(emitter.records(&mut batch)).unwrap_or(Ok(()))?;
                }
                Ok(())
            })
            .await;
        // What came before the fault was read and is passed on.
        emitter.records(&mut batch).await?;
        if !more? {
            return Ok(());
        }
    }
}

/// One fault for the whole read: what a further try may mend decides, in whichever order the streams failed.
fn verdict(failed: usize, failures: Failures) -> Result<(), Fault> {
    let Some(whole) = failures.whole() else {
        return Ok(());
    };
    if failed == 1 {
        return Err(whole);
    }
    let message = format!("{failed} streams failed. One of them: {}", whole.message);
    Err(Fault { message, ..whole })
}

fn crashed(error: &tokio::task::JoinError) -> Fault {
    if error.is_cancelled() {
        return Fault::cancelled();
    }
    Fault::bug("Reading stopped because of an error in this program.")
        .with_detail(error.to_string())
}
