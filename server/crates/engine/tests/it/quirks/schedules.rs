//! Schedules: kept as Airbyte writes them, and acted on.

use std::time::{Duration, Instant};

use airbyte::api::{ConnectionSyncMode, JobFilter, JobStatus};
use queue::NewJob;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Row;
use uuid::Uuid;

use super::Caller;
use crate::harness::{PATIENCE, World};

fn cron(expression: &str) -> Value {
    json!({"schedule": {"scheduleType": "cron", "cronExpression": expression}})
}

/// Looks what is due, as the worker does by itself at every minute.
async fn look(world: &World) {
    let mut conn = world.pool.acquire().await.unwrap();
    let job = NewJob::new("engine.due", json!({}));
    queue::enqueue(&mut conn, job).await.unwrap();
}

async fn next_run(world: &World, connection: Uuid) -> Option<time::OffsetDateTime> {
    let row = sqlx::query("SELECT next_run_at FROM engine.connections WHERE id = $1");
    let row = row.bind(connection).fetch_one(&world.pool).await.unwrap();
    row.get("next_run_at")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cron_expression_comes_back_in_utc_and_a_wrong_one_is_explained() {
    let world = World::new().await;
    let caller = Caller::new(&world).await;
    let home = world.home("acme").await;
    let source = world.source(&home, json!({})).await;
    let mode = ConnectionSyncMode::FullRefreshOverwrite;
    let connection = world.connect(&home, source, mode).await;
    let at = format!("/connections/{connection}");
    let patch = async |body: Value| caller.call(Method::PATCH, &at, Some(body)).await;

    let (status, changed) = patch(cron("0 15 * * * ?")).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    let schedule = json!({"scheduleType": "cron", "cronExpression": "0 15 * * * ? UTC"});
    assert_eq!(changed["schedule"], schedule);
    assert!(next_run(&world, connection).await.is_some());

    for wrong in ["* * * * * ?", "every hour", "0 0 12 * * ? 2020"] {
        let (status, problem) = patch(cron(wrong)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
        let title = problem["title"].as_str().unwrap_or_default();
        assert!(title.starts_with("error:cron-validation/"), "{problem}");
    }
    let (_, found) = caller.call(Method::GET, &at, None).await;
    assert_eq!(
        found["schedule"], schedule,
        "what was wrong changed nothing"
    );

    for idle in [
        json!({"status": "inactive"}),
        json!({"status": "active", "schedule": {"scheduleType": "manual"}}),
    ] {
        let (status, changed) = patch(idle).await;
        assert_eq!(status, StatusCode::OK, "{changed}");
        assert_eq!(next_run(&world, connection).await, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_runs_once_and_then_waits_for_its_next_time() {
    let world = World::new().await;
    let caller = Caller::new(&world).await;
    let home = world.home("acme").await;
    let source = world.source(&home, json!({})).await;
    let mode = ConnectionSyncMode::FullRefreshOverwrite;
    let connection = world.connect(&home, source, mode).await;
    let at = format!("/connections/{connection}");
    caller
        .call(Method::PATCH, &at, Some(cron("0 0 0 1 1 ?")))
        .await;
    look(&world).await;
    let due = "UPDATE engine.connections SET next_run_at = now() - interval '1 hour' WHERE id = $1";
    sqlx::query(due)
        .bind(connection)
        .execute(&world.pool)
        .await
        .unwrap();
    look(&world).await;
    let jobs = async || {
        let filter = JobFilter {
            connection_id: Some(connection),
            ..JobFilter::default()
        };
        home.client.jobs(&filter, 10).await.unwrap()
    };
    let started = Instant::now();
    let job = loop {
        match jobs().await.pop() {
            Some(job) => break job,
            None => assert!(started.elapsed() < PATIENCE, "nothing was started"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let done = world.wait(&home, &job, PATIENCE).await;
    assert_eq!(done.job.status, JobStatus::Succeeded, "{done:?}");
    let next = next_run(&world, connection).await.unwrap();
    assert!(next > time::OffsetDateTime::now_utc());
    look(&world).await;
    let looking =
        "SELECT count(*) FROM jobs WHERE kind = 'engine.due' AND state IN ('queued', 'running')";
    while world.count(looking).await > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(jobs().await.len(), 1);
}
