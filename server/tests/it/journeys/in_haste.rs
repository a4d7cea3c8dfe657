//! A source that refused a run a moment ago, and is well again when somebody starts the next one.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{
    harbour::Mood,
    routes::{Scene, rules},
};

/// The source asked for ten minutes.
const SOON: Duration = Duration::from_mins(1);

#[test]
fn a_run_that_somebody_starts_asks_a_source_that_wanted_to_be_left_alone() {
    let scene = Scene::open();
    scene.set(&json!({ "attempts": 1, "fallback": false }));
    let run = scene.run_in(Mood::Busy(600));
    assert_eq!(rules(&run), ["direct_first", "fallback_off"], "{run}");
    assert!(scene.anna.get(&scene.routes())["direct_rests_until"].is_string());

    let begun = Instant::now();
    let run = scene.run_in(Mood::Friendly);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(rules(&run), ["direct_first"], "{run}");
    assert_eq!(run["row"]["rows_written"], 3, "{run}");
    assert!(begun.elapsed() < SOON, "it waited for nothing");
}
