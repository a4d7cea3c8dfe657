//! More syncs by connector programs than may run at once: the others wait for a place, and all succeed.

use airbyte::api::{
    ConnectionCreate, ConnectionPatch, ConnectionSyncMode, JobStatus, JobType, StreamConfiguration,
    StreamConfigurations,
};
use serde_json::json;
use uuid::Uuid;

use crate::harness::{Home, PATIENCE, PROGRAMS, World};

/// Enough that everybody's place is taken three times.
const SYNCS: usize = 3 * PROGRAMS;

/// A connection of a program that writes down when it begins and, a second later, when it ends.
async fn connect(world: &World, home: &Home, number: usize) -> Uuid {
    let settings = json!({"rows": 2, "pause_ms": 1000, "tells_time": true});
    let source = world.source(home, settings).await;
    let streams = vec![StreamConfiguration {
        sync_mode: Some(ConnectionSyncMode::FullRefreshOverwrite),
        ..StreamConfiguration::new("people", None)
    }];
    let new = ConnectionCreate {
        source_id: source,
        destination_id: home.destination,
        settings: ConnectionPatch {
            configurations: Some(StreamConfigurations { streams }),
            prefix: Some(format!("n{number}_")),
            ..ConnectionPatch::default()
        },
    };
    let made = home.client.create_connection(&new).await.unwrap();
    made.connection_id
}

/// When the program of this connection ran.
async fn span(world: &World, number: usize) -> (f64, f64) {
    let moment = async |which: &str| {
        let sql = format!("SELECT {which}(name) FROM acme.n{number}_people");
        world.text(&sql).await.parse().unwrap()
    };
    (moment("min").await, moment("max").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn more_programs_than_there_are_places_for_wait_for_one() {
    let mut world = World::new().await;
    world.kill_worker();
    let home = world.home("acme").await;
    let mut jobs = Vec::new();
    for number in 0..SYNCS {
        let connection = connect(&world, &home, number).await;
        let job = home.client.start_job(connection, JobType::Sync).await;
        jobs.push(job.unwrap());
    }
    // The queue has room for all of them: only places for programs are few.
    world.start_worker_of(SYNCS);
    let mut waited = 0;
    for job in jobs {
        let job = world.wait(&home, &job, PATIENCE).await;
        let log = world.log(&home, job.job.job_id).await;
        assert_eq!(job.job.status, JobStatus::Succeeded, "{job:#?}\n{log}");
        assert_eq!(job.attempts, 1, "nobody had to try again: {job:#?}\n{log}");
        waited += usize::from(log.contains("Waiting until another connector program has ended."));
    }
    assert!(waited >= SYNCS - PROGRAMS, "{waited} waited");

    let mut spans = Vec::new();
    for number in 0..SYNCS {
        spans.push(span(&world, number).await);
    }
    let at_once = |(moment, _): &(f64, f64)| {
        let running = spans
            .iter()
            .filter(|(from, to)| from <= moment && moment <= to);
        running.count()
    };
    let most = spans.iter().map(at_once).max().unwrap();
    assert!((2..=PROGRAMS).contains(&most), "{most} at once: {spans:?}");
}
