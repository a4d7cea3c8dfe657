//! A connector's standard error: the launcher's report first, then lines for the log, the last of which are kept.

use std::collections::VecDeque;

use tokio::io::{AsyncRead, AsyncReadExt};

use super::contain::Report;
use super::redact::Redactor;
use crate::connector::RunContext;

/// What is kept for the error text of a connector that dies without a word.
const KEPT_BYTES: usize = 64 * 1024;
/// Longer lines are cut into pieces of this length: a log is for reading.
const LINE_BYTES: usize = 16 * 1024;
/// Lines logged per run; a flood past it is drained and dropped.
const LOGGED_LINES: u64 = 50_000;

/// What standard error said.
#[derive(Debug, Default)]
pub struct Stderr {
    pub report: Option<Report>,
    kept: VecDeque<u8>,
    lines: u64,
}

impl Stderr {
    /// Reads to the end, so that the connector never blocks on a full pipe.
    pub async fn drain(
        &mut self,
        mut pipe: impl AsyncRead + Unpin,
        redactor: &Redactor,
        cx: &RunContext,
    ) {
        let mut buffer = vec![0; LINE_BYTES];
        let mut line = Vec::new();
        while let Ok(count) = pipe.read(&mut buffer).await
            && count > 0
        {
            for &byte in &buffer[..count] {
                if byte != b'\n' {
                    line.push(byte);
                }
                if byte == b'\n' || line.len() >= LINE_BYTES {
                    self.take(&line, redactor, cx).await;
                    line.clear();
                }
            }
        }
        if !line.is_empty() {
            self.take(&line, redactor, cx).await;
        }
    }

    async fn take(&mut self, line: &[u8], redactor: &Redactor, cx: &RunContext) {
        if self.report.is_none()
            && let Some(report) = Report::parse(line)
        {
            cx.usage.reached(report.level());
            self.report = Some(report);
            return;
        }
        self.kept.extend(line.iter().chain(b"\n"));
        let surplus = self.kept.len().saturating_sub(KEPT_BYTES);
        self.kept.drain(..surplus);
        self.lines += 1;
        if self.lines < LOGGED_LINES {
            cx.say("INFO", None, redactor.clean(&String::from_utf8_lossy(line)))
                .await;
        } else if self.lines == LOGGED_LINES {
            cx.say("WARN", None, "The connector writes very much to its error output; the rest is left out of this log.").await;
        }
    }

    /// The last lines, secrets removed.
    pub fn tail(&mut self, lines: usize, redactor: &Redactor) -> Option<String> {
        let text = redactor.clean(&String::from_utf8_lossy(self.kept.make_contiguous()));
        let all: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        (!all.is_empty()).then(|| all[all.len().saturating_sub(lines)..].join("\n"))
    }
}
