//! A job at an Airbyte elsewhere that comes to its end just when its time is over: it cannot be stopped any more, and what it
//! came to counts.

use serde_json::{Value, json};

use super::{
    scene::{hub_with, shop},
    standin::Platform,
};
use crate::harness::{eventually, text};

#[test]
fn a_job_that_succeeds_before_it_can_be_stopped_has_succeeded() {
    let platform = Platform::start();
    let mut hub = hub_with(&platform);
    let mut anna = hub.tenant("Anna");
    let shop = shop();
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");

    platform.pretends_of_jobs("running");
    let path = format!("/api/v1/connections/{connection}/runs?force_fallback=true");
    let id = text(&anna.post(&path, &json!({})), "run").to_owned();
    eventually("its job is over there, and nobody is told", || {
        let run = anna.get(&format!("/api/v1/runs/{id}"));
        let jobs = platform.all("jobs");
        let over = jobs.iter().all(|job| job["status"] == "succeeded");
        (run["engine_job"].is_number() && over).then_some(())
    });
    // Six minutes go by while nothing of the hub runs; whoever held its jobs is given up.
    hub.kill();
    hub.control(
        "UPDATE run_decisions SET started_at = started_at - interval '6 minutes', decided_at = decided_at - interval '6 minutes'",
    );
    hub.control(
        "UPDATE jobs SET lease_until = now() - interval '1 second' WHERE state = 'running'",
    );
    hub.launch();
    anna.moved_to(&hub.url);
    eventually("it is asked to stop, in vain", || {
        (platform.calls("DELETE /api/public/v1/jobs") > 0).then_some(())
    });
    platform.tells_the_truth();

    let run = anna.finished(&id);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["row"]["problem"], Value::Null, "{run}");
    assert_eq!(run["decisions"][0]["class"], Value::Null, "{run}");
    assert_eq!(run["streams"][0]["table_rows"], 30, "{run}");
    let view = anna.get(&format!("/api/v1/connections/{connection}"));
    assert_eq!(view["row"]["state"], "up_to_date", "{view}");
    assert_eq!(platform.count("jobs"), 1, "it was not begun again");
}
