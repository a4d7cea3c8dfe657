//! `tributary source` is an Airbyte connector like any other: a manifest in, messages out.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::harbour::{Harbour, TOKEN};
use crate::harness::Hub;

const MANIFEST: &str = "
version: 6.0.0
type: DeclarativeSource
check: {type: CheckStream, stream_names: [ships]}
streams:
  - type: DeclarativeStream
    name: ships
    primary_key: id
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: \"{{ config['base_url'] }}\"
        path: /ships
        authenticator: {type: BearerAuthenticator, api_token: \"{{ config['token'] }}\"}
        request_parameters: {since: '2026-01-01'}
      record_selector: {type: RecordSelector, extractor: {type: DpathExtractor, field_path: [ships]}}
      paginator:
        type: DefaultPaginator
        page_token_option: {type: RequestOption, inject_into: request_parameter, field_name: page}
        pagination_strategy: {type: PageIncrement, page_size: 2, start_from_page: 1, inject_on_first_request: true}
    schema_loader:
      type: InlineSchemaLoader
      schema: {type: object, properties: {id: {type: integer}, name: {type: string}, called_on: {type: string}}}
spec:
  type: Spec
  connection_specification:
    type: object
    required: [base_url, token]
    properties: {base_url: {type: string}, token: {type: string, airbyte_secret: true}}
";

struct Desk {
    hub: Hub,
    folder: tempfile::TempDir,
}

impl Desk {
    fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).expect("a file");
        path.display().to_string()
    }

    /// The messages of one question, and whether the command ended well.
    fn ask(&self, arguments: &[&str]) -> (Vec<Value>, bool) {
        let manifest = self.folder.path().join("harbour.yaml");
        let manifest = Path::display(&manifest).to_string();
        let source = ["source", "--manifest-path", &manifest];
        let done = self.hub.cli(&[&source[..], arguments].concat(), "");
        let printed = String::from_utf8(done.stdout).expect("text");
        assert!(!printed.contains(TOKEN), "{printed}");
        let messages = printed
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON lines"));
        (messages.collect(), done.status.success())
    }
}

fn of_kind<'a>(messages: &'a [Value], kind: &str) -> Vec<&'a Value> {
    messages
        .iter()
        .filter(|message| message["type"] == kind)
        .collect()
}

#[test]
fn a_manifest_is_checked_discovered_and_read_from_the_command_line() {
    let harbour = Harbour::with_ships();
    let desk = Desk {
        hub: Hub::start_with(&[("TRIBUTARY_ALLOW_HTTP", "1".to_owned())]),
        folder: tempfile::tempdir().expect("a folder"),
    };
    desk.file("harbour.yaml", MANIFEST);
    let config = json!({ "base_url": harbour.url, "token": TOKEN }).to_string();
    let config = desk.file("config.json", &config);

    let (spec, _) = desk.ask(&["spec"]);
    let spec = &of_kind(&spec, "SPEC")[0]["spec"]["connectionSpecification"];
    assert_eq!(spec["required"], json!(["base_url", "token"]), "{spec}");

    let (checked, well) = desk.ask(&["check", "--config", &config]);
    let status = &of_kind(&checked, "CONNECTION_STATUS")[0]["connectionStatus"];
    assert!(well && status["status"] == "SUCCEEDED", "{status}");
    let wrong = json!({ "base_url": harbour.url, "token": "wrong" }).to_string();
    let wrong = desk.file("wrong.json", &wrong);
    let (checked, _) = desk.ask(&["check", "--config", &wrong]);
    let status = &of_kind(&checked, "CONNECTION_STATUS")[0]["connectionStatus"];
    assert_eq!(status["status"], "FAILED", "{status}");

    let (found, _) = desk.ask(&["discover", "--config", &config]);
    let stream = of_kind(&found, "CATALOG")[0]["catalog"]["streams"][0].clone();
    assert_eq!(stream["name"], "ships", "{stream}");
    let catalog = json!({ "streams": [{
        "stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite",
    }] });
    let catalog = desk.file("catalog.json", &catalog.to_string());
    let read = ["read", "--config", &config, "--catalog", &catalog];
    let (messages, well) = desk.ask(&read);
    assert!(well, "{messages:?}");
    let names: Vec<&Value> = of_kind(&messages, "RECORD")
        .iter()
        .map(|message| &message["record"]["data"]["name"])
        .collect();
    assert_eq!(names, ["Elbe", "Weser", "Ems"]);

    let (messages, well) = desk.ask(&["read", "--config", &wrong, "--catalog", &catalog]);
    let trace = of_kind(&messages, "TRACE");
    assert!(!well && !trace.is_empty(), "{messages:?}");
}

/// A step written in Python, as in Airbyte's own connectors.
const COMPONENTS: &str = r#"
from airbyte_cdk.sources.declarative.transformations import RecordTransformation


class Loud(RecordTransformation):
    def transform(self, record, config=None, stream_state=None, stream_slice=None):
        record["name"] = record["name"].upper()
"#;

#[test]
fn parts_in_python_run_in_airbytes_own_runtime_and_it_says_so() {
    let harbour = Harbour::with_ships();
    let desk = Desk {
        hub: Hub::start_with(&[("TRIBUTARY_ALLOW_HTTP", "1".to_owned())]),
        folder: tempfile::tempdir().expect("a folder"),
    };
    let custom = MANIFEST.replace(
        "    primary_key: id\n",
        "    primary_key: id\n    transformations: [{type: CustomTransformation, class_name: source_declarative_manifest.components.Loud}]\n",
    );
    desk.file("harbour.yaml", &custom);
    desk.file("components.py", COMPONENTS);
    let config = json!({ "base_url": harbour.url, "token": TOKEN }).to_string();
    let config = desk.file("config.json", &config);
    let catalog = json!({ "streams": [{
        "stream": { "name": "ships", "json_schema": {}, "supported_sync_modes": ["full_refresh"] },
        "sync_mode": "full_refresh", "destination_sync_mode": "overwrite",
    }] });
    let catalog = desk.file("catalog.json", &catalog.to_string());
    let (messages, well) = desk.ask(&["read", "--config", &config, "--catalog", &catalog]);
    assert!(well, "{messages:?}");
    let names: Vec<&Value> = of_kind(&messages, "RECORD")
        .iter()
        .map(|message| &message["record"]["data"]["name"])
        .collect();
    assert_eq!(names, ["ELBE", "WESER", "EMS"]);
    let said = Value::from(messages).to_string();
    assert!(
        said.contains("Airbyte's Python runtime") && said.contains("components.Loud"),
        "{said}"
    );
}

#[test]
fn parts_in_python_that_are_not_there_are_refused_by_name() {
    let desk = Desk {
        hub: Hub::start(),
        folder: tempfile::tempdir().expect("a folder"),
    };
    let custom = MANIFEST.replace(
        "{type: DpathExtractor, field_path: [ships]}",
        "{type: CustomRecordExtractor, class_name: source_declarative_manifest.components.Ships}",
    );
    desk.file("harbour.yaml", &custom);
    let config = json!({ "base_url": "https://harbour.example.com", "token": "x" }).to_string();
    let config = desk.file("config.json", &config);
    let (messages, well) = desk.ask(&["discover", "--config", &config]);
    let said = Value::from(messages).to_string();
    assert!(
        !well && said.contains("components.py") && said.contains("components.Ships"),
        "{said}"
    );
}
