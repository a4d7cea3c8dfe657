//! The reading half of a run, on a thread of its own: bytes in, rows and states out.

use std::collections::HashSet;
use std::time::Instant;

use airbyte::protocol::{
    AirbyteMessage, AirbyteStateType, LogLevel, StreamDescriptor, StreamStatus, Trace,
};
use bytes::Bytes;
use rand::rngs::SmallRng;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::fault::Fault;
use crate::receipt::Outcome;

use super::lanes::{Lanes, Op, Route, Scope};
use super::options::{Completion, Event, RunOptions};
use super::plan::{StreamPlan, label};
use super::reader::{Line, Reader};
use super::row::RowWriter;

/// Longer lines are refused: PostgreSQL would take them, this machine's memory might not.
pub const LONGEST_LINE: usize = 8 * 1024 * 1024;
/// How much of a line that is no message is passed on as a log line.
const LONGEST_LOG: usize = 4096;

/// Reads protocol lines and hands on what the database has to do.
pub struct Feed {
    plans: Vec<StreamPlan>,
    reader: Reader,
    rows: Vec<RowWriter>,
    lanes: Lanes,
    random: SmallRng,
    completion: Completion,
    events: mpsc::Sender<Event>,
    ops: mpsc::Sender<Op>,
    /// The beginning of a line whose end has not come yet.
    carry: Vec<u8>,
    strangers: HashSet<StreamDescriptor>,
    failed: bool,
    /// The time, as of the last chunk: asking for it with every record would cost more than it tells.
    now: Instant,
}

/// Why reading stops.
#[derive(Debug)]
pub enum Stop {
    Fault(Fault),
    /// The database side is gone; it knows why.
    Unheard,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

enum Heard {
    Chunk(Bytes),
    Silence,
    End,
    Unheard,
}

#[derive(Deserialize)]
struct RawState<'a> {
    #[serde(borrow)]
    state: &'a RawValue,
}

impl Feed {
    pub fn new(
        plans: Vec<StreamPlan>,
        routes: &[Route],
        options: &RunOptions,
        events: mpsc::Sender<Event>,
        ops: mpsc::Sender<Op>,
    ) -> Self {
        let now = Instant::now();
        let sync_id = |plan: &StreamPlan| {
            if options.sync_id == 0 {
                plan.sync_id
            } else {
                options.sync_id
            }
        };
        Self {
            reader: Reader::new(&plans),
            rows: plans
                .iter()
                .map(|plan| RowWriter::new(plan, sync_id(plan)))
                .collect(),
            lanes: Lanes::new(routes, options.commit_every, now),
            random: rand::make_rng(),
            completion: options.completion,
            plans,
            events,
            ops,
            carry: Vec::new(),
            strangers: HashSet::new(),
            failed: false,
            now,
        }
    }

    /// Reads until the input ends. Blocks: run it where blocking is allowed.
    pub fn run(mut self, mut input: mpsc::Receiver<Bytes>, runtime: &Handle) -> Result<(), Stop> {
        loop {
            let heard = match input.try_recv() {
                Ok(chunk) => Heard::Chunk(chunk),
                Err(mpsc::error::TryRecvError::Disconnected) => Heard::End,
                Err(mpsc::error::TryRecvError::Empty) => runtime.block_on(self.listen(&mut input)),
            };
            match heard {
                Heard::Chunk(chunk) => {
                    if let Err(stop) = self.chunk(&chunk) {
                        self.lanes.save(Instant::now());
                        self.hand_on()?;
                        return Err(stop);
                    }
                }
                Heard::Silence => self.lanes.tick(Instant::now()),
                Heard::End => break,
                Heard::Unheard => return Err(Stop::Unheard),
            }
            self.hand_on()?;
        }
        self.end()
    }

    /// Waits for the source, but not longer than states may wait, and not when nobody carries out what it says.
    async fn listen(&self, input: &mut mpsc::Receiver<Bytes>) -> Heard {
        let patience = self.lanes.silence(Instant::now());
        tokio::select! {
            chunk = input.recv() => chunk.map_or(Heard::End, Heard::Chunk),
            () = self.ops.closed() => Heard::Unheard,
            () = tokio::time::sleep(patience.unwrap_or_default()), if patience.is_some() => Heard::Silence,
        }
    }

    fn end(mut self) -> Result<(), Stop> {
        let rest = std::mem::take(&mut self.carry);
        let broken_off = !rest.trim_ascii().is_empty() && self.last_line(&rest)?;
        if broken_off {
            self.log(
                LogLevel::Warn,
                "The input ended in the middle of a line.".to_owned(),
            );
        }
        let patient = self.completion == Completion::EndOfInput && !self.failed && !broken_off;
        let outcomes: Vec<_> = (0..self.plans.len())
            .map(|stream| match self.lanes.status_of(stream) {
                Some(StreamStatus::Complete) => Outcome::Complete,
                None if patient => Outcome::Complete,
                _ => Outcome::Incomplete,
            })
            .collect();
        self.lanes.end(
            |stream| outcomes.get(stream).copied().unwrap_or(Outcome::Incomplete),
            Instant::now(),
        );
        self.hand_on()
    }

    /// A line without its newline: whole, or broken off. True for the latter.
    fn last_line(&mut self, line: &[u8]) -> Result<bool, Stop> {
        let whole = std::str::from_utf8(line).is_ok() && self.reader.read(line).is_ok();
        if whole {
            self.line(line)?;
        }
        Ok(!whole && line.trim_ascii_start().starts_with(b"{"))
    }

    fn chunk(&mut self, chunk: &[u8]) -> Result<(), Stop> {
        let mut rest = chunk;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (head, tail) = rest.split_at(end);
            rest = tail.get(1..).unwrap_or_default();
            if self.carry.is_empty() {
                self.line(head)?;
            } else {
                let mut line = std::mem::take(&mut self.carry);
                line.extend_from_slice(head);
                self.line(&line)?;
            }
        }
        self.carry.extend_from_slice(rest);
        if self.carry.len() > LONGEST_LINE {
            let carry = std::mem::take(&mut self.carry);
            return Err(too_long(&carry).into());
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Result<(), Stop> {
        if line.len() > LONGEST_LINE {
            return Err(too_long(line).into());
        }
        if std::str::from_utf8(line).is_err() {
            return self.not_a_message(line, "is not UTF-8 text");
        }
        match self.reader.read(line) {
            Ok(Line::Record(record)) => {
                let Some(writer) = self.rows.get_mut(record.stream) else {
                    return Ok(());
                };
                let values = self.reader.values(record.stream);
                let random = &mut self.random;
                self.lanes
                    .record(record.stream, line.len(), self.now, |out| {
                        writer.write(line, &record, values, random, out)
                    });
            }
            Ok(Line::Stranger(stream)) => {
                if self.strangers.insert(stream.clone()) {
                    self.log(LogLevel::Warn, format!("The source sent records of “{}”, which was not asked for; they are left out.", label(&stream)));
                }
            }
            Ok(Line::Other) => return self.message(line),
            Err(_) => return self.not_a_message(line, "is cut off or is no JSON"),
        }
        Ok(())
    }

    /// By the protocol's rule a line that is no message is a log line; but a broken record or state is lost data.
    fn not_a_message(&mut self, line: &[u8], what: &str) -> Result<(), Stop> {
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(());
        }
        let names = |word: &[u8]| {
            memchr::memmem::find(line.get(..200).unwrap_or(line), word).is_some()
                || memchr::memmem::rfind(line, word).is_some()
        };
        if line.first() == Some(&b'{') && (names(b"\"RECORD\"") || names(b"\"STATE\"")) {
            let stream = stream_in(line);
            let of = stream
                .as_ref()
                .map(|stream| format!(" of “{stream}”"))
                .unwrap_or_default();
            let fault = Fault::data(format!(
                "The source sent a message{of} that {what}. Nothing behind it was taken; the next run reads it again."
            ));
            return Err(match stream {
                Some(stream) => fault.in_stream(stream),
                None => fault,
            }
            .into());
        }
        let text = String::from_utf8_lossy(line.get(..LONGEST_LOG).unwrap_or(line)).into_owned();
        self.log(LogLevel::Info, text);
        Ok(())
    }

    fn message(&mut self, line: &[u8]) -> Result<(), Stop> {
        let Some(message) = AirbyteMessage::parse(line) else {
            return self.not_a_message(line, "does not follow the protocol");
        };
        match message {
            AirbyteMessage::State { state } => {
                let Ok(raw) = serde_json::from_slice::<RawState<'_>>(line) else {
                    return self.not_a_message(line, "does not follow the protocol");
                };
                self.state(&state, raw.state.get().to_owned());
            }
            AirbyteMessage::Log { log } => self.log(log.level, log.message),
            AirbyteMessage::Control { control } => {
                if let Some(config) = control.connector_config {
                    self.tell(Event::Control(config.config));
                }
            }
            AirbyteMessage::Trace { trace } => self.trace(trace.trace),
            _ => {}
        }
        Ok(())
    }

    fn state(&mut self, state: &airbyte::protocol::AirbyteStateMessage, raw: String) {
        let descriptor = state
            .stream
            .as_ref()
            .map(|stream| stream.stream_descriptor.clone());
        let (scope, stream) = match (state.state_type, descriptor) {
            (AirbyteStateType::Stream, Some(descriptor)) => (
                self.position(&descriptor)
                    .map_or(Scope::Nothing, Scope::Stream),
                Some(descriptor),
            ),
            _ => (Scope::All, None),
        };
        if let (Scope::Stream(stream), Some(said)) = (scope, &state.stream)
            && said.stream_state.is_none()
        {
            self.lanes.anew(stream);
        }
        let counted = self.lanes.since_state(scope);
        let said = state
            .source_stats
            .as_ref()
            .and_then(|stats| stats.record_count);
        if let Some(said) = said
            .filter(|said| format!("{said:.0}") != counted.to_string() && scope != Scope::Nothing)
        {
            let name = stream
                .as_ref()
                .map_or_else(|| "all streams".to_owned(), label);
            self.log(LogLevel::Warn, format!("The source says it sent {said:.0} records of {name} before this state; {counted} arrived."));
        }
        self.lanes.state(scope, raw, stream, Instant::now());
    }

    fn trace(&mut self, trace: Trace) {
        match trace {
            Trace::Error { error } => {
                self.failed = true;
                self.tell(Event::Error(Box::new(error)));
            }
            Trace::StreamStatus { stream_status } => {
                if let Some(stream) = self.position(&stream_status.stream_descriptor) {
                    self.lanes.status(stream, stream_status.status);
                }
                self.tell(Event::StreamStatus {
                    stream: stream_status.stream_descriptor,
                    status: stream_status.status,
                });
            }
            _ => {}
        }
    }

    fn position(&self, descriptor: &StreamDescriptor) -> Option<usize> {
        let namespace = |descriptor: &StreamDescriptor| {
            descriptor
                .namespace
                .clone()
                .filter(|namespace| !namespace.is_empty())
        };
        self.plans.iter().position(|plan| {
            plan.descriptor.name == descriptor.name
                && namespace(&plan.descriptor) == namespace(descriptor)
        })
    }

    fn log(&self, level: LogLevel, message: String) {
        self.tell(Event::Log { level, message });
    }

    fn tell(&self, event: Event) {
        // Nobody listening is no reason to stop loading.
        let _ = self.events.blocking_send(event);
    }

    fn hand_on(&mut self) -> Result<(), Stop> {
        let now = Instant::now();
        self.lanes.tell(now);
        self.now = now;
        if self.ops.is_closed() {
            return Err(Stop::Unheard);
        }
        for op in self.lanes.take_ops() {
            self.ops.blocking_send(op).map_err(|_| Stop::Unheard)?;
        }
        Ok(())
    }
}

fn too_long(line: &[u8]) -> Fault {
    let limit = LONGEST_LINE / 1024 / 1024;
    match stream_in(line) {
        Some(stream) => Fault::data(format!("A record of “{stream}” is longer than {limit} MiB, which is the most one record may have. Leave out its largest field, or this table.")).in_stream(stream),
        None => Fault::data(format!("The source sent a line longer than {limit} MiB, which is the most one message may have.")),
    }
}

/// The stream's name in a record that cannot be parsed, if it stands near the beginning or the end.
fn stream_in(line: &[u8]) -> Option<String> {
    let key = b"\"stream\":";
    let after = |at: usize| {
        line.get(at + key.len()..)
            .unwrap_or_default()
            .trim_ascii_start()
    };
    let found = memchr::memmem::find(line.get(..1024).unwrap_or(line), key)
        .or_else(|| memchr::memmem::rfind(line, key))?;
    let rest = after(found).strip_prefix(b"\"")?;
    let end = memchr::memchr(b'"', rest).filter(|end| *end <= 300)?;
    rest.get(..end)
        .map(|name| String::from_utf8_lossy(name).into_owned())
}
