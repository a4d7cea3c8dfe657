//! Credentials that end: while a request waits in line, or after so many requests. None goes out with those that are over,
//! and none is asked for without need.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::{Json, Router, routing};
use serde_json::{Value, json};
use sync::declarative::Manifest;
use tokio::net::TcpListener;

use super::ours;
use super::reading::read;
use super::script::Script;
use super::server::Server;

/// The service lets a token live a little longer than the second that it tells of: a request takes time.
const LIFE: Duration = Duration::from_millis(1300);

/// Its tokens are the moments at which they were given, by their place here.
#[derive(Clone, Default)]
struct Harbour {
    given: Arc<Mutex<Vec<Instant>>>,
    refused: Arc<Mutex<usize>>,
}

async fn sign_in(State(harbour): State<Harbour>) -> Json<Value> {
    let mut given = harbour.given.lock().unwrap();
    given.push(Instant::now());
    Json(json!({"access_token": (given.len() - 1).to_string(), "expires_in": 1}))
}

async fn rows(
    State(harbour): State<Harbour>,
    headers: HeaderMap,
) -> Result<Json<Value>, StatusCode> {
    let shown = headers.get(header::AUTHORIZATION);
    let shown = shown.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let at: usize = shown.and_then(|token| token.parse().ok()).unwrap();
    let age = harbour.given.lock().unwrap()[at].elapsed();
    if age > LIFE {
        *harbour.refused.lock().unwrap() += 1;
        return Err(StatusCode::UNAUTHORIZED);
    }
    Ok(Json(json!([{"id": at}])))
}

const IN_LINE: &str = r#"
version: 6.0.0
type: DeclarativeSource
check: {type: CheckStream, stream_names: [rows]}
concurrency_level: {type: ConcurrencyLevel, default_concurrency: 6}
api_budget:
  type: HTTPAPIBudget
  policies:
    - {type: MovingWindowCallRatePolicy, matchers: [], rates: [{type: Rate, limit: 1, interval: PT0.4S}]}
streams:
  - type: DeclarativeStream
    name: rows
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: "{{ config['base_url'] }}"
        path: /rows
        authenticator:
          type: OAuthAuthenticator
          token_refresh_endpoint: "{{ config['base_url'] }}/token"
          client_id: a
          client_secret: b
          refresh_token: c
      record_selector: {type: RecordSelector, extractor: {type: DpathExtractor, field_path: []}}
      partition_router: {type: ListPartitionRouter, cursor_field: part, values: ["1", "2", "3", "4", "5", "6"]}
    schema_loader: {type: InlineSchemaLoader, schema: {type: object, properties: {}}}
spec: {type: Spec, connection_specification: {type: object}}
"#;

/// All six stand in line at once, and the last of them for two seconds.
#[tokio::test]
async fn a_token_that_ends_in_line_is_not_sent() {
    let harbour = Harbour::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/token", routing::post(sign_in))
        .route("/rows", routing::get(rows))
        .with_state(harbour.clone());
    let server = axum::serve(listener, router);
    let server = tokio::spawn(async move { server.await.unwrap() });
    let manifest = Manifest::parse(IN_LINE).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cx = ours::context(&folder);
    let read = Box::pin(read(&manifest, &base, &[], &cx)).await;
    server.abort();
    assert_eq!(read.result, Ok(()));
    assert_eq!(read.rows.len(), 6);
    assert_eq!(*harbour.refused.lock().unwrap(), 0);
    assert!(harbour.given.lock().unwrap().len() >= 2);
}

/// A key that the service ends after ten requests, whatever it was said to live.
const IN_THE_ADDRESS: &str = r#"
version: 6.0.0
type: DeclarativeSource
check: {type: CheckStream, stream_names: [rows]}
concurrency_level: {type: ConcurrencyLevel, default_concurrency: 1}
streams:
  - type: DeclarativeStream
    name: rows
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: "{{ config['base_url'] }}"
        path: /rows
        authenticator:
          type: SessionTokenAuthenticator
          login_requester: {type: HttpRequester, url_base: "{{ config['base_url'] }}", path: /login, http_method: POST}
          session_token_path: [key]
          expiration_duration: PT1H
          request_authentication:
            type: ApiKey
            inject_into: {type: RequestOption, inject_into: request_parameter, field_name: key}
        error_handler:
          type: DefaultErrorHandler
          response_filters: [{type: HttpResponseFilter, http_codes: [401], action: REFRESH_TOKEN_THEN_RETRY}]
      record_selector: {type: RecordSelector, extractor: {type: DpathExtractor, field_path: []}}
      partition_router:
        type: ListPartitionRouter
        cursor_field: part
        values: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]
    schema_loader: {type: InlineSchemaLoader, schema: {type: object, properties: {}}}
spec: {type: Spec, connection_specification: {type: object}}
"#;

#[tokio::test]
async fn a_key_in_the_address_that_is_over_is_replaced_there() {
    let service = r"
about: Ends a key after ten requests.
routes:
  - {method: POST, path: /login, times: 1, json: {key: first}}
  - {method: POST, path: /login, times: 1, json: {key: second}}
  - {path: /rows, when: {query.key: first}, times: 10, json: [{id: 1}]}
  - {path: /rows, when: {query.key: second}, json: [{id: 2}]}
  - {path: /rows, status: 401, json: {error: The key is over.}}
";
    let script: Script = serde_saphyr::from_str(service).unwrap();
    let server = Server::start(Arc::new(script)).await;
    let folder = tempfile::tempdir().unwrap();
    let cx = ours::context(&folder);
    let manifest = Manifest::parse(IN_THE_ADDRESS).unwrap();
    let read = Box::pin(read(&manifest, &server.base, &[], &cx)).await;
    assert_eq!(read.result, Ok(()));
    assert_eq!(read.ids(), [vec![1; 10], vec![2; 2]].concat());
    // Twelve answers, one refusal, and signing in twice.
    assert_eq!(server.requests().len(), 15);
}

/// Each request signs in, so that signing in tells how often requests are made: what a session is good for is over at once.
fn in_line_for(interval: &str, parts: &str) -> Manifest {
    let text = format!(
        r#"
version: 6.0.0
type: DeclarativeSource
check: {{type: CheckStream, stream_names: [rows]}}
concurrency_level: {{type: ConcurrencyLevel, default_concurrency: 3}}
api_budget:
  type: HTTPAPIBudget
  policies:
    - type: MovingWindowCallRatePolicy
      matchers: [{{type: HttpRequestRegexMatcher, url_path_pattern: /rows}}]
      rates: [{{type: Rate, limit: 1, interval: {interval}}}]
streams:
  - type: DeclarativeStream
    name: rows
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: "{{{{ config['base_url'] }}}}"
        path: /rows
        authenticator:
          type: SessionTokenAuthenticator
          login_requester: {{type: HttpRequester, url_base: "{{{{ config['base_url'] }}}}", path: /login, http_method: POST}}
          session_token_path: [key]
          expiration_duration: PT0S
          request_authentication: {{type: Bearer}}
      record_selector: {{type: RecordSelector, extractor: {{type: DpathExtractor, field_path: []}}}}
      partition_router: {{type: ListPartitionRouter, cursor_field: part, values: {parts}}}
    schema_loader: {{type: InlineSchemaLoader, schema: {{type: object, properties: {{}}}}}}
spec: {{type: Spec, connection_specification: {{type: object}}}}
"#
    );
    Manifest::parse(&text).unwrap()
}

/// Reads the rows of a service, and counts what was sent to this path.
async fn asked(manifest: &Manifest, service: &str, path: &str) -> usize {
    let script: Script = serde_saphyr::from_str(service).unwrap();
    let server = Server::start(Arc::new(script)).await;
    let folder = tempfile::tempdir().unwrap();
    let cx = ours::context(&folder);
    let read = Box::pin(read(manifest, &server.base, &[], &cx)).await;
    assert_eq!(read.result, Ok(()));
    let requests = server.requests();
    requests.iter().filter(|sent| sent.path == path).count()
}

#[tokio::test]
async fn a_request_is_made_anew_only_after_a_wait_that_matters() {
    let service = r#"
about: Signs in whoever comes.
routes:
  - {method: POST, path: /login, json: {key: "key-{count}"}}
  - {path: /rows, json: [{id: 1}]}
"#;
    let short = in_line_for("PT0.05S", r#"["1", "2", "3"]"#);
    assert_eq!(asked(&short, service, "/login").await, 3);
    let long = in_line_for("PT1.5S", r#"["1", "2"]"#);
    assert_eq!(asked(&long, service, "/login").await, 3);
}

const ROTATING: &str = r#"
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
        authenticator:
          type: OAuthAuthenticator
          token_refresh_endpoint: "{{ config['base_url'] }}/token"
          client_id: a
          client_secret: b
          refresh_token: c
          refresh_token_updater:
            access_token_config_path: [access_token]
            refresh_token_config_path: [refresh_token]
            token_expiry_date_config_path: [until]
      record_selector: {type: RecordSelector, extractor: {type: DpathExtractor, field_path: []}}
      partition_router: {type: ListPartitionRouter, cursor_field: part, values: ["1", "2", "3"]}
    schema_loader: {type: InlineSchemaLoader, schema: {type: object, properties: {}}}
spec: {type: Spec, connection_specification: {type: object}}
"#;

#[tokio::test]
async fn a_token_that_is_over_when_it_comes_costs_no_refresh_token_for_each_request() {
    let manifest = Manifest::parse(ROTATING).unwrap();
    for life in ["0", "-30"] {
        let service = format!(
            r#"
about: Gives a refresh token with each access token, and a life that says nothing.
routes:
  - {{method: POST, path: /token, json: {{access_token: "access-{{count}}", refresh_token: "renew-{{count}}", expires_in: {life}}}}}
  - {{path: /rows, when: {{header.authorization: Bearer access-1}}, json: [{{id: 1}}]}}
"#
        );
        assert_eq!(asked(&manifest, &service, "/token").await, 1, "{life}");
    }
}
