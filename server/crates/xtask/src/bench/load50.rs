//! Fifty syncs of several tenants at once: how long they take together, how much memory each adds to the hub.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{
    api::Api,
    destination::work_dir,
    http::Client,
    hub::Hub,
    memory::{self, Memory},
    readers::MANIFEST,
    sheet::Sheet,
};
use crate::{report, setup::Tools};

const TENANTS: u32 = 5;
const SYNCS_A_TENANT: u32 = 10;
const SYNCS: u32 = TENANTS * SYNCS_A_TENANT;
/// Of each sync.
const RECORDS: u32 = 20_000;
const PAGE_SIZE: u32 = 1000;
/// How long each page takes to come, as from an API far away: the first sync is still reading when the last one begins.
const AWAY: Duration = Duration::from_millis(500);
const STREAM: &str = "plain";
const LOOK_EVERY: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_mins(20);
const GOAL: &str = "< 50 MB a sync";

pub fn measure(tools: &Tools, program: &Path) -> Result<Sheet> {
    let api = Api::of(RECORDS, AWAY)?;
    let manifest = work_dir()?.join("load50.yaml");
    fs::write(&manifest, MANIFEST)?;
    let mut hub = Hub::new(tools, program)?
        .with("TRIBUTARY_ALLOW_HTTP", "1")
        .with("TRIBUTARY_ALLOW_PRIVATE_NETWORKS", "127.0.0.0/8")
        .with("TRIBUTARY_WORKERS", &SYNCS.to_string())
        .with(
            "TRIBUTARY_MANIFESTS",
            &format!("bench={}", manifest.display()),
        );
    let (mut idle, mut tenants) = (None, Vec::new());
    report::step("Starting the hub", |_| {
        hub.start()?;
        idle = Some(hub.memory()?);
        Ok(String::new())
    })?;
    report::step("Connecting fifty sources", |step| {
        for number in 1..=TENANTS {
            step.busy_with(&format!("tenant {number} of {TENANTS}"));
            tenants.push(Tenant::new(&hub, number, &api)?);
        }
        Ok(String::new())
    })?;
    let mut measured = None;
    report::step("Fifty syncs", |_| {
        let found = run(&hub, &mut tenants, &api)?;
        let text = report::duration(found.took);
        measured = Some(found);
        Ok(text)
    })?;
    hub.stop()?;
    let measured = measured.context("the step has measured it")?;
    Ok(measured.sheet(idle.context("the step has measured it")?))
}

/// A tenant, its API, and the connections that are to be synced.
struct Tenant {
    number: u32,
    api: Client,
    key: String,
    connections: Vec<String>,
}

impl Tenant {
    fn new(hub: &Hub<'_>, number: u32, source: &Api) -> Result<Self> {
        let (name, owner) = (
            format!("Tenant {number}"),
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
        let tenant = made["tenant_id"].as_str().context("a tenant")?;
        let key = hub.ask(&["api-key", "create", "--tenant", tenant, "--scope", "admin"])?;
        let key = format!("Bearer {}", key.trim());
        let mut new = Self {
            number,
            api: api(hub, &key)?,
            key,
            connections: Vec::new(),
        };
        let sources = new.get("/api/airbyte/sources")?;
        let slug = sources
            .as_array()
            .and_then(|all| all.iter().find(|one| one["name"] == "bench"))
            .and_then(|one| one["slug"].as_str())
            .context("the manifest is in the catalogue")?
            .to_owned();
        for number in 1..=SYNCS_A_TENANT {
            let connection = new.connect(&slug, number, source)?;
            new.connections.push(connection);
        }
        Ok(new)
    }

    /// The hub closes connections that nobody has used for a while.
    fn call_again(&mut self, hub: &Hub<'_>) -> Result<()> {
        self.api = api(hub, &self.key)?;
        Ok(())
    }

    fn get(&mut self, path: &str) -> Result<Value> {
        let answer = self.api.get(path)?;
        serde_json::from_slice(&answer.body).with_context(|| format!("{path}: {}", answer.text()))
    }

    fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        let body = body.to_string();
        let answer = self.api.post(path, "application/json", body.as_bytes())?;
        serde_json::from_slice(&answer.body).with_context(|| format!("{path}: {}", answer.text()))
    }

    /// A source that has passed its test, with one stream chosen; its connection.
    fn connect(&mut self, slug: &str, number: u32, source: &Api) -> Result<String> {
        let made = self.post(
            "/api/v1/connections",
            &json!({
                "integration": slug,
                "name": format!("Source {number}"),
                "configuration": {
                    "base_url": format!("http://{}/{}-{number}", source.address, self.number), "page_size": PAGE_SIZE,
                },
            }),
        )?;
        let test = made["test"]
            .as_str()
            .with_context(|| format!("the hub refused: {made}"))?;
        let test = self.wait(&format!("/api/v1/tests/{test}"), "/state", &["passed"])?;
        let connection = test["connection"]
            .as_str()
            .context("a connection")?
            .to_owned();
        let path = format!("/api/v1/connections/{connection}/streams");
        let streams = self.get(&path)?;
        let choices: Vec<Value> = streams
            .as_array()
            .context("streams")?
            .iter()
            .map(choice)
            .collect();
        let body = Value::from(choices).to_string();
        let answer = self.api.put(&path, "application/json", body.as_bytes())?;
        if answer.status >= 300 {
            bail!("PUT {path}: {}", answer.text());
        }
        Ok(connection)
    }

    /// Asks until what is there has a state of these; anything that is over in another way is an error.
    fn wait(&mut self, path: &str, state: &str, good: &[&str]) -> Result<Value> {
        let begun = Instant::now();
        loop {
            let found = self.get(path)?;
            let state = found.pointer(state).and_then(Value::as_str);
            match state {
                Some(state) if good.contains(&state) => return Ok(found),
                Some("queued" | "waiting" | "running" | "pending")
                    if begun.elapsed() < PATIENCE =>
                {
                    thread::sleep(LOOK_EVERY);
                }
                _ => bail!("{path} did not end well: {found}"),
            }
        }
    }
}

fn api(hub: &Hub<'_>, key: &str) -> Result<Client> {
    let client = Client::connect(hub.address()?)?;
    Ok(client.with("authorization", key.to_owned()))
}

/// The one stream is chosen, and replaced by each sync.
fn choice(stream: &Value) -> Value {
    json!({
        "namespace": stream["namespace"], "name": stream["name"], "selected": stream["name"] == STREAM,
        "mode": "full_refresh_overwrite", "primary_key": stream["primary_key"], "cursor": stream["cursor"],
    })
}

/// What fifty syncs took.
struct Measured {
    took: Duration,
    hub: Memory,
    /// Most syncs that ran at one moment.
    at_once: usize,
}

/// Starts them all and waits for their ends.
fn run(hub: &Hub<'_>, tenants: &mut [Tenant], source: &Api) -> Result<Measured> {
    source.forget();
    hub.forget_peak()?;
    let begun = Instant::now();
    let mut runs = Vec::new();
    for (position, tenant) in tenants.iter_mut().enumerate() {
        tenant.call_again(hub)?;
        for connection in tenant.connections.clone() {
            let started = tenant.post(
                &format!("/api/v1/connections/{connection}/runs"),
                &json!({}),
            )?;
            let run = started["run"]
                .as_str()
                .with_context(|| format!("the hub refused: {started}"))?;
            runs.push((position, format!("/api/v1/runs/{run}")));
        }
    }
    while !runs.is_empty() {
        if begun.elapsed() > PATIENCE {
            bail!("the syncs take too long to measure");
        }
        for tenant in tenants.iter_mut() {
            tenant.call_again(hub)?;
        }
        let mut left = Vec::new();
        for (position, path) in runs {
            let found = tenants[position].get(&path)?;
            match found.pointer("/row/state").and_then(Value::as_str) {
                Some("succeeded") => {
                    let rows = &found["streams"][0]["rows_written"];
                    if *rows != RECORDS {
                        bail!("{rows} rows were written: {found}");
                    }
                }
                Some("queued" | "running") => left.push((position, path)),
                _ => bail!("a sync did not succeed: {found}"),
            }
        }
        runs = left;
        thread::sleep(LOOK_EVERY);
    }
    Ok(Measured {
        took: begun.elapsed(),
        hub: hub.memory()?,
        at_once: source.most_at_once(),
    })
}

impl Measured {
    fn sheet(&self, idle: Memory) -> Sheet {
        let rows = f64::from(SYNCS * RECORDS);
        let (idle, peak) = (idle.resident, self.hub.peak);
        // Those that had not begun or were through took nothing at the peak.
        let at_once = f64::from(u32::try_from(self.at_once).unwrap_or(SYNCS).max(1));
        let each = memory::megabytes(peak.saturating_sub(idle)) / at_once;
        let seconds = self.took.as_secs_f64();
        let text = |number: f64, goal: &str| vec![format!("{number:.1}"), goal.to_owned()];
        Sheet {
            title: format!(
                "{SYNCS} syncs of {TENANTS} tenants at once, {RECORDS} records each by {PAGE_SIZE} a page"
            ),
            heads: &["", "goal"],
            lines: vec![
                ("all of them, seconds".to_owned(), text(seconds, "")),
                (
                    "rows/s of all together".to_owned(),
                    text(rows / seconds, ""),
                ),
                (
                    "reading at one moment, at most".to_owned(),
                    vec![self.at_once.to_string(), String::new()],
                ),
                (
                    "the hub when idle, MB".to_owned(),
                    text(memory::megabytes(idle), ""),
                ),
                (
                    "the hub at its most, MB".to_owned(),
                    text(memory::megabytes(peak), ""),
                ),
                ("for each sync, MB".to_owned(), text(each, GOAL)),
            ],
            figures: json!({
                "syncs": SYNCS, "records": SYNCS * RECORDS, "seconds": seconds, "at_once": self.at_once,
                "idle_bytes": idle, "peak_bytes": peak, "megabytes_a_sync": each, "goal": GOAL,
            }),
        }
    }
}
