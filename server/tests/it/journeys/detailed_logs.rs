//! One run with a detailed log: asked for by a program, by the command and by a person. All others tell what they always do.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{
    harbour::{Mood, TOKEN},
    routes::{Scene, rules},
};
use crate::harness::{Api, Hub, Person, eventually, text};

/// The DEBUG lines of a run's log.
fn details(api: &Api, run: &str) -> Vec<String> {
    let lines = api.get(&format!("/api/v1/runs/{run}/log"));
    let lines = lines.as_array().expect("lines").iter();
    lines
        .filter(|line| line["level"] == "DEBUG")
        .map(|line| text(line, "text").to_owned())
        .collect()
}

fn ask(scene: &Scene) -> String {
    let path = format!("/api/v1/connections/{}/runs?debug=true", scene.connection);
    text(&scene.anna.post(&path, &json!({})), "run").to_owned()
}

#[test]
fn each_request_is_told_where_somebody_asked_for_it() {
    let scene = Scene::open();
    let id = ask(&scene);
    let run = scene.anna.finished(&id);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["debug"], true, "{run}");
    let lines = details(&scene.anna, &id);
    let place = format!("GET {}/ships: HTTP 200, ", scene.harbour.url);
    let pages = lines.iter().filter(|line| line.starts_with(&place));
    assert!(pages.count() >= 2, "{lines:#?}");
    assert!(
        lines
            .iter()
            .any(|line| line.contains("2 of 2 records kept")),
        "{lines:#?}"
    );
    for line in &lines {
        assert!(
            !line.contains(TOKEN) && !line.contains('?') && !line.contains("since"),
            "{line}"
        );
    }

    let run = scene.run_in(Mood::Friendly);
    assert_eq!(run["debug"], false, "{run}");
    assert_eq!(details(&scene.anna, text(&run["row"], "id")), [""; 0]);

    let printed = scene.hub.ok(&[
        "sync",
        "--tenant",
        &scene.anna.tenant,
        "--connection",
        "The harbour",
        "--debug",
        "--wait",
    ]);
    let result: Value = serde_json::from_str(&printed).expect("one JSON document");
    assert_eq!(result["state"], "succeeded", "{result}");
    let lines = details(&scene.anna, text(&result, "run"));
    assert!(
        lines.iter().any(|line| line.starts_with(&place)),
        "{lines:#?}"
    );
}

#[test]
fn whoever_takes_a_run_over_still_knows_that_its_log_is_detailed() {
    let mut scene = Scene::open();
    scene.set(&json!({ "fallback": false, "attempts": 10 }));
    scene.harbour.feels(Mood::Busy(20));
    let id = ask(&scene);
    eventually("it waits", || {
        let run = scene.anna.get(&format!("/api/v1/runs/{id}"));
        (rules(&run).last() == Some(&"retry_after")).then_some(())
    });
    scene.hub.kill();
    scene.harbour.feels(Mood::Friendly);
    scene.hub.launch();
    let url = scene.hub.url.clone();
    scene.anna.moved_to(&url);
    let run = scene.anna.finished(&id);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    let lines = details(&scene.anna, &id);
    for status in [429, 200] {
        let told = format!("/ships: HTTP {status}, ");
        assert!(
            lines.iter().any(|line| line.contains(&told)),
            "{status}: {lines:#?}"
        );
    }
}

#[test]
fn a_person_asks_for_it_beside_the_ways_of_a_connection() {
    let hub = Hub::start();
    let anna = Person::joining(&hub, "Anna");
    let api = anna.api(&hub);
    let file = api.upload_text("people.csv", "id,name\n1,Zoe\n");
    let (connection, _) = api.connect("files", "People", &file);
    let page = anna
        .get(&format!("/connections/{connection}?tab=route"))
        .text;
    assert!(page.contains("Sync now with a detailed log"), "{page}");

    let asked = anna.call("ways/run_in_detail", &[("connection", &connection)]);
    assert_ne!(asked.status, StatusCode::NOT_FOUND, "{asked:?}");
    let runs = api.get(&format!("/api/v1/runs?connection={connection}"));
    let id = text(&runs["items"][0], "id").to_owned();
    let run = api.finished(&id);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    let lines = details(&api, &id);
    assert!(
        lines.iter().any(|line| line.starts_with("1 row in ")),
        "{lines:#?}"
    );
    assert!(!lines.iter().any(|line| line.contains("Zoe")), "{lines:#?}");
    let page = anna.get(&format!("/runs/{id}")).text;
    assert!(page.contains("The log below is a detailed one"), "{page}");
}
