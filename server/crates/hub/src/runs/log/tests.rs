//! Which try a line belongs to, and which number it has there.

use model::{ConnectionId, Rule, RunState};
use store::ids::Id;
use time::Duration;

use super::*;

const AT: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn work(engine_job: Option<i64>) -> Work {
    Work {
        id: RunId::fresh(),
        connection: ConnectionId::fresh(),
        state: RunState::Running,
        engine_job,
        route: None,
        started_by: "schedule".to_owned(),
        forced_fallback: false,
        debug: false,
        watched_at: None,
    }
}

/// One that ended so many seconds after the beginning; a try whose end is not known goes on.
fn step(n: i32, route: Option<Route>, job: Option<i64>, ended: Option<i64>) -> Step {
    Step {
        n,
        rule: Rule::Retry,
        route,
        not_before: None,
        engine_job: job,
        started_at: None,
        finished_at: ended.map(|seconds| AT + Duration::seconds(seconds)),
        class: None,
        problem: Some("It was refused.".to_owned()),
        raw: None,
        until: None,
        rows_read: 0,
        rows_written: 0,
        bytes: 0,
        advanced: false,
        decided_at: AT,
    }
}

fn line(n: i64, second: i64) -> LogEntry {
    LogEntry {
        n,
        at: times::text(AT + Duration::seconds(second)),
        level: "DEBUG".to_owned(),
        stream: None,
        text: "GET /ships".to_owned(),
    }
}

#[test]
fn each_try_has_a_heading_and_numbers_of_its_own() {
    let (direct, airbyte) = (Some(Route::Direct), Some(Route::Airbyte));
    let steps = [
        step(1, direct, Some(7), Some(10)),
        step(2, direct, Some(7), Some(20)),
        // Refused before there was a job.
        step(3, direct, None, Some(30)),
        step(4, airbyte, Some(8), None),
        step(5, None, None, None),
    ];
    let parts = parts(&work(Some(8)), &steps);
    let heads: Vec<(i64, &str)> = parts
        .iter()
        .map(|part| (part.first, part.heading.as_deref().unwrap_or_default()))
        .collect();
    let expected = [
        (1, "— Direct, try 1 —"),
        (1_000_001, "— Direct, try 2 —"),
        (2_000_001, "— Direct, try 3 —"),
        (3_000_001, "— Through Airbyte —"),
    ];
    assert_eq!(heads, expected);
    assert_eq!(
        parts[2].said,
        Said::Only(Some("It was refused.".to_owned()))
    );
    let ends = |part: &Part| match part.said {
        Said::ByJob { from, until, .. } => (from.is_some(), until.is_some()),
        Said::Only(_) => (false, false),
    };
    let bounds: Vec<(bool, bool)> = parts.iter().map(ends).collect();
    // Only the two tries of one job have to be told apart.
    let expected = [(false, true), (true, false), (false, false), (false, false)];
    assert_eq!(bounds, expected);
    let numbers: Vec<i64> = parts.iter().map(|part| part.line(line(1, 0)).n).collect();
    assert_eq!(numbers, [2, 1_000_002, 2_000_002, 3_000_002]);
}

#[test]
fn no_line_of_a_job_is_told_twice_or_left_out() {
    let boundary = Some(AT + Duration::seconds(10));
    for second in 8..13 {
        let line = line(1, second);
        assert_ne!(
            is_after(&line, boundary),
            is_before(&line, boundary),
            "{second}"
        );
    }
    // A log that says no times is the first try's.
    let line = LogEntry {
        at: String::new(),
        ..line(1, 0)
    };
    assert!(!is_after(&line, boundary) && !is_before(&line, None));
}

#[test]
fn a_run_of_an_earlier_version_has_its_log_without_headings() {
    let parts = parts(&work(Some(7)), &[]);
    assert_eq!((parts.len(), parts[0].first), (1, 1));
    assert_eq!(parts[0].heading, None);
    assert!(super::parts(&work(None), &[]).is_empty());
}
