//! What is read from the tries of a run: what each of them brought, which of them count, and which refusal still stands.

use serde_json::json;

use super::*;

fn step(n: i32, route: Route, class: Option<Class>) -> Step {
    Step {
        n,
        rule: Rule::Retry,
        route: Some(route),
        not_before: None,
        engine_job: None,
        started_at: None,
        finished_at: None,
        class,
        problem: None,
        raw: None,
        until: None,
        rows_read: 0,
        rows_written: 0,
        bytes: 0,
        advanced: false,
        decided_at: OffsetDateTime::UNIX_EPOCH,
    }
}

/// A job that has read and written so many rows in all its tries, of a byte each.
fn job(read: i64, written: i64, advanced: bool) -> JobDetail {
    let stream = json!({"name": "ships", "status": "failed", "recordsRead": read, "recordsWritten": written, "bytes": read});
    serde_json::from_value(json!({"jobId": 7, "status": "failed", "jobType": "sync", "startTime": "",
        "connectionId": "00000000-0000-0000-0000-000000000000", "streams": [stream], "advanced": advanced,
        "failure": {"kind": "rate_limited", "message": "Slow down."}}))
    .expect("a job")
}

#[test]
fn each_try_is_told_what_it_brought_itself() {
    let limited = Some(Class::RateLimited);
    let mut steps = Vec::new();
    // Three tries of one job: what it counts then, and what the try has brought of that.
    for (n, counts, brought) in [
        (1, (12, 10), (12, 10)),
        // Two rows were read again.
        (2, (25, 25), (15, 15)),
        (3, (26, 25), (1, 0)),
    ] {
        let before = Brought::before(&steps, Route::Direct, 7);
        let detail = job(counts.0, counts.1, true);
        let came = came(&detail, limited, before);
        assert_eq!((came.rows_read, came.rows_written), brought, "try {n}");
        assert_eq!(came.advanced, brought.1 > 0, "try {n}");
        steps.push(Step {
            engine_job: Some(7),
            rows_written: came.rows_written,
            bytes: came.bytes,
            ..step(n, Route::Direct, limited)
        });
    }
    let elsewhere = Brought::before(&steps, Route::Airbyte, 7);
    assert_eq!(elsewhere, Brought::default(), "another engine's number");
}

#[test]
fn rows_that_come_again_each_time_are_no_progress() {
    let limited = Some(Class::RateLimited);
    let came_of = |advanced, class| came(&job(4, 4, advanced), class, Brought::default()).advanced;
    assert!(came_of(true, limited));
    assert!(!came_of(false, limited), "its state is the one before");
    assert!(!came_of(true, None), "it did not fail");
}

#[test]
fn a_refusal_stands_only_where_airbyte_had_to_bring_the_rows() {
    let (direct, airbyte) = (Route::Direct, Route::Airbyte);
    let (refused, broken, good) = (Some(Class::Auth), Some(Class::Network), None);
    for (tries, expected) in [
        (vec![(direct, refused), (airbyte, good)], Some(1)),
        (
            vec![(direct, refused), (direct, refused), (airbyte, good)],
            Some(2),
        ),
        (vec![(direct, broken), (airbyte, good)], None),
        // The sign-in was renewed, and counted then.
        (vec![(direct, refused), (direct, good)], None),
        (
            vec![(direct, refused), (direct, broken), (airbyte, good)],
            None,
        ),
        (vec![(airbyte, good)], None),
        (vec![], None),
    ] {
        let steps: Vec<Step> = (1..)
            .zip(&tries)
            .map(|(n, (route, class))| step(n, *route, *class))
            .collect();
        let found = went_around(&steps).map(|step| step.n);
        assert_eq!(found, expected, "{tries:?}");
    }
}

#[test]
fn only_a_way_of_its_own_shows_that_a_sign_in_is_accepted() {
    let ended = |rule, route| {
        let failed = step(1, Route::Direct, Some(Class::Upstream));
        let last = Step {
            rule,
            ..step(2, route, None)
        };
        [failed, last]
    };
    for (rule, route, proven) in [
        (Rule::DirectFirst, Route::Direct, true),
        (Rule::Retry, Route::Direct, true),
        (Rule::OnlyDirect, Route::Direct, true),
        (Rule::AirbyteFirst, Route::Airbyte, true),
        (Rule::Forced, Route::Airbyte, false),
        (Rule::BreakerOpen, Route::Airbyte, false),
        (Rule::FallBack, Route::Airbyte, false),
        (Rule::FallBackAtOnce, Route::Airbyte, false),
        (Rule::FallBackSooner, Route::Airbyte, false),
    ] {
        let steps = ended(rule, route);
        assert_eq!(proves_sign_in(&steps, Way::Open), proven, "{rule:?}");
    }
    // Where Airbyte is the only way, there is nothing else to wait for.
    for rule in [Rule::OnlyAirbyte, Rule::Forced] {
        let steps = ended(rule, Route::Airbyte);
        assert!(proves_sign_in(&steps, Way::Closed), "{rule:?}");
    }
    assert!(!proves_sign_in(&[], Way::Open), "nothing was tried");
}
