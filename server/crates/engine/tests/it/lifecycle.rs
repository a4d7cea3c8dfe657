//! From a definition to rows in a table, and what people see on the way.

use std::time::Duration;

use airbyte::Lines;
use airbyte::api::{ConnectionSyncMode, JobStatus, MASK, SourcePatch};
use airbyte::extension::{
    CheckLine, CheckRequest, CheckResult, DiscoverLine, DiscoverRequest, FaultKind, SampleLine,
    SampleRequest, SpecAnswer, StepState,
};
use airbyte::protocol::StreamDescriptor;
use serde_json::json;
use uuid::Uuid;

use crate::harness::{Home, KEY, PATIENCE, World};

#[tokio::test(flavor = "multi_thread")]
async fn from_a_specification_to_rows() {
    let world = World::new().await;
    let home = world.home("acme").await;
    let definition = world.definition("scripted").await;
    let SpecAnswer::Ready(spec) = home.client.spec(definition).await.unwrap() else {
        panic!("a program is always ready")
    };
    assert_eq!(
        spec.connection_specification["required"],
        json!(["api_key"])
    );

    let source = world
        .source(&home, json!({"rows": 25, "note": "open"}))
        .await;
    let shown = home.client.source(source).await.unwrap();
    assert_eq!(
        shown.configuration,
        json!({"api_key": MASK, "rows": 25, "note": "open"})
    );

    let catalog = home
        .client
        .discover(&DiscoverRequest {
            source_id: Some(source),
            ..DiscoverRequest::default()
        })
        .await
        .unwrap();
    assert_eq!(catalog.streams.len(), 2);
    let connection = world
        .connect(&home, source, ConnectionSyncMode::IncrementalDedupedHistory)
        .await;

    let first = world.sync(&home, connection).await;
    assert_eq!(
        first.job.status,
        JobStatus::Succeeded,
        "{first:#?}\n{}",
        world.log(&home, first.job.job_id).await
    );
    let stream = &first.streams[0];
    assert_eq!(
        (
            stream.records_read,
            stream.records_written,
            stream.table_rows
        ),
        (25, 25, Some(25))
    );
    assert!(stream.verified && stream.problem.is_none());
    assert_eq!(stream.table.as_deref(), Some("acme.people"));
    assert_eq!(first.job.rows_synced, Some(25));
    assert_eq!(world.count("SELECT count(*) FROM acme.people").await, 25);

    let second = world.sync(&home, connection).await;
    assert_eq!(
        (second.job.status, second.records_read),
        (JobStatus::Succeeded, 0),
        "{second:#?}"
    );
    assert_eq!(world.count("SELECT count(*) FROM acme.people").await, 25);

    let patch = SourcePatch {
        configuration: Some(json!({"rows": 40, "api_key": MASK})),
        ..SourcePatch::default()
    };
    home.client.update_source(source, &patch).await.unwrap();
    let third = world.sync(&home, connection).await;
    assert_eq!(
        (third.job.status, third.records_read),
        (JobStatus::Succeeded, 15),
        "the mask kept the key, the state the place: {third:#?}"
    );
    assert_eq!(world.count("SELECT count(*) FROM acme.people").await, 40);
    let log = world.log(&home, first.job.job_id).await;
    assert!(log.contains("no message") && !log.contains(KEY), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_tells_its_steps_and_the_reason() {
    let world = World::new().await;
    let home = world.home("acme").await;
    let definition = world.definition("scripted").await;
    let ask = async |configuration: serde_json::Value, source_id| {
        let request = CheckRequest {
            definition_id: definition,
            workspace_id: home.id,
            configuration,
            source_id,
        };
        let mut lines = home.client.check(&request).await.unwrap();
        let mut steps = Vec::new();
        loop {
            match lines.next().await.unwrap().expect("a result comes last") {
                CheckLine::Step(step) => steps.push(step),
                CheckLine::Configuration(_) => {}
                CheckLine::Result(result) => return (steps, result),
            }
        }
    };
    let (steps, result) = ask(json!({"api_key": KEY}), None).await;
    assert_eq!(result, CheckResult::Succeeded);
    let passed: Vec<&str> = steps
        .iter()
        .filter(|step| step.state == StepState::Passed)
        .map(|step| step.name.as_str())
        .collect();
    assert!(
        passed.starts_with(&["Connector is ready", "Settings are complete"]) && passed.len() > 2,
        "{passed:?}"
    );

    let (_, result) = ask(json!({"api_key": "hunter2hunter2"}), None).await;
    let CheckResult::Failed { fault } = result else {
        panic!("a wrong key was accepted")
    };
    let told = format!("{} {}", fault.message, fault.detail.unwrap_or_default());
    assert!(
        told.contains("Wrong key") && !told.contains("hunter2"),
        "{told}"
    );

    let (_, result) = ask(json!({"rows": "many"}), None).await;
    assert!(matches!(result, CheckResult::Failed { fault } if fault.kind == FaultKind::Config));

    let source = world.source(&home, json!({})).await;
    let (_, result) = ask(json!({"api_key": MASK}), Some(source)).await;
    assert_eq!(
        result,
        CheckResult::Succeeded,
        "the mask stands for the stored key"
    );
    let (_, result) = ask(json!({"api_key": MASK}), None).await;
    assert!(
        matches!(result, CheckResult::Failed { fault } if fault.field.as_deref() == Some("api_key"))
    );
}

/// As they are saved.
fn check_of(home: &Home, definition: Uuid, source: Uuid) -> CheckRequest {
    CheckRequest {
        definition_id: definition,
        workspace_id: home.id,
        configuration: json!({"api_key": MASK}),
        source_id: Some(source),
    }
}

async fn result(mut lines: Lines<CheckLine>) -> CheckResult {
    loop {
        if let CheckLine::Result(result) = lines.next().await.unwrap().expect("a result") {
            return result;
        }
    }
}

async fn ran(world: &World, sql: &'static str, source: Uuid) {
    let changed = sqlx::query(sql).bind(source).execute(&world.pool).await;
    assert_eq!(changed.unwrap().rows_affected(), 1, "{sql}");
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_about_a_source_that_syncs_leave_others_their_places() {
    let world = World::new().await;
    let (acme, other) = (world.home("acme").await, world.home("other").await);
    let definition = world.definition("scripted").await;
    let (busy, free) = (
        world.source(&acme, json!({})).await,
        world.source(&other, json!({})).await,
    );
    let begins = "UPDATE engine.sources
         SET rotates = true, held_by = gen_random_uuid(), held_until = now() + interval '1 hour'
         WHERE id = $1";
    ran(&world, begins, busy).await;

    // As many as the engine answers at once.
    let them = &acme.client;
    let asked = check_of(&acme, definition, busy);
    let checks = [
        them.check(&asked).await.unwrap(),
        them.check(&asked).await.unwrap(),
    ];
    let tried = DiscoverRequest {
        source_id: Some(busy),
        configuration: Some(json!({"api_key": MASK, "note": "tried"})),
        ..DiscoverRequest::default()
    };
    let mut streams = them.discover_unsaved(&tried).await.unwrap();
    let sample = SampleRequest {
        source_id: Some(busy),
        configuration: Some(json!({"api_key": MASK, "note": "tried"})),
        streams: vec![StreamDescriptor::new("people", None)],
        ..SampleRequest::default()
    };
    let mut rows = them.sample(&sample).await.unwrap();

    let asked = check_of(&other, definition, free);
    let answer = async { result(other.client.check(&asked).await.unwrap()).await };
    let answered = tokio::time::timeout(Duration::from_mins(1), answer).await;
    assert_eq!(
        answered.expect("it waits for nobody's sync"),
        CheckResult::Succeeded
    );

    let ends = "UPDATE engine.sources SET held_by = NULL, held_until = NULL WHERE id = $1";
    ran(&world, ends, busy).await;
    for lines in checks {
        assert_eq!(result(lines).await, CheckResult::Succeeded);
    }
    let last = streams.next().await.unwrap();
    assert!(matches!(last, Some(DiscoverLine::Catalog(found)) if found.streams.len() == 2));
    let Some(SampleLine::Stream(sample)) = rows.next().await.unwrap() else {
        panic!("it says nothing of its stream")
    };
    assert_eq!((sample.records.is_empty(), sample.problem), (false, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_brings_real_rows_and_stores_none() {
    let world = World::new().await;
    let home = world.home("acme").await;
    let source = world.source(&home, json!({"rows": 1000})).await;
    let request = SampleRequest {
        source_id: Some(source),
        streams: vec![
            StreamDescriptor::new("people", None),
            StreamDescriptor::new("gone", None),
        ],
        limit: Some(5),
        ..SampleRequest::default()
    };
    let mut lines = home.client.sample(&request).await.unwrap();
    let mut samples = Vec::new();
    while let Some(SampleLine::Stream(sample)) = lines.next().await.unwrap() {
        samples.push(sample);
    }
    let people = samples
        .iter()
        .find(|sample| sample.stream.name == "people")
        .unwrap();
    assert_eq!(
        (people.records.len(), &people.records[0]["id"]),
        (5, &json!(1))
    );
    assert!(
        samples
            .iter()
            .any(|sample| sample.stream.name == "gone" && sample.problem.is_some())
    );
    assert_eq!(
        world
            .count("SELECT count(*) FROM pg_namespace WHERE nspname = 'acme'")
            .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_refresh_replaces_and_a_reset_empties() {
    let world = World::new().await;
    let home = world.home("acme").await;
    let source = world.source(&home, json!({"rows": 30})).await;
    let connection = world
        .connect_streams(
            &home,
            source,
            &["people", "notes"],
            ConnectionSyncMode::FullRefreshOverwrite,
        )
        .await;
    for _ in 0..2 {
        let job = world.sync(&home, connection).await;
        assert_eq!(job.job.status, JobStatus::Succeeded, "{job:#?}");
        assert_eq!(world.count("SELECT count(*) FROM acme.people").await, 30);
        assert_eq!(world.count("SELECT count(*) FROM acme.notes").await, 30);
    }
    assert_eq!(
        world
            .count("SELECT max(_airbyte_generation_id) FROM acme.people")
            .await,
        2
    );
    let reset = home
        .client
        .start_job(connection, airbyte::api::JobType::Clear)
        .await
        .unwrap();
    let reset = world.wait(&home, &reset, PATIENCE).await;
    assert_eq!(reset.job.status, JobStatus::Succeeded, "{reset:#?}");
    assert_eq!(world.count("SELECT count(*) FROM acme.people").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_were_not_chosen_do_not_arrive() {
    let world = World::new().await;
    let home = world.home("acme").await;
    let source = world.source(&home, json!({"rows": 3})).await;
    let body = json!({"sourceId": source, "destinationId": home.destination, "prefix": "x_",
        "configurations": {"streams": [{"name": "people", "selectedFields": [{"fieldPath": ["id"]}]}]}});
    let connection = home
        .client
        .create_connection(&serde_json::from_value(body).unwrap())
        .await
        .unwrap();
    let job = world.sync(&home, connection.connection_id).await;
    assert_eq!(job.job.status, JobStatus::Succeeded, "{job:#?}");
    let columns = "SELECT string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns
        WHERE table_schema = 'acme' AND table_name = 'x_people' AND column_name NOT LIKE '\\_airbyte%'";
    assert_eq!(world.text(columns).await, "id");
}
