//! What is said of a run's way: nothing before it is decided, and what a person has to do after it.

use model::{ConnectionId, Decision, Rule, RunId, RunRow, StreamReceipt};

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
fn a_row_of_a_list_has_its_way_as_soon_as_that_is_decided() {
    let words = |state, method| row_way_words(&run(state, method, Vec::new()).row);
    let queued = words(RunState::Queued, Method::Airbyte);
    assert_eq!(queued, "Not decided yet");
    let fallback = words(RunState::Succeeded, Method::AirbyteFallback);
    assert_eq!(fallback, "Through Airbyte, as the fallback");
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
    let left_alone = Decision {
        rule: Rule::AfterRest,
        not_before: Some("2026-01-01T00:10:00Z".to_owned()),
        ..decision(Route::Direct, None)
    };
    let rests = state_words(&run(RunState::Queued, Method::Direct, vec![left_alone]));
    assert_eq!(
        rests,
        "The source is left alone for a while; it is asked at"
    );
    // The instant follows.
    let words = paused(None);
    let waits = "The source asked for a pause; it is asked again at";
    assert_eq!(words, waits);
    let words = paused(Some("2026-01-01T00:00:15Z"));
    let asks = "The source failed (rate limit reached); it is asked again now.";
    assert!(words.starts_with(asks), "{words}");
}

#[test]
fn a_run_that_goes_on_says_what_failed_and_claims_no_rows_before_there_are_some() {
    use Route::{Airbyte, Direct};
    let failed = |class| decision(Direct, Some(class));
    let now = |route| decision(route, None);
    for (decisions, rows_read, words) in [
        (vec![now(Direct)], 0, "It reads; no row has come yet."),
        (vec![now(Direct)], 7, "Rows are on their way."),
        (
            vec![failed(Class::Upstream), now(Direct)],
            7,
            "The source failed (server error); it is asked again now.",
        ),
        (
            vec![failed(Class::Auth), now(Airbyte)],
            0,
            "The source refused the sign-in; now through Airbyte.",
        ),
        (
            vec![failed(Class::Timeout), failed(Class::Timeout), now(Airbyte)],
            0,
            "The direct way failed twice (no answer in time); now through Airbyte.",
        ),
    ] {
        let mut run = run(RunState::Running, Method::Direct, decisions);
        run.row.rows_read = rows_read;
        assert_eq!(state_words(&run), format!("{words} {LEAVE}"));
    }
}

#[test]
fn a_run_that_only_its_fallback_saved_says_why() {
    use Rule::{AirbyteFirst, BreakerOpen, FallBack, FallBackAtOnce, Forced};
    use RunState::{Failed, Succeeded};
    let failed = |classes: &[Class]| -> Vec<Decision> {
        let tries = classes.iter();
        tries
            .map(|class| decision(Route::Direct, Some(*class)))
            .collect()
    };
    let words = |state, rows_written, failures: &[Class], rule, came| {
        let mut decisions = failed(failures);
        decisions.push(Decision {
            rule,
            ..decision(Route::Airbyte, came)
        });
        let mut run = run(state, Method::AirbyteFallback, decisions);
        run.row.rows_written = rows_written;
        fallback_words(&run)
    };
    let (upstream, network) = (Class::Upstream, Class::Network);
    for (rows, failures, rule, told) in [
        (
            8,
            &[upstream; 3][..],
            FallBack,
            "The direct way failed three times (server error), so the rows came through Airbyte.",
        ),
        (
            8,
            &[upstream, network][..],
            FallBack,
            "The direct way failed twice (server error, then network error), so the rows came through Airbyte.",
        ),
        (
            0,
            &[Class::Broken][..],
            FallBackAtOnce,
            "The direct way failed (it could not be used), so the run went through Airbyte.",
        ),
        (
            8,
            &[][..],
            BreakerOpen,
            "The direct way was left alone for a while, so the rows came through Airbyte.",
        ),
        (
            8,
            &[][..],
            Forced,
            "The direct way was left out on request, so the rows came through Airbyte.",
        ),
    ] {
        let words = words(Succeeded, rows, failures, rule, None);
        assert_eq!(words.as_deref(), Some(told));
    }
    // Airbyte is what comes first here, or brought nothing to its end; and one that went directly has no fallback.
    assert_eq!(words(Succeeded, 8, &[], AirbyteFirst, None), None);
    let both = words(Failed, 0, &[upstream], FallBack, Some(upstream));
    assert_eq!(both, None);
    let direct = vec![decision(Route::Direct, None)];
    assert_eq!(
        fallback_words(&run(Succeeded, Method::Direct, direct)),
        None
    );
}

fn table(state: RunState, verified: bool) -> StreamReceipt {
    StreamReceipt {
        namespace: None,
        name: "ships".to_owned(),
        table: "ships".to_owned(),
        state,
        rows_read: 0,
        rows_written: 0,
        values_nulled: 0,
        bytes: 0,
        table_rows: None,
        verified,
        problem: None,
    }
}

#[test]
fn receipts_are_counted_as_soon_as_there_is_one() {
    use RunState::{Cancelled, Queued, Running, Succeeded};
    let done = || table(Succeeded, true);
    for (state, streams, words) in [
        (Queued, vec![], "not yet"),
        (Running, vec![table(Queued, false)], "not yet"),
        (Running, vec![table(Running, false)], "not yet"),
        (
            Running,
            vec![done(), table(Running, false)],
            "1 of 2 tables balance",
        ),
        (Succeeded, vec![done()], "1 of 1 tables balance"),
        (Cancelled, vec![], "no table was reached"),
        (
            Cancelled,
            vec![table(Cancelled, false)],
            "0 of 1 tables balance",
        ),
    ] {
        let run = RunView {
            streams,
            ..run(state, Method::Direct, Vec::new())
        };
        assert_eq!(balance_words(&run), words, "{run:?}");
    }
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
