//! Connectors that fail: tried again when that may help, told plainly when not, never called a success.

use airbyte::Error;
use airbyte::api::SourcePatch;
use airbyte::api::{ConnectionSyncMode, JobStatus};
use airbyte::extension::FaultKind;
use serde_json::json;

use crate::harness::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_passing_fault_is_tried_again_from_the_last_state() {
    let world = World::new().await;
    let home = world.home("acme").await;
    let source = world
        .source(&home, json!({"rows": 100, "fail_after": 55}))
        .await;
    let connection = world
        .connect(&home, source, ConnectionSyncMode::IncrementalAppend)
        .await;
    let job = world.sync(&home, connection).await;
    assert_eq!(
        (job.job.status, job.attempts),
        (JobStatus::Succeeded, 2),
        "{job:#?}\n{}",
        world.log(&home, job.job.job_id).await
    );
    assert_eq!(world.count("SELECT count(*) FROM acme.people").await, 100);
    assert_eq!((job.streams[0].records_written, job.failure), (100, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_not_tried_again() {
    let world = World::new().await;
    let home = world.home("acme").await;
    let source = world.source(&home, json!({"rows": 5})).await;
    let connection = world
        .connect(&home, source, ConnectionSyncMode::FullRefreshOverwrite)
        .await;
    let patch = SourcePatch {
        configuration: Some(json!({"api_key": "another-key-now"})),
        ..SourcePatch::default()
    };
    home.client.update_source(source, &patch).await.unwrap();
    let job = world.sync(&home, connection).await;
    assert_eq!(
        (job.job.status, job.attempts),
        (JobStatus::Failed, 1),
        "{job:#?}"
    );
    let failure = job.failure.expect("a reason");
    assert!(
        matches!(failure.kind, FaultKind::Config | FaultKind::Credentials),
        "{failure:?}"
    );
    let told = format!("{} {:?}", failure.message, failure.detail);
    assert!(
        told.contains("Wrong key.") && !told.contains("another-key-now"),
        "{told}"
    );
    assert_eq!(job.streams[0].status, JobStatus::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_never_completes_is_no_success() {
    let world = World::new().await;
    let home = world.home("acme").await;
    let source = world
        .source(&home, json!({"rows": 5, "last_words": "INCOMPLETE"}))
        .await;
    let connection = world
        .connect(&home, source, ConnectionSyncMode::FullRefreshOverwrite)
        .await;
    let job = world.sync(&home, connection).await;
    assert_eq!(
        (job.job.status, job.attempts),
        (JobStatus::Failed, 3),
        "{job:#?}"
    );
    assert_eq!(
        job.failure.and_then(|failure| failure.stream).as_deref(),
        Some("people")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_is_gone_is_told_as_such() {
    let world = World::new().await;
    let home = world.home("acme").await;
    let source = world.source(&home, json!({"rows": 5})).await;
    let connection = world
        .connect(&home, source, ConnectionSyncMode::FullRefreshOverwrite)
        .await;
    let patch = airbyte::api::DestinationPatch {
        configuration: Some(json!({"port": 1})),
        ..Default::default()
    };
    home.client
        .update_destination(home.destination, &patch)
        .await
        .unwrap();
    let job = world.sync(&home, connection).await;
    assert_eq!(job.job.status, JobStatus::Failed);
    assert_eq!(job.failure.expect("a reason").kind, FaultKind::Unreachable);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_destination_needs_the_operators_word() {
    let world = World::new().await;
    let home = world.home("acme").await;
    let source = world.source(&home, json!({"rows": 5})).await;
    let connection = world
        .connect(&home, source, ConnectionSyncMode::FullRefreshOverwrite)
        .await;
    let patch = airbyte::api::DestinationPatch {
        configuration: Some(json!({"host": "169.254.169.254"})),
        ..Default::default()
    };
    home.client
        .update_destination(home.destination, &patch)
        .await
        .unwrap();
    let job = world.sync(&home, connection).await;
    assert_eq!(
        (job.job.status, job.failure.expect("a reason").kind),
        (JobStatus::Failed, FaultKind::Forbidden)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discovery_that_fails_is_the_connectors_fault() {
    let world = World::new().await;
    let home = world.home("acme").await;
    let source = world.source(&home, json!({})).await;
    std::fs::write(
        world.data_dir.parent().unwrap().join("connectors/scripted"),
        "#!/bin/sh\nexit 3\n",
    )
    .unwrap();
    let error = home
        .client
        .streams(source, None, airbyte::Cache::Ignore)
        .await
        .unwrap_err();
    assert!(matches!(&error, Error::Connector(_)), "{error:?}");
}
