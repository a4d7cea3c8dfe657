//! The log of a run: what all its tries told, in their order, each below a heading of its own.

use airbyte::{Client, extension::LogEntry};
use model::{LogLine, Route, RunId};
use store::{
    decisions::{self, Step},
    runs::{self, Work},
    times,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{Error, Hub, Permission, Scope, engine};

/// Each try has so many numbers, of which the first is its heading's. So a line keeps its number whatever comes before it
/// later, and whoever knows one can ask on from there.
pub const NUMBERS_OF_A_TRY: i64 = 1_000_000;
/// Most lines of one answer.
const MOST: i64 = 1000;
/// What is read where a job is no longer known.
const GONE: &str = "What was logged here is no longer kept.";

/// Lines of the log after number `after`.
pub async fn logs(
    hub: &Hub,
    scope: &Scope,
    id: RunId,
    after: i64,
    limit: i64,
) -> Result<Vec<LogLine>, Error> {
    scope.require(Permission::Read)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let work = runs::work(&mut tx, tenant, id).await?;
    let steps = decisions::list(&mut tx, tenant, id).await?;
    tx.commit().await?;
    let room = usize::try_from(limit.clamp(1, MOST)).unwrap_or(1);
    let mut lines = Vec::new();
    let parts = parts(&work, &steps);
    for part in parts.iter().filter(|part| part.last_number() > after) {
        if lines.len() >= room {
            break;
        }
        match part.read(hub, after, room - lines.len()).await {
            Ok(more) => lines.extend(more),
            Err(error) if lines.is_empty() => return Err(error),
            // What is there is told; whoever asks on from its end hears of it.
            Err(_) => break,
        }
    }
    Ok(lines)
}

/// One try as its log tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    /// The number of its heading.
    first: i64,
    heading: Option<String>,
    at: OffsetDateTime,
    said: Said,
}

/// Where the lines of a try come from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    /// From a job of the engine. Other tries of the same job ended before `from` and begin after `until`.
    ByJob {
        route: Option<Route>,
        job: i64,
        from: Option<OffsetDateTime>,
        until: Option<OffsetDateTime>,
    },
    /// It came to no job, and this is all that is known.
    Only(Option<String>),
}

fn parts(work: &Work, steps: &[Step]) -> Vec<Part> {
    let begun: Vec<(&Step, Route)> = steps
        .iter()
        .filter(|step| step.engine_job.is_some() || step.finished_at.is_some())
        .filter_map(|step| Some((step, step.route?)))
        .collect();
    if begun.is_empty() {
        return work.engine_job.map(of_old).into_iter().collect();
    }
    let part = |index: usize| {
        let (step, route) = begun[index];
        let (before, after) = (&begun[..index], &begun[index + 1..]);
        let earlier = before.iter().filter(|(_, other)| *other == route).count();
        Part {
            first: i64::from(step.n - 1) * NUMBERS_OF_A_TRY + 1,
            heading: Some(heading(route, earlier + 1)),
            at: step
                .started_at
                .or(step.finished_at)
                .unwrap_or(step.decided_at),
            said: said(step, route, before, after),
        }
    };
    (0..begun.len()).map(part).collect()
}

/// A run of an earlier version, which wrote no decisions down.
fn of_old(job: i64) -> Part {
    Part {
        first: 1,
        heading: None,
        at: OffsetDateTime::UNIX_EPOCH,
        said: Said::ByJob {
            route: None,
            job,
            from: None,
            until: None,
        },
    }
}

fn heading(route: Route, count: usize) -> String {
    match (route, count) {
        (Route::Direct, count) => format!("— Direct, try {count} —"),
        (Route::Airbyte, 1) => "— Through Airbyte —".to_owned(),
        (Route::Airbyte, count) => format!("— Through Airbyte, try {count} —"),
    }
}

fn said(step: &Step, route: Route, before: &[(&Step, Route)], after: &[(&Step, Route)]) -> Said {
    let Some(job) = step.engine_job else {
        return Said::Only(step.problem.clone());
    };
    let is_same = |(other, way): &&(&Step, Route)| *way == route && other.engine_job == Some(job);
    let earlier = before.iter().rev().find(is_same);
    Said::ByJob {
        route: Some(route),
        job,
        from: earlier.and_then(|(step, _)| step.finished_at),
        until: step
            .finished_at
            .filter(|_| after.iter().any(|other| is_same(&other))),
    }
}

impl Part {
    fn last_number(&self) -> i64 {
        self.first + NUMBERS_OF_A_TRY - 1
    }

    /// At most so many lines after that number.
    async fn read(&self, hub: &Hub, after: i64, room: usize) -> Result<Vec<LogLine>, Error> {
        let heading = self.heading.clone().map(|text| self.own(0, "INFO", text));
        let mut lines: Vec<LogLine> = heading.into_iter().collect();
        match &self.said {
            Said::Only(why) => lines.extend(why.clone().map(|why| self.own(1, "ERROR", why))),
            Said::ByJob {
                route,
                job,
                from,
                until,
            } => {
                let client = engine::client(hub, *route);
                let seen = (after - self.first).max(0);
                let said = between(client, *job, seen, room, (*from, *until)).await?;
                match said {
                    Some(entries) => lines.extend(entries.into_iter().map(|line| self.line(line))),
                    None => lines.push(self.own(1, "WARN", GONE.to_owned())),
                }
            }
        }
        lines.retain(|line| line.n > after && line.n <= self.last_number());
        lines.truncate(room);
        Ok(lines)
    }

    /// What the log says by itself.
    fn own(&self, n: i64, level: &str, text: String) -> LogLine {
        LogLine {
            n: self.first + n,
            at: times::text(self.at),
            level: level.to_owned(),
            stream: None,
            text,
        }
    }

    fn line(&self, entry: LogEntry) -> LogLine {
        LogLine {
            n: self.first + entry.n,
            at: entry.at,
            level: entry.level,
            stream: entry.stream,
            text: entry.text,
        }
    }
}

/// Lines of a job after number `seen`, as many as are wanted, and a few more. `None`: nobody knows that job any more.
async fn between(
    client: &Client,
    job: i64,
    mut seen: i64,
    wanted: usize,
    (from, until): (Option<OffsetDateTime>, Option<OffsetDateTime>),
) -> Result<Option<Vec<LogEntry>>, Error> {
    let mut lines = Vec::new();
    while lines.len() < wanted {
        let page = match client.job_logs(job, seen, MOST).await {
            Ok(page) => page,
            Err(airbyte::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        seen = page.last;
        let is_full = i64::try_from(page.lines.len()).is_ok_and(|count| count >= MOST);
        let is_over = page.lines.iter().any(|line| is_after(line, until));
        let ours = page.lines.into_iter().filter(|line| !is_before(line, from));
        lines.extend(ours.take_while(|line| !is_after(line, until)));
        if is_over || !is_full {
            break;
        }
    }
    Ok(Some(lines))
}

/// Was it said by an earlier try of the same job?
fn is_before(line: &LogEntry, from: Option<OffsetDateTime>) -> bool {
    from.is_some_and(|from| instant(line).is_none_or(|at| at <= from))
}

/// Was it said by a later one?
fn is_after(line: &LogEntry, until: Option<OffsetDateTime>) -> bool {
    until.is_some_and(|until| instant(line).is_some_and(|at| at > until))
}

fn instant(line: &LogEntry) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(&line.at, &Rfc3339).ok()
}

#[cfg(test)]
mod tests;
