//! Airbyte's own manners under load, met in the middle of a journey: each passes, nothing is made twice, and the run says
//! what holds it up.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    scene::{holds_one_of_each, hub_with, shop},
    standin::{Platform, Trouble},
};
use crate::harness::{Api, Person, SourceDatabase, eventually, text};

const START: &str = "public/v1/jobs";
const LOOK: &str = "jobs/get_without_logs";

fn connected(anna: &Api, shop: &SourceDatabase) -> String {
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    connection
}

#[test]
fn load_that_is_shed_and_a_token_that_ends_early_do_not_end_a_sync() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = shop();
    let connection = connected(&anna, &shop);
    platform.trouble(Method::POST, START, Trouble::Shed, 1);
    platform.trouble(Method::POST, LOOK, Trouble::Status(401), 1);
    let tokens = platform.calls("applications/token");
    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(platform.troubles_left(), 0, "both were met");
    assert_eq!(
        platform.calls("applications/token"),
        tokens + 1,
        "one token in place of the refused one"
    );
    assert_eq!(platform.calls(&format!("POST /api/{START}")), 2);
    assert_eq!(platform.count("jobs"), 1);
}

#[test]
fn a_run_says_what_holds_it_up_and_goes_on() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let person = Person::joining(&hub, "Anna");
    let anna = person.api(&hub);
    let shop = shop();
    let connection = connected(&anna, &shop);
    for (trouble, words) in [
        (Trouble::Html, "a page for people"),
        (Trouble::Status(401), "refuses the credentials"),
        (Trouble::Shed, "asks for fewer calls"),
    ] {
        for path in [START, LOOK] {
            platform.trouble(Method::POST, path, trouble, usize::MAX);
            let path = format!("/api/v1/connections/{connection}/runs?force_fallback=true");
            let started = anna.post(&path, &json!({}));
            let id = text(&started, "run");
            let told = eventually("the run says what holds it up", || {
                let run: Value = anna.get(&format!("/api/v1/runs/{id}"));
                assert_eq!(run["row"]["finished_at"], Value::Null, "{run}");
                let problem = run["row"]["problem"].as_str();
                problem.map(str::to_owned)
            });
            assert!(
                told.contains(words) && told.contains("goes on by itself"),
                "{trouble:?}: {told}"
            );
            let page = person.get(&format!("/runs/{id}")).text;
            assert!(
                page.contains("It is held up") && page.contains(words),
                "{page}"
            );
            platform.relent();
            let run = anna.finished(id);
            assert_eq!(run["row"]["state"], "succeeded", "{trouble:?}: {run}");
            assert_eq!(run["row"]["problem"], Value::Null, "{run}");
        }
    }
    assert_eq!(platform.count("jobs"), 6, "one for each run");
    assert_eq!(platform.count("sources"), 1);
}

/// A run is over when its job is, whatever the job is called until then: between two attempts, waiting, or in a word that
/// was not known when this was written.
#[test]
fn a_job_is_followed_through_every_state_until_its_end() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = shop();
    let connection = connected(&anna, &shop);
    for (state, seen) in [
        ("pending", "queued"),
        ("queued", "queued"),
        ("incomplete", "running"),
        ("of_tomorrow", "running"),
    ] {
        platform.pretends_of_jobs(state);
        let path = format!("/api/v1/connections/{connection}/runs?force_fallback=true");
        let started = anna.post(&path, &json!({}));
        let id = text(&started, "run");
        eventually(&format!("it is {seen} while its job is {state}"), || {
            let run: Value = anna.get(&format!("/api/v1/runs/{id}"));
            assert_eq!(run["row"]["finished_at"], Value::Null, "{state}: {run}");
            (run["row"]["state"] == seen && platform.was_believed()).then_some(())
        });
        platform.tells_the_truth();
        let run = anna.finished(id);
        assert_eq!(run["row"]["state"], "succeeded", "{state}: {run}");
        assert_eq!(run["streams"][0]["table_rows"], 30, "{state}: {run}");
    }
    assert_eq!(platform.count("jobs"), 4, "one for each run");
}

/// Those of the Config API, which has threads for them. The public API's come one at a time: `turns`.
#[test]
fn slow_discoveries_are_waited_for_two_at_a_time_and_tests_say_that_they_wait() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = shop();
    platform.trouble(Method::POST, "discover_schema", Trouble::Held, 4);
    let tests: Vec<String> = (1..=4)
        .map(|n| {
            let new = json!({
                "integration": "postgresql", "name": format!("Shop {n}"),
                "configuration": shop.configuration(),
            });
            text(&anna.post("/api/v1/connections", &new), "test").to_owned()
        })
        .collect();
    let waits = |test: &&String| {
        let test = anna.get(&format!("/api/v1/tests/{test}"));
        test["steps"].to_string().contains("other sources first")
    };
    eventually("two wait and say so", || {
        (tests.iter().filter(waits).count() == 2).then_some(())
    });
    assert_eq!(platform.calls("discover_schema"), 2);
    platform.relent();
    for test in tests {
        let test = anna.tested(&test);
        assert_eq!(test["state"], "passed", "{test}");
        let steps = test["steps"].to_string();
        assert!(!steps.contains("other sources first"), "{steps}");
    }
    assert_eq!(platform.at_once("discover_schema"), 2);
    assert_eq!(platform.count("sources"), 4);
}

#[test]
fn calls_that_are_delivered_twice_make_nothing_twice() {
    let platform = Platform::start();
    for (method, path, times) in [
        // One that tells whether several are allowed and goes again, and the tenant's.
        (Method::POST, "/v1/workspaces", 2),
        (Method::POST, "/v1/destinations", 1),
        // One that discovers and goes again, and the one that stays.
        (Method::POST, "/v1/sources", 2),
        (Method::DELETE, "/v1/sources", 1),
        (Method::POST, "public/v1/connections", 1),
        (Method::POST, START, 1),
    ] {
        platform.trouble(method, path, Trouble::Twice, times);
    }
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = shop();
    let connection = connected(&anna, &shop);
    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["streams"][0]["table_rows"], 30, "{run}");
    assert_eq!(platform.troubles_left(), 0, "all came twice");
    // What a probe left behind goes with the next one.
    hub.ok(&["doctor"]);
    holds_one_of_each(&platform);
}
