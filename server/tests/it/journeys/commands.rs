//! What scripts rely on: the output of commands.

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Hub, SourceDatabase};

#[test]
fn a_sync_that_waits_prints_its_result() {
    let hub = Hub::start();
    let anna = hub.tenant("Anna");
    let source = SourceDatabase::create(
        "CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders VALUES (1, 'a'), (2, 'b')",
    );
    anna.connect("postgresql", "Shop", &source.configuration());
    let printed = hub.ok(&[
        "sync",
        "--tenant",
        &anna.tenant,
        "--connection",
        "Shop",
        "--wait",
    ]);
    let result: Value = serde_json::from_str(&printed).expect("one JSON document");
    assert_eq!(result["state"], "succeeded", "{result}");
    assert_eq!(result["records"], 2);
    assert!(result["bytes"].as_i64() > Some(0), "{result}");
    assert!(result["duration_ms"].as_i64() >= Some(0), "{result}");
    assert_eq!(result["method"], "direct");
    assert_eq!(result["fallbackUsed"], false);
    assert_eq!(result["directErrors"], serde_json::json!([]));
    assert!(result["airbyteJobId"].is_number(), "{result}");
    assert!(result["airbyteConnectionId"].is_string(), "{result}");
    assert_eq!(result["error"], Value::Null);
    let run = anna.get(&format!(
        "/api/v1/runs/{}",
        result["run"].as_str().expect("an id")
    ));
    assert_eq!(
        run["row"]["bytes"], result["bytes"],
        "the API tells the same"
    );

    source.run("ALTER TABLE orders RENAME TO gone");
    let failed = hub.cli(
        &[
            "sync",
            "--tenant",
            &anna.tenant,
            "--connection",
            "Shop",
            "--wait",
        ],
        "",
    );
    assert_eq!(failed.status.code(), Some(1));
    let result: Value = serde_json::from_slice(&failed.stdout).expect("one JSON document");
    assert!(
        result["error"].as_str().is_some_and(|why| !why.is_empty()),
        "{result}"
    );
}

#[test]
fn routes_are_listed_with_their_kind() {
    let hub = Hub::start();
    let routes: Value = serde_json::from_str(&hub.ok(&["routes", "--json"])).expect("JSON");
    for route in [
        json!({ "method": "GET", "path": "/healthz", "kind": "probe" }),
        json!({ "method": "GET", "path": "/api/docs", "kind": "document" }),
        json!({ "method": "POST", "path": "/api/v1/connections", "kind": "rest" }),
        json!({ "method": "GET", "path": "/connections", "kind": "page" }),
        json!({ "method": "POST", "path": "/fn/app/account/api/sign_in", "kind": "function" }),
        json!({ "method": "POST", "path": "/connect/{slug}", "kind": "form" }),
    ] {
        assert!(
            routes.as_array().is_some_and(|all| all.contains(&route)),
            "{route} is not in {routes}"
        );
    }
}

#[test]
fn the_data_folder_may_come_from_the_environment() {
    let hub = Hub::start();
    let doctor = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_tributary"))
            .args(arguments)
            .env("TRIBUTARY_DATA_DIR", hub.data_dir())
            .output()
            .expect("the binary starts");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let told = doctor(&["doctor"]);
    let folder = hub.data_dir().display().to_string();
    assert!(told.contains(&folder), "{told}");
    for (setting, help) in [
        ("SMTP_URL", "Mail server"),
        ("TRIBUTARY_WORKERS", "Jobs at once"),
    ] {
        assert!(
            told.lines()
                .any(|line| line.contains(setting) && line.contains(help)),
            "{setting} is not explained in {told}"
        );
    }
    let other = tempfile::tempdir().expect("a folder");
    let other = other.path().display().to_string();
    let printed = doctor(&["openapi", "--data-dir", &other]);
    assert!(printed.starts_with('{'), "{printed}");
}

#[test]
fn a_name_that_several_tenants_use_is_told_with_all_of_them() {
    let hub = Hub::start();
    let (anna, ben) = (hub.tenant("Anna"), hub.tenant("Ben"));
    for of in [&anna, &ben] {
        let file = of.upload_text("people.csv", "id\n1\n");
        let (_, test) = of.connect("files", "files (PROD)", &file);
        assert_eq!(test["state"], "passed", "{test}");
    }
    let ambiguous = hub.cli(&["sync", "--connection", "files (prod)", "--wait"], "");
    assert_eq!(ambiguous.status.code(), Some(1));
    let words = String::from_utf8(ambiguous.stderr).expect("text");
    assert!(words.contains("fits 2 connections"), "{words}");
    for of in [&anna, &ben] {
        assert!(words.contains(&of.tenant), "{words}");
    }

    let listed = hub.ok(&["connections", "files*"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let printed = hub.ok(&[
        "sync",
        "--tenant",
        &ben.tenant,
        "--connection",
        "files*",
        "--wait",
    ]);
    let result: Value = serde_json::from_str(&printed).expect("one JSON document");
    assert_eq!(result["records"], 1, "{result}");
}
