//! What the loader tells while it goes: counts to the tables twice a second, states at once, words to the log.

use std::collections::HashMap;
use std::time::Duration;

use airbyte::protocol::{LogLevel, StreamDescriptor, StreamStatus};
use serde_json::Value;
use sync::connector::LogLine;
use sync::load::{CommittedState, Event};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};
use uuid::Uuid;

use super::journal::Journal;
use crate::Engine;
use crate::tables::progress::Counts;
use crate::tables::{jobs, progress, states};

const SAVE_EVERY: Duration = Duration::from_millis(500);

/// Listens to one attempt.
pub struct Tally<'a> {
    pub engine: &'a Engine,
    pub job: i64,
    pub connection: Uuid,
    pub journal: Journal,
    counts: HashMap<StreamDescriptor, Counts>,
    changed: bool,
    /// It is written down that the job came further.
    advanced: bool,
}

impl<'a> Tally<'a> {
    pub fn new(engine: &'a Engine, job: i64, connection: Uuid, journal: Journal) -> Self {
        Self {
            engine,
            job,
            connection,
            journal,
            counts: HashMap::new(),
            changed: false,
            advanced: false,
        }
    }

    /// Listens until loader and connector are both silent for good.
    pub async fn run(
        mut self,
        mut events: mpsc::Receiver<Event>,
        mut log: mpsc::Receiver<LogLine>,
    ) {
        let mut clock = interval(SAVE_EVERY);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut logging = true;
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.hear(event).await,
                    None => break,
                },
                line = log.recv(), if logging => match line {
                    Some(line) => self.journal.say(&line.level, line.stream.as_deref(), line.text).await,
                    None => logging = false,
                },
                _ = clock.tick() => self.save().await,
            }
        }
        while let Ok(line) = log.try_recv() {
            self.journal
                .say(&line.level, line.stream.as_deref(), line.text)
                .await;
        }
        self.save().await;
    }

    async fn hear(&mut self, event: Event) {
        match event {
            Event::Committed(committed) => self.keep_state(&committed).await,
            Event::Progress { stream, progress } => {
                let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
                let counts = Counts {
                    stream: stream.clone(),
                    read: number(progress.read),
                    written: number(progress.written),
                    bytes: number(progress.bytes),
                };
                self.counts.insert(stream, counts);
                self.changed = true;
            }
            Event::Log { level, message } => {
                self.journal.say(level_name(level), None, message).await;
            }
            Event::StreamStatus { stream, status } => self.tell_status(&stream, status).await,
            // Kept before the loader saw it; told by the connector's own ending.
            Event::Control(_) | Event::Error(_) => {}
        }
    }

    async fn keep_state(&mut self, committed: &CommittedState) {
        if let Err(error) = self.copy_state(committed).await {
            // The destination holds the truth; the next state brings the copy up to date.
            tracing::warn!(%error, job.id = self.job, "the copy of a state was not saved");
        }
    }

    async fn copy_state(&mut self, committed: &CommittedState) -> sqlx::Result<()> {
        let pool = &self.engine.config.pool;
        let (stream, state) = (committed.stream.as_ref(), committed.state.as_str());
        let before = states::save(pool, self.connection, stream, state).await?;
        if !self.advanced && is_newer(before.as_deref(), state) {
            jobs::set_advanced(&mut *pool.acquire().await?, self.job).await?;
            self.advanced = true;
        }
        Ok(())
    }

    /// In the order of the source's messages, so its count of rows is the loader's.
    async fn tell_status(&self, stream: &StreamDescriptor, status: StreamStatus) {
        let text = match status {
            StreamStatus::Started => "Reading has begun.",
            StreamStatus::Complete => "Everything has been read.",
            StreamStatus::Incomplete => "Reading stopped before everything was read.",
            StreamStatus::Running | StreamStatus::Other => return,
        };
        self.journal.say("INFO", Some(&stream.name), text).await;
    }

    async fn save(&mut self) {
        if !std::mem::take(&mut self.changed) {
            return;
        }
        let counts: Vec<Counts> = self.counts.drain().map(|(_, counts)| counts).collect();
        let began = Instant::now();
        if let Err(error) = progress::save(&self.engine.config.pool, self.job, &counts).await {
            tracing::warn!(%error, job.id = self.job, took = ?began.elapsed(), "progress was not saved");
        }
    }
}

/// Whether a state stands at another place than the one before it. How many rows came with it says nothing of that.
fn is_newer(before: Option<&str>, state: &str) -> bool {
    let place = |text: &str| {
        let mut state: Value = serde_json::from_str(text).ok()?;
        state.as_object_mut()?.remove("sourceStats");
        Some(state)
    };
    before.and_then(place) != place(state)
}

fn level_name(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Fatal => "FATAL",
        LogLevel::Error => "ERROR",
        LogLevel::Warn => "WARN",
        LogLevel::Info => "INFO",
        LogLevel::Debug => "DEBUG",
        LogLevel::Trace => "TRACE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_is_no_newer_one_however_many_rows_came_again() {
        let state = |day: u32, rows: u32| {
            format!(
                r#"{{"type":"STREAM","stream":{{"stream_state":{{"day":{day}}}}},"sourceStats":{{"recordCount":{rows}.0}}}}"#
            )
        };
        for (before, newer) in [
            (None, true),
            (Some(state(1, 5)), true),
            (Some(state(2, 5)), false),
            (Some(state(2, 0)), false),
        ] {
            assert_eq!(
                is_newer(before.as_deref(), &state(2, 0)),
                newer,
                "{before:?}"
            );
        }
    }
}
