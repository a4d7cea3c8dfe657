//! What becomes of a run in which several streams failed: what may pass soon is heard before what needs time or a person, in
//! whichever order they failed, and the others are told of; and each stream says by itself why it did.

use std::sync::Arc;

use serde_json::Value;
use sync::declarative::Manifest;
use sync::fault::{Fault, Kind};

use super::ours;
use super::reading::messages;
use super::script::Script;
use super::server::Server;

/// A right that is missing is told at once, an outage after a while.
const SERVICE: &str = r#"
about: Each stream fares in its own way.
routes:
  - {path: /rows, json: [{id: 1}]}
  - {path: /secrets, status: 403, json: {}}
  - {path: /outages, status: 503, silent: 200, json: {}}
  - {path: /busy, status: 429, headers: {retry-after: "3600"}, json: {}}
  - {path: /pauses, status: 429, silent: 200, headers: {retry-after: "60"}, json: {}}
  - {path: /strangers, status: 401, json: {}}
  - {path: /slices/closed, status: 403, json: {}}
  - {path: /slices/down, status: 503, silent: 200, json: {}}
"#;

/// `broken` cannot be built, and `slices` is read in two parts.
const MANIFEST: &str = r##"
version: 6.0.0
type: DeclarativeSource
check: {type: CheckStream, stream_names: [rows]}
concurrency_level: {type: ConcurrencyLevel, default_concurrency: 4}
definitions:
  stream:
    type: DeclarativeStream
    retriever:
      type: SimpleRetriever
      requester: &requester
        type: HttpRequester
        url_base: "{{ config['base_url'] }}"
        path: "/{{ parameters.path }}"
        error_handler: {type: DefaultErrorHandler, max_retries: 0}
      record_selector: &selector {type: RecordSelector, extractor: {type: DpathExtractor, field_path: []}}
    schema_loader: &schema {type: InlineSchemaLoader, schema: {type: object, properties: {}}}
streams:
  - {$ref: "#/definitions/stream", name: rows, $parameters: {path: rows}}
  - {$ref: "#/definitions/stream", name: secrets, $parameters: {path: secrets}}
  - {$ref: "#/definitions/stream", name: outages, $parameters: {path: outages}}
  - {$ref: "#/definitions/stream", name: busy, $parameters: {path: busy}}
  - {$ref: "#/definitions/stream", name: pauses, $parameters: {path: pauses}}
  - {$ref: "#/definitions/stream", name: strangers, $parameters: {path: strangers}}
  - $ref: "#/definitions/stream"
    name: broken
    $parameters: {path: rows}
    incremental_sync:
      type: DatetimeBasedCursor
      cursor_field: at
      datetime_format: "%s"
      start_datetime: {type: MinMaxDatetime, datetime: "2024-01-01", datetime_format: "%Y-%m-%d"}
      end_datetime: {type: MinMaxDatetime, datetime: "not a time"}
  - type: DeclarativeStream
    name: slices
    retriever:
      type: SimpleRetriever
      requester: {<<: *requester, path: "/slices/{{ stream_partition.part }}"}
      record_selector: *selector
      partition_router: {type: ListPartitionRouter, cursor_field: part, values: [closed, down]}
    schema_loader: *schema
spec: {type: Spec, connection_specification: {type: object}}
"##;

/// Reads these streams: what was said of each that failed, and what became of the run.
async fn told(streams: &[&str]) -> (Vec<(String, String)>, Fault) {
    let script: Script = serde_saphyr::from_str(SERVICE).unwrap();
    let server = Server::start(Arc::new(script)).await;
    let folder = tempfile::tempdir().unwrap();
    let mut cx = ours::context(&folder);
    // Who decides about pauses is told of them at once.
    cx.limits.patience = Some(std::time::Duration::from_secs(1));
    let manifest = Manifest::parse(MANIFEST).unwrap();
    let read = Box::pin(messages(&manifest, &server.base, streams, &[], &cx));
    let (messages, result) = read.await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = messages.iter().map(|message| &message["trace"]["error"]);
    let errors = errors.filter(|error| !error.is_null()).map(|error| {
        let stream = &error["stream_descriptor"]["name"];
        (text(stream), text(&error["failure_type"]))
    });
    let mut errors: Vec<_> = errors.collect();
    errors.sort();
    (errors, result.unwrap_err())
}

/// The words for the others.
fn also(fault: &Fault) -> &str {
    fault.detail.as_deref().unwrap_or_default()
}

fn pair(stream: &str, kind: &str) -> (String, String) {
    (stream.to_owned(), kind.to_owned())
}

#[tokio::test]
async fn an_outage_is_heard_before_a_missing_right_in_either_order() {
    for streams in [["secrets", "outages"], ["outages", "secrets"]] {
        let (errors, fault) = told(&streams).await;
        assert_eq!(fault.kind, Kind::Upstream, "{streams:?}: {fault:?}");
        assert!(fault.message.starts_with("2 streams failed."), "{fault}");
        let sentence = "What a person has to mend, too: The API does not let";
        assert!(fault.message.contains(sentence), "{fault}");
        assert!(
            also(&fault).starts_with("Also: The API does not let this account see the data"),
            "{fault}"
        );
        assert_eq!(
            errors,
            [
                pair("outages", "transient_error"),
                pair("secrets", "config_error")
            ],
            "each in its own words"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_built_waits_for_what_may_pass() {
    let (errors, fault) = told(&["broken", "outages"]).await;
    assert_eq!(fault.kind, Kind::Upstream, "{fault:?}");
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(also(&fault).starts_with("Also: "), "{fault}");
    let (_, fault) = told(&["broken", "rows"]).await;
    assert_eq!(fault.kind, Kind::Config, "{fault:?}");
    assert!(!also(&fault).contains("Also: "), "{fault}");
}

#[tokio::test]
async fn a_right_that_is_missing_is_what_is_told_when_all_else_was_read() {
    for streams in [["secrets", "rows"], ["rows", "secrets"]] {
        let (_, fault) = told(&streams).await;
        assert_eq!(fault.kind, Kind::Forbidden, "{fault:?}");
    }
}

#[tokio::test]
async fn who_is_asked_to_come_back_later_is_told_so_beside_what_a_person_has_to_mend() {
    let (_, fault) = told(&["secrets", "busy"]).await;
    let Kind::RateLimited { until: Some(_) } = fault.kind else {
        panic!("{fault:?}");
    };
    assert!(
        also(&fault).starts_with("Also: The API does not let this account see the data"),
        "{fault}"
    );
}

/// An hour's pause of one stream keeps no other one waiting, and hides no token that was refused.
#[tokio::test]
async fn a_long_pause_is_no_reason_to_wait_with_everything_else() {
    let (_, fault) = told(&["secrets", "outages", "busy"]).await;
    assert_eq!(fault.kind, Kind::Upstream, "{fault:?}");
    let lines: Vec<&str> = also(&fault).lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("(HTTP status 403)"), "{lines:?}");
    assert!(lines[1].contains("wants fewer requests"), "{lines:?}");
    let (_, fault) = told(&["strangers", "busy"]).await;
    assert_eq!(fault.kind, Kind::Credentials, "{fault:?}");
    assert!(also(&fault).contains("wants fewer requests"), "{fault}");
}

#[tokio::test]
async fn a_short_pause_is_kept_for_all() {
    let (_, fault) = told(&["outages", "pauses"]).await;
    let Kind::RateLimited { until: Some(_) } = fault.kind else {
        panic!("{fault:?}");
    };
    assert!(also(&fault).contains("(HTTP status 503)"), "{fault}");
}

#[tokio::test]
async fn the_parts_of_one_stream_are_heard_in_the_same_order() {
    let (errors, fault) = told(&["slices"]).await;
    assert_eq!(fault.kind, Kind::Upstream, "{fault:?}");
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(
        also(&fault).starts_with("Also: The API does not let this account see the data"),
        "{fault}"
    );
}
