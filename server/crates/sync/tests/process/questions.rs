//! Spec, check, discover and sample through a connector program.

use serde_json::json;
use sync::connector::{Connector, StepState};
use sync::fault::Kind;
use sync::process::Program;
use sync::sample::sample;
use tokio::sync::mpsc;

use crate::harness::Scene;

#[tokio::test]
async fn asks_for_specification_and_streams() {
    let scene = Scene::new();
    let spec = scene.connector.spec(&scene.cx).await.unwrap();
    assert_eq!(spec.connection_specification["type"], "object");
    let catalog = scene
        .connector
        .discover(&json!({}), &scene.cx)
        .await
        .unwrap();
    assert_eq!(catalog.streams[0].name, "things");
}

#[tokio::test]
async fn a_check_tells_steps_and_verdict() {
    let scene = Scene::new();
    let (sender, mut steps) = mpsc::channel(10);
    scene
        .connector
        .check(&json!({}), &scene.cx, sender)
        .await
        .unwrap();
    let mut told = Vec::new();
    while let Some(step) = steps.recv().await {
        told.push((step.name, step.state));
    }
    assert_eq!(
        told.last(),
        Some(&("Account answers".to_owned(), StepState::Passed))
    );

    let (sender, _steps) = mpsc::channel(10);
    let config = json!({"check": "FAILED", "message": "401 Client Error: Unauthorized"});
    let fault = scene
        .connector
        .check(&config, &scene.cx, sender)
        .await
        .unwrap_err();
    assert_eq!(
        (fault.kind, fault.message.as_str()),
        (Kind::Credentials, "401 Client Error: Unauthorized")
    );
}

#[tokio::test]
async fn a_sample_of_an_endless_stream_is_twenty_rows() {
    let scene = Scene::new();
    let (sender, mut samples) = mpsc::channel(10);
    sample(
        &scene.connector,
        &json!({"behaviour": "endless"}),
        &[],
        None,
        20,
        &scene.cx,
        sender,
    )
    .await
    .unwrap();
    let first = samples.recv().await.unwrap();
    assert_eq!(
        (
            first.stream.name.as_str(),
            first.records.len(),
            first.problem
        ),
        ("things", 20, None)
    );
    assert_eq!(first.records[19]["id"], 19);
    assert_eq!(scene.survivors(), Vec::<String>::new());
}

#[tokio::test]
async fn a_sample_of_a_failing_stream_says_why() {
    let scene = Scene::new();
    let (sender, mut samples) = mpsc::channel(10);
    let wanted = [
        airbyte::protocol::StreamDescriptor::new("things", None),
        airbyte::protocol::StreamDescriptor::new("gone", None),
    ];
    let config = json!({"behaviour": "credentials_error", "api_token": "abcdef"});
    sample(
        &scene.connector,
        &config,
        &wanted,
        None,
        20,
        &scene.cx,
        sender,
    )
    .await
    .unwrap();
    let mut problems = Vec::new();
    while let Some(sample) = samples.recv().await {
        problems.push((
            sample.stream.name,
            sample.records.len(),
            sample.problem.unwrap_or_default(),
        ));
    }
    problems.sort();
    assert_eq!(
        problems[0],
        (
            "gone".to_owned(),
            0,
            "The source no longer has this table.".to_owned()
        )
    );
    assert_eq!(
        problems[1],
        (
            "things".to_owned(),
            1,
            "Invalid API key **********".to_owned()
        )
    );
}

#[tokio::test]
async fn a_program_that_is_not_there_is_said_so() {
    let scene = Scene::new();
    let connector = Connector::Process(Program::executable("/usr/bin/no-such-connector"));
    let fault = connector.spec(&scene.cx).await.unwrap_err();
    assert!(
        fault.message.contains("could not be started")
            && fault
                .detail
                .as_deref()
                .is_some_and(|text| text.contains("No such file")),
        "{fault}"
    );
}
