//! An Airbyte elsewhere that is silent, answers nonsense, or loses its answers: nothing is doubled, nothing is lost, and
//! what waits goes on by itself.

use std::{thread, time::Duration};

use reqwest::{Method, blocking::Response};
use serde_json::{Value, json};

use super::{
    scene::{holds_one_of_each, hub_with, shop},
    standin::{Platform, Trouble},
};
use crate::harness::{Hub, Person, client, eventually, text};

const SECRET: &str = "password-that-must-not-show";
const CHECK: &str = "sources/check_connection";

/// Does a line of the hub's metrics for this Airbyte end in this value?
fn hub_says(hub: &Hub, metric: &str, value: &str) -> bool {
    let answer = client()
        .get(format!("{}/metrics", hub.url.trim_end_matches('/')))
        .send();
    let text = answer.and_then(Response::text).expect("metrics");
    let mut lines = text.lines().filter(|line| line.starts_with(metric));
    lines.any(|line| line.ends_with(&format!(" {value}")))
}

#[test]
fn lost_answers_make_nothing_twice() {
    let platform = Platform::start();
    for (path, times) in [
        // One that tells whether several are allowed and goes again, and the tenant's.
        ("/v1/workspaces", 2),
        ("/v1/destinations", 1),
        // One that discovers and goes again, and the one that stays.
        ("/v1/sources", 2),
        ("/v1/connections", 1),
        ("/v1/jobs", 1),
    ] {
        platform.trouble(Method::POST, path, Trouble::LostAnswer, times);
    }
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = shop();
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(platform.troubles_left(), 0, "all answers were lost");
    holds_one_of_each(&platform);
}

#[test]
fn what_airbyte_does_not_allow_is_told_at_once() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let path = "check_connection";
    platform.trouble(Method::POST, path, Trouble::Status(403), usize::MAX);
    let (_, test) = anna.connect("postgresql", "Shop", &shop().configuration());
    assert_eq!(test["state"], "failed", "{test}");
    let why = text(&test, "problem");
    assert!(why.contains("does not allow this hub"), "{why}");
}

#[test]
fn a_check_that_a_gateway_gave_up_on_is_told_and_not_begun_again() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let person = Person::joining(&hub, "Anna");
    let anna = person.api(&hub);
    let shop = shop();
    platform.trouble(Method::POST, CHECK, Trouble::LostAnswer, 1);
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "failed", "{test}");
    let page = format!("/connections/{connection}/test/{}", text(&test, "id"));
    let page = person.get(&page).text;
    for told in [text(&test, "problem"), page.as_str()] {
        assert!(told.contains("Airbyte did not answer in time"), "{told}");
    }
    assert_eq!(platform.calls(CHECK), 1, "each has the connector run");

    let (_, test) = anna.connect("postgresql", "Other", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    assert_eq!(platform.calls(CHECK), 2);
}

#[test]
fn a_config_api_behind_a_login_is_told_and_the_public_api_goes_on() {
    let platform = Platform::start();
    let closes = |trouble| {
        platform.relent();
        platform.trouble(Method::POST, "/api/v1/", trouble, usize::MAX);
    };
    closes(Trouble::Html);
    let hub = hub_with(&platform);
    // Its workspace is made, and its destination, though nobody tells whether that is reached.
    hub.tenant("Anna");
    assert_eq!(platform.count("destinations"), 1);
    let operator = Person::operating(&hub);
    for (trouble, why) in [
        (Trouble::Html, "a page for people"),
        (Trouble::Status(302), "leads to another address"),
        (Trouble::Status(401), "refuses the credentials"),
    ] {
        closes(trouble);
        for told in [hub.ok(&["doctor"]), operator.get("/admin/health").text] {
            for words in ["answers, but", "Config API", why] {
                assert!(told.contains(words), "{trouble:?}: {told}");
            }
        }
    }
}

#[test]
fn a_connection_that_airbyte_switched_off_runs_again() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = shop();
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    assert_eq!(anna.rehearse(&connection)["row"]["state"], "succeeded");
    platform.switch_off_connections();
    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
}

#[test]
fn what_somebody_deleted_at_airbyte_is_set_up_anew_by_a_test() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = shop();
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    assert_eq!(anna.rehearse(&connection)["row"]["state"], "succeeded");
    for kind in ["connections", "sources"] {
        platform.delete_all(kind);
        assert_eq!(platform.count("connections"), 0);
        let run = anna.rehearse(&connection);
        assert_eq!(run["row"]["state"], "failed", "{run}");
        assert!(run.to_string().contains("Test it again"), "{run}");
        let test = anna.test(&connection);
        assert_eq!(test["state"], "passed", "{test}");
        let run = anna.rehearse(&connection);
        assert_eq!(run["row"]["state"], "succeeded", "{run}");
        assert_eq!(
            run["streams"][0]["table_rows"], 30,
            "nothing is doubled: {run}"
        );
        assert_eq!(
            (platform.count("sources"), platform.count("connections")),
            (1, 1)
        );
    }
}

#[test]
fn pages_for_people_and_half_answers_do_not_stop_a_journey() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = shop();
    platform.trouble(Method::POST, "check_connection", Trouble::Html, 1);
    platform.trouble(Method::POST, "discover_schema", Trouble::Cut, 1);
    let mut settings = shop.configuration();
    let (connection, test) = anna.connect("postgresql", "Shop", &settings);
    assert_eq!(test["state"], "passed", "{test}");
    platform.trouble(Method::GET, "/v1/jobs", Trouble::Html, 2);
    platform.trouble(Method::GET, "/v1/jobs", Trouble::Cut, 2);
    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    settings["password"] = json!(SECRET);
    platform.trouble(Method::POST, "check_connection", Trouble::Cut, 1);
    let (_, test) = anna.connect("postgresql", "Wrong", &settings);
    assert_eq!(test["state"], "failed", "{test}");
    assert!(!hub.log().contains(SECRET), "a secret is in the log");
}

#[test]
fn a_run_waits_for_an_airbyte_that_is_down() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = shop();
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    for method in [Method::GET, Method::POST, Method::PATCH] {
        platform.trouble(method, "/", Trouble::Status(503), usize::MAX);
    }
    let path = format!("/api/v1/connections/{connection}/runs?force_fallback=true");
    let started = anna.post(&path, &json!({}));
    let id = text(&started, "run").to_owned();
    let asked = platform.calls("/");
    eventually("Airbyte was asked in vain", || {
        (platform.calls("/") > asked + 3).then_some(())
    });
    let run: Value = anna.get(&format!("/api/v1/runs/{id}"));
    assert_eq!(run["row"]["finished_at"], Value::Null, "{run}");
    let held_up = eventually("the run says what holds it up", || {
        let run: Value = anna.get(&format!("/api/v1/runs/{id}"));
        run["row"]["problem"].as_str().map(str::to_owned)
    });
    assert!(held_up.contains("goes on by itself"), "{held_up}");
    eventually("the metrics tell it", || {
        hub_says(&hub, "airbyte_circuit_open", "1").then_some(())
    });
    // Long enough for it to be left alone.
    thread::sleep(Duration::from_secs(3));
    platform.relent();
    let run = anna.finished(&id);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["row"]["problem"], Value::Null, "{run}");
    assert!(hub_says(&hub, "airbyte_circuit_open", "0"));
    assert_eq!(platform.count("jobs"), 1);
}
