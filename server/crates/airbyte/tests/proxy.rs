//! The way to a platform is the configured address, whatever proxy the environment names.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stand_in;

use std::process::Command;

use axum::{Json, Router, http::StatusCode, routing::get};
use serde_json::json;
use stand_in::{problem, serve};

/// Nothing answers there.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Runs in a process of its own, started by the test below.
#[tokio::test]
#[ignore = "part of `a_proxy_in_the_environment_sees_no_call`"]
async fn one_call() {
    let list = || async { Json(json!({"data": [], "next": "", "previous": ""})) };
    let gone = || async { problem(StatusCode::NOT_FOUND, "resource-not-found", "None.") };
    let routes = Router::new()
        .route("/workspaces", get(list))
        .fallback(get(gone));
    assert!(serve(routes).await.workspaces().await.unwrap().is_empty());
}

#[test]
fn a_proxy_in_the_environment_sees_no_call() {
    let itself = std::env::current_exe().unwrap();
    let done = Command::new(itself)
        .args(["--exact", "one_call", "--ignored"])
        .envs(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].map(|name| (name, NOWHERE)))
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
}
