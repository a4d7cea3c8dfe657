//! Jobs at an Airbyte elsewhere, seen and stopped from here: how far they are, why they failed, and that they end.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    scene::{hub_with, shop},
    standin::{Platform, Trouble},
};
use crate::harness::{SourceDatabase, eventually, text};

/// Takes half a minute to read, a few rows at a time.
const SLOW: &str = "CREATE VIEW slow AS
    SELECT n AS id, CASE WHEN pg_sleep(0.01) IS NULL THEN '' ELSE repeat('x', 2000) END AS filler
    FROM generate_series(1, 3000) n";

#[test]
fn why_a_job_failed_there_is_told_here() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = shop();
    let reader = shop.reader("the first one");
    let mut settings = shop.configuration();
    settings["username"] = json!(reader);
    settings["password"] = json!("the first one");
    let (connection, test) = anna.connect("postgresql", "Shop", &settings);
    assert_eq!(test["state"], "passed", "{test}");

    assert_eq!(anna.rehearse(&connection)["row"]["state"], "succeeded");
    let (unused, test) = anna.connect("postgresql", "Never run", &settings);
    assert_eq!(test["state"], "passed", "{test}");

    shop.set_password(&reader, "the second one");
    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "failed", "{run}");
    let job = run["engine_job"].as_i64().expect("a job");
    let theirs = platform.failure(job);
    assert_eq!(run["row"]["problem"], theirs, "{run}");
    assert!(theirs.contains("password"), "{theirs}");

    let told = hub.cli(
        &["sync", "--connection", "Shop", "--force-fallback", "--wait"],
        "",
    );
    assert_eq!(told.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&told.stdout).expect("one JSON document");
    assert_eq!(told["error"], theirs, "{told}");
    assert_ne!(told["airbyteJobId"], job, "the command ran it once more");
    assert_eq!(platform.count("jobs"), 3);

    // Airbyte looks at a source before it makes a connection: there the run ends before there is a job.
    let run = anna.rehearse(&unused);
    assert_eq!(run["row"]["state"], "failed", "{run}");
    let why = text(&run["row"], "problem");
    assert!(why.contains("password"), "{why}");
    assert_eq!(platform.count("jobs"), 3);
}

#[test]
fn a_job_there_is_seen_getting_on_and_ends_when_somebody_stops_it_here() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = SourceDatabase::create(SLOW);
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let path = format!("/api/v1/connections/{connection}/runs?force_fallback=true");
    let started = anna.post(&path, &json!({}));
    let id = text(&started, "run");
    let seen = eventually("rows are seen while the job runs", || {
        let run = anna.get(&format!("/api/v1/runs/{id}"));
        assert_eq!(run["row"]["finished_at"], Value::Null, "{run}");
        let rows = run["row"]["rows_read"].as_i64()?;
        (rows > 0).then_some(run)
    });
    assert_eq!(seen["row"]["state"], "running", "{seen}");
    assert!(seen["row"]["bytes"].as_i64() > Some(0), "{seen}");
    assert!(seen["streams"][0]["rows_read"].as_i64() > Some(0), "{seen}");
    assert_eq!(platform.all("jobs")[0]["status"], "running");

    // Delivered twice on its way: the second time there is nothing to stop.
    platform.trouble(Method::DELETE, "public/v1/jobs", Trouble::Twice, 1);
    anna.call(Method::POST, &format!("/api/v1/runs/{id}/cancel"), None);
    let run = anna.finished(id);
    assert_eq!(run["row"]["state"], "cancelled", "{run}");
    let why = text(&run["row"], "problem");
    assert!(why.starts_with("Stopped on request"), "{why}");
    let jobs = platform.all("jobs");
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    assert_eq!(jobs[0]["status"], "cancelled", "{jobs:?}");
    assert_eq!(platform.troubles_left(), 0);
}
