//! What a requester asks of its connections: how long making one may take, and that silent ones are probed.

use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use serde_json::json;
use sync::connector::Connector;
use sync::declarative::Manifest;
use sync::fault::{Fault, Kind};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::ours;

/// A check of one stream, without a second try.
async fn check(base: &str, settings: &str) -> Result<(), Fault> {
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
      requester:
        {{type: HttpRequester, url_base: "{base}", path: /rows, error_handler: {{type: DefaultErrorHandler, max_retries: 0}}{settings}}}
      record_selector: {{type: RecordSelector, extractor: {{type: DpathExtractor, field_path: []}}}}
    schema_loader: {{type: InlineSchemaLoader, schema: {{type: object, properties: {{}}}}}}
spec: {{type: Spec, connection_specification: {{type: object}}}}
"#
    );
    let connector = Connector::Declarative(Manifest::parse(&manifest).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (steps, _) = mpsc::channel(64);
    Box::pin(connector.check(&json!({}), &ours::context(&folder), steps)).await
}

/// A server that takes connections and never greets.
async fn mute() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            held.push(listener.accept().await.unwrap());
        }
    });
    base
}

/// How long the try took that had to fail.
async fn given_up_after(base: &str, settings: &str) -> Duration {
    let begun = Instant::now();
    let fault = check(base, settings).await.unwrap_err();
    assert_eq!(fault.kind, Kind::Timeout, "{fault:?}");
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connecting_takes_as_long_as_the_manifest_allows() {
    let base = mute().await;
    let (usual, short, long, both) = tokio::join!(
        given_up_after(&base, ""),
        given_up_after(&base, ", connect_timeout_in_seconds: 0.3"),
        given_up_after(&base, ", connect_timeout_in_seconds: 8"),
        given_up_after(
            &base,
            ", connect_timeout_in_seconds: 8, read_timeout_in_seconds: 0.1"
        ),
    );
    let seconds = Duration::from_secs;
    assert!(short < seconds(4), "{short:?}");
    assert!((seconds(5)..seconds(8)).contains(&usual), "{usual:?}");
    assert!(long >= seconds(8), "{long:?}");
    assert!(
        both >= seconds(8),
        "silence begins when connected: {both:?}"
    );
}

#[tokio::test]
async fn no_time_at_all_for_connecting_is_refused() {
    for seconds in ["0", "-1", "soon"] {
        let setting = format!(", connect_timeout_in_seconds: {seconds}");
        let fault = check("https://example.com", &setting).await.unwrap_err();
        assert_eq!(fault.kind, Kind::Config, "{fault:?}");
        let text = fault.to_string();
        assert!(text.contains("connect_timeout_in_seconds"), "{text}");
    }
}

/// When the system will probe a silent connection, as it tells in its table of connections: the fields are the number, both
/// ends, the state, the queues, and the timer (2 is the one for probes) with its hundredths of a second.
fn probed_in(client: SocketAddr, server: SocketAddr) -> Option<Duration> {
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let (client, server) = (
        format!(":{:04X}", client.port()),
        format!(":{:04X}", server.port()),
    );
    let mut lines = table.lines().map(|line| line.split_whitespace().collect());
    let line: Vec<&str> = lines.find(|line: &Vec<&str>| {
        line.len() > 5 && line[1].ends_with(&client) && line[2].ends_with(&server)
    })?;
    let hundredths = line[5].strip_prefix("02:")?;
    let hundredths = u64::from_str_radix(hundredths, 16).unwrap();
    Some(Duration::from_millis(hundredths * 10))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections_are_probed_after_a_minute_where_the_manifest_asks() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    let (told, mut timers) = mpsc::unbounded_channel();
    let rows = async move |ConnectInfo(client): ConnectInfo<SocketAddr>| {
        told.send(probed_in(client, here)).unwrap();
        axum::Json(json!([{"id": 1}]))
    };
    let app = Router::new().route("/rows", get(rows));
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let base = format!("http://{here}");
    let minute = Duration::from_secs(50)..=Duration::from_mins(1);

    check(&base, ", use_tcp_keepalive: true").await.unwrap();
    let timer = timers.recv().await.unwrap();
    assert!(timer.is_some_and(|in_| minute.contains(&in_)), "{timer:?}");
    check(&base, "").await.unwrap();
    let timer = timers.recv().await.unwrap();
    assert!(timer.is_none_or(|in_| !minute.contains(&in_)), "{timer:?}");
}
