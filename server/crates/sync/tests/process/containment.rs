//! What a contained connector can see and do.

use std::collections::BTreeMap;
use std::time::Duration;

use airbyte::protocol::AirbyteMessage;
use serde_json::json;
use sync::connector::{Level, Network};
use sync::fault::Kind;

use crate::harness::Scene;

async fn look_around(scene: &mut Scene) -> BTreeMap<String, String> {
    let secret_file = scene.folder.path().join("other-run.json");
    std::fs::write(&secret_file, "another tenant's secret").unwrap();
    let config = json!({
        "behaviour": "looks_around", "password": "pa55word!", "secret_file": secret_file, "outside": scene.folder.path().join("outside"),
        "server_pid": std::process::id(),
    });
    let outcome = scene.read_with(config).await;
    assert_eq!(outcome.result, Ok(()));
    let told = outcome.messages.iter().filter_map(|message| match message {
        AirbyteMessage::Record { record } => Some((
            record.data["attempt"].as_str()?.to_owned(),
            record.data["result"].as_str()?.to_owned(),
        )),
        _ => None,
    });
    told.collect()
}

#[tokio::test]
async fn a_connector_sees_only_its_own() {
    let mut scene = Scene::new();
    let told = look_around(&mut scene).await;
    assert_eq!(
        scene.cx.usage.sandbox(),
        Some("strict"),
        "this machine should offer every layer"
    );
    assert_eq!(
        told["environment"],
        "DEPLOYMENT_MODE,HOME,LANG,PATH,PYTHONDONTWRITEBYTECODE,PYTHONUTF8,TMPDIR"
    );
    assert!(!told["arguments"].contains("pa55word!"));
    for refused in [
        "write outside",
        "read outside",
        "read shadow",
        "local socket",
        "listen",
        "other processes",
        "new namespace",
    ] {
        assert!(
            told[refused].starts_with("refused"),
            "{refused}: {}",
            told[refused]
        );
    }
    assert_eq!(
        (told["write home"].as_str(), told["semaphore"].as_str()),
        ("1", "works")
    );
    assert_eq!(
        told["processes"], "1",
        "it should see no process but itself"
    );
    assert_eq!(told["capabilities"], "0000000000000000");
}

#[tokio::test]
async fn strict_runs_only_when_nothing_is_missing() {
    let mut scene = Scene::new();
    scene.cx.sandbox.level = Level::Strict;
    let outcome = scene.read_with(json!({"behaviour": "well"})).await;
    match scene.cx.usage.sandbox() {
        Some("strict") => assert_eq!(outcome.result, Ok(())),
        _ => assert_eq!(outcome.fault().kind, Kind::Forbidden),
    }
}

#[tokio::test]
async fn without_a_network_nothing_is_reachable() {
    let mut scene = Scene::new();
    scene.cx.sandbox.network = Network::None;
    let outcome = scene.read_with(json!({"behaviour": "calls_out"})).await;
    assert_eq!(outcome.result, Ok(()));
    assert!(
        outcome.log_text().contains("unreachable") || outcome.log_text().contains("denied"),
        "{}",
        outcome.log_text()
    );
}

/// The lifeline: when the server dies without a word, the launcher ends the connector.
#[tokio::test]
async fn the_servers_sudden_death_ends_the_connector() {
    let scene = Scene::new();
    let folder = scene.folder.path().to_string_lossy().into_owned();
    let policy = json!({
        "level": "best_effort", "network": "open", "private": folder, "readable": ["/usr"], "cpu_seconds": 60, "file_bytes": 1 << 20, "open_files": 64,
        "processes": 64, "isolated": false, "covered": false, "missing": [],
    });
    let mut launcher = std::process::Command::new(env!("CARGO_BIN_EXE_sandbox-exec"))
        .args([
            "sandbox-exec",
            &policy.to_string(),
            "/bin/sh",
            "-c",
            "setsid sleep 600 & sleep 601",
        ])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(launcher.stdin.take());
    let status = launcher.wait().unwrap();
    assert_eq!(status.code(), Some(137));
    assert_eq!(scene.survivors(), Vec::<String>::new());
}
