//! Directly first, through Airbyte when that fails, and why: seen by whoever reads the run.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    harbour::{Harbour, Mood, TOKEN},
    offered::{connected, offering_with},
};
use crate::harness::{Api, Hub, Setting, text};

pub struct Scene {
    pub harbour: Harbour,
    pub hub: Hub,
    pub anna: Api,
    pub connection: String,
    _folder: tempfile::TempDir,
}

impl Scene {
    pub fn open() -> Self {
        Self::open_with(&[])
    }

    /// The same on a hub with more settings.
    pub fn open_with(more: &[Setting]) -> Self {
        let harbour = Harbour::with_ships();
        let (hub, folder) = offering_with(&harbour, more);
        let anna = hub.tenant("Anna");
        let connection = connected(&anna, "The harbour");
        Self {
            harbour,
            hub,
            anna,
            connection,
            _folder: folder,
        }
    }

    pub fn routes(&self) -> String {
        format!("/api/v1/connections/{}/routes", self.connection)
    }

    pub fn set(&self, change: &Value) {
        let mut policy = self.anna.get(&self.routes())["policy"].clone();
        let changes = change.as_object().expect("an object").clone();
        policy.as_object_mut().expect("a policy").extend(changes);
        self.anna.put(&self.routes(), &policy);
    }

    pub fn run_in(&self, mood: Mood) -> Value {
        self.harbour.feels(mood);
        self.anna.run(&self.connection)
    }

    /// Starts a run and stops it while it reads.
    fn stop_in(&self, mood: Mood) {
        self.harbour.feels(mood);
        let runs = format!("/api/v1/connections/{}/runs", self.connection);
        let started = self.anna.post(&runs, &json!({}));
        let id = text(&started, "run");
        let path = format!("/api/v1/runs/{id}");
        crate::harness::eventually("it reads", || {
            (self.anna.get(&path)["row"]["state"] == "running").then_some(())
        });
        self.anna.post(&format!("{path}/cancel"), &json!({}));
        let run = self.anna.finished(id);
        assert_eq!(run["row"]["state"], "cancelled", "{run}");
    }

    /// Every row without what loading adds, as one hash.
    fn rows(&self) -> String {
        self.rows_of(&self.connection)
    }

    fn rows_of(&self, connection: &str) -> String {
        let table = self.anna.table_of(connection, "ships");
        let query = format!(
            "SELECT count(*) || ' ' || md5(string_agg((to_jsonb(t) - '{{_airbyte_raw_id,_airbyte_extracted_at,_airbyte_meta,_airbyte_generation_id}}'::text[])::text, '|' ORDER BY id)) FROM {table} t"
        );
        self.hub.rows(&self.anna.tenant, &query)[0].clone()
    }
}

pub fn rules(run: &Value) -> Vec<&str> {
    let decisions = run["decisions"].as_array().expect("decisions").iter();
    decisions.map(|decision| text(decision, "rule")).collect()
}

fn classes(run: &Value) -> Vec<&str> {
    let decisions = run["decisions"].as_array().expect("decisions").iter();
    decisions
        .filter_map(|decision| decision["class"].as_str())
        .collect()
}

#[test]
fn each_way_a_source_can_fail_is_answered_by_its_rule() {
    let scene = Scene::open();
    let run = scene.run_in(Mood::Friendly);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["row"]["method"], "direct", "{run}");
    assert_eq!(rules(&run), ["direct_first"], "{run}");
    let directly = scene.rows();
    assert!(directly.starts_with("3 "), "{directly}");

    scene.set(&json!({ "attempts": 1 }));
    // Class by class: what the direct way met, what followed, and whether the rows came.
    for (mood, class, followed) in [
        (Mood::Hangs, "network", "fall_back"),
        (Mood::Answers(503), "upstream", "fall_back"),
        (Mood::Answers(401), "auth", "fall_back_at_once"),
        (Mood::Answers(403), "forbidden", "needs_person"),
        (Mood::Answers(422), "validation", "needs_person"),
        // The last: nobody asks for this account again before the pause is over.
        (Mood::Busy(600), "rate_limited", "fall_back"),
    ] {
        let run = scene.run_in(mood);
        assert_eq!(classes(&run), [class], "{run}");
        assert_eq!(rules(&run), ["direct_first", followed], "{run}");
        let comes = followed != "needs_person";
        let state = if comes { "succeeded" } else { "failed" };
        assert_eq!(run["row"]["state"], state, "{mood:?}: {run}");
        assert_eq!(run["fallback_used"], comes, "{run}");
        // The other way brought the same rows, and none twice.
        assert_eq!(scene.rows(), directly, "{mood:?}");
    }
    let told = scene.anna.get(&scene.routes());
    let day = &told["success"][0];
    assert_eq!(day["direct"], json!({ "made": 7, "good": 1 }), "{told}");
    assert_eq!(day["fallback"], json!({ "made": 4, "good": 4 }), "{told}");
    assert_eq!(told["integration_success"], told["success"], "{told}");
    let metrics =
        reqwest::blocking::get(format!("{}/metrics", scene.hub.url.trim_end_matches('/')))
            .expect("metrics");
    let metrics = metrics.text().expect("text");
    assert!(
        metrics.contains("route_tries_total{route=\"direct\",outcome=\"auth\"} 1"),
        "{metrics}"
    );
    assert!(!scene.hub.log().contains(TOKEN), "the token is in the log");
}

#[test]
fn tries_are_repeated_each_way_keeps_its_place_and_both_failures_are_told() {
    let scene = Scene::open();
    scene.run_in(Mood::Friendly);
    let run = scene.run_in(Mood::Hangs);
    assert_eq!(
        rules(&run),
        ["direct_first", "retry", "retry", "fall_back"],
        "{run}"
    );
    let jobs: Vec<&Value> = run["decisions"]
        .as_array()
        .expect("decisions")
        .iter()
        .map(|decision| &decision["engine_job"])
        .collect();
    assert_eq!(jobs[0], jobs[2], "a try goes on where the last one stopped");
    assert_ne!(jobs[2], jobs[3], "the other way has a job of its own");

    // What Airbyte has not seen it brings now; what the direct way has not seen, that one does afterwards.
    scene.harbour.calls(4, "Oder", "2026-05-01");
    scene.harbour.feels(Mood::Friendly);
    let run = scene.anna.rehearse(&scene.connection);
    assert_eq!(run["row"]["method"], "airbyte-fallback", "{run}");
    assert_eq!(rules(&run), ["forced"], "{run}");
    assert_eq!(run["forced_fallback"], true, "{run}");
    scene.harbour.calls(5, "Trave", "2026-06-01");
    let run = scene.run_in(Mood::Friendly);
    assert_eq!(run["row"]["method"], "direct", "{run}");
    let directly = scene.rows();
    assert!(directly.starts_with("5 "), "{directly}");

    // A table that Airbyte alone has filled.
    let other = connected(&scene.anna, "The other way");
    let run = scene.anna.rehearse(&other);
    assert_eq!(run["row"]["method"], "airbyte-fallback", "{run}");
    assert_eq!(run["row"]["rows_written"], 5, "{run}");
    assert_ne!(
        scene.anna.table_of(&other, "ships"),
        scene.anna.table_of(&scene.connection, "ships")
    );
    assert_eq!(scene.rows_of(&other), directly);

    scene.set(&json!({ "attempts": 1 }));
    let run = scene.run_in(Mood::AnswersAll(401));
    assert_eq!(run["row"]["state"], "failed", "{run}");
    assert_eq!(
        rules(&run),
        ["direct_first", "fall_back_at_once", "both_failed"],
        "{run}"
    );
    let problem = text(&run["row"], "problem");
    assert!(
        problem.contains("Directly: ") && problem.contains("Through Airbyte: "),
        "{problem}"
    );
}

#[test]
fn a_policy_is_set_refused_tried_on_the_past_and_followed() {
    let scene = Scene::open();
    scene.set(&json!({ "attempts": 1 }));
    assert_eq!(
        rules(&scene.run_in(Mood::Answers(401))),
        ["direct_first", "fall_back_at_once"]
    );

    let strict =
        json!({ "first": "direct", "fallback": false, "attempts": 1, "fallback_minutes": 5 });
    let replay = scene
        .anna
        .post(&format!("{}/replay", scene.routes()), &strict);
    assert_eq!(
        (&replay["runs"], &replay["same"]),
        (&json!(1), &json!(0)),
        "{replay}"
    );
    let changed = &replay["changed"][0];
    assert_eq!(
        (&changed["was"], &changed["would"]),
        (&json!("good"), &json!("failed")),
        "{replay}"
    );
    assert_eq!(
        changed["rules"],
        json!(["direct_first", "fallback_off"]),
        "{replay}"
    );

    scene.anna.put(&scene.routes(), &strict);
    let run = scene.run_in(Mood::Answers(401));
    assert_eq!(run["row"]["state"], "failed", "{run}");
    assert_eq!(rules(&run), ["direct_first", "fallback_off"], "{run}");

    let wrong =
        json!({ "first": "direct", "fallback": true, "attempts": 11, "fallback_minutes": 0 });
    let (status, refused) = scene.anna.call(Method::PUT, &scene.routes(), Some(&wrong));
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    let fields: Vec<&str> = refused["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| text(error, "field"))
        .collect();
    assert_eq!(fields, ["attempts", "fallback_minutes"]);
}

#[test]
fn a_source_that_keeps_failing_is_left_alone_and_asked_again_later() {
    let scene = Scene::open();
    scene.set(&json!({ "attempts": 2 }));
    let run = scene.run_in(Mood::Hangs);
    assert_eq!(rules(&run).last(), Some(&"fall_back"), "{run}");
    assert!(scene.anna.get(&scene.routes())["direct_rests_until"].is_null());
    scene.stop_in(Mood::Stalls);
    assert_eq!(
        scene.hub.control("SELECT failures FROM breakers"),
        ["2"],
        "whoever stops a run has not found the source well"
    );
    // Two more of the same, without the minutes they would take.
    scene
        .hub
        .control("UPDATE breakers SET failures = failures + 2");
    scene.set(&json!({ "attempts": 1 }));
    scene.run_in(Mood::Hangs);
    assert!(scene.anna.get(&scene.routes())["direct_rests_until"].is_string());

    let run = scene.run_in(Mood::Friendly);
    assert_eq!(rules(&run), ["breaker_open"], "{run}");
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    // The minute is over.
    scene
        .hub
        .control("UPDATE breakers SET open_until = now() - interval '1 second'");
    let run = scene.run_in(Mood::Friendly);
    assert_eq!(rules(&run), ["direct_first"], "{run}");
    assert!(scene.anna.get(&scene.routes())["direct_rests_until"].is_null());
}

#[test]
fn a_source_rests_for_the_tenant_whose_it_is_alone_and_after_a_restart_still() {
    let mut scene = Scene::open();
    scene.set(&json!({ "attempts": 1 }));
    scene.run_in(Mood::Hangs);
    scene
        .hub
        .control("UPDATE breakers SET failures = failures + 3");
    scene.run_in(Mood::Hangs);
    let rests = scene.anna.get(&scene.routes())["direct_rests_until"].clone();
    assert!(rests.is_string(), "{rests}");

    scene.hub.kill();
    scene.harbour.feels(Mood::Friendly);
    scene.hub.launch();
    let url = scene.hub.url.clone();
    scene.anna.moved_to(&url);
    let ben = scene.hub.tenant("Ben");
    let of_ben = connected(&ben, "The harbour");
    assert_eq!(rules(&ben.run(&of_ben)), ["direct_first"]);
    // However long the restart took: the minute may be over by now, and must not be.
    scene
        .hub
        .control("UPDATE breakers SET open_until = open_until + interval '1 minute' WHERE open_until IS NOT NULL");
    assert_eq!(rules(&scene.run_in(Mood::Friendly)), ["breaker_open"]);
}

#[test]
fn rows_without_keys_are_never_brought_by_two_ways() {
    let scene = Scene::open();
    let path = format!("/api/v1/connections/{}/streams", scene.connection);
    let choice = json!([{ "namespace": null, "name": "ships", "selected": true, "mode": "full_refresh_append", "primary_key": [], "cursor": null }]);
    let (status, answer) = scene.anna.call(Method::PUT, &path, Some(&choice));
    assert!(status.is_success(), "{status} {answer}");
    scene.set(&json!({ "attempts": 1 }));
    let run = scene.run_in(Mood::Answers(401));
    assert_eq!(rules(&run), ["direct_first", "would_double"], "{run}");
    let (status, refused) = scene.anna.call(
        Method::POST,
        &format!(
            "/api/v1/connections/{}/runs?force_fallback=true",
            scene.connection
        ),
        Some(&json!({})),
    );
    assert_eq!(status, StatusCode::CONFLICT, "{refused}");
    assert!(text(&refused, "detail").contains("twice"), "{refused}");
}

#[test]
fn a_run_that_waits_between_tries_survives_a_kill_and_can_be_stopped() {
    let mut scene = Scene::open();
    scene.set(&json!({ "fallback": false, "attempts": 10 }));
    scene.harbour.feels(Mood::Busy(20));
    let started = scene.anna.post(
        &format!("/api/v1/connections/{}/runs", scene.connection),
        &json!({}),
    );
    let id = text(&started, "run").to_owned();
    let path = format!("/api/v1/runs/{id}");
    crate::harness::eventually("it waits", || {
        let run = scene.anna.get(&path);
        (rules(&run).last() == Some(&"retry_after")).then_some(())
    });
    scene.hub.kill();
    scene.harbour.feels(Mood::Friendly);
    scene.hub.launch();
    let url = scene.hub.url.clone();
    scene.anna.moved_to(&url);
    let run = scene.anna.finished(&id);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(rules(&run), ["direct_first", "retry_after"], "{run}");

    scene.harbour.feels(Mood::Busy(25));
    let started = scene.anna.post(
        &format!("/api/v1/connections/{}/runs", scene.connection),
        &json!({}),
    );
    let id = text(&started, "run").to_owned();
    let path = format!("/api/v1/runs/{id}");
    crate::harness::eventually("it waits again", || {
        let run = scene.anna.get(&path);
        (rules(&run).last() == Some(&"retry_after")).then_some(())
    });
    scene.anna.post(&format!("{path}/cancel"), &json!({}));
    let run = scene.anna.finished(&id);
    assert_eq!(run["row"]["state"], "cancelled", "{run}");
}
