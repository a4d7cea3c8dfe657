//! A low-code manifest that an operator adds is a tool like any other: found, connected, looked at, synced, without Python.

use std::path::Path;

use serde_json::{Value, json};

use super::harbour::{Harbour, TOKEN};
use crate::harness::{Api, Hub, Person, text};

/// What the operator adds; the browser's tests show it, too.
const MANIFEST: &str = include_str!("../../../../end2end/fixtures/harbour.yaml");

/// The same with a step that is written in Python.
const LOUD: &str = "    transformations: [{ type: CustomTransformation, class_name: source_declarative_manifest.components.Loud }]\n";
const COMPONENTS: &str = r#"
from airbyte_cdk.sources.declarative.transformations import RecordTransformation


class Loud(RecordTransformation):
    def transform(self, record, config=None, stream_state=None, stream_slice=None):
        record["name"] = record["name"].upper()
"#;

fn with_python() -> String {
    let (before, after) = MANIFEST
        .split_once("    incremental_sync:\n")
        .expect("the manifest reads incrementally");
    format!("{before}{LOUD}    incremental_sync:\n{after}")
}

/// A hub whose operator has added it.
fn hub_with_harbour(folder: &Path, manifest: &str) -> Hub {
    let file = folder.join("manifest.yaml");
    std::fs::write(&file, manifest).expect("a manifest");
    let setting = format!("harbour={}", file.display());
    let settings = [
        ("TRIBUTARY_MANIFESTS", setting),
        // The harbour is on this machine and has no certificate.
        ("TRIBUTARY_ALLOW_HTTP", "1".to_owned()),
    ];
    Hub::start_with(&settings)
}

#[test]
fn a_manifest_is_found_connected_and_synced_like_any_other_tool() {
    let harbour = Harbour::with_ships();
    let folder = tempfile::tempdir().expect("a folder");
    let hub = hub_with_harbour(folder.path(), MANIFEST);
    let anna = hub.tenant("Anna");
    let own = in_the_catalogue(&anna);
    assert_eq!(own["availability"], "ready", "{own}");
    assert_eq!(own["runs"], "directly", "{own}");
    let slug = text(&own, "slug");

    let wrong = json!({ "address": harbour.url, "token": "not this one" });
    let (_, refused) = anna.connect(slug, "Harbour", &wrong);
    assert_eq!(refused["state"], "failed", "{refused}");
    let problem = text(&refused, "problem");
    assert!(problem.contains("401"), "it says who refused: {problem}");

    let right = json!({ "address": harbour.url, "token": TOKEN });
    let (connection, test) = anna.connect(slug, "The harbour", &right);
    assert_eq!(test["state"], "passed", "{test}");
    assert_eq!(test["streams"], 1, "{test}");

    anna.follow(&connection, "called_on");
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["streams"][0]["rows_written"], 3, "{run}");

    // The second run asks for what is new since, and adds nothing twice.
    harbour.calls(4, "Oder", "2026-05-01");
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(
        ships(&hub, &anna, &connection),
        ["Elbe", "Weser", "Ems", "Oder"]
    );
    assert!(!hub.log().contains(TOKEN), "the token is in the log");
}

#[test]
fn a_manifest_with_parts_in_python_runs_in_airbytes_runtime_and_says_so() {
    let harbour = Harbour::open();
    for (id, name) in [(1, "Elbe"), (2, "Weser"), (3, "Ems")] {
        harbour.calls(id, name, "2026-02-01");
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("components.py"), COMPONENTS).expect("components");
    let hub = hub_with_harbour(folder.path(), &with_python());
    let anna = hub.tenant("Anna");
    let own = in_the_catalogue(&anna);
    assert_eq!(own["runs"], "embedded", "{own}");
    let slug = text(&own, "slug");
    let page = Person::joining(&hub, "Ben").get(&format!("/integrations/{slug}"));
    assert!(page.text.contains("Loud (stream"), "{page:?}");

    let settings = json!({ "address": harbour.url, "token": TOKEN });
    let (connection, test) = anna.connect(slug, "The harbour", &settings);
    assert_eq!(test["state"], "passed", "{test}");
    anna.follow(&connection, "called_on");
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(ships(&hub, &anna, &connection), ["ELBE", "WESER", "EMS"]);
    assert!(!hub.log().contains(TOKEN), "the token is in the log");
}

fn ships(hub: &Hub, anna: &Api, connection: &str) -> Vec<String> {
    let table = anna.table_of(connection, "ships");
    hub.rows(
        &anna.tenant,
        &format!("SELECT name FROM {table} ORDER BY id"),
    )
}

fn in_the_catalogue(anna: &Api) -> Value {
    let sources = anna.get("/api/airbyte/sources");
    let sources = sources.as_array().expect("sources");
    let own = sources.iter().find(|source| source["name"] == "harbour");
    own.expect("what the operator added is in the catalogue")
        .clone()
}

#[test]
fn a_mistake_in_a_manifest_is_told_to_the_operator_at_start() {
    let hub = Hub::start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("broken.yaml");
    std::fs::write(
        &file,
        "type: DeclarativeSource\nstreams: [{ $ref: '#/nowhere' }]",
    )
    .expect("a file");
    let setting = format!("broken={}", file.display());
    let start = || {
        let refused = hub.cli_with(
            &[("TRIBUTARY_MANIFESTS", setting.as_str())],
            &["engine", "credentials"],
        );
        assert!(!refused.status.success());
        String::from_utf8_lossy(&refused.stderr).into_owned()
    };
    let said = start();
    assert!(
        said.contains("nowhere") && said.contains("broken.yaml"),
        "{said}"
    );
    // Its parts in Python were forgotten.
    std::fs::write(&file, with_python()).expect("a file");
    let said = start();
    assert!(
        said.contains("components.py") && said.contains("components.Loud"),
        "{said}"
    );
}
