//! The web side: how fast the hub starts, what it holds in memory, and how long people wait for a page.

use std::{path::Path, thread, time::Duration};

use anyhow::Result;
use serde_json::json;

use super::{hub::Hub, memory::Memory, outcome::median, sheet::Sheet, waits, workspace};
use crate::{report, setup::Tools};

/// Memory is looked at when the hub had nothing to do for this long.
const IDLE: Duration = Duration::from_secs(30);

/// Starts, memory, waiting times.
pub fn measure(tools: &Tools, program: &Path, rounds: usize) -> Result<[Sheet; 2]> {
    let mut hub = Hub::new(tools, program)?;
    let starts = starts(&mut hub, rounds)?;
    let mut idle = None;
    report::step("Idle memory", |_| {
        thread::sleep(IDLE);
        let memory = hub.memory()?;
        idle = Some(memory);
        Ok(megabytes(memory.resident))
    })?;
    report::step("50 connections, each synced once", |_| {
        workspace::fill(&hub)?;
        Ok(String::new())
    })?;
    let waits = waits::measure(&hub, rounds)?;
    let after = hub.memory()?;
    hub.stop()?;
    Ok([process_sheet(&starts, idle.unwrap_or(after), after), waits])
}

/// The first start, which makes a database, and the later ones.
struct Starts {
    first: Duration,
    later: Vec<Duration>,
}

/// The hub runs when this returns.
fn starts(hub: &mut Hub<'_>, rounds: usize) -> Result<Starts> {
    let mut starts = Starts {
        first: Duration::ZERO,
        later: Vec::new(),
    };
    report::step("Starting the hub", |_| {
        starts.first = hub.start()?;
        for _ in 0..rounds {
            hub.stop()?;
            starts.later.push(hub.start()?);
        }
        Ok(String::new())
    })?;
    Ok(starts)
}

fn process_sheet(starts: &Starts, idle: Memory, after: Memory) -> Sheet {
    let start = median(&starts.later).unwrap_or_default();
    let line =
        |name: &str, value: String, goal: &str| (name.to_owned(), vec![value, goal.to_owned()]);
    Sheet {
        title: "The hub's own process (PostgreSQL aside)".to_owned(),
        heads: &["value", "goal"],
        lines: vec![
            line("first start, makes the database", seconds(starts.first), ""),
            line("start", seconds(start), "< 2 s"),
            line("idle: resident", megabytes(idle.resident), "< 80 MB"),
            line("idle: its share (PSS)", megabytes(idle.share), ""),
            line("after the pages: resident", megabytes(after.resident), ""),
            line("at its peak: resident", megabytes(after.peak), ""),
        ],
        figures: json!({
            "first_start_seconds": starts.first.as_secs_f64(),
            "start_seconds": starts.later.iter().map(Duration::as_secs_f64).collect::<Vec<_>>(),
            "idle_resident_bytes": idle.resident, "idle_share_bytes": idle.share,
            "after_resident_bytes": after.resident, "peak_resident_bytes": after.peak,
        }),
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}
