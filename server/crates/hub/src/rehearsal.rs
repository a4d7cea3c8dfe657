//! Rehearsals: the router meets a kind of failure against a test API of the engine's own. The rules, the classes, the
//! runtimes and the pauses are those of every run; only no tenant's rows are moved.

use ::airbyte::extension::{JobRuntime, RehearsalTry, Runtime, Trouble};
use model::{Class, Decision, Progress, Rehearsal, RehearsalId, Route, RoutePolicy, Rule};
use queue::{JobContext, JobError, NewJob};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{ids::Id, rehearsals, times};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    Error, Hub, PlatformScope,
    audit::{self, Act},
    jobs,
    route::{self, Next, Plan, SignIn, Start, Tables, Tried, Way, class},
};

pub(crate) const JOB: &str = "rehearse";
/// The newest are kept.
const KEPT: i64 = 20;
/// Pauses in the middle of their range.
const JITTER: f64 = 0.5;
/// Why Airbyte's way is closed, for those who can open it.
const NO_AIRBYTE: &str = "Airbyte's own runtime is not installed on this server, and the program “uv”, which would install it, does not start. Put uv where the hub finds its programs; the log of the hub says more. Until then every rehearsal that takes Airbyte's way fails there.";
/// What is read where one broke off.
const BROKE_OFF: &str = "It broke off here: the engine of this hub did not answer, or the hub was stopped in the middle. The log of the hub says more.";

#[derive(Serialize, Deserialize)]
struct Payload {
    rehearsal: RehearsalId,
}

/// Starts one. It goes on in a worker.
pub async fn start(
    hub: &Hub,
    scope: &PlatformScope,
    class: Class,
    both_ways: bool,
) -> Result<RehearsalId, Error> {
    if trouble(class).is_none() {
        return Err(Error::field("class", "Choose what the source does."));
    }
    let id = RehearsalId::fresh();
    let mut tx = hub.store().platform().await?;
    rehearsals::insert(&mut tx, id, class, both_ways, hub.clock().now()).await?;
    rehearsals::trim(&mut tx, KEPT).await?;
    let mut job = NewJob::new(JOB, json!(Payload { rehearsal: id })).dedup(id.to_string());
    job.max_attempts = 2;
    queue::enqueue(&mut tx, job).await?;
    let act = Act {
        action: "route.rehearse",
        target: class.name(),
        detail: "",
    };
    audit::record_platform(hub, &mut tx, scope, None, act).await?;
    tx.commit().await?;
    Ok(id)
}

pub async fn list(hub: &Hub, _scope: &PlatformScope) -> Result<Vec<Rehearsal>, Error> {
    let mut tx = hub.store().platform().await?;
    Ok(rehearsals::list(&mut tx, KEPT).await?)
}

/// Why nothing goes Airbyte's way here at the moment; nothing where it can.
pub async fn no_airbyte(hub: &Hub, _scope: &PlatformScope) -> Result<Option<String>, Error> {
    let all = hub.direct().definitions().await?;
    let lacks = all.iter().any(|one| {
        // What these lack is what runs a rehearsal, too: Airbyte's runtime for manifests.
        let in_process = matches!(one.runtime, Runtime::Builtin | Runtime::Declarative);
        in_process && one.lacks_airbytes_part
    });
    Ok(lacks.then(|| NO_AIRBYTE.to_owned()))
}

pub async fn get(hub: &Hub, _scope: &PlatformScope, id: RehearsalId) -> Result<Rehearsal, Error> {
    let mut tx = hub.store().platform().await?;
    Ok(rehearsals::get(&mut tx, id).await?)
}

pub(crate) async fn run(hub: &Hub, job: &JobContext) -> Result<(), JobError> {
    let Payload { rehearsal } = jobs::payload(job)?;
    tokio::select! {
        done = rehearse(hub, rehearsal) => done.map_err(jobs::again),
        () = job.cancelled.cancelled() => Err(JobError::retry("stopped in the middle")),
    }
}

/// The engine did not answer.
pub(crate) async fn give_up(hub: &Hub, job: &JobContext) -> Result<(), JobError> {
    let Payload { rehearsal } = jobs::payload(job)?;
    end(hub, rehearsal).await.map_err(JobError::retry)
}

/// What was decided until then stays, and says why nothing follows.
async fn end(hub: &Hub, id: RehearsalId) -> Result<(), Error> {
    let mut tx = hub.store().platform().await?;
    let found = rehearsals::get(&mut tx, id).await?;
    tx.commit().await?;
    if found.finished_at.is_some() {
        return Ok(());
    }
    let now = hub.clock().now();
    let mut story = Story {
        decisions: broken_off(found.decisions, now),
        ..Story::new(hub, id)
    };
    story.put(Progress::Failed, Some(now)).await
}

fn broken_off(mut decisions: Vec<Decision>, now: OffsetDateTime) -> Vec<Decision> {
    if decisions.is_empty() {
        decisions.push(decision(1, Next::Stop { rule: Rule::NoWay }, now));
    }
    if let Some(last) = decisions.last_mut() {
        let told = last.problem.take();
        last.problem = Some(told.map_or_else(
            || BROKE_OFF.to_owned(),
            |told| format!("{told} {BROKE_OFF}"),
        ));
    }
    decisions
}

async fn rehearse(hub: &Hub, id: RehearsalId) -> Result<(), Error> {
    let mut tx = hub.store().platform().await?;
    let found = rehearsals::get(&mut tx, id).await?;
    tx.commit().await?;
    if found.finished_at.is_some() {
        return Ok(());
    }
    let plan = Plan {
        direct: Way::Open,
        airbyte: Way::Open,
        policy: RoutePolicy::default(),
        start: Start::AsUsual,
        sign_in: SignIn::Fixed,
        tables: Tables::Safe,
    };
    let mut story = Story::new(hub, id);
    let mut history = Vec::new();
    loop {
        let next = route::next(&plan, &history, hub.clock().now(), JITTER);
        story.decide(next).await?;
        let Some(route) = next.route() else {
            return story.put(Progress::Failed, Some(hub.clock().now())).await;
        };
        if let Next::RetryAt { at, .. } = next {
            let wait = (at - hub.clock().now()).try_into().unwrap_or_default();
            tokio::time::sleep(wait).await;
        }
        let meets = route == Route::Direct || found.both_ways;
        let wanted = RehearsalTry {
            runtime: match route {
                Route::Direct => JobRuntime::Own,
                Route::Airbyte => JobRuntime::Airbyte,
            },
            trouble: trouble(found.class).filter(|_| meets),
        };
        match story.attempt(route, &wanted).await? {
            Some(tried) => history.push(tried),
            None => return story.put(Progress::Passed, Some(hub.clock().now())).await,
        }
    }
}

/// What the test API is told to do, for the classes that an API can show.
fn trouble(class: Class) -> Option<Trouble> {
    Some(match class {
        Class::Network => Trouble::Network,
        Class::Timeout => Trouble::Timeout,
        Class::RateLimited => Trouble::RateLimited,
        Class::Auth => Trouble::Auth,
        Class::Upstream => Trouble::Upstream,
        Class::Validation => Trouble::Validation,
        Class::Forbidden => Trouble::Forbidden,
        Class::Config | Class::Broken => return None,
    })
}

/// One whose try has yet to begin.
fn decision(n: i32, next: Next, at: OffsetDateTime) -> Decision {
    let not_before = match next {
        Next::RetryAt { at, .. } => Some(at),
        _ => None,
    };
    Decision {
        n,
        rule: next.rule(),
        route: next.route(),
        decided_at: times::text(at),
        not_before: times::maybe(not_before),
        started_at: None,
        finished_at: None,
        millis: None,
        class: None,
        problem: None,
        raw: None,
        engine_job: None,
        rows_read: 0,
        rows_written: 0,
        bytes: 0,
        advanced: false,
    }
}

/// What has been decided so far, written down as it happens.
struct Story<'a> {
    hub: &'a Hub,
    id: RehearsalId,
    decisions: Vec<Decision>,
}

impl<'a> Story<'a> {
    fn new(hub: &'a Hub, id: RehearsalId) -> Self {
        Self {
            hub,
            id,
            decisions: Vec::new(),
        }
    }

    async fn put(
        &mut self,
        state: Progress,
        finished_at: Option<OffsetDateTime>,
    ) -> Result<(), Error> {
        let mut tx = self.hub.store().platform().await?;
        let decisions = json!(self.decisions);
        rehearsals::put(&mut tx, self.id, state, &decisions, finished_at).await?;
        Ok(tx.commit().await?)
    }

    async fn decide(&mut self, next: Next) -> Result<(), Error> {
        let n = i32::try_from(self.decisions.len() + 1).unwrap_or(i32::MAX);
        let decided = decision(n, next, self.hub.clock().now());
        self.decisions.push(decided);
        self.put(Progress::Running, None).await
    }

    /// `None`: the rows came.
    async fn attempt(
        &mut self,
        route: Route,
        wanted: &RehearsalTry,
    ) -> Result<Option<Tried>, Error> {
        let started = self.hub.clock().now();
        if let Some(last) = self.decisions.last_mut() {
            last.started_at = Some(times::text(started));
        }
        self.put(Progress::Running, None).await?;
        let came = self.hub.direct().rehearse(wanted).await?;
        let finished = self.hub.clock().now();
        let failed = came.fault.as_ref();
        let class = failed.map(|fault| class::of(fault.kind).unwrap_or(Class::Broken));
        if let Some(last) = self.decisions.last_mut() {
            last.finished_at = Some(times::text(finished));
            last.millis = Some(times::millis(started, finished));
            last.class = class;
            last.problem = failed.map(|fault| fault.message.clone());
            last.raw = failed.and_then(|fault| fault.detail.clone());
            last.rows_read = came.rows;
            last.rows_written = came.rows;
        }
        self.put(Progress::Running, None).await?;
        let until = failed.and_then(|fault| fault.until.as_deref());
        Ok(class.map(|class| Tried {
            route,
            class,
            until: until.and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok()),
            // What a rehearsal reads it forgets.
            advanced: false,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn what_was_decided_before_it_broke_off_stays_and_says_why_nothing_follows() {
        let next = |rule| Next::Use {
            route: Route::Direct,
            rule,
        };
        let mut failed = decision(1, next(Rule::DirectFirst), NOW);
        failed.class = Some(Class::Upstream);
        failed.problem = Some("It answered 503.".to_owned());
        let open = decision(2, next(Rule::Retry), NOW);

        let told = broken_off(vec![failed.clone(), open.clone()], NOW);
        assert_eq!(told[0], failed);
        let problem = Some(BROKE_OFF.to_owned());
        assert_eq!(told[1], Decision { problem, ..open });

        let told = broken_off(vec![failed], NOW);
        let problem = told[0].problem.as_deref();
        assert!(problem.is_some_and(|why| why.starts_with("It answered 503. It broke off")));

        let told = broken_off(Vec::new(), NOW);
        assert_eq!((told.len(), told[0].rule), (1, Rule::NoWay));
        assert_eq!(told[0].problem.as_deref(), Some(BROKE_OFF));
    }
}
