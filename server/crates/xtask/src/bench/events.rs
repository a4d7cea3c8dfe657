//! Events that come in by themselves: how soon each is acknowledged, and how soon it is a row.

use std::{
    fmt::Write,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{connect, http::Client, hub::Hub, outcome::median, sheet::Sheet};
use crate::{report, setup::Tools};

/// Events, one after the other.
const EVENTS: usize = 100;
/// Between two of them, so that each finds the hub idle.
const PACE: Duration = Duration::from_millis(50);
/// Between two looks for a row: short beside what is measured.
const LOOK_EVERY: Duration = Duration::from_millis(1);
const PATIENCE: Duration = Duration::from_secs(30);
const GOAL: &str = "< 1 s";
const FILE: &[u8] = b"id,name\n1,Zoe\n";

pub fn measure(tools: &Tools, program: &Path) -> Result<Sheet> {
    let mut hub = Hub::new(tools, program)?.with("TRIBUTARY_RATE_LIMIT", "0");
    let mut sender = None;
    report::step("Starting the hub", |_| {
        hub.start()?;
        sender = Some(Sender::new(&hub)?);
        Ok(String::new())
    })?;
    let mut sender = sender.context("the step has made it")?;
    // The first one makes the table.
    let first = sender.send(0)?;
    let mut all = Vec::new();
    report::step("Sending events", |_| {
        for number in 1..=EVENTS {
            thread::sleep(PACE);
            all.push(sender.send(number)?);
        }
        Ok(String::new())
    })?;
    hub.stop()?;
    Ok(sheet(first, &all))
}

/// A connection that takes events in, and whoever sends them, as GitHub signs.
struct Sender {
    api: Client,
    connection: String,
    path: String,
    secret: String,
    sent: usize,
}

/// One event: until it was acknowledged, and from then until the hub had written its row.
#[derive(Debug, Clone, Copy)]
struct Taken {
    acknowledged: Duration,
    row: Duration,
}

impl Sender {
    fn new(hub: &Hub<'_>) -> Result<Self> {
        let mut api = connect::tenant(hub)?;
        let file = json_of(
            &api.post("/api/v1/uploads?name=people.csv", "text/csv", FILE)?
                .body,
        )?;
        let body = json!({
            "integration": "files", "name": "People",
            "configuration": { "dataset_name": "people", "location": { "from": "upload", "file": file["url"] } },
        });
        let (connection, test) = connect::submit(&mut api, &body)?;
        connect::passed(&mut api, &test)?;
        let at = format!("/api/v1/connections/{connection}/webhook");
        let made = api.put(&at, "application/json", br#"{"scheme":"github"}"#)?;
        let made = json_of(&made.body)?;
        let text = |name: &str| {
            made[name]
                .as_str()
                .with_context(|| format!("no {name}: {made}"))
        };
        let (url, secret) = (text("url")?, text("secret")?.to_owned());
        let path = url.split_once("/in/").context("an address of events")?.1;
        Ok(Self {
            api,
            connection,
            path: format!("/in/{path}"),
            secret,
            sent: 0,
        })
    }

    fn send(&mut self, number: usize) -> Result<Taken> {
        let body = json!({ "action": "opened", "number": number }).to_string();
        let (id, proof) = (format!("d-{number}"), signature(&self.secret, &body)?);
        let headers = [
            ("content-type", "application/json"),
            ("x-github-delivery", id.as_str()),
            ("x-github-event", "issues"),
            ("x-hub-signature-256", proof.as_str()),
        ];
        let begun = Instant::now();
        let answer = self.api.post_with(&self.path, &headers, body.as_bytes())?;
        let acknowledged = begun.elapsed();
        if answer.status != 202 {
            bail!("the event was refused: {}", answer.text());
        }
        self.sent += 1;
        let begun = Instant::now();
        self.until_written()?;
        Ok(Taken {
            acknowledged,
            row: begun.elapsed(),
        })
    }

    fn until_written(&mut self) -> Result<()> {
        let path = format!("/api/v1/connections/{}/webhook", self.connection);
        let begun = Instant::now();
        loop {
            let status = json_of(&self.api.get(&path)?.body)?;
            let seen = &status["endpoint"];
            if seen["waiting"] == 0 && seen["events_24h"] == self.sent {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                bail!("the event is no row: {status}");
            }
            thread::sleep(LOOK_EVERY);
        }
    }
}

fn signature(secret: &str, body: &str) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).context("any key fits")?;
    mac.update(body.as_bytes());
    let bytes = mac.finalize().into_bytes();
    let mut text = "sha256=".to_owned();
    for byte in bytes {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}

fn json_of(body: &[u8]) -> Result<Value> {
    serde_json::from_slice(body).context("the answer is no JSON")
}

fn sheet(first: Taken, all: &[Taken]) -> Sheet {
    let of = |get: fn(&Taken) -> Duration| all.iter().map(get).collect::<Vec<_>>();
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let line = |name: &str, times: &[Duration], first: Duration, goal: &str| {
        let texts = [
            milliseconds(median(times).unwrap_or_default()),
            milliseconds(times.iter().max().copied().unwrap_or_default()),
            milliseconds(first),
            goal.to_owned(),
        ];
        (name.to_owned(), texts.into())
    };
    let (acknowledged, row) = (of(|one| one.acknowledged), of(|one| one.row));
    let seconds = |times: &[Duration]| times.iter().map(Duration::as_secs_f64).collect::<Vec<_>>();
    Sheet {
        title: format!("{EVENTS} events that come in by themselves"),
        heads: &["median", "slowest", "first of all", "goal"],
        lines: vec![
            line(
                "until it is kept for good (202)",
                &acknowledged,
                first.acknowledged,
                "",
            ),
            line("from then until it is a row", &row, first.row, GOAL),
        ],
        figures: json!({
            "acknowledged_seconds": seconds(&acknowledged), "row_seconds": seconds(&row),
            "first_acknowledged_seconds": first.acknowledged.as_secs_f64(),
            "first_row_seconds": first.row.as_secs_f64(), "goal": GOAL,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's documentation.
    #[test]
    fn events_are_signed_as_github_does() {
        let signed = signature("It's a Secret to Everybody", "Hello, World!").expect("a signature");
        assert_eq!(
            signed,
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
    }
}
