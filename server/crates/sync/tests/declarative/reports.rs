//! What is told of a report that failed: of which stream, which of its reports, and at what it failed.

use std::sync::Arc;

use sync::declarative::Manifest;
use sync::fault::{Fault, Kind};

use super::ours;
use super::reading::read;
use super::script::Script;
use super::server::Server;

/// Each year's report fares in its own way.
const SERVICE: &str = r#"
about: Reports of years.
routes:
  - {method: POST, path: /jobs, json: {id: "{body.year}"}}
  - {path: /jobs/y2023, json: {state: lost}}
  - {path: "/jobs/{id}", json: {state: done, files: ["{base}/files/{path.id}"]}}
  - {path: /files/y2024, status: 404, json: {error: gone}}
  - {path: "/files/{id}", json: [{id: 1}]}
"#;

async fn told(year: &str) -> Result<(), Fault> {
    let script: Script = serde_saphyr::from_str(SERVICE).unwrap();
    let server = Server::start(Arc::new(script)).await;
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!(
        r#"
version: 6.0.0
type: DeclarativeSource
check: {{type: CheckStream, stream_names: [rows]}}
streams:
  - type: DeclarativeStream
    name: rows
    retriever:
      type: AsyncRetriever
      status_mapping: {{type: AsyncJobStatusMap, running: [], completed: [done], failed: [], timeout: []}}
      status_extractor: {{type: DpathExtractor, field_path: [state]}}
      download_target_extractor: {{type: DpathExtractor, field_path: [files, "*"]}}
      creation_requester:
        type: HttpRequester
        url_base: "{{{{ config['base_url'] }}}}"
        path: /jobs
        http_method: POST
        request_body_json: {{year: "{{{{ stream_partition.year }}}}"}}
      polling_requester:
        type: HttpRequester
        url_base: "{{{{ config['base_url'] }}}}"
        path: "/jobs/{{{{ creation_response['id'] }}}}"
      download_requester: {{type: HttpRequester, url_base: "", path: "{{{{ download_target }}}}"}}
      record_selector: {{type: RecordSelector, extractor: {{type: DpathExtractor, field_path: []}}}}
      partition_router: {{type: ListPartitionRouter, cursor_field: year, values: [{year}]}}
    schema_loader: {{type: InlineSchemaLoader, schema: {{type: object, properties: {{}}}}}}
spec: {{type: Spec, connection_specification: {{type: object}}}}
"#
    );
    let manifest = Manifest::parse(&manifest).unwrap();
    let cx = ours::context(&folder);
    let reading = Box::pin(read(&manifest, &server.base, &[], &cx)).await;
    reading.result
}

#[tokio::test]
async fn a_report_that_cannot_be_waited_for_is_named() {
    let fault = told("y2023").await.unwrap_err();
    assert_eq!(fault.kind, Kind::Config, "{fault:?}");
    assert_eq!(fault.stream.as_deref(), Some("rows"), "{fault:?}");
    let words = "Waiting for the report of year y2023: ";
    assert!(fault.message.starts_with(words), "{fault}");
    assert!(fault.message.contains("“lost”"), "{fault}");
}

#[tokio::test]
async fn a_report_that_cannot_be_read_is_told_of_its_own_stream() {
    let fault = told("y2024").await.unwrap_err();
    assert_eq!(fault.stream.as_deref(), Some("rows"), "{fault:?}");
    let words = "Reading the report: Page 1 of year y2024: The API knows no such address";
    assert!(fault.message.starts_with(words), "{fault}");
    assert_eq!(told("y2025").await, Ok(()), "the others are read");
}
