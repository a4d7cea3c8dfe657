//! A log in detail: a line for each request and each page, and nothing in them that is nobody's business.

use std::sync::Arc;

use serde_json::json;
use sync::connector::{Connector, Detail, LogLine};
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
        path: "/{{ config['site'] }}/rows"
        request_parameters: {key: "{{ config['api_token'] }}", since: query-must-not-show}
        request_headers: {X-Word: header-must-not-show}
        authenticator: {type: BearerAuthenticator, api_token: "{{ config['api_token'] }}"}
      record_selector: {type: RecordSelector, extractor: {type: DpathExtractor, field_path: []}}
    schema_loader: {type: InlineSchemaLoader, schema: {type: object, properties: {}}}
spec: {type: Spec, connection_specification: {type: object}}
"#;

const SERVICE: &str = r#"
about: Is down at first.
routes:
  - {path: "/{site}/rows", times: 1, status: 503, json: {word: body-must-not-show}}
  - {path: "/{site}/rows", json: [{id: 1, word: body-must-not-show}, {id: 2}]}
"#;

/// Where the service was, and the log of a read of it.
async fn told(detail: Detail) -> (String, Vec<LogLine>) {
    let script: Script = serde_saphyr::from_str(SERVICE).unwrap();
    let server = Server::start(Arc::new(script)).await;
    let folder = tempfile::tempdir().unwrap();
    let (log, mut said) = mpsc::channel(64);
    let mut cx = ours::context(&folder);
    (cx.log, cx.detail) = (log, detail);
    // Its name does not tell that it is a secret; its specification does.
    cx.secret_fields = vec!["site".to_owned()];
    let config = json!({
        "base_url": server.base, "site": "path-must-not-show", "api_token": "token-must-not-show",
    });
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
    (server.base.clone(), lines)
}

#[tokio::test]
async fn each_request_is_told_without_what_is_nobodys_business() {
    let (base, lines) = told(Detail::Full).await;
    for line in &lines {
        assert!(!line.text.contains("must-not-show"), "{line:?}");
    }
    let details: Vec<&LogLine> = lines.iter().filter(|line| line.level == "DEBUG").collect();
    let [refused, pause, served, page] = details[..] else {
        panic!("{lines:#?}");
    };
    let starts = |line: &LogLine, text: String| {
        assert_eq!(line.stream.as_deref(), Some("rows"), "{line:?}");
        assert!(line.text.starts_with(&text), "{line:?}");
        assert!(!line.text.contains('?'), "{line:?}");
    };
    let place = format!("GET {base}/**********/rows");
    starts(refused, format!("{place}: HTTP 503, "));
    starts(
        pause,
        "The pause of 1.0 s: longer with each try.".to_owned(),
    );
    starts(served, format!("{place}: HTTP 200, "));
    assert!(served.text.ends_with(" ms."), "{served:?}");
    starts(page, "Page 1: 2 of 2 records kept.".to_owned());
}

#[tokio::test]
async fn nobody_who_did_not_ask_is_told() {
    let (_, lines) = told(Detail::Usual).await;
    assert!(lines.iter().any(|line| line.text.contains("Trying again")));
    assert!(lines.iter().all(|line| line.level != "DEBUG"), "{lines:#?}");
}
