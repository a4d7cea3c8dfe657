//! One run of a connector program: its command line, its output, its end.

use std::ffi::OsString;
use std::pin::pin;
use std::time::Duration;

use airbyte::protocol::{AirbyteMessage, ConfiguredAirbyteCatalog, LogLevel};
use bytes::Bytes;
use futures::future::{FusedFuture, FutureExt};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::files::PrivateFolder;
use super::guard::{Guard, Pipes};
use super::output::{Blocks, OutputError};
use super::redact::Redactor;
use super::stderr::Stderr;
use super::verdict::{self, Ending};
use super::watch::{self, plain_bytes, plain_duration};
use super::{Program, WayOut};
use crate::connector::RunContext;
use crate::fault::Fault;
use crate::message::{self, Line};
use crate::outbound::Gate;

/// What is asked of the connector.
#[derive(Debug, Clone, Copy)]
pub enum Question<'a> {
    Spec,
    Check {
        config: &'a Value,
    },
    Discover {
        config: &'a Value,
    },
    Read {
        config: &'a Value,
        catalog: &'a ConfiguredAirbyteCatalog,
        state: &'a [Value],
    },
}

impl<'a> Question<'a> {
    fn config(self) -> Option<&'a Value> {
        match self {
            Self::Spec => None,
            Self::Check { config } | Self::Discover { config } | Self::Read { config, .. } => {
                Some(config)
            }
        }
    }

    /// Writes the files of the question and gives the arguments that name them.
    fn arguments(self, folder: &PrivateFolder) -> std::io::Result<Vec<OsString>> {
        let verb = match self {
            Self::Spec => "spec",
            Self::Check { .. } => "check",
            Self::Discover { .. } => "discover",
            Self::Read { .. } => "read",
        };
        let mut arguments = vec![OsString::from(verb)];
        if let Some(config) = self.config() {
            arguments.extend(folder.argument("config", config)?);
        }
        if let Self::Read { catalog, state, .. } = self {
            arguments.extend(folder.argument("catalog", catalog)?);
            if !state.is_empty() {
                arguments.extend(folder.argument("state", &state)?);
            }
        }
        Ok(arguments)
    }
}

/// A started connector. Dropping it ends the connector and removes its files.
#[derive(Debug)]
pub struct Run {
    // Fields drop in this order: first the processes, then the folder they use.
    guard: Guard,
    pipes: Pipes,
    folder: PrivateFolder,
    gate: Option<Gate>,
    redactor: Redactor,
    wall: Duration,
}

impl Run {
    pub fn start(
        program: &Program,
        question: Question<'_>,
        cx: &RunContext,
    ) -> Result<Self, Fault> {
        let disk = |error: std::io::Error| {
            Fault::bug("The connector's private folder could not be made.")
                .with_detail(error.to_string())
        };
        let folder = PrivateFolder::create(&cx.work_dir).map_err(disk)?;
        let arguments = question.arguments(&folder).map_err(disk)?;
        let redactor = question
            .config()
            .map(|config| Redactor::new(config, &cx.secret_fields))
            .unwrap_or_default();
        let wall = if matches!(question, Question::Read { .. }) {
            cx.limits.read
        } else {
            cx.limits.question
        };
        let gate = gate(program, cx)?;
        let ways = gate.as_ref().map(Gate::variables).unwrap_or_default();
        let (guard, pipes) = Guard::start(program, &arguments, &ways, folder.path(), cx)?;
        Ok(Self {
            guard,
            pipes,
            folder,
            gate,
            redactor,
            wall,
        })
    }

    /// Passes the data messages on as they come; ends with the connector.
    pub async fn forward(self, cx: &RunContext, out: &mpsc::Sender<Bytes>) -> Result<(), Fault> {
        Box::pin(self.conduct(cx, Sink::Forward(out)))
            .await
            .map(|_| ())
    }

    /// Collects the few messages of an answer. Records are no answer and are left out.
    pub async fn collect(self, cx: &RunContext) -> Result<Vec<AirbyteMessage>, Fault> {
        Box::pin(self.conduct(cx, Sink::Collect(Vec::new()))).await
    }

    async fn conduct(self, cx: &RunContext, sink: Sink<'_>) -> Result<Vec<AirbyteMessage>, Fault> {
        let Self {
            mut guard,
            pipes,
            folder,
            gate,
            redactor,
            wall,
        } = self;
        let mut stderr = Stderr::default();
        let mut pump = Pump {
            cx,
            redactor: &redactor,
            sink,
            ending: Ending::default(),
            bytes: 0,
        };
        let outcome = tokio::select! {
            biased;
            () = cx.cancel.cancelled() => Err(Fault::cancelled()),
            fault = watch::watch(&guard, &cx.limits, wall, &cx.usage) => Err(fault),
            result = both(pump.run(pipes.stdout), stderr.drain(pipes.stderr, &redactor, cx), cx.limits.exit) => result,
        };
        let Pump {
            mut ending, sink, ..
        } = pump;
        if let Err(fault) = outcome {
            guard.kill().await;
            return Err(fault.or_detail(stderr.tail(TAIL_LINES, &redactor)));
        }
        ending.status = guard.wait(cx.limits.exit).await;
        guard.kill().await;
        drop((gate, folder));
        verdict::judge(ending, &mut stderr, &redactor)?;
        Ok(sink.into_messages())
    }
}

/// For a program that is not to choose its way out.
fn gate(program: &Program, cx: &RunContext) -> Result<Option<Gate>, Fault> {
    if program.way_out == WayOut::Own {
        return Ok(None);
    }
    let gate = Gate::open(&cx.outbound).map_err(|error| {
        Fault::bug("The connector's way out could not be opened.").with_detail(error.to_string())
    })?;
    Ok(Some(gate))
}

/// Lines of standard error shown with a failure.
const TAIL_LINES: usize = 20;

/// Reads both pipes. Once the output has ended, the error pipe gets only a little longer: a connector that stays may
/// keep it open for ever.
async fn both(
    output: impl Future<Output = Result<(), Fault>>,
    errors: impl Future<Output = ()>,
    patience: Duration,
) -> Result<(), Fault> {
    let (mut output, mut errors) = (pin!(output), pin!(errors.fuse()));
    let result = loop {
        tokio::select! {
            biased;
            result = &mut output => break result,
            () = &mut errors, if !errors.is_terminated() => {}
        }
    };
    if !errors.is_terminated() {
        // What is not said by then is not waited for.
        let _ = timeout(patience, errors).await;
    }
    result
}

/// Where messages go.
#[derive(Debug)]
enum Sink<'a> {
    Forward(&'a mpsc::Sender<Bytes>),
    Collect(Vec<AirbyteMessage>),
}

impl Sink<'_> {
    fn into_messages(self) -> Vec<AirbyteMessage> {
        match self {
            Self::Forward(_) => Vec::new(),
            Self::Collect(messages) => messages,
        }
    }
}

/// Moves standard output: data onwards, words into the log, errors into the ending.
#[derive(Debug)]
struct Pump<'a> {
    cx: &'a RunContext,
    redactor: &'a Redactor,
    sink: Sink<'a>,
    ending: Ending,
    bytes: u64,
}

impl Pump<'_> {
    async fn run(&mut self, stdout: tokio::process::ChildStdout) -> Result<(), Fault> {
        let limits = &self.cx.limits;
        let mut blocks = Blocks::new(stdout, limits.line_bytes);
        loop {
            let next = timeout(limits.silence, blocks.next()).await.map_err(|_| {
                Fault::timeout(format!(
                    "The connector said nothing for {} and was stopped.",
                    plain_duration(limits.silence)
                ))
            })?;
            let Some(block) = next.map_err(|error| self.unreadable(&error))? else {
                return Ok(());
            };
            self.bytes += u64::try_from(block.len()).unwrap_or(u64::MAX);
            if self.bytes > limits.total_bytes {
                return Err(Fault::data(format!(
                    "The connector wrote more than {} and was stopped.",
                    plain_bytes(limits.total_bytes)
                )));
            }
            self.block(block).await?;
        }
    }

    fn unreadable(&self, error: &OutputError) -> Fault {
        match error {
            OutputError::LineTooLong { bytes } => Fault::data(format!(
                "The connector wrote one line of {}; the longest allowed is {}. A single row this large cannot be loaded: leave out its largest field.",
                plain_bytes(u64::try_from(*bytes).unwrap_or(u64::MAX)),
                plain_bytes(u64::try_from(self.cx.limits.line_bytes).unwrap_or(u64::MAX)),
            )),
            OutputError::Io(error) => Fault::bug("The connector's output could not be read.")
                .with_detail(error.to_string()),
        }
    }

    /// Sorts the lines of one block. Runs of data lines are passed on as slices of the block, without a copy.
    async fn block(&mut self, block: Bytes) -> Result<(), Fault> {
        let valid = std::str::from_utf8(&block).is_ok();
        let mut data_from = 0;
        let mut at = 0;
        while at < block.len() {
            let end =
                memchr::memchr(b'\n', &block[at..]).map_or(block.len(), |found| at + found + 1);
            let line = &block[at..end];
            let complete = line.last() == Some(&b'\n');
            let keep = match self.line(line, valid).await {
                Ok(keep) => keep,
                Err(fault) => {
                    // What came before the bad line is good.
                    self.pass(block.slice(data_from..at)).await?;
                    return Err(fault);
                }
            };
            if !keep || !complete {
                self.pass(block.slice(data_from..at)).await?;
                data_from = end;
            }
            if keep && !complete {
                self.pass(finish(line)).await?;
            }
            at = end;
        }
        self.pass(block.slice(data_from..)).await
    }

    /// Whether the line is data to pass on. Everything else is dealt with here.
    async fn line(&mut self, line: &[u8], valid: bool) -> Result<bool, Fault> {
        match message::classify(line) {
            Line::Record => {
                if !valid && std::str::from_utf8(line).is_err() {
                    return Err(Fault::data(
                        "The connector sent a row that is not valid UTF-8 text. It has to be fixed in the connector, or the field left out.",
                    ));
                }
                // A row cut off by the connector's end is no row.
                Ok(line.last() == Some(&b'\n')
                    || serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok())
            }
            Line::Message(message) => self.message(*message).await,
            Line::Text if looks_like_data(line) && std::str::from_utf8(line).is_err() => Err(
                Fault::data("The connector sent a message that is not valid UTF-8 text."),
            ),
            Line::Text => {
                self.cx
                    .say(
                        "INFO",
                        None,
                        self.redactor
                            .clean(&String::from_utf8_lossy(line.trim_ascii())),
                    )
                    .await;
                Ok(false)
            }
            Line::Blank => Ok(false),
        }
    }

    async fn message(&mut self, mut message: AirbyteMessage) -> Result<bool, Fault> {
        match &mut message {
            AirbyteMessage::Log { log } => {
                self.cx
                    .say(level(log.level), None, self.redactor.clean(&log.message))
                    .await;
                return Ok(false);
            }
            AirbyteMessage::Trace { trace } => self.ending.note(&trace.trace, self.redactor),
            // Why a check failed: connectors like to repeat what they were given.
            AirbyteMessage::ConnectionStatus { connection_status } => {
                connection_status.message = connection_status
                    .message
                    .take()
                    .map(|text| self.redactor.clean(&text));
            }
            _ => {}
        }
        match &mut self.sink {
            Sink::Forward(_) => Ok(message::is_data(&message)),
            Sink::Collect(messages) => {
                messages.push(message);
                Ok(false)
            }
        }
    }

    async fn pass(&self, data: Bytes) -> Result<(), Fault> {
        match self.sink {
            Sink::Forward(out) if !data.is_empty() => {
                out.send(data).await.map_err(|_| Fault::cancelled())
            }
            _ => Ok(()),
        }
    }
}

fn looks_like_data(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    line.starts_with(b"{")
        && (memchr::memmem::find(line, b"\"STATE\"").is_some()
            || memchr::memmem::find(line, b"\"RECORD\"").is_some())
}

/// Ends the last line, which its writer did not.
fn finish(line: &[u8]) -> Bytes {
    let mut whole = line.to_vec();
    whole.push(b'\n');
    Bytes::from(whole)
}

fn level(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Fatal => "FATAL",
        LogLevel::Error => "ERROR",
        LogLevel::Warn => "WARN",
        LogLevel::Info => "INFO",
        LogLevel::Debug => "DEBUG",
        LogLevel::Trace => "TRACE",
    }
}
