//! What a server may do wrong once, and what it is told about who asks.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::VecDeque;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};
use std::time::{Duration, Instant};

use airbyte::{Auth, BaseUrl, Client, Error, Health, Server};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use uuid::Uuid;

/// Seconds that a token lives. It is renewed when a fifth of that is left.
const LIFETIME: u64 = 2;

/// What happens to the next call.
#[derive(Clone, Copy)]
enum Answer {
    Status(u16),
    /// The same with a Retry-After.
    Busy(u16, &'static str),
    Half,
}

#[derive(Default)]
struct Seen {
    script: Mutex<VecDeque<Answer>>,
    authorisations: Mutex<Vec<String>>,
    tokens: AtomicUsize,
    /// What is answered in place of the next tokens.
    no_tokens: Mutex<VecDeque<u16>>,
    /// So many answers with a token break off.
    half_tokens: AtomicUsize,
}

type Shared = State<Arc<Seen>>;

async fn list(State(seen): Shared, headers: HeaderMap) -> Response {
    let shown = headers.get(header::AUTHORIZATION);
    let shown = shown.map_or("", |value| value.to_str().unwrap());
    seen.authorisations.lock().unwrap().push(shown.to_owned());
    let whole =
        json!({"data": [{"workspaceId": Uuid::nil(), "name": "a"}], "next": "", "previous": ""});
    let status = |code: u16| StatusCode::from_u16(code).unwrap();
    match seen.script.lock().unwrap().pop_front() {
        None => Json(whole).into_response(),
        Some(Answer::Status(code)) => status(code).into_response(),
        Some(Answer::Busy(code, wait)) => (status(code), [("retry-after", wait)]).into_response(),
        Some(Answer::Half) => half(&whole),
    }
}

fn half(whole: &Value) -> Response {
    let half = Bytes::from(whole.to_string()[..20].to_owned());
    let pieces = [Ok(half), Err(std::io::Error::other("the line is cut"))];
    Body::from_stream(futures::stream::iter(pieces)).into_response()
}

async fn token(State(seen): Shared) -> Response {
    let n = seen.tokens.fetch_add(1, Ordering::SeqCst);
    if let Some(code) = seen.no_tokens.lock().unwrap().pop_front() {
        return StatusCode::from_u16(code).unwrap().into_response();
    }
    let whole =
        json!({"access_token": format!("t{n}"), "token_type": "Bearer", "expires_in": LIFETIME});
    if n < seen.half_tokens.load(Ordering::SeqCst) {
        return half(&whole);
    }
    Json(whole).into_response()
}

async fn start(auth: Auth, script: &[Answer]) -> (Client, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    seen.script.lock().unwrap().extend(script);
    let app = Router::new()
        .route("/v1/workspaces", get(list))
        .route("/v1/applications/token", post(token))
        .with_state(Arc::clone(&seen));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let base = BaseUrl::parse(&at).unwrap();
    (Client::connect(base, auth, Server::Platform).unwrap(), seen)
}

impl Seen {
    fn calls(&self) -> usize {
        self.authorisations.lock().unwrap().len()
    }
}

#[tokio::test]
async fn what_may_pass_is_asked_again() {
    for code in [408, 502, 503, 504] {
        let (client, seen) = start(Auth::None, &[Answer::Status(code)]).await;
        assert_eq!(client.workspaces().await.unwrap().len(), 1, "{code}");
        assert_eq!(seen.calls(), 2, "{code}");
    }
    let (client, seen) = start(Auth::None, &[Answer::Half, Answer::Half]).await;
    assert_eq!(client.workspaces().await.unwrap().len(), 1);
    assert_eq!(seen.calls(), 3);
}

#[tokio::test]
async fn what_will_not_pass_is_asked_once() {
    for code in [400, 403, 404, 500, 501] {
        let (client, seen) = start(Auth::None, &[Answer::Status(code)]).await;
        client.workspaces().await.unwrap_err();
        assert_eq!(seen.calls(), 1, "{code}");
    }
}

#[tokio::test]
async fn the_time_a_server_names_is_kept() {
    for answer in [Answer::Busy(503, "1"), Answer::Busy(429, "1")] {
        let (client, seen) = start(Auth::None, &[answer]).await;
        let asked = Instant::now();
        client.workspaces().await.unwrap();
        assert!(asked.elapsed() >= Duration::from_secs(1));
        assert_eq!(seen.calls(), 2);
    }
    let soon = (time::OffsetDateTime::now_utc() + Duration::from_secs(3))
        .format(&time::format_description::well_known::Rfc2822)
        .unwrap();
    let (client, _) = start(Auth::None, &[Answer::Busy(429, soon.leak())]).await;
    let asked = Instant::now();
    client.workspaces().await.unwrap();
    assert!(asked.elapsed() >= Duration::from_secs(1));
    // Whoever sheds load names none, and is left alone for seconds.
    let (client, _) = start(Auth::None, &[Answer::Status(429)]).await;
    let asked = Instant::now();
    client.workspaces().await.unwrap();
    assert!(asked.elapsed() >= Duration::from_secs(5));
    // Too long to wait for: whoever asked decides.
    let (client, seen) = start(Auth::None, &[Answer::Busy(503, "3600")]).await;
    let error = client.workspaces().await.unwrap_err();
    assert!(
        matches!(error, Error::Upstream { retry_after: Some(wait), .. } if wait.as_secs() == 3600)
    );
    assert_eq!(seen.calls(), 1);
}

#[tokio::test]
async fn each_kind_of_credentials_is_shown_as_airbyte_wants_it() {
    let basic = Auth::Basic {
        username: "airbyte".to_owned(),
        password: "pass:word".to_owned().into(),
    };
    let (client, seen) = start(basic, &[]).await;
    client.workspaces().await.unwrap();
    // base64 of `airbyte:pass:word`.
    let shown = seen.authorisations.lock().unwrap().clone();
    assert_eq!(shown, ["Basic YWlyYnl0ZTpwYXNzOndvcmQ="]);

    let (client, seen) = start(Auth::Bearer("key-1".to_owned().into()), &[]).await;
    client.workspaces().await.unwrap();
    let shown = seen.authorisations.lock().unwrap().clone();
    assert_eq!(shown, ["Bearer key-1"]);
}

fn application() -> Auth {
    Auth::Application {
        client_id: "id".to_owned(),
        client_secret: "secret".to_owned().into(),
    }
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_never_refused() {
    let (client, seen) = start(application(), &[]).await;
    // Fresh, about to end, and long over by the next look.
    for pause in [0, 1700, 2100] {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        client.workspaces().await.unwrap();
    }
    let shown = seen.authorisations.lock().unwrap().clone();
    assert_eq!(shown, ["Bearer t0", "Bearer t1", "Bearer t2"]);
}

#[tokio::test]
async fn a_token_that_still_counts_is_kept() {
    let (client, seen) = start(application(), &[]).await;
    for _ in 0..3 {
        client.workspaces().await.unwrap();
    }
    assert_eq!(seen.tokens.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn half_a_token_is_asked_for_again() {
    let (client, seen) = start(application(), &[]).await;
    seen.half_tokens.store(2, Ordering::SeqCst);
    client.workspaces().await.unwrap();
    let shown = seen.authorisations.lock().unwrap().clone();
    assert_eq!(shown, ["Bearer t2"]);
}

/// Several call at once and have no token: what each of them is told.
async fn all_at_once(client: &Client) -> Vec<Error> {
    let calls = (0..5).map(|_| client.workspaces());
    let told = futures::future::join_all(calls).await;
    told.into_iter().map(Result::unwrap_err).collect()
}

#[tokio::test]
async fn whoever_waits_for_a_token_takes_what_the_one_attempt_comes_to() {
    let (client, seen) = start(application(), &[]).await;
    // As often as one attempt tries.
    *seen.no_tokens.lock().unwrap() = VecDeque::from([503; 4]);
    for error in all_at_once(&client).await {
        assert!(error.is_transient(), "{error:?}");
    }
    assert_eq!(seen.tokens.load(Ordering::SeqCst), 4, "no tries of tries");
    assert_eq!(seen.calls(), 0, "nothing is sent without a token");
    assert_eq!(client.condition(), Health::Failing(1), "it failed once");

    // A failure is told to nobody who comes later.
    client.workspaces().await.unwrap();
    assert_eq!(seen.tokens.load(Ordering::SeqCst), 5);
    assert_eq!(client.condition(), Health::Good);
}

#[tokio::test]
async fn refused_credentials_are_told_to_all_who_waited() {
    let (client, seen) = start(application(), &[]).await;
    *seen.no_tokens.lock().unwrap() = VecDeque::from([401]);
    for error in all_at_once(&client).await {
        assert!(matches!(error, Error::Credentials { .. }), "{error:?}");
    }
    assert_eq!(seen.tokens.load(Ordering::SeqCst), 1);
}
