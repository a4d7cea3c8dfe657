//! What stands in an address, to the letter and in its order: both as Airbyte's runtime sends it.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::Uri;
use axum::{Json, Router};
use serde_json::{Value, json};
use sync::declarative::Manifest;
use tokio::net::TcpListener;

use super::ours;
use super::reading::read;

/// The addresses that were asked for.
type Asked = Arc<Mutex<Vec<String>>>;

async fn nothing(State(asked): State<Asked>, uri: Uri) -> Json<Value> {
    asked.lock().unwrap().push(uri.to_string());
    Json(json!([]))
}

/// What a read of `rows` with this retriever and this cursor asks for.
async fn asked(requester: &str, rest: &str) -> Vec<String> {
    let asked = Asked::default();
    let app = Router::new()
        .fallback(nothing)
        .with_state(Arc::clone(&asked));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move { axum::serve(listener, app).await });
    let manifest = format!(
        r#"
version: 6.0.0
type: DeclarativeSource
check: {{type: CheckStream, stream_names: [rows]}}
streams:
  - type: DeclarativeStream
    name: rows
    retriever:
      type: SimpleRetriever
      requester: {{type: HttpRequester, url_base: "{{{{ config['base_url'] }}}}/v1", {requester}}}
      record_selector: {{type: RecordSelector, extractor: {{type: DpathExtractor, field_path: []}}}}
{rest}
    schema_loader: {{type: InlineSchemaLoader, schema: {{type: object, properties: {{}}}}}}
spec: {{type: Spec, connection_specification: {{type: object}}}}
"#
    );
    let manifest = Manifest::parse(&manifest).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cx = ours::context(&folder);
    let reading = Box::pin(read(&manifest, &base, &[], &cx)).await;
    reading.result.unwrap();
    task.abort();
    asked.lock().unwrap().clone()
}

#[tokio::test]
async fn letters_that_an_address_cannot_hold_are_encoded() {
    for (path, expected) in [
        (
            r"a|b^c[1]\d/?f[x]={y}&g=a|b",
            "/v1/a%7Cb%5Ec%5B1%5D%5Cd/?f%5Bx%5D=%7By%7D&g=a%7Cb",
        ),
        ("h%i/a%20b", "/v1/h%25i/a%2520b"),
        ("a%7cb%41", "/v1/a%7CbA"),
        ("/a//b", "/v1/a/b"),
    ] {
        let requester = format!("path: '{path}'");
        assert_eq!(asked(&requester, "").await, [expected], "{path}");
    }
}

#[tokio::test]
async fn partitions_stand_before_the_stretch_of_time_and_the_last_router_first() {
    let rest = r#"
      partition_router:
        - type: ListPartitionRouter
          cursor_field: quay
          values: ["1"]
          request_option: {type: RequestOption, inject_into: request_parameter, field_name: quay}
        - type: ListPartitionRouter
          cursor_field: port
          values: [oslo]
          request_option: {type: RequestOption, inject_into: request_parameter, field_name: port}
    incremental_sync:
      type: DatetimeBasedCursor
      cursor_field: at
      datetime_format: "%Y-%m-%d"
      start_datetime: "2026-01-01"
      end_datetime: "2026-01-09"
      start_time_option: {type: RequestOption, inject_into: request_parameter, field_name: from}
      end_time_option: {type: RequestOption, inject_into: request_parameter, field_name: to}"#;
    assert_eq!(
        asked("path: rows", rest).await,
        ["/v1/rows?port=oslo&quay=1&from=2026-01-01&to=2026-01-09"]
    );
}
