//! Runs of the past, tried under the policy that they had: whatever they met then, they go as they went.

use serde_json::json;

use super::{
    harbour::Mood,
    routes::{Scene, rules},
};

#[test]
fn a_source_that_was_left_alone_then_is_left_alone_in_the_replay() {
    let scene = Scene::open();
    scene.set(&json!({ "attempts": 1 }));
    let run = scene.run_in(Mood::Hangs);
    assert_eq!(rules(&run), ["direct_first", "fall_back"], "{run}");
    // As if it had failed for the fifth time.
    scene
        .hub
        .control("UPDATE breakers SET open_until = now() + interval '1 hour'");
    let run = scene.run_in(Mood::Friendly);
    assert_eq!(rules(&run), ["breaker_open"], "{run}");
    assert_eq!(run["row"]["state"], "succeeded", "{run}");

    let policy = scene.anna.get(&scene.routes())["policy"].clone();
    let path = format!("{}/replay", scene.routes());
    let replay = scene.anna.post(&path, &policy);
    assert_eq!(replay["runs"], 2, "{replay}");
    assert_eq!(replay["changed"], json!([]), "{replay}");
    // Without a fallback it would have been waited for, and what came of that nobody knows.
    scene.set(&json!({ "fallback": false }));
    let alone = scene.anna.get(&scene.routes())["policy"].clone();
    let replay = scene.anna.post(&path, &alone);
    let changed = &replay["changed"][0];
    assert_eq!(changed["run"], run["row"]["id"], "{replay}");
    assert_eq!(changed["would"], "unknown", "{replay}");
    assert_eq!(changed["rules"], json!(["after_rest"]), "{replay}");
}
