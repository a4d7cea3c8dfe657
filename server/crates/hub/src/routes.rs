//! Routes of a connection: which ways are open, how its runs choose, and how often each way came to an end.

use std::time::Duration;

use model::{ConnectionId, FieldError, Replay, ReplayEnd, ReplayedRun, RoutePolicy, Routes, Rule};
use store::{
    connections::{self, Stage},
    decisions::{self, Decided, Of, Step},
    routes, streams, times,
};

use crate::{
    Error, Hub, Permission, Scope, acts, engine,
    route::{
        Plan, SignIn, Start, Way,
        replay::{Made, replay},
    },
    runs,
};

/// The windows that success is told for, in hours: a day, a week, a month.
const WINDOWS: [i32; 3] = [24, 7 * 24, 30 * 24];

/// How far back another policy is tried on what was.
const DAYS: i32 = 30;
const MOST_RUNS: i64 = 1_000;

/// Everything about the ways of a connection.
pub async fn get(hub: &Hub, scope: &Scope, id: ConnectionId) -> Result<Routes, Error> {
    scope.require(Permission::Read)?;
    let (tenant, now) = (scope.tenant(), hub.clock().now());
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::get(&mut tx, tenant, id).await?;
    let ways = engine::ways(hub, &mut tx, tenant, &connection).await?;
    let source = runs::Source::of(&connection);
    let rests = source.rests_until(&mut tx, tenant, now).await?;
    Ok(Routes {
        policy: routes::policy(&mut tx, tenant, id).await?,
        no_direct: ways.direct.err(),
        no_airbyte: ways.airbyte.err(),
        direct_rests_until: times::maybe(rests),
        success: decisions::success(&mut tx, tenant, Of::Connection(id), &WINDOWS, now).await?,
        integration_success: decisions::success(
            &mut tx,
            tenant,
            Of::Integration(&connection.integration),
            &WINDOWS,
            now,
        )
        .await?,
    })
}

/// Sets how the connection's runs choose, from the next run on.
pub async fn set(
    hub: &Hub,
    scope: &Scope,
    id: ConnectionId,
    policy: RoutePolicy,
) -> Result<(), Error> {
    scope.require(Permission::Manage)?;
    check(policy)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::lock(&mut tx, tenant, id).await?;
    if connection.stage == Stage::Removing {
        return Err(Error::NotFound);
    }
    routes::set_policy(&mut tx, tenant, id, policy, hub.clock().now()).await?;
    let words = format!(
        "{}: {} first, {}, {} direct tries, {} minutes for a fallback",
        connection.name,
        policy.first.name(),
        if policy.fallback {
            "with fallback"
        } else {
            "without fallback"
        },
        policy.attempts,
        policy.fallback_minutes,
    );
    acts::note(
        hub,
        &mut tx,
        scope,
        "connection.routes",
        &id.to_string(),
        &words,
    )
    .await?;
    Ok(tx.commit().await?)
}

/// What the runs of the last 30 days would have come to under another policy.
pub async fn what_if(
    hub: &Hub,
    scope: &Scope,
    id: ConnectionId,
    policy: RoutePolicy,
) -> Result<Replay, Error> {
    scope.require(Permission::Read)?;
    check(policy)?;
    let tenant = scope.tenant();
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::get(&mut tx, tenant, id).await?;
    let chosen = streams::list(&mut tx, tenant, id).await?;
    let since = hub.clock().now() - time::Duration::days(DAYS.into());
    let runs = decisions::recent(&mut tx, tenant, id, since, MOST_RUNS).await?;
    let planned =
        runs::of_connection(hub, &mut tx, tenant, &connection, Start::AsUsual, &chosen).await?;
    tx.commit().await?;
    let looked_at: Vec<&Decided> = runs
        .iter()
        .filter(|run| !run.forced_fallback && run.steps.iter().any(|step| step.route.is_some()))
        .collect();
    let changed: Vec<ReplayedRun> = looked_at
        .iter()
        .filter_map(|run| changed(run, planned.plan, policy))
        .collect();
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    Ok(Replay {
        policy,
        days: DAYS,
        runs: number(looked_at.len()),
        same: number(looked_at.len() - changed.len()),
        changed,
    })
}

/// What a run could choose from, as far as its own decisions tell; the rest is as it is today.
fn as_it_stood(run: &Decided, today: Plan, policy: RoutePolicy) -> Plan {
    let first = run.steps.first();
    let rested = match first.map(|step| step.rule) {
        // For how long is not known: no longer than a run waits.
        Some(Rule::BreakerOpen) => Some(run.created_at),
        Some(Rule::AfterRest) => first.and_then(|step| {
            let rest = step.not_before? - step.decided_at;
            run.created_at.checked_add(rest)
        }),
        _ => None,
    };
    let renewed = run.steps.iter().any(|step| step.rule == Rule::Renewed);
    // Only for whoever waits is a source asked that was left alone at first.
    let mut later = run.steps.iter().skip(1);
    let asked = later.any(|step| step.rule == Rule::OnlyDirect);
    Plan {
        direct: match (today.direct, rested) {
            (Way::Closed, _) => Way::Closed,
            (Way::Open | Way::Resting { .. }, Some(until)) => Way::Resting { until },
            // Nothing says that it was left alone then: it is replayed as if it were asked.
            (Way::Open | Way::Resting { .. }, None) => Way::Open,
        },
        policy,
        start: if asked { Start::Asked } else { today.start },
        sign_in: if renewed {
            SignIn::Renewable
        } else {
            SignIn::Fixed
        },
        ..today
    }
}

/// `None`: it would have gone as it went.
fn changed(run: &Decided, today: Plan, policy: RoutePolicy) -> Option<ReplayedRun> {
    let made: Vec<Made> = run.steps.iter().filter_map(made).collect();
    let would = replay(&as_it_stood(run, today, policy), &made, run.created_at);
    // Rules may have got other names since; which ways were taken, and how often, is what counts.
    let would_try = would.rules.iter().filter(|rule| !rule.stops()).count();
    let was = if made.last().is_some_and(|last| last.class.is_none()) {
        ReplayEnd::Good
    } else {
        ReplayEnd::Failed
    };
    let is_same = would.end == was && would_try == made.len();
    let millis = |took: Duration| i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
    let took = run
        .steps
        .iter()
        .filter_map(|step| step.finished_at)
        .max()
        .and_then(|end| Duration::try_from(end - run.created_at).ok());
    (!is_same).then(|| ReplayedRun {
        run: run.run,
        created_at: times::text(run.created_at),
        was,
        was_millis: millis(took.unwrap_or_default()),
        would: would.end,
        would_millis: millis(would.took),
        rules: would.rules,
    })
}

fn made(step: &Step) -> Option<Made> {
    let (started, finished) = step.started_at.zip(step.finished_at)?;
    let wait = step.until.map(|until| until - finished);
    Some(Made {
        route: step.route?,
        class: step.class,
        took: Duration::try_from(finished - started).unwrap_or_default(),
        wait: wait.and_then(|wait| Duration::try_from(wait).ok()),
        advanced: step.advanced,
    })
}

/// The bounds of a policy, each told at its field.
pub fn check(policy: RoutePolicy) -> Result<(), Error> {
    let mut wrong = Vec::new();
    if !RoutePolicy::ATTEMPTS.contains(&policy.attempts) {
        wrong.push(FieldError::new("attempts", "Choose 1 to 10 tries."));
    }
    if !RoutePolicy::FALLBACK_MINUTES.contains(&policy.fallback_minutes) {
        wrong.push(FieldError::new(
            "fallback_minutes",
            "Choose 1 to 1440 minutes.",
        ));
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(wrong))
    }
}

#[cfg(test)]
mod tests;
