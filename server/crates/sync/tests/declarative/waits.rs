//! How long a request waits before it is tried again: what each strategy makes of the answer, as the log of the run says.

use std::sync::Arc;
use std::time::Duration;

use sync::declarative::Manifest;
use sync::fault::{Fault, Kind};
use time::OffsetDateTime;
use tokio::sync::mpsc;

use super::ours;
use super::reading::read;
use super::script::Script;
use super::server::Server;

/// Most seconds that a story here really waits.
const SOON: Duration = Duration::from_secs(20);

fn manifest(strategies: &str) -> Manifest {
    let text = format!(
        r#"
version: 6.0.0
type: DeclarativeSource
check: {{type: CheckStream, stream_names: [rows]}}
streams:
  - type: DeclarativeStream
    name: rows
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: "{{{{ config['base_url'] }}}}"
        path: /rows
        error_handler: {{type: DefaultErrorHandler, backoff_strategies: [{strategies}]}}
      record_selector: {{type: RecordSelector, extractor: {{type: DpathExtractor, field_path: []}}}}
    schema_loader: {{type: InlineSchemaLoader, schema: {{type: object, properties: {{}}}}}}
spec: {{type: Spec, connection_specification: {{type: object}}}}
"#
    );
    Manifest::parse(&text).unwrap()
}

/// The first wait in seconds, or why there is none.
async fn first_wait(strategies: &str, answer: &str) -> Result<f64, Fault> {
    let service = format!("about: Never answers well.\nroutes: [{{path: /rows, {answer}}}]\n");
    let script: Script = serde_saphyr::from_str(&service).unwrap();
    let server = Server::start(Arc::new(script)).await;
    let folder = tempfile::tempdir().unwrap();
    let (log, mut lines) = mpsc::channel(16);
    let mut cx = ours::context(&folder);
    cx.log = log;
    let manifest = manifest(strategies);
    let read = Box::pin(read(&manifest, &server.base, &[], &cx));
    let told = async {
        while let Some(line) = lines.recv().await {
            let wait = line.text.split_once("Trying again in ");
            if let Some(seconds) = wait.and_then(|(_, rest)| rest.strip_suffix(" s.")) {
                return seconds.parse().unwrap();
            }
        }
        panic!("the log ended");
    };
    let story = async {
        tokio::select! {
            wait = told => Ok(wait),
            read = read => Err(read.result.unwrap_err()),
        }
    };
    tokio::time::timeout(SOON, story).await.unwrap()
}

async fn assert_waits(strategies: &str, answer: &str, expected: std::ops::RangeInclusive<f64>) {
    let wait = first_wait(strategies, answer).await;
    let wait = wait.unwrap_or_else(|fault| panic!("[{strategies}] of {answer}: {fault}"));
    assert!(
        expected.contains(&wait),
        "[{strategies}] of {answer}: {wait} s"
    );
}

fn exactly(seconds: f64) -> std::ops::RangeInclusive<f64> {
    seconds..=seconds
}

const DOWN: &str = "status: 503, json: {}";

#[tokio::test]
async fn without_a_strategy_the_wait_is_short_at_first() {
    assert_waits("", DOWN, exactly(1.0)).await;
}

/// Servers cut fractions off, so a second is added to what they or the manifest say.
#[tokio::test]
async fn the_manifest_says_how_long() {
    let constant = "{type: ConstantBackoffStrategy, backoff_time_in_seconds: 30}";
    assert_waits(constant, DOWN, exactly(31.0)).await;
    let spread =
        "{type: ConstantBackoffStrategy, backoff_time_in_seconds: 30, jitter_range_in_seconds: 5}";
    assert_waits(spread, DOWN, 31.0..=41.0).await;
    assert_waits("{type: ExponentialBackoffStrategy}", DOWN, exactly(11.0)).await;
    let steeper = "{type: ExponentialBackoffStrategy, factor: 7}";
    assert_waits(steeper, DOWN, exactly(15.0)).await;
}

#[tokio::test]
async fn the_answer_says_how_long() {
    let header = "{type: WaitTimeFromHeader, header: X-Wait}";
    let told = r#"status: 503, headers: {x-wait: "40"}, json: {}"#;
    assert_waits(header, told, exactly(41.0)).await;
    let in_words = r#"{type: WaitTimeFromHeader, header: X-Wait, regex: "[0-9]+"}"#;
    let told = "status: 503, headers: {x-wait: 40 seconds}, json: {}";
    assert_waits(in_words, told, exactly(41.0)).await;
    let body = r#"{type: WaitTimeFromResponse, wait_time_in_seconds: "{{ response['wait'] }}"}"#;
    assert_waits(body, "status: 503, json: {wait: 25}", exactly(26.0)).await;
}

#[tokio::test]
async fn the_answer_says_until_when() {
    let until = "{type: WaitUntilTimeFromHeader, header: X-Reset, min_wait: 12}";
    let in_a_minute = OffsetDateTime::now_utc().unix_timestamp() + 60;
    let told = format!(r#"status: 503, headers: {{x-reset: "{in_a_minute}"}}, json: {{}}"#);
    assert_waits(until, &told, 55.0..=61.0).await;
    let long_ago = r#"status: 503, headers: {x-reset: "1000"}, json: {}"#;
    assert_waits(until, long_ago, exactly(13.0)).await;
}

#[tokio::test]
async fn a_strategy_without_an_answer_gives_way_to_the_next() {
    let two = "{type: WaitTimeFromHeader, header: X-Wait}, {type: ConstantBackoffStrategy, backoff_time_in_seconds: 9}";
    assert_waits(two, DOWN, exactly(10.0)).await;
    let body = r#"{type: WaitTimeFromResponse, wait_time_in_seconds: "{{ response['wait'] }}"}, {type: ConstantBackoffStrategy, backoff_time_in_seconds: 9}"#;
    assert_waits(body, "status: 503, text: down", exactly(10.0)).await;
}

#[tokio::test]
async fn too_many_requests_wait_as_long_as_the_server_says() {
    let told = r#"status: 429, headers: {retry-after: "20"}, json: {}"#;
    assert_waits("", told, 19.0..=20.0).await;
}

#[tokio::test]
async fn what_the_manifest_finds_too_long_ends_the_read() {
    let bounded = "{type: WaitTimeFromHeader, header: X-Wait, max_waiting_time_in_seconds: 10}";
    let told = r#"status: 503, headers: {x-wait: "40"}, json: {}"#;
    let fault = first_wait(bounded, told).await.unwrap_err();
    assert!(matches!(fault.kind, Kind::RateLimited { .. }), "{fault:?}");
}
