//! Routes of a connection: which ways are open, how its runs choose, and how often each way came to an end.

use model::{ConnectionId, FieldError, RoutePolicy, Routes};
use store::{
    breakers,
    connections::{self, Stage},
    decisions, routes, times,
};

use crate::{Error, Hub, Permission, Scope, acts, engine, runs};

/// The windows that success is told for, in hours: a day, a week, a month.
const WINDOWS: [i32; 3] = [24, 7 * 24, 30 * 24];

/// Everything about the ways of a connection.
pub async fn get(hub: &Hub, scope: &Scope, id: ConnectionId) -> Result<Routes, Error> {
    scope.require(Permission::Read)?;
    let (tenant, now) = (scope.tenant(), hub.clock().now());
    let mut tx = hub.store().tenant(tenant).await?;
    let connection = connections::get(&mut tx, tenant, id).await?;
    let ways = engine::ways(hub, &mut tx, tenant, &connection).await?;
    let upstream = runs::upstream(&connection);
    let breaker = breakers::find(&mut tx, tenant, &upstream).await?;
    let rests = breaker.open_until.filter(|until| *until > now);
    Ok(Routes {
        policy: routes::policy(&mut tx, tenant, id).await?,
        no_direct: ways.direct.err(),
        no_airbyte: ways.airbyte.err(),
        direct_rests_until: times::maybe(rests),
        success: decisions::success(&mut tx, tenant, Some(id), &WINDOWS, now).await?,
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

/// The bounds of a policy, each told at its field.
pub(crate) fn check(policy: RoutePolicy) -> Result<(), Error> {
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
