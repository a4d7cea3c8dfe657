//! Runs that somebody stops here while their job goes on at an Airbyte elsewhere that does not answer.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    scene::{down, hub_with},
    standin::{Platform, Trouble},
};
use crate::harness::{Api, SourceDatabase, eventually, text};

/// A hundred rows, each after as many seconds as the table says.
fn dawdler() -> SourceDatabase {
    SourceDatabase::create(
        "CREATE TABLE pace (seconds float); INSERT INTO pace VALUES (1);
         CREATE VIEW slow AS
         SELECT n AS id, pg_sleep((SELECT seconds FROM pace)) IS NULL AS waited FROM generate_series(1, 100) n",
    )
}

fn begin(anna: &Api, connection: &str) -> String {
    let path = format!("/api/v1/connections/{connection}/runs?force_fallback=true");
    text(&anna.post(&path, &json!({})), "run").to_owned()
}

fn look(anna: &Api, run: &str) -> Value {
    anna.get(&format!("/api/v1/runs/{run}"))
}

fn cancel(anna: &Api, run: &str) {
    let path = format!("/api/v1/runs/{run}/cancel");
    let (status, answer) = anna.call(Method::POST, &path, None);
    assert!(status.is_success(), "{answer}");
}

fn states(platform: &Platform) -> Vec<String> {
    let jobs = platform.all("jobs").into_iter();
    jobs.map(|job| text(&job, "status").to_owned()).collect()
}

#[test]
fn a_stopped_run_is_over_at_once_and_its_job_when_airbyte_is_back() {
    let platform = Platform::start();
    let mut hub = hub_with(&platform);
    let mut anna = hub.tenant("Anna");
    let shop = dawdler();
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    anna.choose(&connection, &["slow"]);
    let first = begin(&anna, &connection);
    let job = eventually("the job runs there", || {
        let run = look(&anna, &first);
        let runs = run["row"]["state"] == "running";
        run["engine_job"].as_i64().filter(|_| runs)
    });

    down(&platform);
    cancel(&anna, &first);
    let run = look(&anna, &first);
    assert_eq!(run["row"]["state"], "cancelled", "{run}");
    let why = text(&run["row"], "problem");
    assert!(why.contains("as soon as it does"), "{why}");
    assert_eq!(run["streams"][0]["state"], "cancelled", "{run}");
    assert!(run["decisions"][0]["finished_at"].is_string(), "{run}");
    assert_eq!(states(&platform), ["running"]);
    assert!(hub.stop());
    hub.launch();
    anna.moved_to(&hub.url);

    // The next run does not follow the old job, which still runs there when Airbyte is back.
    shop.run("UPDATE pace SET seconds = 0");
    let next = begin(&anna, &connection);
    platform.relent();
    platform.trouble(Method::DELETE, "public/v1/jobs", Trouble::Status(503), 6);
    let run = anna.finished(&next);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["streams"][0]["table_rows"], 100, "{run}");
    assert_ne!(run["engine_job"], job, "{run}");
    let mut states = states(&platform);
    states.sort_unstable();
    assert_eq!(states, ["cancelled", "succeeded"]);
}

#[test]
fn a_job_that_was_left_is_cancelled_in_the_background() {
    let platform = Platform::start();
    let mut hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = dawdler();
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let run = begin(&anna, &connection);
    eventually("the job runs there", || {
        (look(&anna, &run)["row"]["state"] == "running").then_some(())
    });
    down(&platform);
    cancel(&anna, &run);
    hub.kill();
    hub.launch();
    platform.relent();
    eventually("the job is cancelled there", || {
        (states(&platform) == ["cancelled"]).then_some(())
    });
}
