//! Jobs under stress: started twice, stopped, killed, with tokens that change under way.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use airbyte::Error;
use airbyte::api::{
    ConnectionSyncMode, DeclarativeDefinitionCreate, JobStatus, JobType, SourceCreate, SourcePut,
};
use axum::extract::Query;
use axum::http::StatusCode;
use axum::{Json, Router, routing::get};
use serde_json::{Value, json};

use crate::harness::{PATIENCE, World};

/// What the product promises of a stop.
const STOPPED_WITHIN: Duration = Duration::from_secs(5);

/// Connector processes of this test's own folder.
fn connectors(world: &World) -> usize {
    let folder = world
        .data_dir
        .parent()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let is_ours = |entry: &std::fs::DirEntry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(&format!("{folder}/connectors/scripted"))
    };
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(is_ours)
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_runs_one_job_at_a_time_and_stops_within_seconds() {
    let world = World::new().await;
    let home = world.home("acme").await;
    let source = world
        .source(&home, json!({"rows": 100_000, "pause_ms": 20}))
        .await;
    let connection = world
        .connect(&home, source, ConnectionSyncMode::IncrementalAppend)
        .await;
    let job = home
        .client
        .start_job(connection, JobType::Sync)
        .await
        .unwrap();
    let busy = home
        .client
        .start_job(connection, JobType::Sync)
        .await
        .unwrap_err();
    assert!(
        matches!(&busy, Error::Busy { message } if *message == format!("A sync is already running for: {connection}")),
        "{busy:?}"
    );
    world
        .until(&home, job.job_id, PATIENCE, |detail| {
            detail.records_read > 20
        })
        .await;
    assert!(connectors(&world) > 0);

    let asked = Instant::now();
    home.client.cancel_job(job.job_id).await.unwrap();
    let over = world.wait(&home, &job, PATIENCE).await;
    assert_eq!(over.job.status, JobStatus::Cancelled, "{over:#?}");
    assert!(
        asked.elapsed() < STOPPED_WITHIN,
        "stopping took {:?}",
        asked.elapsed()
    );
    assert_eq!(connectors(&world), 0, "no process is left");

    let next = home
        .client
        .start_job(connection, JobType::Sync)
        .await
        .unwrap();
    home.client.cancel_job(next.job_id).await.unwrap();
    world.wait(&home, &next, PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_waits_is_cancelled_at_once() {
    let mut world = World::new().await;
    let home = world.home("acme").await;
    let source = world.source(&home, json!({})).await;
    let connection = world
        .connect(&home, source, ConnectionSyncMode::FullRefreshOverwrite)
        .await;
    world.kill_worker();
    let job = home
        .client
        .start_job(connection, JobType::Sync)
        .await
        .unwrap();
    assert_eq!(
        home.client.cancel_job(job.job_id).await.unwrap().status,
        JobStatus::Cancelled
    );
}

/// An attempt that begins takes the job's row in the queue, then the job's own. A stop at that moment must not hold one of
/// them while it waits for the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_while_an_attempt_begins_waits_for_its_turn() {
    let mut world = World::new().await;
    let home = world.home("acme").await;
    let source = world.source(&home, json!({})).await;
    let connection = world
        .connect(&home, source, ConnectionSyncMode::FullRefreshOverwrite)
        .await;
    world.kill_worker();
    let job = home
        .client
        .start_job(connection, JobType::Sync)
        .await
        .unwrap();
    let mut attempt = world.pool.begin().await.unwrap();
    let queued = "SELECT id FROM jobs WHERE id = (SELECT queue_job FROM engine.jobs WHERE id = $1) FOR SHARE";
    take(&mut attempt, queued, job.job_id).await;
    let client = home.client.clone();
    let stop = tokio::spawn(async move { client.cancel_job(job.job_id).await });
    let waiting = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'",
        world.database
    );
    let begun = Instant::now();
    while world.count(&waiting).await == 0 {
        assert!(begun.elapsed() < PATIENCE, "the stop waits");
    }
    let own = "UPDATE engine.jobs SET updated_at = now() WHERE id = $1";
    take(&mut attempt, own, job.job_id).await;
    attempt.commit().await.unwrap();
    let stopped = stop.await.unwrap().unwrap();
    assert_eq!(stopped.status, JobStatus::Cancelled);
}

async fn take(conn: &mut sqlx::PgConnection, row: &'static str, job: i64) {
    let taken = sqlx::query(row).bind(job).execute(conn).await.unwrap();
    assert_eq!(taken.rows_affected(), 1, "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rotated_tokens_are_kept_before_anything_else() {
    let world = World::new().await;
    let home = world.home("acme").await;
    let source = world
        .source(&home, json!({"rows": 1, "rotates": true, "token": "t1"}))
        .await;
    let connection = world
        .connect(&home, source, ConnectionSyncMode::FullRefreshAppend)
        .await;
    for _ in 0..2 {
        let job = world.sync(&home, connection).await;
        assert_eq!(job.job.status, JobStatus::Succeeded, "{job:#?}");
    }
    let used = world
        .text("SELECT string_agg(token, ',' ORDER BY token) FROM acme.people")
        .await;
    assert_eq!(
        used, "t2,t3",
        "each run began with the token of the one before"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_comes_later_keeps_operations_apart() {
    let world = World::new().await;
    let home = world.home("acme").await;
    let source = world.source(&home, json!({"rows": 1})).await;
    let rotates = "SELECT rotates::text FROM engine.sources";
    assert_eq!(world.text(rotates).await, "false");
    let put = SourcePut {
        name: "Signed in".to_owned(),
        configuration: json!({"api_key": "key", "rows": 1, "credentials": {"refresh_token": "r1"}}),
    };
    home.client.replace_source(source, &put).await.unwrap();
    assert_eq!(world.text(rotates).await, "true");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_goes_on_from_what_was_committed() {
    let mut world = World::new().await;
    let home = world.home("acme").await;
    let source = world
        .source(
            &home,
            json!({"rows": 800, "pause_ms": 30, "state_every": 20}),
        )
        .await;
    let connection = world
        .connect(&home, source, ConnectionSyncMode::IncrementalAppend)
        .await;
    let job = home
        .client
        .start_job(connection, JobType::Sync)
        .await
        .unwrap();
    world
        .until(&home, job.job_id, PATIENCE, |detail| {
            detail.streams.iter().any(|one| one.records_written > 0)
        })
        .await;
    world.kill_worker();
    let before = home.client.job_detail(job.job_id).await.unwrap();
    assert!(
        !before.job.status.is_over() && before.records_read < 800,
        "{before:#?}"
    );

    world.start_worker();
    let after = world.wait(&home, &job, PATIENCE).await;
    assert_eq!(
        (after.job.status, after.attempts),
        (JobStatus::Succeeded, 2),
        "{after:#?}\n{}",
        world.log(&home, job.job_id).await
    );
    assert_eq!(
        world.count("SELECT count(*) FROM acme.people").await,
        800,
        "nothing lost, nothing doubled"
    );
    assert_eq!(
        world
            .count("SELECT count(DISTINCT id) FROM acme.people")
            .await,
        800
    );
    assert!(
        world
            .log(&home, job.job_id)
            .await
            .contains("from where the last run stood")
    );
}

/// A key whose name gives nothing away.
const PAT: &str = "ebb-and-flow-42";

/// An API that is always busy and repeats the key it was asked with.
async fn parrot() -> String {
    let busy = async |Query(asked): Query<HashMap<String, String>>| {
        let body = json!({ "error": format!("no time for {}", asked["key"]) });
        (StatusCode::SERVICE_UNAVAILABLE, Json(body))
    };
    let app = Router::new().route("/people", get(busy));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// What asks it, and takes its words for a reason.
fn asking(url: &str) -> Value {
    json!({
        "type": "DeclarativeSource",
        "version": "6.0.0",
        "check": { "type": "CheckStream", "stream_names": ["people"] },
        "streams": [{
            "type": "DeclarativeStream",
            "name": "people",
            "schema_loader": { "type": "InlineSchemaLoader", "schema": {
                "type": "object", "properties": { "id": { "type": "integer" } },
            } },
            "retriever": {
                "type": "SimpleRetriever",
                "requester": {
                    "type": "HttpRequester", "url_base": url, "path": "/people",
                    "request_parameters": { "key": "{{ config['pat'] }}" },
                    "error_handler": {
                        "type": "DefaultErrorHandler",
                        "max_retries": 1,
                        "backoff_strategies": [{ "type": "ConstantBackoffStrategy", "backoff_time_in_seconds": 0.1 }],
                        "response_filters": [{
                            "type": "HttpResponseFilter", "http_codes": [503], "action": "RETRY",
                            "error_message": "{{ response['error'] }}",
                        }],
                    },
                },
                "record_selector": { "type": "RecordSelector", "extractor": { "type": "DpathExtractor", "field_path": [] } },
            },
        }],
        "spec": { "type": "Spec", "connection_specification": {
            "type": "object", "required": ["pat"],
            "properties": { "pat": { "type": "string", "airbyte_secret": true } },
        } },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_only_the_specification_names_is_in_no_log_and_no_reason() {
    let world = World::new().await;
    let home = world.home("acme").await;
    let new = DeclarativeDefinitionCreate {
        workspace_id: None,
        name: "Parrot".to_owned(),
        manifest: asking(&parrot().await),
    };
    let made = home.client.create_declarative_definition(home.id, &new);
    let new = SourceCreate {
        name: "Parrot".to_owned(),
        workspace_id: home.id,
        definition_id: Some(made.await.unwrap().id),
        configuration: json!({ "pat": PAT }),
        secret_id: None,
    };
    let source = home.client.create_source(&new).await.unwrap().source_id;
    let connection = world
        .connect(&home, source, ConnectionSyncMode::FullRefreshOverwrite)
        .await;
    let job = world.sync(&home, connection).await;
    assert_eq!(job.job.status, JobStatus::Failed, "{job:#?}");
    let log = world.log(&home, job.job.job_id).await;
    let failure = format!("{:?}", job.failure.expect("a reason"));
    for told in [&log, &failure] {
        assert!(
            told.contains("no time for **********") && !told.contains(PAT),
            "{told}"
        );
    }
}
