//! An Airbyte elsewhere that is down for an hour. The hour is not waited for: what has begun is moved back in time, and the
//! hub reads it anew when it starts again.

use serde_json::{Value, json};

use super::{
    scene::{hub_with, shop},
    standin::Platform,
};
use crate::harness::{Api, Hub, SourceDatabase, eventually, text};

/// An hour passes, in which the hub starts again.
fn an_hour_later(hub: &mut Hub, anna: &mut Api) {
    hub.control(
        "UPDATE run_decisions
         SET decided_at = decided_at - interval '1 hour', started_at = started_at - interval '1 hour'
         WHERE finished_at IS NULL",
    );
    assert!(hub.stop());
    hub.launch();
    anna.moved_to(&hub.url);
}

fn is_due(hub: &Hub) {
    hub.control("UPDATE schedules SET next_at = now() - interval '1 second'");
}

/// The newest run of a connection that has had so many before.
fn newest(anna: &Api, connection: &str, before: usize) -> Option<Value> {
    let page = anna.get(&format!("/api/v1/runs?connection={connection}"));
    let runs = page["items"].as_array()?;
    runs.first().filter(|_| runs.len() > before).cloned()
}

fn held_up(anna: &Api, run: &str) {
    let why = eventually("the run says what holds it up", || {
        let run: Value = anna.get(&format!("/api/v1/runs/{run}"));
        assert_eq!(run["row"]["finished_at"], Value::Null, "{run}");
        run["row"]["problem"].as_str().map(str::to_owned)
    });
    assert!(why.contains("goes on by itself"), "{why}");
}

#[test]
fn a_run_that_finds_nobody_gives_up_and_the_next_one_at_its_time_brings_everything() {
    let platform = Platform::start();
    let mut hub = hub_with(&platform);
    let mut anna = hub.tenant("Anna");
    let shop = shop();
    // Only that Airbyte reads it, so there is no other way.
    let sources = anna.get("/api/airbyte/sources");
    let all = sources.as_array().expect("sources");
    let harbour = all.iter().find(|source| source["category"] == "others");
    let slug = text(harbour.expect("one of its own"), "slug").to_owned();
    let (connection, test) = anna.connect(&slug, "Orders", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    let schedule = format!("/api/v1/connections/{connection}/schedule");
    anna.put(&schedule, &json!({ "schedule": "every hour" }));

    platform.goes_down();
    shop.run("INSERT INTO orders VALUES (31, 'rope')");
    is_due(&hub);
    let run = eventually("a run starts by itself", || newest(&anna, &connection, 1));
    let run = text(&run, "id").to_owned();
    held_up(&anna, &run);
    an_hour_later(&mut hub, &mut anna);
    let gave_up = anna.finished(&run);
    assert_eq!(gave_up["row"]["state"], "failed", "{gave_up}");
    let why = text(&gave_up["row"], "problem");
    assert!(why.contains("does not answer"), "{why}");
    let found = anna.get(&format!("/api/v1/connections/{connection}"));
    assert_eq!(found["row"]["state"], "failing", "{found}");

    platform.relent();
    is_due(&hub);
    let run = eventually("the next one starts by itself", || {
        newest(&anna, &connection, 2)
    });
    let run = anna.finished(text(&run, "id"));
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["row"]["started_by"], "schedule", "{run}");
    assert_eq!(
        run["streams"][0]["table_rows"], 31,
        "nothing is lost: {run}"
    );
    for (kind, count) in [("sources", 1), ("connections", 1), ("jobs", 2)] {
        assert_eq!(platform.count(kind), count, "{kind}");
    }
}

#[test]
fn a_job_that_ended_there_meanwhile_is_not_begun_again() {
    let platform = Platform::start();
    let mut hub = hub_with(&platform);
    let mut anna = hub.tenant("Anna");
    let shop = SourceDatabase::create(
        "CREATE VIEW slow AS SELECT n AS id, pg_sleep(1) IS NULL AS waited FROM generate_series(1, 10) n",
    );
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let path = format!("/api/v1/connections/{connection}/runs?force_fallback=true");
    let run = text(&anna.post(&path, &json!({})), "run").to_owned();
    eventually("the job runs there", || {
        let run = anna.get(&format!("/api/v1/runs/{run}"));
        let begun = run["engine_job"].is_number() && run["row"]["state"] == "running";
        begun.then_some(())
    });
    platform.goes_down();
    held_up(&anna, &run);
    an_hour_later(&mut hub, &mut anna);
    eventually("the job has ended there", || {
        (platform.all("jobs")[0]["status"] == "succeeded").then_some(())
    });
    held_up(&anna, &run);
    platform.relent();
    let run = anna.finished(&run);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["streams"][0]["table_rows"], 10, "{run}");
    assert_eq!(platform.count("jobs"), 1);
}
