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

/// A stream whose error handler has these rules.
fn manifest(rules: &str) -> Manifest {
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
        error_handler: {{type: DefaultErrorHandler, {rules}}}
      record_selector: {{type: RecordSelector, extractor: {{type: DpathExtractor, field_path: []}}}}
    schema_loader: {{type: InlineSchemaLoader, schema: {{type: object, properties: {{}}}}}}
spec: {{type: Spec, connection_specification: {{type: object}}}}
"#
    );
    Manifest::parse(&text).unwrap()
}

/// A service that always says this.
async fn saying(answer: &str) -> Server {
    let service = format!("about: Never answers well.\nroutes: [{{path: /rows, {answer}}}]\n");
    let script: Script = serde_saphyr::from_str(&service).unwrap();
    Server::start(Arc::new(script)).await
}

/// The first wait in seconds, or why there is none.
async fn first_wait(strategies: &str, answer: &str) -> Result<f64, Fault> {
    let server = saying(answer).await;
    let folder = tempfile::tempdir().unwrap();
    let (log, mut lines) = mpsc::channel(16);
    let mut cx = ours::context(&folder);
    cx.log = log;
    let manifest = manifest(&format!("backoff_strategies: [{strategies}]"));
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

/// What a read comes to that has patience for ten seconds: the kind of its fault, and how long a pause that names.
async fn impatient(rules: &str, answer: &str) -> (Kind, Option<f64>) {
    let server = saying(answer).await;
    let folder = tempfile::tempdir().unwrap();
    let mut cx = ours::context(&folder);
    cx.limits.patience = Some(Duration::from_secs(10));
    let manifest = manifest(rules);
    let read = Box::pin(read(&manifest, &server.base, &[], &cx));
    let read = tokio::time::timeout(SOON, read).await.unwrap();
    let fault = read.result.unwrap_err();
    let pause = match fault.kind {
        Kind::RateLimited { until } => until.map(ahead),
        _ => None,
    };
    (fault.kind, pause)
}

/// Seconds from now.
fn ahead(moment: OffsetDateTime) -> f64 {
    (moment - OffsetDateTime::now_utc()).as_seconds_f64()
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
    let Kind::RateLimited { until: Some(until) } = fault.kind else {
        panic!("{fault:?}");
    };
    assert!((35.0..=40.0).contains(&ahead(until)), "{until}");
}

/// Whoever says when it is back is not asked before; Airbyte's runtime would ask in vain. A manifest that names its own
/// pause is followed, and nobody waits for hours.
#[tokio::test]
async fn a_service_that_is_down_is_left_alone_until_the_time_it_names() {
    let told = r#"status: 503, headers: {retry-after: "120"}, json: {}"#;
    assert_waits("", told, 118.0..=120.0).await;
    let constant = "{type: ConstantBackoffStrategy, backoff_time_in_seconds: 5}";
    assert_waits(constant, told, exactly(6.0)).await;
    let long = r#"status: 503, headers: {retry-after: "7200"}, json: {}"#;
    assert_waits("", long, exactly(1.0)).await;
}

#[tokio::test]
async fn a_read_without_patience_is_told_the_time_that_a_service_names() {
    for (seconds, near) in [("120", 110.0..=120.0), ("7200", 7190.0..=7200.0)] {
        let told = format!(r#"status: 503, headers: {{retry-after: "{seconds}"}}, json: {{}}"#);
        let (kind, pause) = impatient("max_retries: 3", &told).await;
        assert!(pause.is_some_and(|pause| near.contains(&pause)), "{kind:?}");
    }
    // A pause that only the manifest wants says nothing of the service.
    let own = "backoff_strategies: [{type: ConstantBackoffStrategy, backoff_time_in_seconds: 60}]";
    assert_eq!(impatient(own, DOWN).await, (Kind::Upstream, None));
}

/// GitHub refuses with 403, Shopify with 430, GraphQL inside of an answer that is a success.
#[tokio::test]
async fn what_the_manifest_takes_for_a_rate_limit_is_one_whatever_its_status() {
    let rules = r#"response_filters: [{type: HttpResponseFilter, predicate: "{{ response.get('busy') }}", action: RATE_LIMITED}],
          backoff_strategies: [{type: ConstantBackoffStrategy, backoff_time_in_seconds: 60}]"#;
    for status in [200, 403, 430] {
        let told = format!("status: {status}, json: {{busy: true}}");
        let (kind, pause) = impatient(rules, &told).await;
        assert!(
            pause.is_some_and(|pause| (55.0..=61.0).contains(&pause)),
            "{status}: {kind:?}"
        );
    }
    let refused = impatient(rules, "status: 403, json: {}").await;
    assert_eq!(refused, (Kind::Forbidden, None));
}

/// Each refusal closes the line for longer than the service says itself. Whoever gives up is told until when, and whoever comes
/// too early waits there instead of giving up unasked.
#[tokio::test]
async fn who_gives_up_is_told_when_to_come_back_and_nobody_gives_up_unasked() {
    let server = saying(r#"status: 429, headers: {retry-after: "1"}, json: {}"#).await;
    let folder = tempfile::tempdir().unwrap();
    let manifest = manifest("max_retries: 5");
    let mut cx = ours::context(&folder);
    cx.limits.patience = Some(Duration::from_millis(1500));
    let first = Box::pin(read(&manifest, &server.base, &[], &cx)).await;
    let fault = first.result.unwrap_err();
    let Kind::RateLimited { until: Some(until) } = fault.kind else {
        panic!("{fault:?}");
    };
    let left = ahead(until);
    assert!((1.5..=2.0).contains(&left), "{left} s");
    assert_eq!(server.requests().len(), 2);

    cx.limits.patience = Some(Duration::from_millis(500));
    let second = Box::pin(read(&manifest, &server.base, &[], &cx)).await;
    second.result.unwrap_err();
    assert_eq!(server.requests().len(), 3, "it has asked");
}
