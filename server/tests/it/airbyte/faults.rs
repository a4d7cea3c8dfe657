//! An Airbyte elsewhere that is silent, answers nonsense, or loses its answers: nothing is doubled, nothing is lost, and
//! what waits goes on by itself.

use std::{thread, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};

use super::standin::{Platform, Trouble};
use crate::harness::{Hub, SourceDatabase, eventually, text};

const SECRET: &str = "password-that-must-not-show";

fn hub_with(platform: &Platform) -> Hub {
    Hub::start_with(&[
        ("AIRBYTE_REGISTRY_URL", platform.registry()),
        ("AIRBYTE_BASE_URL", platform.url.clone()),
        ("AIRBYTE_CLIENT_ID", platform.client_id.clone()),
        ("AIRBYTE_CLIENT_SECRET", platform.client_secret.clone()),
    ])
}

fn shop() -> SourceDatabase {
    SourceDatabase::create(
        "CREATE TABLE orders (id int PRIMARY KEY, item text); INSERT INTO orders SELECT n, 'lamp' FROM generate_series(1, 30) n",
    )
}

#[test]
fn lost_answers_make_nothing_twice() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = shop();
    for path in ["/v1/sources", "/v1/connections", "/v1/jobs"] {
        platform.trouble(Method::POST, path, Trouble::LostAnswer, 1);
    }
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    for kind in ["sources", "connections", "jobs"] {
        assert_eq!(platform.count(kind), 1, "{kind}");
        assert!(platform.calls(&format!("POST /api/public/v1/{kind}")) >= 1);
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
    // Long enough for it to be left alone.
    thread::sleep(Duration::from_secs(3));
    platform.relent();
    let run = anna.finished(&id);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(platform.count("jobs"), 1);
}
