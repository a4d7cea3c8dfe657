//! A server on which nothing of Airbyte's can run, because what installs it is out of order: the way there is closed and says
//! so, and a source that was left alone is asked by whoever starts a run.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{
    harbour::Mood,
    routes::{Scene, rules},
};
use crate::harness::{Setting, text};

/// What people read in place of a way.
const CLOSED: &str = "Not available on this server at the moment; its operators know why.";

/// A folder whose `uv` comes before any other one, and does not start.
fn without_uv(folder: &Path) -> Setting {
    let uv = folder.join("uv");
    fs::write(&uv, "#!/bin/sh\nexit 1\n").expect("a program");
    fs::set_permissions(&uv, fs::Permissions::from_mode(0o755)).expect("it may be run");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let first = folder.display();
    ("PATH", format!("{first}:{}", path.to_string_lossy()))
}

#[test]
fn where_airbyte_cannot_run_its_way_is_closed_and_a_person_has_the_source_asked() {
    let programs = tempfile::tempdir().expect("a folder");
    let scene = Scene::open_with(&[without_uv(programs.path())]);
    let told = scene.anna.get(&scene.routes());
    assert_eq!(told["no_airbyte"], CLOSED, "{told}");
    let forced = format!(
        "/api/v1/connections/{}/runs?force_fallback=true",
        scene.connection
    );
    let (status, refused) = scene.anna.call(Method::POST, &forced, Some(&json!({})));
    assert_eq!(status, StatusCode::CONFLICT, "{refused}");
    assert!(text(&refused, "detail").contains(CLOSED), "{refused}");

    scene.set(&json!({ "attempts": 1 }));
    let run = scene.run_in(Mood::Busy(600));
    assert_eq!(rules(&run), ["only_direct", "no_other_way"], "{run}");
    assert!(scene.anna.get(&scene.routes())["direct_rests_until"].is_string());

    let run = scene.run_in(Mood::Friendly);
    assert_eq!(rules(&run), ["only_direct"], "{run}");
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["row"]["rows_written"], 3, "{run}");
}
