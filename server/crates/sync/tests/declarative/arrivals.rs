//! A row is as new as the answer it came in: what happened between two pages is older than the second one's rows.

use std::sync::Arc;

use sync::declarative::Manifest;

use super::ours;
use super::reading::messages;
use super::script::Script;
use super::server::Server;

/// Milliseconds for which the second page keeps its reader waiting.
const SILENT: i64 = 300;

const MANIFEST: &str = r#"
version: 6.0.0
type: DeclarativeSource
check: {type: CheckStream, stream_names: [rows]}
streams:
  - type: DeclarativeStream
    name: rows
    retriever:
      type: SimpleRetriever
      requester: {type: HttpRequester, url_base: "{{ config['base_url'] }}", path: /rows}
      record_selector: {type: RecordSelector, extractor: {type: DpathExtractor, field_path: []}}
      paginator:
        type: DefaultPaginator
        page_token_option: {type: RequestOption, inject_into: request_parameter, field_name: page}
        pagination_strategy: {type: PageIncrement, page_size: 2, start_from_page: 1, inject_on_first_request: true}
    schema_loader: {type: InlineSchemaLoader, schema: {type: object, properties: {}}}
spec: {type: Spec, connection_specification: {type: object}}
"#;

#[tokio::test]
async fn rows_bear_the_moment_at_which_their_page_came() {
    let service = format!(
        r"
about: The second page takes its time.
routes:
  - {{path: /rows, when: {{query.page: 1}}, json: [{{id: 1}}, {{id: 2}}]}}
  - {{path: /rows, when: {{query.page: 2}}, silent: {SILENT}, json: [{{id: 3}}]}}
"
    );
    let script: Script = serde_saphyr::from_str(&service).unwrap();
    let server = Server::start(Arc::new(script)).await;
    let folder = tempfile::tempdir().unwrap();
    let cx = ours::context(&folder);
    let manifest = Manifest::parse(MANIFEST).unwrap();
    let read = Box::pin(messages(&manifest, &server.base, &["rows"], &[], &cx));
    let (messages, result) = read.await;
    assert_eq!(result, Ok(()));
    let moments = messages
        .iter()
        .filter_map(|message| message["record"]["emitted_at"].as_i64());
    let moments: Vec<i64> = moments.collect();
    let [first, second, third] = moments[..] else {
        panic!("{moments:?}");
    };
    assert_eq!(first, second, "one page, one moment");
    assert!(third - second >= SILENT - 50, "{moments:?}");
}
