//! A stand-in for Airbyte's platform: the public API of a second hub's engine, which keeps state and moves rows, with the
//! Config API in front of it, translated to the engine's own calls.

mod config_api;
mod door;
mod hands;
mod pretence;
mod script;
mod wider;

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    middleware,
    response::{IntoResponse, Response},
    routing::any,
};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

pub use door::{KEY, LOGIN};
use pretence::Pretence;
use script::Script;
pub use script::Trouble;
pub use wider::{ENCRYPTION, SCHEMA};

use super::prism::Prism;
use crate::harness::{Hub, Setting};

/// The stand-in; ends with it.
pub struct Platform {
    pub url: String,
    /// Its public list of connectors.
    registry: String,
    pub client_id: String,
    pub client_secret: String,
    engine: String,
    prism: Option<Prism>,
    script: Script,
    pretence: Pretence,
    _hub: Hub,
    _runtime: Runtime,
}

struct Behind {
    http: Client,
    /// Base of the engine's API.
    engine: String,
    /// The same, behind a proxy that knows Airbyte's description where one looks on.
    described: String,
    /// A token for all workspaces, for what the stand-in asks on its own.
    token: String,
    manner: Manner,
    pretence: Pretence,
}

impl Behind {
    fn own_headers(&self) -> HeaderMap {
        let token = format!("Bearer {}", self.token).parse();
        HeaderMap::from_iter([(header::AUTHORIZATION, token.expect("plain text"))])
    }
}

/// How it differs from a platform as it usually is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Usual,
    /// Its specifications say that signing in gives the password of a database.
    SignsIn,
    /// The account may neither list what it runs nor read what that asks for.
    ListsNothing,
    /// Its connectors take and read more than those of the hub.
    Wider,
    /// Its licence allows the workspace that is there.
    OneWorkspace,
    /// Nobody signs in at providers by it.
    SignsNobodyIn,
    /// As companies ran it with Docker Compose: a login, and its two APIs at ports of their own.
    Old,
    /// It wants a key that does not end.
    Key,
}

/// A connector that no catalogue knows but this platform's own: PostgreSQL in disguise.
const HARBOUR: &str = "0a4b0a4b-1c2d-4e3f-8a9b-0c1d2e3f4a5b";

/// What the engine is asked about it.
fn undisguised(body: &str) -> String {
    wider::narrowed(body).replace(HARBOUR, super::client::POSTGRES_SOURCE)
}

type Shared = State<Arc<Behind>>;

impl Platform {
    pub fn start() -> Self {
        Self::of(Hub::start(), Manner::Usual)
    }

    /// One whose calls are compared with Airbyte's description, which takes seconds.
    pub fn watched() -> Self {
        Self::watched_as(Manner::Usual)
    }

    pub fn with(settings: &[Setting]) -> Self {
        Self::of(Hub::start_with(settings), Manner::Usual)
    }

    /// One that knows a provider where people sign in for databases.
    pub fn signing_in(settings: &[Setting]) -> Self {
        Self::of(Hub::start_with(settings), Manner::SignsIn)
    }

    /// One whose account may not list what it runs.
    pub fn keeping_its_list() -> Self {
        Self::of(Hub::start(), Manner::ListsNothing)
    }

    /// One whose PostgreSQL knows what the hub's own does not.
    pub fn wider() -> Self {
        Self::of(Hub::start(), Manner::Wider)
    }

    /// One whose licence allows no further workspace.
    pub fn with_one_workspace() -> Self {
        Self::of(Hub::start(), Manner::OneWorkspace)
    }

    /// One that does not know what signing in at providers is, as those that companies run themselves.
    pub fn signing_nobody_in() -> Self {
        Self::of(Hub::start(), Manner::SignsNobodyIn)
    }

    /// An old one: `:8006/v1` and `:8000/api/v1`, both behind a login.
    pub fn old() -> Self {
        Self::watched_as(Manner::Old)
    }

    /// One that wants a key.
    pub fn wanting_a_key() -> Self {
        Self::watched_as(Manner::Key)
    }

    /// Where providers send people back to.
    pub fn callback(&self) -> String {
        format!("{}/oauth/callback", self.engine.trim_end_matches('/'))
    }

    /// Its public list of connectors.
    pub fn registry(&self) -> String {
        self.registry.clone()
    }

    fn of(hub: Hub, manner: Manner) -> Self {
        Self::behind(hub, None, manner)
    }

    fn watched_as(manner: Manner) -> Self {
        let hub = Hub::start();
        let prism = Prism::before(&hub.url);
        Self::behind(hub, Some(prism), manner)
    }

    fn behind(hub: Hub, prism: Option<Prism>, manner: Manner) -> Self {
        let credentials: Value =
            serde_json::from_str(&hub.ok(&["engine", "credentials"])).expect("JSON");
        let text = |name: &str| credentials[name].as_str().expect("a text").to_owned();
        let runtime = Runtime::new().expect("a runtime");
        let pretence = Pretence::default();
        let behind = Arc::new(Behind {
            http: client(),
            engine: text("base_url"),
            described: prism.as_ref().map_or_else(|| text("base_url"), Prism::api),
            token: token(
                &text("base_url"),
                &text("client_id"),
                &text("client_secret"),
            ),
            manner,
            pretence: pretence.clone(),
        });
        let script = Script::default();
        let (url, root) = runtime.block_on(serve(behind, script.clone()));
        Self {
            url,
            registry: format!("{root}/registry.json"),
            client_id: text("client_id"),
            client_secret: text("client_secret"),
            engine: text("base_url"),
            prism,
            script,
            pretence,
            _hub: hub,
            _runtime: runtime,
        }
    }

    /// The next calls like this one go wrong, so many times.
    pub fn trouble(&self, method: Method, path: &'static str, trouble: Trouble, times: usize) {
        self.script.order(method, path, trouble, times);
    }

    /// It answers nothing any more, until it relents.
    pub fn goes_down(&self) {
        self.script.down();
    }

    /// Everything is well again.
    pub fn relent(&self) {
        self.script.relent();
    }

    /// From now on new jobs are told to be in this state, whatever they are.
    pub fn pretends_of_jobs(&self, state: &'static str) {
        let before = self.all("jobs").into_iter();
        let but = before.filter_map(|job| job["jobId"].as_i64()).collect();
        self.pretence.begin(state, but);
    }

    pub fn tells_the_truth(&self) {
        self.pretence.end();
    }

    pub fn was_believed(&self) -> bool {
        self.pretence.was_told()
    }

    /// How many calls that were to go wrong have not come.
    pub fn troubles_left(&self) -> usize {
        self.script.left()
    }

    /// How many calls had this in their method and path.
    pub fn calls(&self, what: &str) -> usize {
        self.script.calls(what)
    }

    /// How many of them were there at the same time, at the most.
    pub fn at_once(&self, what: &str) -> usize {
        self.script.at_once(what)
    }

    /// What was asked of its public API, or answered, in another way than Airbyte describes.
    pub fn violations(&self) -> Vec<String> {
        let prism = self.prism.as_ref();
        prism.expect("it is watched").violations()
    }
}

fn token(engine: &str, id: &str, secret: &str) -> String {
    let body = json!({ "client_id": id, "client_secret": secret });
    let answer = crate::harness::client()
        .post(format!("{engine}/applications/token"))
        .json(&body)
        .send()
        .expect("the engine answers");
    let answer: Value = answer.json().expect("JSON");
    answer["access_token"].as_str().expect("a token").to_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "it asks the engine of a hub of this test"
)]
fn client() -> Client {
    Client::new()
}

/// Answers the address that an operator would write down, and the root of what is beside the public API.
async fn serve(behind: Arc<Behind>, script: Script) -> (String, String) {
    let dressed = |routes: Router<Arc<Behind>>| {
        let door = middleware::from_fn_with_state(Arc::clone(&behind), door::check);
        let script = middleware::from_fn_with_state(script.clone(), script::follow);
        let routes = routes.with_state(Arc::clone(&behind));
        routes.layer(door).layer(script)
    };
    if behind.manner == Manner::Old {
        let host = own_loopback();
        let api = Router::new().route("/v1/{*path}", any(public));
        listen(&format!("{host}:8006"), dressed(api)).await;
        let root = listen(&format!("{host}:8000"), dressed(config_api::routes())).await;
        return (format!("http://{host}:8006/v1"), root);
    }
    let api = Router::new().route("/api/public/v1/{*path}", any(public));
    let root = listen("127.0.0.1:0", dressed(api.merge(config_api::routes()))).await;
    (root.clone(), root)
}

async fn listen(at: &str, app: Router) -> String {
    let listener = tokio::net::TcpListener::bind(at).await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// An address of this machine that no other test's process has, for ports that are fixed.
fn own_loopback() -> String {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    format!("127.{}.{middle}.{low}", 100 + high % 100)
}

/// The public API, but nothing of the engine's own.
async fn public(
    State(behind): Shared,
    Path(path): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if path.starts_with("x/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    if behind.manner == Manner::OneWorkspace && method == Method::POST && path == "workspaces" {
        let problem = json!({
            "type": "error:license/entitlement", "title": "license-entitlement", "status": 403,
            "detail": "The licence does not include feature-multiple-workspaces.",
        });
        return (StatusCode::FORBIDDEN, problem.to_string()).into_response();
    }
    if behind.manner == Manner::Old
        && uri
            .query()
            .is_some_and(|query| query.contains("status=queued"))
    {
        let words = json!({ "message": "No enum constant JobStatusEnum.queued" });
        return (StatusCode::BAD_REQUEST, words.to_string()).into_response();
    }
    if behind.manner == Manner::SignsNobodyIn && path.ends_with("initiateOAuth") {
        return StatusCode::NOT_IMPLEMENTED.into_response();
    }
    let query = match behind.pretence.query(&uri) {
        query if query.is_empty() => query,
        query => format!("?{query}"),
    };
    let looks = method == Method::GET && path.starts_with("jobs");
    let mut request = behind
        .http
        .request(method, format!("{}/{path}{query}", behind.described))
        .body(match std::str::from_utf8(&body) {
            Ok(text) => Bytes::from(undisguised(text)),
            Err(_) => body,
        });
    for name in [header::AUTHORIZATION, header::CONTENT_TYPE] {
        if let Some(value) = headers.get(&name) {
            request = request.header(name, value);
        }
    }
    let answer = request.send().await.expect("the engine answers");
    let status = answer.status();
    let mut body = answer.bytes().await.expect("a body");
    if looks && let Ok(mut told) = serde_json::from_slice(&body) {
        behind.pretence.dress(&uri, &mut told);
        body = told.to_string().into();
    }
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, body).into_response()
}
