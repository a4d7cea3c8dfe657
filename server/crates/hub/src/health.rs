//! How every part the hub depends on is, and why we think so.

use std::{future::Future, time::Duration};

use airbyte::{Capabilities, Listed, SignIn};
use model::{Health, HealthPart, TenantId};
use store::{self_check, times};
use tokio::time::{Instant, timeout};

use crate::{Engine, Error, Hub, consent, provision};

/// A part that answers slower counts as down.
const PATIENCE: Duration = Duration::from_secs(8);
/// Between two questions at start to an Airbyte that does not answer.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// A due job should not wait longer.
const LONG_WAIT_SECONDS: f64 = 60.0;

/// What a look at one part found.
type Seen = (Health, String);

/// Every part: databases, engine, queue, storage, Redis, mail.
pub async fn all(hub: &Hub) -> Vec<HealthPart> {
    let (control, tenant, engine, queue, storage, redis, mail) = tokio::join!(
        look(hub, "Control database", control(hub)),
        look(hub, "Tenant database", tenant(hub)),
        look(hub, "Engine", engine(hub)),
        look(hub, "Queue", queue(hub)),
        look(hub, "Storage", storage(hub)),
        look(hub, "Redis", redis(hub)),
        look(hub, "Mail", mail(hub)),
    );
    vec![control, tenant, engine, queue, storage, redis, mail]
}

/// The parts without which no request can be served.
pub async fn readiness(hub: &Hub) -> Vec<HealthPart> {
    let (control, tenant, engine) = tokio::join!(
        look(hub, "Control database", control(hub)),
        look(hub, "Tenant database", tenant(hub)),
        look(hub, "Engine", engine(hub)),
    );
    vec![control, tenant, engine]
}

/// Jobs by state, for the metrics page.
pub async fn queue_depths(hub: &Hub) -> Result<Vec<(&'static str, f64)>, Error> {
    let depth = queue::depth(&hub.store().pool).await?;
    let number = |count: i64| f64::from(i32::try_from(count).unwrap_or(i32::MAX));
    Ok(vec![
        ("waiting", number(depth.waiting)),
        ("running", number(depth.running)),
        ("dead", number(depth.dead)),
    ])
}

async fn look(hub: &Hub, name: &str, look: impl Future<Output = Seen>) -> HealthPart {
    let started = Instant::now();
    let (health, reason) = timeout(PATIENCE, look).await.unwrap_or_else(|_| {
        (
            Health::Down,
            format!("No answer within {} s.", PATIENCE.as_secs()),
        )
    });
    HealthPart {
        name: name.to_owned(),
        health,
        reason,
        checked_at: times::text(hub.clock().now()),
        millis: i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX),
    }
}

fn down(error: &(dyn std::error::Error + 'static)) -> Seen {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    (Health::Down, format!("{words}."))
}

async fn control(hub: &Hub) -> Seen {
    let store = hub.store();
    match self_check::run(
        &store.pool,
        hub.keys(),
        hub.old_postgres(),
        hub.clock().now(),
    )
    .await
    {
        Err(error) => down(&error),
        Ok(checks) => {
            let problems: Vec<String> = checks
                .into_iter()
                .filter_map(|check| check.problem)
                .collect();
            if problems.is_empty() {
                (Health::Ok, "It answers; login, row-level security, version and key file are as they must be.".to_owned())
            } else {
                (Health::Down, problems.join(" "))
            }
        }
    }
}

async fn tenant(hub: &Hub) -> Seen {
    match hub.tenant_db().functions().ping().await {
        Err(error) => down(&error),
        Ok(version) => match self_check::version_problem(version, hub.old_postgres()) {
            Some(problem) => (Health::Down, problem),
            None => (
                Health::Ok,
                "It answers the provisioner; its version is safe.".to_owned(),
            ),
        },
    }
}

async fn engine(hub: &Hub) -> Seen {
    match hub.engine() {
        Engine::Embedded => embedded(hub).await,
        Engine::Remote => remote(hub).await,
    }
}

/// An Airbyte elsewhere may answer and still be of no use: what the credentials may do is told, too.
async fn remote(hub: &Hub) -> Seen {
    match hub.airbyte().probe(&consent::redirect_uri(hub)).await {
        Err(error) => down(&error),
        Ok(found) => match allowed(hub, &found) {
            (Health::Ok, words) => lands(hub, words).await,
            worse => worse,
        },
    }
}

/// Whether rows get to the tenants' tables.
async fn lands(hub: &Hub, words: String) -> Seen {
    if let Err(error) = given(hub).await {
        return (Health::Degraded, format!("{words} {error}"));
    }
    match refusals(hub).await {
        Err(error) => down(&error),
        Ok(refusals) => match refusals.as_slice() {
            [] => (Health::Ok, words),
            [(tenant, why)] => (
                Health::Degraded,
                format!("{words} It cannot be used for {tenant}: {why}"),
            ),
            [(tenant, why), others @ ..] => (
                Health::Degraded,
                format!(
                    "{words} It cannot be used for {tenant} and {} others: {why}",
                    others.len()
                ),
            ),
        },
    }
}

/// The destination that the operator names, if there is one.
async fn given(hub: &Hub) -> Result<(), Error> {
    if let (Some(workspace), Some(destination)) = (hub.only_workspace(), hub.only_destination()) {
        provision::given_destination(hub, workspace, destination).await?;
    }
    Ok(())
}

async fn refusals(hub: &Hub) -> Result<Vec<(TenantId, String)>, store::Error> {
    let mut tx = hub.store().platform().await?;
    let refusals = store::admin::tenants::refusals(&mut tx).await?;
    tx.commit().await?;
    Ok(refusals)
}

/// What the credentials may do, at its worst first.
fn allowed(hub: &Hub, found: &Capabilities) -> Seen {
    let base = hub.airbyte().base();
    let only = hub.only_workspace();
    if only.is_none() && found.several_workspaces == Some(false) {
        return (
            Health::Degraded,
            format!(
                "{base} answers, but gives its credentials no further workspace: each tenant needs one, and none can be prepared. Its licence must allow several workspaces, and the credentials must be those of an organization's admin. For one tenant alone, name its workspace in AIRBYTE_WORKSPACE_ID."
            ),
        );
    }
    let sign_in = signing_in(found.sign_in);
    let sources = match found.sources {
        Listed::Sources(sources) => sources,
        Listed::NotYet => return (Health::Degraded, not_known_yet(base)),
        Listed::Kept => {
            return (
                Health::Degraded,
                format!(
                    "{base} answers, but its credentials may not list what it runs: the bundled catalogue stands, and what connectors ask for is read from Airbyte's public list. Give their user the role of a workspace reader or more. {sign_in}"
                ),
            );
        }
        Listed::Nowhere => return (Health::Degraded, half(hub)),
        Listed::Refused => {
            let why =
                "refuses the credentials that the public API takes, as a login in front of it does";
            return (Health::Degraded, closed(hub, why));
        }
        Listed::LedAway => {
            let why = "leads to another address, as to a page where people sign in";
            return (Health::Degraded, closed(hub, why));
        }
        Listed::Page => {
            let why = "has something else answer in its place, as a page for people does";
            return (Health::Degraded, closed(hub, why));
        }
    };
    let workspaces = match (only, found.workspaces) {
        (Some(only), _) => format!("workspace {only} for one tenant"),
        (None, 1) => "1 workspace".to_owned(),
        (None, several) => format!("{several} workspaces"),
    };
    (
        Health::Ok,
        format!("{base} answers: {workspaces}, {sources} sources. {sign_in}"),
    )
}

/// Airbyte answers such questions for a workspace only.
fn not_known_yet(base: &str) -> String {
    format!(
        "{base} answers, but its credentials see no workspace. Not known yet: what it can run, and whether it signs people in at providers. Both are found out as soon as a tenant has a workspace there."
    )
}

/// Connections are tested by the Config API only.
fn half(hub: &Hub) -> String {
    let (base, config) = (hub.airbyte().base(), hub.airbyte().config_base());
    let config = config.unwrap_or("any known address");
    format!(
        "{base} answers, but there is no Config API at {config}: no connection can be tested there. Set AIRBYTE_CONFIG_URL to its address."
    )
}

/// Something stands before it that lets nobody in, while the public API works.
fn closed(hub: &Hub, why: &str) -> String {
    let (base, config) = (hub.airbyte().base(), hub.airbyte().config_base());
    let config = config.unwrap_or("its address");
    format!(
        "{base} answers, but its Config API at {config} {why}: no connection can be tested there, and jobs tell their totals only. Have that way opened to this hub, or set AIRBYTE_CONFIG_URL to an address that leads to the API itself."
    )
}

/// At start: says in the log what an Airbyte elsewhere allows, once it answers. Nothing waits for it.
pub async fn announce_engine(hub: Hub) {
    if hub.engine() == Engine::Embedded {
        return;
    }
    let mut pause = FIRST_PAUSE;
    let mut told = String::new();
    loop {
        match hub.airbyte().probe(&consent::redirect_uri(&hub)).await {
            Ok(found) => {
                tell(allowed(&hub, &found), &mut told);
                if found.sources != Listed::NotYet {
                    return;
                }
                // The first workspace may be made at any moment.
                pause = FIRST_PAUSE;
            }
            Err(error) => {
                tracing::warn!(%error, "the Airbyte of this installation does not answer; what it allows is asked again");
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Once, as long as it stays the same.
fn tell((health, words): Seen, told: &mut String) {
    if *told == words {
        return;
    }
    match health {
        Health::Ok => tracing::info!("{words}"),
        _ => tracing::warn!("{words}"),
    }
    *told = words;
}

/// Where people sign in at providers, with this Airbyte.
fn signing_in(sign_in: Option<SignIn>) -> &'static str {
    match sign_in {
        Some(SignIn::Offered) => "It signs people in at providers with its own clients.",
        Some(SignIn::OnlyToHttps) => {
            "It would sign people in at providers, but leads back to https addresses only: set PUBLIC_URL to one."
        }
        Some(SignIn::Absent) => {
            "It signs nobody in at providers: clients registered under Providers do."
        }
        None => "Whether it signs people in at providers could not be found out.",
    }
}

async fn embedded(hub: &Hub) -> Seen {
    match hub.airbyte().health().await {
        Ok(()) => (Health::Ok, format!("{} answers.", hub.airbyte().base())),
        Err(error) => down(&error),
    }
}

async fn queue(hub: &Hub) -> Seen {
    match queue::depth(&hub.store().pool).await {
        Err(error) => down(&error),
        Ok(depth) => {
            let oldest = depth
                .oldest_wait
                .map(|wait| format!(" The longest has waited {wait:.0} s."))
                .unwrap_or_default();
            let words = format!(
                "Jobs: {} waiting, {} running, {} given up.{oldest}",
                depth.waiting, depth.running, depth.dead,
            );
            let slow = depth
                .oldest_wait
                .is_some_and(|wait| wait > LONG_WAIT_SECONDS);
            if slow || depth.dead > 0 {
                (Health::Degraded, words)
            } else {
                (Health::Ok, words)
            }
        }
    }
}

async fn storage(hub: &Hub) -> Seen {
    outcome(hub.storage().check().await)
}

async fn redis(hub: &Hub) -> Seen {
    match hub.redis() {
        None => (
            Health::NotConfigured,
            "No REDIS_URL is set; tenants have no cache.".to_owned(),
        ),
        Some(redis) => outcome(redis.check().await),
    }
}

async fn mail(hub: &Hub) -> Seen {
    outcome(hub.mail().check().await)
}

fn outcome(seen: Result<String, String>) -> Seen {
    match seen {
        Ok(words) => (Health::Ok, words),
        Err(why) => (Health::Down, why),
    }
}
