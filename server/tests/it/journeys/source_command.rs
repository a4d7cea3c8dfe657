//! `tributary source` is an Airbyte connector like any other: a manifest in, messages out.

mod customs;

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::harbour::{Harbour, TOKEN};
use crate::harness::Hub;
use customs::Customs;

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
    /// One with this manifest, which may ask this machine.
    fn with(manifest: &str) -> Self {
        let desk = Self {
            hub: Hub::start_with(&[("TRIBUTARY_ALLOW_HTTP", "1".to_owned())]),
            folder: tempfile::tempdir().expect("a folder"),
        };
        desk.file("harbour.yaml", manifest);
        desk
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).expect("a file");
        path.display().to_string()
    }

    /// The messages of one question, and whether the command ended well. None of them shows the token.
    fn ask(&self, arguments: &[&str]) -> (Vec<Value>, bool) {
        let (messages, well) = self.told(arguments);
        assert!(
            !Value::from(messages.clone()).to_string().contains(TOKEN),
            "{messages:?}"
        );
        (messages, well)
    }

    /// The same, where a configuration may be among them.
    fn told(&self, arguments: &[&str]) -> (Vec<Value>, bool) {
        let manifest = self.folder.path().join("harbour.yaml");
        let manifest = Path::display(&manifest).to_string();
        let source = ["source", "--manifest-path", &manifest];
        let done = self.hub.cli(&[&source[..], arguments].concat(), "");
        let printed = String::from_utf8(done.stdout).expect("text");
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

/// The kinds of messages in their order, without log lines.
fn order(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .filter_map(|message| message["type"].as_str())
        .filter(|kind| *kind != "LOG")
        .collect()
}

/// A catalogue of one stream, to be read whole.
fn whole(stream: &str) -> String {
    json!({ "streams": [{
        "stream": { "name": stream, "json_schema": {}, "supported_sync_modes": ["full_refresh"] },
        "sync_mode": "full_refresh", "destination_sync_mode": "overwrite",
    }] })
    .to_string()
}

#[test]
fn a_manifest_is_checked_discovered_and_read_from_the_command_line() {
    let harbour = Harbour::with_ships();
    let desk = Desk::with(MANIFEST);
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
    let custom = MANIFEST.replace(
        "    primary_key: id\n",
        "    primary_key: id\n    transformations: [{type: CustomTransformation, class_name: source_declarative_manifest.components.Loud}]\n",
    );
    let desk = Desk::with(&custom);
    desk.file("components.py", COMPONENTS);
    let config = json!({ "base_url": harbour.url, "token": TOKEN }).to_string();
    let config = desk.file("config.json", &config);
    let catalog = desk.file("catalog.json", &whole("ships"));
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
    // What it asks for stands in the manifest itself.
    let (messages, well) = desk.ask(&["spec"]);
    assert!(
        well && of_kind(&messages, "SPEC").len() == 1,
        "{messages:?}"
    );
}

/// Sign-in by refresh tokens that open once; the columns are asked for with it, too.
const ROTATING: &str = r##"
version: 6.0.0
type: DeclarativeSource
check: {type: CheckStream, stream_names: [ships]}
definitions:
  sign_in:
    type: OAuthAuthenticator
    token_refresh_endpoint: "{{ config['base_url'] }}/token"
    client_id: "{{ config['credentials']['client_id'] }}"
    client_secret: "{{ config['credentials']['client_secret'] }}"
    refresh_token: "{{ config['credentials']['refresh_token'] }}"
    refresh_token_updater:
      access_token_config_path: [credentials, access_token]
      refresh_token_config_path: [credentials, refresh_token]
      token_expiry_date_config_path: [credentials, until]
  selector: {type: RecordSelector, extractor: {type: DpathExtractor, field_path: []}}
streams:
  - type: DeclarativeStream
    name: ships
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: "{{ config['base_url'] }}"
        path: /ships
        authenticator: {$ref: "#/definitions/sign_in"}
      record_selector: {$ref: "#/definitions/selector"}
    schema_loader:
      type: DynamicSchemaLoader
      retriever:
        type: SimpleRetriever
        requester:
          type: HttpRequester
          url_base: "{{ config['base_url'] }}"
          path: /columns
          authenticator: {$ref: "#/definitions/sign_in"}
        record_selector: {$ref: "#/definitions/selector"}
      schema_type_identifier:
        type: SchemaTypeIdentifier
        schema_pointer: [fields]
        key_pointer: [label]
        type_pointer: [kind]
spec: {type: Spec, connection_specification: {type: object}}
"##;

#[test]
fn a_refresh_token_that_opens_once_is_printed_with_what_it_was_spent_for() {
    let desk = Desk::with(ROTATING);
    let catalog = desk.file("catalog.json", &whole("ships"));
    for (question, answer) in [("check", "CONNECTION_STATUS"), ("discover", "CATALOG")] {
        let customs = Customs::open();
        let config = json!({ "base_url": customs.url, "credentials": {
            "client_id": "ana", "client_secret": "ana-s secret", "refresh_token": "refresh-0",
        } });
        let config = desk.file("config.json", &config.to_string());
        let (messages, well) = desk.told(&[question, "--config", &config]);
        assert!(well, "{messages:?}");
        assert_eq!(order(&messages), ["CONTROL", answer], "{messages:?}");
        let kept = &of_kind(&messages, "CONTROL")[0]["control"]["connectorConfig"]["config"];
        assert_eq!(kept["credentials"]["refresh_token"], "refresh-1", "{kept}");

        // What was printed reads on, and what was given is worth nothing any more.
        let kept = desk.file("kept.json", &kept.to_string());
        let (messages, well) = desk.told(&["read", "--config", &kept, "--catalog", &catalog]);
        let record = &of_kind(&messages, "RECORD")[0]["record"]["data"];
        assert!(well && record["name"] == "Elbe", "{messages:?}");
        assert_eq!(customs.spent(), 1);
        let (messages, _) = desk.told(&["check", "--config", &config]);
        let status = &of_kind(&messages, "CONNECTION_STATUS")[0]["connectionStatus"];
        assert_eq!(status["status"], "FAILED", "{messages:?}");
    }
}

/// A key whose name gives nothing away: only the specification says that it is a secret.
const ECHOED: &str = "
version: 6.0.0
type: DeclarativeSource
check: {type: CheckStream, stream_names: [answers]}
streams:
  - type: DeclarativeStream
    name: answers
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: \"{{ config['base_url'] }}\"
        path: \"{{ config['place'] }}\"
        request_parameters: {key: \"{{ config['tk'] }}\"}
        error_handler:
          type: DefaultErrorHandler
          max_retries: 1
          backoff_strategies: [{type: ConstantBackoffStrategy, backoff_time_in_seconds: 0.1}]
          response_filters:
            - {type: HttpResponseFilter, http_codes: [503], action: RETRY, error_message: \"{{ response['error'] }}\"}
      record_selector: {type: RecordSelector, extractor: {type: DpathExtractor, field_path: []}}
    schema_loader: {type: InlineSchemaLoader, schema: {type: object, properties: {key: {type: string}}}}
spec:
  type: Spec
  connection_specification:
    type: object
    properties: {base_url: {type: string}, place: {type: string}, tk: {type: string, airbyte_secret: true}}
";

#[test]
fn a_key_that_the_api_repeats_is_in_no_word_but_in_the_rows() {
    let customs = Customs::open();
    let desk = Desk::with(ECHOED);
    let catalog = desk.file("catalog.json", &whole("answers"));
    let config = |place: &str| {
        let config = json!({ "base_url": customs.url, "place": place, "tk": TOKEN });
        desk.file("config.json", &config.to_string())
    };

    let refused = config("/refused");
    let (messages, _) = desk.ask(&["check", "--config", &refused]);
    let status = &of_kind(&messages, "CONNECTION_STATUS")[0]["connectionStatus"];
    let told = status["message"].as_str().unwrap_or_default();
    assert!(told.contains("bad key **********"), "{messages:?}");
    let (messages, _) = desk.ask(&["read", "--config", &refused, "--catalog", &catalog]);
    let told = Value::from(messages).to_string();
    assert!(
        told.contains(r#""internal_message":"bad key **********""#),
        "{told}"
    );

    let busy = config("/busy");
    let (messages, _) = desk.ask(&["read", "--config", &busy, "--catalog", &catalog]);
    let waits = of_kind(&messages, "LOG").iter().any(|line| {
        let text = line["log"]["message"].as_str().unwrap_or_default();
        text.starts_with("no time for ********** Trying again")
    });
    assert!(waits, "{messages:?}");

    let echo = config("/echo");
    let (messages, well) = desk.told(&["read", "--config", &echo, "--catalog", &catalog]);
    let record = &of_kind(&messages, "RECORD")[0]["record"]["data"];
    assert!(well && record["key"] == TOKEN, "{messages:?}");
}

/// Old configurations have a pier; and of one setting that is wrong, only a read finds out.
const RENEWING: &str = r#"  config_normalization_rules:
    type: ConfigNormalizationRules
    config_migrations:
      - type: ConfigMigration
        transformations:
          - {type: ConfigAddFields, fields: [{type: AddedFieldDefinition, path: [quay], value: "{{ config['pier'] }}"}], condition: "{{ config.get('pier') }}"}
          - {type: ConfigRemoveFields, field_pointers: [[pier]]}
concurrency_level: {type: ConcurrencyLevel, default_concurrency: "{{ config['many'] }}", max_concurrency: 4}
"#;

#[test]
fn a_configuration_that_a_manifest_renews_is_printed_whatever_comes_of_the_rest() {
    let harbour = Harbour::with_ships();
    let desk = Desk::with(&[MANIFEST, RENEWING].concat());
    let config =
        json!({ "base_url": harbour.url, "token": TOKEN, "pier": "north", "many": "lots" });
    let config = desk.file("config.json", &config.to_string());
    let catalog = desk.file("catalog.json", &whole("ships"));
    let renewed =
        json!({ "base_url": harbour.url, "token": TOKEN, "quay": "north", "many": "lots" });
    for (arguments, last) in [
        (&["check", "--config", &config][..], "CONNECTION_STATUS"),
        (&["discover", "--config", &config][..], "CATALOG"),
        (
            &["read", "--config", &config, "--catalog", &catalog][..],
            "TRACE",
        ),
    ] {
        let (messages, well) = desk.told(arguments);
        assert_eq!(order(&messages), ["CONTROL", last], "{messages:?}");
        assert_eq!(well, last != "TRACE", "{messages:?}");
        let control = &of_kind(&messages, "CONTROL")[0]["control"];
        assert_eq!(control["connectorConfig"]["config"], renewed, "{control}");
    }
}
