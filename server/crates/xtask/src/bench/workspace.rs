//! A workspace to look at: one tenant with a page full of connections that have rows, and people signed in to it.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{
    http::{Answer, Client},
    hub::Hub,
};

/// As many as one page of the list shows.
pub const CONNECTIONS: u32 = 50;
/// As many people look at it at once; fewer than may sign in from one address within a quarter of an hour.
pub const USERS: usize = 50;
/// What any one of the jobs behind a connection may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);
const LOOK_EVERY: Duration = Duration::from_millis(50);
const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "river-stone-lantern-4821";
const FILE: &[u8] =
    b"id,name,joined,score\n1,Zoe,2024-02-29,1.5\n2,Bram,2023-11-14,2\n3,Ines,2025-12-31,-7\n";

/// The name of a connection; the list shows it.
pub fn name(number: u32) -> String {
    format!("Spreadsheet {number:02}")
}

/// Makes the person, the tenant and its connections, each of them synced once.
pub fn fill(hub: &Hub<'_>) -> Result<()> {
    hub.tell(&["admin", "create", "--email", EMAIL], PASSWORD)?;
    let made = hub.ask(&[
        "tenant",
        "create",
        "--name",
        "Bench",
        "--owner-email",
        EMAIL,
        "--wait",
    ])?;
    let made: Value = serde_json::from_str(&made).context("the command prints JSON")?;
    let tenant = text(&made, "/tenant_id")?;
    let key = hub.ask(&["api-key", "create", "--tenant", tenant, "--scope", "admin"])?;
    let mut api =
        Client::connect(hub.address()?)?.with("authorization", format!("Bearer {}", key.trim()));
    let file = api.post("/api/v1/uploads?name=people.csv", "text/csv", FILE)?;
    let file = json_of(&file)?;
    let mut connections = Vec::new();
    for number in 1..=CONNECTIONS {
        let connection = json!({
            "integration": "files", "name": name(number),
            "configuration": { "dataset_name": format!("people_{number}"), "location": { "from": "upload", "file": text(&file, "/url")? } }
        });
        let submitted = post(&mut api, "/api/v1/connections", &connection)?;
        wait(
            &mut api,
            &format!("/api/v1/tests/{}", text(&submitted, "/test")?),
            "/state",
            "passed",
        )?;
        connections.push(text(&submitted, "/connection")?.to_owned());
    }
    for connection in connections {
        let started = post(
            &mut api,
            &format!("/api/v1/connections/{connection}/runs"),
            &json!({}),
        )?;
        wait(
            &mut api,
            &format!("/api/v1/runs/{}", text(&started, "/run")?),
            "/row/state",
            "succeeded",
        )?;
    }
    Ok(())
}

/// Signs everybody in through the form, as a browser without scripts does; returns their cookies.
pub fn sign_in(hub: &Hub<'_>) -> Result<Vec<String>> {
    let address = hub.address()?;
    let mut client = Client::connect(address)?
        .with("origin", format!("http://{address}"))
        .with("accept", "text/html".to_owned());
    let page = client.get("/sign-in")?.text();
    let form = page
        .split("action=\"")
        .filter_map(|rest| rest.split('"').next())
        .find(|action| action.ends_with("sign_in"))
        .context("the page has the form")?
        .to_owned();
    let fields = format!("next=&email={EMAIL}&password={PASSWORD}");
    (0..USERS)
        .map(|_| {
            let answer = client.post(
                &form,
                "application/x-www-form-urlencoded",
                fields.as_bytes(),
            )?;
            answer.cookie("hub").map(str::to_owned).with_context(|| {
                format!(
                    "signing in was refused ({}): {}",
                    answer.status,
                    answer.text()
                )
            })
        })
        .collect()
}

fn post(api: &mut Client, path: &str, body: &Value) -> Result<Value> {
    json_of(&api.post(path, "application/json", body.to_string().as_bytes())?)
}

/// Asks until the state is the wanted one; a job that ends otherwise is an error.
fn wait(api: &mut Client, path: &str, state: &str, wanted: &str) -> Result<()> {
    let begun = Instant::now();
    loop {
        let seen = json_of(&api.get(path)?)?;
        let state = text(&seen, state)?;
        if state == wanted {
            return Ok(());
        }
        let failed = ["failed", "partial", "cancelled"].contains(&state);
        if failed || begun.elapsed() > PATIENCE {
            bail!("{path} never {wanted}: {seen}");
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn json_of(answer: &Answer) -> Result<Value> {
    if !(200..300).contains(&answer.status) {
        bail!("the hub refused ({}): {}", answer.status, answer.text());
    }
    serde_json::from_slice(&answer.body).context("the answer is JSON")
}

fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .with_context(|| format!("there is no {pointer} in {value}"))
}
