//! What is said of a run's way: nothing before it is decided, and what a person has to do after it.

use model::{ConnectionId, Decision, Rule, RunId, RunRow};

use super::*;

fn decision(route: Route, class: Option<Class>) -> Decision {
    Decision {
        n: 1,
        rule: Rule::DirectFirst,
        route: Some(route),
        decided_at: "2026-01-01T00:00:00Z".to_owned(),
        not_before: None,
        started_at: None,
        finished_at: None,
        millis: None,
        class,
        problem: None,
        raw: None,
        engine_job: None,
        rows_read: 0,
        rows_written: 0,
        bytes: 0,
        advanced: false,
    }
}

fn id<T: std::str::FromStr>(text: &str) -> T {
    let Ok(id) = text.parse() else {
        panic!("{text} is an id");
    };
    id
}

fn run(state: RunState, method: Method, decisions: Vec<Decision>) -> RunView {
    let row = RunRow {
        id: id::<RunId>("run_01hzzzzzzzzzzzzzzzzzzzzzzz"),
        connection: id::<ConnectionId>("con_01hzzzzzzzzzzzzzzzzzzzzzzz"),
        connection_name: "The harbour".to_owned(),
        state,
        started_by: "schedule".to_owned(),
        method,
        rows_read: 0,
        rows_written: 0,
        bytes: 0,
        created_at: "2026-01-01T00:00:00Z".to_owned(),
        started_at: None,
        finished_at: None,
        millis: None,
        problem: None,
    };
    RunView {
        row,
        streams: Vec::new(),
        rate: None,
        raw: None,
        fallback_used: method == Method::AirbyteFallback,
        forced_fallback: false,
        debug: true,
        decisions,
        engine_job: None,
        engine_connection: None,
        sandbox: None,
    }
}

#[test]
fn a_run_has_no_way_before_one_is_decided() {
    // Every run begins with this method in its row.
    let queued = run(RunState::Queued, Method::Airbyte, Vec::new());
    assert_eq!(way_words(&queued), "Not decided yet");
    assert!(!detail_words(&queued).contains("Airbyte"));
    let stopped = run(RunState::Cancelled, Method::Airbyte, Vec::new());
    assert_eq!(way_words(&stopped), "None was taken");
    let old = RunView {
        engine_job: Some(7),
        ..run(RunState::Succeeded, Method::Airbyte, Vec::new())
    };
    assert_eq!(way_words(&old), "Through Airbyte");
    let decided = vec![decision(Route::Direct, None)];
    let running = run(RunState::Running, Method::Direct, decided);
    assert_eq!(way_words(&running), "Direct");
}

#[test]
fn a_run_that_pauses_between_two_tries_says_so() {
    let paused = |started_at: Option<&str>| {
        let next = Decision {
            not_before: Some("2026-01-01T00:00:15Z".to_owned()),
            started_at: started_at.map(str::to_owned),
            ..decision(Route::Direct, None)
        };
        let tried = decision(Route::Direct, Some(Class::RateLimited));
        state_words(&run(RunState::Running, Method::Direct, vec![tried, next]))
    };
    let words = paused(None);
    assert!(words.starts_with("It waits, then asks again."), "{words}");
    let words = paused(Some("2026-01-01T00:00:15Z"));
    assert!(words.starts_with("Rows are on their way."), "{words}");
}

#[test]
fn a_detailed_log_of_both_ways_is_told_of_both() {
    let both = vec![
        decision(Route::Direct, Some(Class::Upstream)),
        decision(Route::Airbyte, None),
    ];
    let words = detail_words(&run(RunState::Succeeded, Method::AirbyteFallback, both)).to_owned();
    assert!(
        words.contains("DEBUG") && words.contains("Airbyte"),
        "{words}"
    );
}

#[test]
fn only_a_refused_sign_in_that_was_gone_around_is_to_be_renewed() {
    use RunState::{Failed, Succeeded};
    let tried = |class, came| {
        let direct = decision(Route::Direct, Some(class));
        vec![direct, decision(Route::Airbyte, came)]
    };
    let fallback = Method::AirbyteFallback;
    for (state, decisions, renew) in [
        (Succeeded, tried(Class::Auth, None), true),
        (Succeeded, tried(Class::Upstream, None), false),
        (Failed, tried(Class::Auth, Some(Class::Auth)), false),
        (Succeeded, vec![decision(Route::Airbyte, None)], false),
    ] {
        let run = run(state, fallback, decisions);
        assert_eq!(went_around(&run), renew, "{run:?}");
    }
}
