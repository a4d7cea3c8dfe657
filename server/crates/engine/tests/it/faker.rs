//! Airbyte's own `source-faker` from the Python registry: installed by uv, run in the sandbox, loaded and deduplicated.

use std::time::{Duration, Instant};

use airbyte::api::{ConnectionSyncMode, JobStatus, SourceCreate};
use airbyte::extension::SpecAnswer;
use serde_json::json;
use uuid::Uuid;

use crate::harness::{Home, PATIENCE, World};

async fn installed(world: &World, home: &Home) -> Uuid {
    let definition = world.definition("faker").await;
    let begun = Instant::now();
    let mut told = Vec::new();
    loop {
        match home.client.spec(definition).await.unwrap() {
            SpecAnswer::Ready(spec) => {
                assert!(spec.connection_specification["properties"]["count"].is_object());
                println!("installed after {:?}: {told:#?}", begun.elapsed());
                return definition;
            }
            SpecAnswer::Preparing { detail } if !told.contains(&detail) => told.push(detail),
            SpecAnswer::Preparing { .. } => {}
        }
        assert!(begun.elapsed() < PATIENCE, "{told:#?}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn users(world: &World, home: &Home, count: i64) -> Uuid {
    let definition = installed(world, home).await;
    let configuration =
        json!({"count": count, "seed": 7, "parallelism": 1, "always_updated": false});
    let new = SourceCreate {
        name: "Faker".to_owned(),
        workspace_id: home.id,
        definition_id: Some(definition),
        configuration,
        secret_id: None,
    };
    let source = home.client.create_source(&new).await.unwrap().source_id;
    world
        .connect_streams(
            home,
            source,
            &["users"],
            ConnectionSyncMode::IncrementalDedupedHistory,
        )
        .await
}

async fn twice(world: &World, home: &Home, count: i64) {
    let connection = users(world, home, count).await;
    for turn in ["first", "second"] {
        let begun = Instant::now();
        let job = world.sync(home, connection).await;
        let log = world.log(home, job.job.job_id).await;
        assert_eq!(
            job.job.status,
            JobStatus::Succeeded,
            "{turn}: {job:#?}\n{log}"
        );
        println!(
            "{turn}: {} records in {:?}, {:?} bytes of memory",
            job.records_read,
            begun.elapsed(),
            job.max_memory_bytes
        );
        assert!(
            job.streams.iter().all(|stream| stream.verified),
            "{turn}: {job:#?}"
        );
        assert_eq!(
            world.count("SELECT count(*) FROM acme.users").await,
            count,
            "{turn}"
        );
        assert_eq!(
            world
                .count("SELECT count(DISTINCT id) FROM acme.users")
                .await,
            count,
            "{turn}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_users_twice_are_a_hundred_users() {
    let world = World::with_shared_python().await;
    let home = world.home("acme").await;
    twice(&world, &home, 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_a_hundred_thousand_users_twice_add_nothing_twice() {
    let world = World::with_shared_python().await;
    let home = world.home("acme").await;
    twice(&world, &home, 100_000).await;
}
