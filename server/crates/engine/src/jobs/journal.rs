//! The log of a job: bounded, secrets removed, written in batches.

use std::time::Duration;

use serde_json::Value;
use sync::connector::Veil;
use time::OffsetDateTime;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::Engine;
use crate::tables::logs;

/// Lines kept of one job. A connector that says more says it in vain.
const MOST_LINES: i64 = 20_000;
/// Lines kept of those that are only there for details: how a run went must still find room behind them.
const MOST_DETAILS: i64 = 5_000;
const DETAIL: &str = "DEBUG";
/// Characters kept of one line.
const LONGEST: usize = 4_000;
const WAITING: usize = 1024;
const BATCH: usize = 500;
const WRITE_EVERY: Duration = Duration::from_millis(500);

/// Where lines are put. Clones write to the same log.
#[derive(Clone)]
pub struct Journal {
    sender: mpsc::Sender<Line>,
    veil: Veil,
}

struct Line {
    level: String,
    stream: Option<String>,
    text: String,
}

/// The writing side; ends when every [`Journal`] is dropped.
pub struct Writing(JoinHandle<()>);

impl Journal {
    /// Goes on where the log of the job stands.
    pub fn open(engine: &Engine, job: i64, veil: Veil) -> (Self, Writing) {
        let (sender, lines) = mpsc::channel(WAITING);
        let task = tokio::spawn(write(engine.clone(), job, veil.clone(), lines));
        (Self { sender, veil }, Writing(task))
    }

    /// Hides the secrets of a new configuration, too, in all that is written from now on.
    pub fn hide(&self, config: &Value, fields: &[String]) {
        self.veil.learn(config, fields);
    }

    pub async fn say(&self, level: &str, stream: Option<&str>, text: impl Into<String>) {
        let line = Line {
            level: level.to_owned(),
            stream: stream.map(str::to_owned),
            text: text.into(),
        };
        // The writer only ends after us.
        let _ = self.sender.send(line).await;
    }

    pub async fn info(&self, text: impl Into<String>) {
        self.say("INFO", None, text).await;
    }
}

impl Writing {
    /// Waits until everything said is written.
    pub async fn finish(self) {
        if let Err(error) = self.0.await {
            tracing::warn!(%error, "the log of a job was not written to its end");
        }
    }
}

async fn write(engine: Engine, job: i64, veil: Veil, mut lines: mpsc::Receiver<Line>) {
    let pool = &engine.config.pool;
    let mut room = match logs::length(pool, job).await {
        Ok(length) => Room {
            lines: length.last,
            details: length.details,
        },
        Err(error) => {
            tracing::warn!(%error, job.id = job, "the log of a job can't be read");
            Room::default()
        }
    };
    let mut batch = Vec::new();
    loop {
        let open = fill(&mut lines, &mut batch).await;
        let mut rows = Vec::with_capacity(batch.len());
        for line in batch.drain(..) {
            if let Some(row) = room.row(line, &veil) {
                rows.push(row);
            }
        }
        if !rows.is_empty()
            && let Err(error) = logs::insert(pool, job, &rows).await
        {
            tracing::warn!(%error, job.id = job, "lines of a job's log were lost");
        }
        if !open {
            return;
        }
    }
}

/// Collects lines for a moment; `false` when no more will come.
async fn fill(lines: &mut mpsc::Receiver<Line>, batch: &mut Vec<Line>) -> bool {
    let deadline = tokio::time::sleep(WRITE_EVERY);
    tokio::pin!(deadline);
    while batch.len() < BATCH {
        tokio::select! {
            line = lines.recv() => match line {
                Some(line) => batch.push(line),
                None => return false,
            },
            () = &mut deadline => break,
        }
    }
    true
}

/// How much of the log is full.
#[derive(Default)]
struct Room {
    lines: i64,
    details: i64,
}

impl Room {
    /// The row of a line; the last one allowed says so, and those after it are none.
    fn row(&mut self, line: Line, veil: &Veil) -> Option<logs::Row> {
        let is_detail = line.level == DETAIL;
        if is_detail && self.details >= MOST_DETAILS {
            return None;
        }
        self.lines += 1;
        self.details += i64::from(is_detail);
        let text = match self.lines {
            n if n < MOST_LINES => self.text(&line, veil),
            MOST_LINES => format!("The log ends here: only the first {MOST_LINES} lines are kept."),
            _ => return None,
        };
        Some(logs::Row {
            n: self.lines,
            at: OffsetDateTime::now_utc(),
            level: line.level,
            stream: line.stream,
            text,
        })
    }

    fn text(&self, line: &Line, veil: &Veil) -> String {
        if line.level == DETAIL && self.details == MOST_DETAILS {
            return format!(
                "The details end here: only the first {MOST_DETAILS} of them are kept, and more are left out."
            );
        }
        cut(&veil.text(&line.text))
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(text: &str) -> Line {
        Line {
            level: "INFO".to_owned(),
            stream: None,
            text: text.to_owned(),
        }
    }

    fn row(n: i64, line: Line, veil: &Veil) -> Option<logs::Row> {
        let mut room = Room {
            lines: n - 1,
            details: 0,
        };
        room.row(line, veil)
    }

    #[test]
    fn secrets_and_endless_lines_are_cut() {
        let veil = Veil::of(&json!({"password": "hunter22"}), &[]);
        assert!(
            !row(1, line("login hunter22"), &veil)
                .unwrap()
                .text
                .contains("hunter22")
        );
        assert_eq!(
            row(1, line(&"ü".repeat(9_000)), &veil)
                .unwrap()
                .text
                .chars()
                .count(),
            LONGEST + 1
        );
    }

    #[test]
    fn the_log_is_bounded() {
        let veil = Veil::default();
        assert!(
            row(MOST_LINES, line("x"), &veil)
                .unwrap()
                .text
                .contains("ends here")
        );
        assert!(row(MOST_LINES + 1, line("x"), &veil).is_none());
    }

    #[test]
    fn details_leave_room_for_how_it_ends() {
        let veil = Veil::default();
        let mut room = Room {
            lines: 0,
            details: MOST_DETAILS - 2,
        };
        let mut said = |level: &str| {
            let level = level.to_owned();
            let line = Line { level, ..line("x") };
            room.row(line, &veil).map(|row| (row.n, row.text))
        };
        assert_eq!(said(DETAIL), Some((1, "x".to_owned())));
        let (n, end) = said(DETAIL).unwrap();
        assert!(n == 2 && end.contains("details end here"), "{end}");
        assert_eq!(said(DETAIL), None);
        assert_eq!(said("ERROR"), Some((3, "x".to_owned())));
    }
}
