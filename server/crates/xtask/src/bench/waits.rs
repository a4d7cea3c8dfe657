//! How long people wait for a page, beside an answer that costs nothing and a page that shows no data.

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::{
    crowd::{self, Errand, Waits},
    http::{Answer, Client},
    hub::Hub,
    outcome::median,
    sheet::Sheet,
    workspace,
};
use crate::report;

/// Requests of one round, by all users together.
const REQUESTS: u32 = 2_000;
/// Requests of one user alone.
const ALONE: u32 = 200;
const LIST: &str = "/connections";
/// What a quick reader takes to look at a page.
const LOOK: Duration = Duration::from_secs(1);

/// Everybody asks for the same, in turn with what it is compared to.
pub fn measure(hub: &Hub<'_>, rounds: usize) -> Result<Sheet> {
    let mut cookies = Vec::new();
    report::step("Signing in 50 users", |_| {
        cookies = workspace::sign_in(hub)?;
        shows_all(hub, &cookies)?;
        Ok(String::new())
    })?;
    let mut all = questions();
    for round in 1..=rounds {
        report::step(&format!("Pages, round {round} of {rounds}"), |step| {
            for asked in &mut all {
                step.busy_with(asked.name);
                let users = cookies.get(..asked.users).unwrap_or(&cookies);
                let waits = crowd::send(hub.address()?, users, &asked.errand)?;
                asked.rounds.push(waits);
            }
            Ok(String::new())
        })?;
    }
    shows_all(hub, &cookies)?;
    Ok(sheet(&all))
}

/// What is asked for, and how long people waited in each round.
struct Asked {
    name: &'static str,
    goal: &'static str,
    users: usize,
    errand: Errand<'static>,
    rounds: Vec<Waits>,
}

fn questions() -> [Asked; 5] {
    let new = |name, goal, users, errand| Asked {
        name,
        goal,
        users,
        errand,
        rounds: Vec::new(),
    };
    let page = |path, requests, pause| Errand {
        path,
        requests,
        pause,
        // Whole, with the data for the browser's part behind the page itself.
        right: |answer: &Answer| answer.status == 200 && answer.body.ends_with(b"</script>"),
    };
    let nothing = Errand {
        path: "/healthz",
        requests: REQUESTS,
        pause: Duration::ZERO,
        right: |answer: &Answer| answer.status == 200 && answer.body == b"ok",
    };
    [
        new(
            "/healthz, 50 users without a pause (the limit)",
            "",
            workspace::USERS,
            nothing,
        ),
        new(
            "sign-in page, 50 users without a pause (no data)",
            "",
            workspace::USERS,
            page("/sign-in", REQUESTS, Duration::ZERO),
        ),
        new(
            "50 connections, 50 users who look for a second",
            "p95 < 100 ms",
            workspace::USERS,
            page(LIST, REQUESTS, LOOK),
        ),
        new(
            "50 connections, 50 users without a pause",
            "p95 < 100 ms",
            workspace::USERS,
            page(LIST, REQUESTS, Duration::ZERO),
        ),
        new(
            "50 connections, one user",
            "",
            1,
            page(LIST, ALONE, Duration::ZERO),
        ),
    ]
}

/// The page that is measured must be the page that is meant.
fn shows_all(hub: &Hub<'_>, cookies: &[String]) -> Result<()> {
    let cookie = cookies.first().cloned().unwrap_or_default();
    let page = Client::connect(hub.address()?)?
        .with("cookie", cookie)
        .get(LIST)?
        .text();
    for number in 1..=workspace::CONNECTIONS {
        let name = workspace::name(number);
        if !page.contains(&name) {
            bail!("the page does not show {name}: {page}");
        }
    }
    Ok(())
}

fn sheet(all: &[Asked]) -> Sheet {
    Sheet {
        title: "Waiting for a page, in milliseconds (medians of the rounds)".to_owned(),
        heads: &["p50", "p95", "p99", "req/s", "goal"],
        lines: all
            .iter()
            .map(|asked| {
                let waits = asked.middle();
                let texts = [waits.p50, waits.p95, waits.p99].map(milliseconds);
                let rest = [format!("{:.0}", waits.per_second), asked.goal.to_owned()];
                (
                    asked.name.to_owned(),
                    texts.into_iter().chain(rest).collect(),
                )
            })
            .collect(),
        figures: all.iter().map(Asked::figures).collect(),
    }
}

impl Asked {
    /// Each figure's median over the rounds.
    fn middle(&self) -> Waits {
        let of = |get: fn(&Waits) -> Duration| {
            median(&self.rounds.iter().map(get).collect::<Vec<_>>()).unwrap_or_default()
        };
        let mut rates: Vec<f64> = self.rounds.iter().map(|waits| waits.per_second).collect();
        rates.sort_unstable_by(f64::total_cmp);
        Waits {
            p50: of(|waits| waits.p50),
            p95: of(|waits| waits.p95),
            p99: of(|waits| waits.p99),
            longest: of(|waits| waits.longest),
            per_second: rates.get(rates.len() / 2).copied().unwrap_or_default(),
        }
    }

    fn figures(&self) -> Value {
        let rounds: Vec<Value> = self
            .rounds
            .iter()
            .map(|waits| {
                json!({
                    "p50_seconds": waits.p50.as_secs_f64(), "p95_seconds": waits.p95.as_secs_f64(),
                    "p99_seconds": waits.p99.as_secs_f64(), "longest_seconds": waits.longest.as_secs_f64(),
                    "requests_per_second": waits.per_second,
                })
            })
            .collect();
        json!({ "name": self.name, "users": self.users, "requests": self.errand.requests, "goal": self.goal, "rounds": rounds })
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}
