//! A read that failed is gone on with: what it read is not asked for again, and what it did not is not lost.

use std::sync::Arc;

use sync::declarative::Manifest;

use super::ours;
use super::reading::{Reading, read};
use super::script::Script;
use super::server::Server;

/// Five days with two rows each; what goes wrong on the third is said in `trouble`, and is mended afterwards.
fn service(trouble: &str) -> Script {
    let text = format!(
        r#"
about: A day at a time.
datasets:
  rows:
    - {{id: 1, at: 2026-01-01}}
    - {{id: 2, at: 2026-01-01}}
    - {{id: 3, at: 2026-01-02}}
    - {{id: 4, at: 2026-01-02}}
    - {{id: 5, at: 2026-01-03}}
    - {{id: 6, at: 2026-01-03}}
    - {{id: 7, at: 2026-01-04}}
    - {{id: 8, at: 2026-01-04}}
    - {{id: 9, at: 2026-01-05}}
    - {{id: 10, at: 2026-01-05}}
routes:
  - {{path: /rows, when: {{query.from: 2026-01-03}}, times: 1, {trouble}}}
  - {{path: /rows, records: {{of: rows, where: ["at >= {{query.from}}", "at <= {{query.to}}"]}}, json: "{{records}}"}}
"#
    );
    serde_saphyr::from_str(&text).unwrap()
}

fn manifest() -> Manifest {
    Manifest::parse(
        r#"
version: 6.0.0
type: DeclarativeSource
check: {type: CheckStream, stream_names: [rows]}
concurrency_level: {type: ConcurrencyLevel, default_concurrency: 1}
streams:
  - type: DeclarativeStream
    name: rows
    primary_key: [id]
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: "{{ config['base_url'] }}"
        path: /rows
        error_handler: {type: DefaultErrorHandler, max_retries: 0}
      record_selector: {type: RecordSelector, extractor: {type: DpathExtractor, field_path: []}}
    incremental_sync:
      type: DatetimeBasedCursor
      cursor_field: at
      datetime_format: "%Y-%m-%d"
      cursor_granularity: P1D
      step: P1D
      start_datetime: {type: MinMaxDatetime, datetime: "2026-01-01", datetime_format: "%Y-%m-%d"}
      end_datetime: {type: MinMaxDatetime, datetime: "2026-01-05", datetime_format: "%Y-%m-%d"}
      start_time_option: {type: RequestOption, inject_into: request_parameter, field_name: from}
      end_time_option: {type: RequestOption, inject_into: request_parameter, field_name: to}
    schema_loader: {type: InlineSchemaLoader, schema: {type: object, properties: {}}}
spec: {type: Spec, connection_specification: {type: object}}
"#,
    )
    .unwrap()
}

/// Reads twice. The second read begins where the first one's last state is.
async fn twice(trouble: &str) -> (Reading, Reading, Vec<String>) {
    let server = Server::start(Arc::new(service(trouble))).await;
    let folder = tempfile::tempdir().unwrap();
    let cx = ours::context(&folder);
    let first = read(&manifest(), &server.base, &[], &cx).await;
    let before = server.requests().len();
    let second = read(&manifest(), &server.base, &first.state, &cx).await;
    let asked = server.requests().split_off(before);
    let days = asked.iter().filter_map(|request| {
        let mut query = request.query.iter();
        query
            .find(|(name, _)| name == "from")
            .map(|(_, day)| day.clone())
    });
    let days = days.collect();
    (first, second, days)
}

#[tokio::test]
async fn what_a_failed_read_left_is_read_by_the_next() {
    let troubles = [
        "status: 500, json: {}",
        r#"text: '[{"id": 5, "at": "2026-01-03"}, {"id'"#,
        r#"status: 302, headers: {location: "http://10.0.0.1/rows"}, json: {}"#,
        "status: 429, headers: {x-nothing: said}, json: {}",
        "text: '<html>We will be back soon</html>'",
    ];
    for trouble in troubles {
        let (first, second, days) = twice(trouble).await;
        first.result.clone().unwrap_err();
        assert_eq!(second.result, Ok(()), "{trouble}");
        let mut ids = [first.ids(), second.ids()].concat();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids, (1..=10).collect::<Vec<_>>(), "{trouble}");
        assert!(
            days.iter().any(|day| day == "2026-01-03"),
            "{trouble}: {days:?}"
        );
        let again = days.iter().filter(|day| day.as_str() < "2026-01-02");
        assert_eq!(again.count(), 0, "{trouble}: {days:?}");
    }
}

#[tokio::test]
async fn a_failure_names_its_window_beside_its_page() {
    let (first, ..) = twice("text: '<html>We will be back soon</html>'").await;
    let told = first.result.unwrap_err().to_string();
    let words =
        "Page 1 from 2026-01-03 to 2026-01-03: The answer is not valid JSON: it is a web page";
    assert!(told.contains(words), "{told}");
}
