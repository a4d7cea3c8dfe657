//! Preparing workspaces: how long `tenant create --wait` takes beside a running hub, command and all.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{hub::Hub, outcome::median, sheet::Sheet};
use crate::{report, setup::Tools};

/// Tenants one after the other, after the first one.
const TENANTS: u32 = 20;
const GOAL: &str = "< 2 s each";

pub fn measure(tools: &Tools, program: &Path, rounds: usize) -> Result<Sheet> {
    let mut hub = Hub::new(tools, program)?;
    report::step("Starting the hub", |_| {
        hub.start()?;
        Ok(String::new())
    })?;
    let (mut bare, mut first, mut later) = (Vec::new(), Vec::new(), Vec::new());
    report::step("Preparing workspaces", |step| {
        for _ in 0..rounds {
            bare.push(timed(|| hub.ask(&["engine", "credentials"]).map(drop))?);
        }
        first.push(timed(|| create(&hub, 0))?);
        for number in 1..=TENANTS {
            step.busy_with(&format!("{number} of {TENANTS}"));
            later.push(timed(|| create(&hub, number))?);
        }
        Ok(String::new())
    })?;
    hub.stop()?;
    let lines = [
        ("a command that only asks (its own cost)", bare, ""),
        ("the first tenant of a hub", first, GOAL),
        ("20 more, one after the other", later, GOAL),
    ];
    Ok(Sheet {
        title: "Preparing a workspace, in seconds".to_owned(),
        heads: &["median", "slowest", "all", "goal"],
        figures: lines.iter().map(figures).collect(),
        lines: lines
            .iter()
            .map(|(name, times, goal)| ((*name).to_owned(), texts(times, goal)))
            .collect(),
    })
}

fn create(hub: &Hub<'_>, number: u32) -> Result<()> {
    let (name, owner) = (
        format!("Workspace {number}"),
        format!("owner-{number}@example.com"),
    );
    let made = hub.ask(&[
        "tenant",
        "create",
        "--name",
        &name,
        "--owner-email",
        &owner,
        "--wait",
    ])?;
    let made: Value = serde_json::from_str(&made).context("the command prints JSON")?;
    // A time counts only for a workspace that can be used.
    if made["state"] != "active" {
        bail!("{name} is not ready: {made}");
    }
    Ok(())
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed())
}

fn texts(times: &[Duration], goal: &str) -> Vec<String> {
    let seconds = |time: Duration| format!("{:.2}", time.as_secs_f64());
    vec![
        seconds(median(times).unwrap_or_default()),
        seconds(times.iter().max().copied().unwrap_or_default()),
        seconds(times.iter().sum()),
        goal.to_owned(),
    ]
}

fn figures((name, times, goal): &(&str, Vec<Duration>, &str)) -> Value {
    json!({ "name": name, "goal": goal, "seconds": times.iter().map(Duration::as_secs_f64).collect::<Vec<_>>() })
}
