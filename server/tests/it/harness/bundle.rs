//! The bundle of an app: made and downloaded as a person does, and read as a shell reads it.

use std::{collections::BTreeMap, fs, process::Command};

use serde_json::json;

use super::{Answer, Hub, Person, text};

/// Registers an app for these tables and downloads its settings.
pub fn bundle(hub: &Hub, person: &Person, name: &str, tables: &[&str]) -> BTreeMap<String, String> {
    let made = person
        .api(hub)
        .post("/api/v1/apps", &json!({ "name": name, "tables": tables }));
    let answer = person.post(
        &format!("/apps/{}/bundle", text(&made, "app")),
        &[("password", Person::PASSWORD)],
    );
    read(&answer)
}

/// What a shell knows after `. ./app.env`.
pub fn read(answer: &Answer) -> BTreeMap<String, String> {
    assert!(answer.status.is_success(), "{answer:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("app.env");
    fs::write(&file, &answer.text).expect("a file");
    let output = Command::new("env")
        .args(["-i", "sh", "-c", ". \"$0\"; set"])
        .arg(&file)
        .output()
        .expect("sh runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect()
}
