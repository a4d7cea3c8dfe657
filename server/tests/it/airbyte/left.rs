//! Runs that somebody stops here while their job goes on at an Airbyte elsewhere that does not answer, or has not even said
//! that there is one.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    scene::hub_with,
    standin::{Platform, Trouble},
};
use crate::harness::{Api, Hub, SourceDatabase, eventually, text};

const START: &str = "public/v1/jobs";

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

    platform.goes_down();
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
    platform.goes_down();
    cancel(&anna, &run);
    hub.kill();
    hub.launch();
    platform.relent();
    eventually("the job is cancelled there", || {
        (states(&platform) == ["cancelled"]).then_some(())
    });
}

/// The platform, and a hub with a connection whose next run asks for a job in vain: Airbyte begins it, loses the answer, and
/// says nothing more.
fn asks_in_vain() -> (Platform, Hub, Api, SourceDatabase, String) {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = dawdler();
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    anna.choose(&connection, &["slow"]);
    platform.trouble(Method::POST, START, Trouble::Dies, 1);
    (platform, hub, anna, shop, connection)
}

fn cancelled_without_its_job(anna: &Api, run: &str) {
    cancel(anna, run);
    let run = anna.finished(run);
    assert_eq!(run["row"]["state"], "cancelled", "{run}");
    assert_eq!(run["engine_job"], Value::Null, "{run}");
    let why = text(&run["row"], "problem");
    assert!(why.contains("as soon as it is found"), "{why}");
}

#[test]
fn a_job_that_nobody_knew_of_when_its_run_was_stopped_is_cancelled_and_not_the_next_one() {
    let (platform, _hub, anna, shop, connection) = asks_in_vain();
    let first = begin(&anna, &connection);
    eventually("the job runs there, and nobody is told", || {
        (states(&platform) == ["running"]).then_some(())
    });
    cancelled_without_its_job(&anna, &first);
    assert_eq!(states(&platform), ["running"]);

    shop.run("UPDATE pace SET seconds = 0");
    let next = begin(&anna, &connection);
    platform.relent();
    let run = anna.finished(&next);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["streams"][0]["table_rows"], 100, "{run}");
    let mut states = states(&platform);
    states.sort_unstable();
    assert_eq!(states, ["cancelled", "succeeded"]);
}

#[test]
fn a_job_that_a_process_took_to_its_grave_is_cancelled_with_its_run() {
    let (platform, mut hub, mut anna, _shop, connection) = asks_in_vain();
    let run = begin(&anna, &connection);
    eventually("the job runs there, and nobody is told", || {
        (states(&platform) == ["running"]).then_some(())
    });
    hub.kill();
    hub.launch();
    anna.moved_to(&hub.url);
    cancelled_without_its_job(&anna, &run);
    platform.relent();
    // It is found, and cannot be cancelled yet.
    platform.trouble(Method::DELETE, START, Trouble::Status(503), 2);
    eventually("the job is cancelled there", || {
        (states(&platform) == ["cancelled"]).then_some(())
    });
}

/// A process that ended without knowing the job of its run leaves it to the one that goes on with the run.
#[test]
fn a_job_whose_answer_was_lost_with_its_process_is_followed_and_not_begun_again() {
    let (platform, mut hub, mut anna, shop, connection) = asks_in_vain();
    shop.run("UPDATE pace SET seconds = 0");
    let run = begin(&anna, &connection);
    eventually("the job has ended there, and nobody is told", || {
        (states(&platform) == ["succeeded"]).then_some(())
    });
    hub.kill();
    platform.relent();
    hub.launch();
    anna.moved_to(&hub.url);
    let run = anna.finished(&run);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(platform.count("jobs"), 1);
}

#[test]
fn a_job_that_somebody_began_there_is_not_taken_for_that_of_a_stopped_run() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = dawdler();
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    anna.choose(&connection, &["slow"]);
    shop.run("UPDATE pace SET seconds = 0");
    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    shop.run("UPDATE pace SET seconds = 3");
    let there = platform.all("connections");
    let theirs = json!({ "connectionId": there[0]["connectionId"], "jobType": "sync" });
    let theirs = platform.make("jobs", &theirs)["jobId"].clone();

    // It is refused there, which nobody hears either.
    platform.trouble(Method::POST, START, Trouble::Dies, 1);
    let run = begin(&anna, &connection);
    eventually("it was asked for in vain", || {
        let problem = &look(&anna, &run)["row"]["problem"];
        problem.is_string().then_some(())
    });
    cancelled_without_its_job(&anna, &run);
    platform.relent();
    // What was asked for may be on its way for minutes.
    hub.control(
        "UPDATE run_decisions SET started_at = started_at - interval '1 hour' WHERE asked_after IS NOT NULL",
    );
    eventually("it is looked for no more", || {
        let waits = "SELECT count(*) FROM jobs WHERE kind = 'cancel_left_job' AND state <> 'done'";
        (hub.control(waits) == ["0"]).then_some(())
    });
    let jobs = platform.all("jobs");
    let still = jobs.iter().find(|job| job["jobId"] == theirs);
    assert_eq!(still.expect("it is there")["status"], "running", "{jobs:?}");
}
