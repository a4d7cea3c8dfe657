//! What a fallback may take, what its result says to programs, and how long it is remembered.

use serde_json::{Value, json};

use super::{
    harbour::Mood,
    routes::{Scene, rules},
};
use crate::harness::{eventually, text};

/// The result document of one run by command.
fn by_command(scene: &Scene, more: &[&str]) -> Value {
    let tenant = &scene.anna.tenant;
    let run = [
        "sync",
        "--tenant",
        tenant,
        "--connection",
        "The harbour",
        "--wait",
    ];
    let printed = scene.hub.ok(&[&run[..], more].concat());
    serde_json::from_str(&printed).expect("one JSON document")
}

#[test]
fn the_command_says_by_which_way_rows_came_and_what_failed_before() {
    let scene = Scene::open();
    scene.set(&json!({ "attempts": 1 }));
    scene.harbour.feels(Mood::Answers(401));
    let result = by_command(&scene, &[]);
    assert_eq!(result["method"], "airbyte-fallback", "{result}");
    assert_eq!(result["fallbackUsed"], true, "{result}");
    assert_eq!(result["records"], 3, "{result}");
    assert_eq!(result["error"], Value::Null, "{result}");
    let errors = result["directErrors"].as_array().expect("a list");
    assert_eq!(errors.len(), 1, "{result}");
    assert_eq!(errors[0]["class"], "auth", "{result}");
    assert!(!text(&errors[0], "message").is_empty(), "{result}");

    scene.harbour.feels(Mood::Friendly);
    let result = by_command(&scene, &["--force-fallback"]);
    assert_eq!(result["state"], "succeeded", "{result}");
    assert_eq!(result["method"], "airbyte-fallback", "{result}");
    assert_eq!(
        result["directErrors"],
        json!([]),
        "nobody asked it: {result}"
    );

    // As if that had been days and weeks ago.
    let counted = || {
        let told = scene.anna.get(&scene.routes());
        let windows = told["success"].as_array().expect("windows").iter();
        windows
            .map(|window| window["fallback"]["made"].as_i64())
            .collect::<Vec<_>>()
    };
    let runs = || {
        let policy = scene.anna.get(&scene.routes())["policy"].clone();
        scene
            .anna
            .post(&format!("{}/replay", scene.routes()), &policy)["runs"]
            .clone()
    };
    // A run that was forced chose nothing that another policy could choose otherwise.
    assert_eq!((counted(), runs()), (vec![Some(2); 3], json!(1)));
    for (days, expected, replayed) in [(2, [0, 2, 2], 1), (6, [0, 0, 2], 1), (23, [0, 0, 0], 0)] {
        scene.hub.control(&format!(
            "UPDATE runs SET created_at = created_at - interval '{days} days'"
        ));
        assert_eq!(counted(), expected.map(Some), "{days} more days");
        assert_eq!(runs(), json!(replayed), "{days} more days");
    }
}

#[test]
fn a_fallback_that_takes_longer_than_it_may_is_stopped_and_says_so() {
    let mut scene = Scene::open();
    scene.harbour.feels(Mood::Stalls);
    let started = scene.anna.post(
        &format!(
            "/api/v1/connections/{}/runs?force_fallback=true",
            scene.connection
        ),
        &json!({}),
    );
    let id = text(&started, "run").to_owned();
    let path = format!("/api/v1/runs/{id}");
    eventually("Airbyte's runtime reads", || {
        let run = scene.anna.get(&path);
        run["decisions"][0]["engine_job"].is_number().then_some(())
    });
    // Six minutes go by while nothing of the hub runs.
    scene.hub.kill();
    scene.hub.control(
        "UPDATE run_decisions SET started_at = started_at - interval '6 minutes', decided_at = decided_at - interval '6 minutes'",
    );
    scene.hub.launch();
    let url = scene.hub.url.clone();
    scene.anna.moved_to(&url);
    let run = scene.anna.finished(&id);
    assert_eq!(run["row"]["state"], "failed", "{run}");
    assert_eq!(run["decisions"][0]["class"], "timeout", "{run}");
    assert_eq!(rules(&run).first(), Some(&"forced"), "{run}");
    assert!(
        text(&run["row"], "problem").contains("did not finish within 5 minutes"),
        "{run}"
    );
    // It is really over there: the next run is not in its way.
    let run = scene.run_in(Mood::Friendly);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
}

#[test]
fn a_refused_sign_in_asks_for_a_person_until_the_direct_way_or_a_test_shows_it_accepted() {
    const INSTEAD: &str = "The last run went through Airbyte instead.";
    let scene = Scene::open();
    scene.set(&json!({ "attempts": 1 }));
    let connection = format!("/api/v1/connections/{}", scene.connection);
    let told = || scene.anna.get(&connection)["row"].clone();
    let needs_you = |after: &str| {
        let row = told();
        assert_eq!(row["state"], "needs_you", "{after}: {row}");
        let reason = text(&row, "reason");
        assert_eq!(reason.matches(INSTEAD).count(), 1, "{after}: {reason}");
    };
    let run = scene.run_in(Mood::Answers(401));
    assert_eq!(rules(&run), ["direct_first", "fall_back_at_once"], "{run}");
    needs_you("the refusal");
    // Nobody asked the source directly.
    let run = scene.anna.rehearse(&scene.connection);
    assert_eq!(rules(&run), ["forced"], "{run}");
    needs_you("a forced fallback");
    // The source was asked, and said nothing about the sign-in.
    let run = scene.run_in(Mood::Answers(503));
    assert_eq!(rules(&run), ["direct_first", "fall_back"], "{run}");
    needs_you("an error of the source");
    // No rows come at all, for a reason that passes by itself: the sign-in is still what a person has to look at.
    scene.set(&json!({ "fallback": false }));
    let run = scene.run_in(Mood::Busy(7200));
    assert_eq!(rules(&run), ["direct_first", "fallback_off"], "{run}");
    let row = told();
    assert_eq!(row["state"], "needs_you", "{row}");
    assert!(!text(&row, "reason").contains(INSTEAD), "{row}");

    let run = scene.run_in(Mood::Friendly);
    assert_eq!(rules(&run), ["direct_first"], "{run}");
    let row = told();
    assert_eq!(row["state"], "up_to_date", "{row}");
    assert_eq!(row["reason"], Value::Null, "{row}");
}

#[test]
fn a_sign_in_that_only_airbyte_refused_is_accepted_once_airbyte_brings_rows() {
    let scene = Scene::open();
    scene.set(&json!({ "attempts": 1 }));
    let connection = format!("/api/v1/connections/{}", scene.connection);
    let told = || scene.anna.get(&connection)["row"].clone();
    // The direct way is left out; whoever asks by the other one is refused.
    scene.harbour.feels(Mood::AnswersAll(401));
    let run = scene.anna.rehearse(&scene.connection);
    assert_eq!(run["decisions"][0]["route"], "airbyte", "{run}");
    assert_eq!(run["decisions"][0]["class"], "auth", "{run}");
    let row = told();
    assert_eq!(row["state"], "needs_you", "{row}");

    // Airbyte is served again, while the direct way is still down and says nothing about the sign-in.
    let run = scene.run_in(Mood::Answers(503));
    assert_eq!(rules(&run), ["direct_first", "fall_back"], "{run}");
    let row = told();
    assert_eq!(row["state"], "up_to_date", "{row}");
    assert_eq!(row["reason"], Value::Null, "{row}");
}
