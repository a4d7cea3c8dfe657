//! Who may depend on whom. A change here is a change of the design: say why in its commit.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde::Deserialize;

/// Package → what of ours it may use.
const ALLOWED: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("seal", &[]),
    ("queue", &[]),
    ("airbyte", &[]),
    ("xtask", &[]),
    ("store", &["model", "seal"]),
    ("sync", &["airbyte"]),
    // For its guarded way out only.
    ("oauth", &["sync"]),
    ("engine", &["airbyte", "oauth", "queue", "seal", "sync"]),
    (
        "hub",
        &[
            "airbyte", "model", "oauth", "queue", "seal", "store", "sync",
        ],
    ),
    ("app", &["hub", "model"]),
    ("frontend", &["app"]),
    (
        "server",
        &[
            "airbyte", "app", "engine", "hub", "model", "oauth", "queue", "seal", "store", "sync",
        ],
    ),
];

/// The part of `cargo metadata` that says who depends on whom. (The crate of that name would switch on a feature of
/// serde_json, and cargo would compile the whole product a second time for the tests.)
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// None for a normal dependency; else `dev` or `build`.
    kind: Option<String>,
}

fn workspace() -> Metadata {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .output()
        .expect("cargo metadata runs in the workspace");
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON of this shape")
}

#[test]
fn packages_only_use_what_the_design_lets_them() {
    let metadata = workspace();
    let ours: BTreeSet<&str> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    assert_eq!(
        ours,
        allowed.keys().copied().collect(),
        "every package has its line in ALLOWED"
    );
    for package in &metadata.packages {
        let used = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind.is_none())
            .map(|dependency| dependency.name.as_str())
            .filter(|name| ours.contains(name));
        for name in used {
            assert!(
                allowed[package.name.as_str()].contains(&name),
                "{} must not depend on {name}",
                package.name
            );
        }
    }
}

#[test]
fn the_browser_gets_nothing_of_the_server() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "frontend",
            "--target",
            "wasm32-unknown-unknown",
            "--prefix",
            "none",
            "--edges",
            "normal",
            "--format",
            "{p}",
        ])
        .output()
        .expect("cargo tree runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let tree = String::from_utf8_lossy(&output.stdout);
    let packages: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let ours: BTreeSet<&str> = packages
        .iter()
        .copied()
        .filter(|name| ALLOWED.iter().any(|(package, _)| package == name))
        .collect();
    assert_eq!(ours, BTreeSet::from(["app", "frontend", "model"]));
    // (leptos_config brings regex along; the size budget of a release build tells whether it is really left out.)
    for heavy in ["tokio", "sqlx", "reqwest", "axum"] {
        assert!(
            !packages.contains(heavy),
            "{heavy} would be downloaded by every visitor"
        );
    }
}
