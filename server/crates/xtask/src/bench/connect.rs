//! Connecting and testing a source through an Airbyte elsewhere that answers at once: what the hub itself adds to each call.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{http::Client, hub::Hub, outcome::median, platform::Platform, sheet::Sheet};
use crate::{report, setup::Tools};

/// Sources that are connected, one after the other.
const SOURCES: u32 = 20;
/// Before each: the hub's own bucket, which spares a platform, must have nothing to hold back.
const PACE: Duration = Duration::from_secs(1);
/// Between two looks at a test: short beside what is measured.
const LOOK_EVERY: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_secs(30);
const GOAL: &str = "< 20 ms a call";

pub fn measure(tools: &Tools, program: &Path) -> Result<Sheet> {
    let platform = Platform::start()?;
    let airbyte = format!("http://{}", platform.address);
    let registry = format!("{airbyte}/registry.json");
    let mut hub = Hub::new(tools, program)?
        .with("AIRBYTE_BASE_URL", &airbyte)
        .with("AIRBYTE_REGISTRY_URL", &registry)
        .with("AIRBYTE_CLIENT_ID", "bench")
        .with("AIRBYTE_CLIENT_SECRET", "bench");
    let mut api = None;
    report::step("Starting the hub", |_| {
        hub.start()?;
        api = Some(tenant(&hub)?);
        Ok(String::new())
    })?;
    let mut api = api.context("the step has made it")?;
    // What is asked once and then known: token, specification.
    connect(&mut api, &platform, 0)?;
    let mut all = Vec::new();
    report::step("Connecting and testing", |step| {
        for number in 1..=SOURCES {
            step.busy_with(&format!("{number} of {SOURCES}"));
            thread::sleep(PACE);
            all.push(connect(&mut api, &platform, number)?);
        }
        Ok(String::new())
    })?;
    hub.stop()?;
    Ok(sheet(&all))
}

/// A tenant, and its API.
pub fn tenant(hub: &Hub<'_>) -> Result<Client> {
    let made = hub.ask(&[
        "tenant",
        "create",
        "--name",
        "Bench",
        "--owner-email",
        "bench@example.com",
        "--wait",
    ])?;
    let made: Value = serde_json::from_str(&made).context("the command prints JSON")?;
    let tenant = made["tenant_id"].as_str().context("a tenant")?;
    let key = hub.ask(&["api-key", "create", "--tenant", tenant, "--scope", "admin"])?;
    let key = format!("Bearer {}", key.trim());
    Ok(Client::connect(hub.address()?)?.with("authorization", key))
}

/// One source, from the request to the test that has passed.
#[derive(Debug, Clone, Copy)]
struct Connected {
    whole: Duration,
    calls: u32,
    /// The whole without the platform, for each of its calls.
    own: Duration,
}

fn connect(api: &mut Client, platform: &Platform, number: u32) -> Result<Connected> {
    let body = json!({
        "integration": "postgresql", "name": format!("Shop {number}"), "configuration": { "host": "db.example.com" },
    });
    platform.look();
    let begun = Instant::now();
    let (_, test) = submit(api, &body)?;
    passed(api, &test)?;
    let whole = begun.elapsed();
    let told = platform.look();
    Ok(Connected {
        whole,
        calls: told.calls,
        own: whole.saturating_sub(told.busy) / told.calls.max(1),
    })
}

/// A new connection: its id, and its first test's.
pub fn submit(api: &mut Client, body: &Value) -> Result<(String, String)> {
    let body = body.to_string();
    let answer = api.post("/api/v1/connections", "application/json", body.as_bytes())?;
    let started: Value = serde_json::from_slice(&answer.body)?;
    let id = |name: &str| {
        let id = started[name].as_str().map(str::to_owned);
        id.with_context(|| format!("the hub refused: {started}"))
    };
    Ok((id("connection")?, id("test")?))
}

/// Waits until the test has passed.
pub fn passed(api: &mut Client, test: &str) -> Result<()> {
    let (path, begun) = (format!("/api/v1/tests/{test}"), Instant::now());
    loop {
        let test: Value = serde_json::from_slice(&api.get(&path)?.body)?;
        match test["state"].as_str() {
            Some("passed") => return Ok(()),
            Some("waiting" | "running") if begun.elapsed() < PATIENCE => thread::sleep(LOOK_EVERY),
            _ => bail!("the test did not pass: {test}"),
        }
    }
}

fn sheet(all: &[Connected]) -> Sheet {
    let of = |get: fn(&Connected) -> Duration| all.iter().map(get).collect::<Vec<_>>();
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let line = |name: &str, times: &[Duration], goal: &str| {
        let texts = [
            milliseconds(median(times).unwrap_or_default()),
            milliseconds(times.iter().max().copied().unwrap_or_default()),
            goal.to_owned(),
        ];
        (name.to_owned(), texts.into())
    };
    let calls = all.first().map_or(0, |one| one.calls);
    Sheet {
        title: format!(
            "Connecting and testing a source through an Airbyte that answers at once ({calls} calls to it)"
        ),
        heads: &["median", "slowest", "goal"],
        lines: vec![
            line(
                "from the request to the passed test",
                &of(|one| one.whole),
                "",
            ),
            line(
                "of that ours, for each call to Airbyte",
                &of(|one| one.own),
                GOAL,
            ),
        ],
        figures: json!({
            "calls": calls, "goal": GOAL,
            "whole_seconds": of(|one| one.whole).iter().map(Duration::as_secs_f64).collect::<Vec<_>>(),
            "own_seconds_a_call": of(|one| one.own).iter().map(Duration::as_secs_f64).collect::<Vec<_>>(),
        }),
    }
}
