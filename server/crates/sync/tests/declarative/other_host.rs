//! An API whose next page is at another host: it is asked there, as by Airbyte's runtime, and the log says so.

use std::sync::Arc;

use serde_json::json;
use sync::connector::{Connector, LogLine};
use sync::declarative::Manifest;
use tokio::sync::mpsc;

use super::ours;
use super::script::Script;
use super::server::Server;

const MANIFEST: &str = r#"
version: 6.0.0
type: DeclarativeSource
check: {type: CheckStream, stream_names: [rows]}
streams:
  - type: DeclarativeStream
    name: rows
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: "{{ config['base_url'] }}"
        path: /rows
        authenticator: {type: BearerAuthenticator, api_token: "{{ config['api_token'] }}"}
      record_selector: {type: RecordSelector, extractor: {type: DpathExtractor, field_path: [items]}}
      paginator:
        type: DefaultPaginator
        page_token_option: {type: RequestPath}
        pagination_strategy: {type: CursorPagination, cursor_value: "{{ response.next }}", stop_condition: "{{ not response.next }}"}
    schema_loader: {type: InlineSchemaLoader, schema: {type: object, properties: {}}}
spec: {type: Spec, connection_specification: {type: object}}
"#;

async fn service(script: &str) -> Server {
    let script: Script = serde_saphyr::from_str(script).unwrap();
    Server::start(Arc::new(script)).await
}

/// The warnings of a read that begins here.
async fn warnings(base: &str) -> Vec<LogLine> {
    let folder = tempfile::tempdir().unwrap();
    let (log, mut said) = mpsc::channel(64);
    let mut cx = ours::context(&folder);
    cx.log = log;
    let config = json!({"base_url": base, "api_token": "token-of-the-first-host"});
    let catalog = serde_json::from_value(json!({"streams": [{
        "stream": {"name": "rows", "json_schema": {}, "supported_sync_modes": ["full_refresh"]},
        "sync_mode": "full_refresh", "destination_sync_mode": "append",
    }]}));
    let catalog = catalog.unwrap();
    let connector = Connector::Declarative(Manifest::parse(MANIFEST).unwrap());
    let (out, mut chunks) = mpsc::channel(4);
    let listen = async { while chunks.recv().await.is_some() {} };
    let read = Box::pin(connector.read(&config, &catalog, &[], &cx, out));
    let (result, ()) = tokio::join!(read, listen);
    result.unwrap();
    said.close();
    let mut lines = Vec::new();
    while let Some(line) = said.recv().await {
        lines.push(line);
    }
    lines.retain(|line| line.level == "WARN");
    lines
}

#[tokio::test]
async fn a_next_page_at_another_host_is_told_once() {
    let last = service(
        r"
about: The end of a list that begins elsewhere.
routes:
  - {path: /last, json: {items: [{id: 3}]}}
",
    )
    .await;
    let second = service(&format!(
        r#"
about: The middle of it.
routes:
  - {{path: /more, json: {{items: [{{id: 2}}], next: "{}/last"}}}}
"#,
        last.base
    ))
    .await;
    let first = service(&format!(
        r#"
about: The beginning.
routes:
  - {{path: /rows, when: {{query.page: 2}}, json: {{items: [{{id: 1}}], next: "{}/more"}}}}
  - {{path: /rows, json: {{items: [{{id: 0}}], next: "/rows?page=2"}}}}
"#,
        second.base
    ))
    .await;
    let told = warnings(&first.base).await;
    let [line] = &told[..] else {
        panic!("{told:#?}");
    };
    let host = second.base.trim_start_matches("http://");
    assert!(line.text.contains(host), "{line:?}");
    assert!(!line.text.contains("token-of-the-first-host"), "{line:?}");
    assert_eq!(line.stream.as_deref(), Some("rows"));
    assert_eq!(last.requests().len(), 1);
}
