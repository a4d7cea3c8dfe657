//! What makes an Airbyte discover by its public API: one call at a time, from all processes of a hub together.

use reqwest::Method;
use serde_json::json;

use super::{
    scene::{hub_with, settings, shop},
    standin::{Platform, Trouble},
};
use crate::harness::{Api, SourceDatabase, eventually, text};

/// The first run of a connection makes it there, for which Airbyte looks at the source.
const PATH: &str = "public/v1/connections";
const CALL: &str = "POST /api/public/v1/connections";

fn connected(anna: &Api, shop: &SourceDatabase, count: usize) -> Vec<String> {
    let one = |n: usize| {
        let (connection, test) =
            anna.connect("postgresql", &format!("Shop {n}"), &shop.configuration());
        assert_eq!(test["state"], "passed", "{test}");
        connection
    };
    (1..=count).map(one).collect()
}

fn begin(anna: &Api, connection: &str) -> String {
    let path = format!("/api/v1/connections/{connection}/runs?force_fallback=true");
    text(&anna.post(&path, &json!({})), "run").to_owned()
}

fn waits(anna: &Api, run: &str) -> bool {
    let run = anna.get(&format!("/api/v1/runs/{run}"));
    let told = run["row"]["problem"].as_str();
    told.is_some_and(|why| why.contains("one source after the other"))
}

fn succeeds(anna: &Api, run: &str) {
    let run = anna.finished(run);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
}

#[test]
fn runs_take_turns_and_say_so_and_one_that_is_stopped_takes_none() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = shop();
    let connections = connected(&anna, &shop, 3);
    platform.trouble(Method::POST, PATH, Trouble::Held, 3);
    let first = begin(&anna, &connections[0]);
    eventually("its connection is made", || {
        (platform.calls(CALL) == 1).then_some(())
    });
    let others: Vec<String> = connections[1..]
        .iter()
        .map(|connection| begin(&anna, connection))
        .collect();
    eventually("the others wait and say so", || {
        others.iter().all(|run| waits(&anna, run)).then_some(())
    });
    assert!(!waits(&anna, &first));
    assert_eq!(platform.calls(CALL), 1);

    let (stopped, second) = (&others[0], &others[1]);
    let path = format!("/api/v1/runs/{stopped}/cancel");
    let (status, answer) = anna.call(Method::POST, &path, None);
    assert!(status.is_success(), "{answer}");
    let run = anna.finished(stopped);
    assert_eq!(run["row"]["state"], "cancelled", "{run}");
    platform.relent();
    succeeds(&anna, &first);
    succeeds(&anna, second);
    assert_eq!((platform.calls(CALL), platform.at_once(CALL)), (2, 1));
}

#[test]
fn two_processes_take_turns_with_each_other() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = shop();
    let connections = connected(&anna, &shop, 6);
    let _beside = hub.beside(&settings(&platform));
    platform.trouble(Method::POST, PATH, Trouble::Slow(1), 6);
    let runs: Vec<String> = connections
        .iter()
        .map(|connection| begin(&anna, connection))
        .collect();
    for run in &runs {
        succeeds(&anna, run);
    }
    assert_eq!(platform.troubles_left(), 0, "each was slow");
    assert_eq!((platform.calls(CALL), platform.at_once(CALL)), (6, 1));
}

#[test]
fn a_process_that_is_killed_leaves_its_turn_to_the_other_one() {
    let platform = Platform::start();
    let mut hub = hub_with(&platform);
    let mut anna = hub.tenant("Anna");
    let shop = shop();
    let connections = connected(&anna, &shop, 2);
    platform.trouble(Method::POST, PATH, Trouble::Held, 2);
    let first = begin(&anna, &connections[0]);
    eventually("its connection is made", || {
        (platform.calls(CALL) == 1).then_some(())
    });
    let beside = hub.beside(&settings(&platform));
    // From here on the other one works on what begins.
    hub.freeze();
    anna.moved_to(&beside.url);
    let second = begin(&anna, &connections[1]);
    eventually("it waits for a run of the other process", || {
        waits(&anna, &second).then_some(())
    });
    assert_eq!(platform.calls(CALL), 1);
    hub.kill();
    eventually("it has its turn", || {
        (platform.calls(CALL) == 2).then_some(())
    });
    platform.relent();
    succeeds(&anna, &second);
    succeeds(&anna, &first);
}
