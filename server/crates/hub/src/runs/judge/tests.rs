#![expect(
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    reason = "a table with one row a case"
)]

use serde_json::{Value, json};

use super::*;

fn detail(status: &str, streams: Value, failure: Value) -> JobDetail {
    serde_json::from_value(json!({"jobId": 1, "status": status, "jobType": "sync", "startTime": "",
        "connectionId": "00000000-0000-0000-0000-000000000000", "attempts": 1, "streams": streams, "failure": failure}))
    .expect("a job")
}

fn stream(name: &str, status: &str, rows: i64, verified: bool) -> Value {
    json!({"name": name, "status": status, "recordsRead": rows, "recordsWritten": rows, "verified": verified})
}

fn expected(mode: SyncMode, earlier: &[i64]) -> Vec<Expected> {
    ["a", "b"]
        .map(|name| Expected {
            namespace: String::new(),
            name: name.to_owned(),
            mode,
            earlier: earlier.to_vec(),
        })
        .into()
}

#[test]
fn only_balanced_and_complete_runs_are_green() {
    let full = || expected(SyncMode::FullRefreshOverwrite, &[]);
    let good = json!([
        stream("a", "succeeded", 5, true),
        stream("b", "succeeded", 0, true)
    ]);
    let cases = [
        (
            detail("succeeded", good.clone(), Value::Null),
            RunState::Succeeded,
            None,
        ),
        (
            detail(
                "succeeded",
                json!([stream("a", "succeeded", 5, true)]),
                Value::Null,
            ),
            RunState::Partial,
            Some("receipt"),
        ),
        (
            detail(
                "succeeded",
                json!([
                    stream("a", "succeeded", 5, false),
                    stream("b", "succeeded", 1, true)
                ]),
                Value::Null,
            ),
            RunState::Partial,
            Some("receipt"),
        ),
        (
            detail(
                "succeeded",
                json!([
                    stream("a", "failed", 0, false),
                    stream("b", "failed", 0, false)
                ]),
                Value::Null,
            ),
            RunState::Failed,
            Some("receipt"),
        ),
        (
            detail("succeeded", json!([]), Value::Null),
            RunState::Failed,
            Some("receipt"),
        ),
        (
            detail(
                "failed",
                json!([]),
                json!({"kind": "credentials", "message": "Refused."}),
            ),
            RunState::Failed,
            Some("credentials"),
        ),
        (
            detail(
                "failed",
                json!([stream("a", "succeeded", 5, true)]),
                json!({"kind": "upstream", "message": "503."}),
            ),
            RunState::Partial,
            Some("upstream"),
        ),
        (
            detail("failed", json!([]), Value::Null),
            RunState::Failed,
            Some("bug"),
        ),
        (
            detail(
                "cancelled",
                json!([stream("a", "cancelled", 5, false)]),
                Value::Null,
            ),
            RunState::Cancelled,
            None,
        ),
    ];
    for (detail, state, kind) in cases {
        let verdict = judge(&detail, &full());
        assert_eq!((verdict.state, verdict.kind), (state, kind), "{detail:?}");
        assert_eq!(verdict.problem.is_none(), state == RunState::Succeeded);
    }
}

#[test]
fn silence_where_rows_usually_come_is_not_green() {
    let quiet = detail(
        "succeeded",
        json!([
            stream("a", "succeeded", 0, true),
            stream("b", "succeeded", 0, true)
        ]),
        Value::Null,
    );
    let cases: [(SyncMode, &[i64], RunState); 8] = [
        (SyncMode::FullRefreshOverwrite, &[4213], RunState::Partial),
        (SyncMode::FullRefreshAppend, &[100, 4000], RunState::Partial),
        (
            SyncMode::FullRefreshOverwrite,
            &[0, 4000],
            RunState::Succeeded,
        ),
        (SyncMode::FullRefreshOverwrite, &[7], RunState::Succeeded),
        (SyncMode::FullRefreshOverwrite, &[], RunState::Succeeded),
        (
            SyncMode::IncrementalDedupedHistory,
            &[100_000],
            RunState::Succeeded,
        ),
        (
            SyncMode::IncrementalDedupedHistory,
            &[4000, 5000, 3000],
            RunState::Partial,
        ),
        (
            SyncMode::IncrementalAppend,
            &[4000, 5, 3000],
            RunState::Succeeded,
        ),
    ];
    for (mode, earlier, state) in cases {
        assert_eq!(
            judge(&quiet, &expected(mode, earlier)).state,
            state,
            "{mode:?} {earlier:?}"
        );
    }
}

#[test]
fn where_airbyte_tells_totals_only_nobody_says_that_a_table_failed() {
    let told = JobDetail {
        attempts: 0,
        ..detail("succeeded", json!([]), Value::Null)
    };
    let verdict = judge(&told, &expected(SyncMode::FullRefreshOverwrite, &[]));
    assert_eq!(verdict.state, RunState::Partial);
    assert!(verdict.problem.unwrap().contains("does not tell this hub"));
}
