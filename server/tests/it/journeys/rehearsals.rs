//! Every kind of failure that a source can show, met for real on both ways, as an operator rehearses it.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};

use crate::harness::{Hub, Person, eventually};

/// Starts one; answers its id.
fn start(person: &Person, class: &str, airbyte: &str) -> String {
    let answer = person.call(
        "admin/start_rehearsal",
        &[("class", class), ("airbyte", airbyte)],
    );
    let next = answer.location.clone().unwrap_or_default();
    let id = next.rsplit('/').next().unwrap_or_default().to_owned();
    assert!(id.starts_with("reh_"), "{answer:?}");
    id
}

fn ended(person: &Person, id: &str) -> Value {
    eventually("a rehearsal ends", || {
        let found = person.call("admin/load_rehearsal", &[("id", id)]).json();
        (!found["finished_at"].is_null()).then_some(found)
    })
}

fn column<'a>(found: &'a Value, name: &str) -> Vec<&'a Value> {
    let decisions = found["decisions"].as_array().expect("decisions");
    decisions.iter().map(|decision| &decision[name]).collect()
}

#[test]
fn seven_kinds_of_failure_take_their_ways() {
    let hub = Hub::start();
    let person = Person::operating(&hub);
    let passing = json!(["direct_first", "retry", "retry", "fall_back"]);
    let at_once = json!(["direct_first", "fall_back_at_once"]);
    let stopped = json!(["direct_first", "needs_person"]);
    let expected = [
        ("network", &passing, 3),
        ("timeout", &passing, 3),
        (
            "rate_limited",
            &json!(["direct_first", "retry_after", "retry", "fall_back"]),
            3,
        ),
        ("upstream", &passing, 3),
        ("auth", &at_once, 3),
        ("validation", &stopped, 0),
        ("forbidden", &stopped, 0),
    ];
    let started: Vec<String> = expected
        .iter()
        .map(|(class, ..)| start(&person, class, "works"))
        .collect();
    let both = start(&person, "auth", "fails");
    for ((class, rules, rows), id) in expected.iter().zip(started) {
        let found = ended(&person, &id);
        assert_eq!(json!(column(&found, "rule")), **rules, "{found}");
        let state = if *rows > 0 { "passed" } else { "failed" };
        assert_eq!(found["state"], state, "{found}");
        let brought: i64 = column(&found, "rows_read")
            .iter()
            .filter_map(|rows| rows.as_i64())
            .sum();
        assert_eq!(brought, *rows, "{found}");
        for decision in found["decisions"].as_array().expect("decisions") {
            if decision["route"] == "direct" {
                assert_eq!(decision["class"], *class, "{found}");
            }
        }
    }
    let found = ended(&person, &both);
    assert_eq!(
        json!(column(&found, "rule")),
        json!(["direct_first", "fall_back_at_once", "both_failed"])
    );
    assert_eq!(found["decisions"][1]["class"], "auth", "{found}");
    let refused = person.call(
        "admin/start_rehearsal",
        &[("class", "config"), ("airbyte", "works")],
    );
    assert!(refused.location.is_none_or(|next| !next.contains("reh_")));
}

#[test]
fn where_airbytes_runtime_cannot_be_installed_the_page_says_so_and_promises_nothing() {
    const PROMISE: &str = "which is installed when it is first needed";
    const CLOSED: &str = "way is closed here";
    let hub = Hub::start();
    let page = Person::operating(&hub).get("/admin/rehearsals").text;
    assert!(page.contains(PROMISE) && !page.contains(CLOSED), "{page}");

    // A `uv` that comes before any other one, and does not start.
    let folder = tempfile::tempdir().expect("a folder");
    let uv = folder.path().join("uv");
    fs::write(&uv, "#!/bin/sh\nexit 1\n").expect("a program");
    fs::set_permissions(&uv, fs::Permissions::from_mode(0o755)).expect("it may be run");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let first = folder.path().display();
    let path = format!("{first}:{}", path.to_string_lossy());
    let hub = Hub::start_with(&[("PATH", path)]);
    let page = Person::operating(&hub).get("/admin/rehearsals").text;
    assert!(page.contains(CLOSED) && page.contains("“uv”"), "{page}");
    assert!(!page.contains(PROMISE), "{page}");
}
