//! A stand-in for Airbyte's platform: the public API of a second hub's engine, which keeps state and moves rows, with the
//! Config API in front of it, translated to the engine's own calls.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{any, post},
};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::prism::Prism;
use crate::harness::{Hub, Setting};

/// The stand-in; ends with it.
pub struct Platform {
    pub url: String,
    pub client_id: String,
    pub client_secret: String,
    engine: String,
    prism: Prism,
    _hub: Hub,
    _runtime: Runtime,
}

struct Behind {
    http: Client,
    /// Base of the engine's API.
    engine: String,
    /// The same, behind a proxy that knows Airbyte's description.
    described: String,
    /// A token for all workspaces, for what the stand-in asks on its own.
    token: String,
    manner: Manner,
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
    /// Its licence allows the workspace that is there.
    OneWorkspace,
}

/// A connector that no catalogue knows but this platform's own: PostgreSQL in disguise.
const HARBOUR: &str = "0a4b0a4b-1c2d-4e3f-8a9b-0c1d2e3f4a5b";

/// What the engine is asked about it.
fn undisguised(body: &str) -> String {
    body.replace(HARBOUR, super::client::POSTGRES_SOURCE)
}

type Shared = State<Arc<Behind>>;

impl Platform {
    pub fn start() -> Self {
        Self::of(Hub::start(), Manner::Usual)
    }

    /// One that knows a provider where people sign in for databases.
    pub fn signing_in(settings: &[Setting]) -> Self {
        Self::of(Hub::start_with(settings), Manner::SignsIn)
    }

    /// One whose account may not list what it runs.
    pub fn keeping_its_list() -> Self {
        Self::of(Hub::start(), Manner::ListsNothing)
    }

    /// One whose licence allows no further workspace.
    pub fn with_one_workspace() -> Self {
        Self::of(Hub::start(), Manner::OneWorkspace)
    }

    /// Registers a client at that provider, for all its workspaces.
    pub fn register(&self, (id, secret): (&str, &str)) {
        let body = json!({
            "actorType": "source", "name": "postgres",
            "configuration": { "credentials": { "client_id": id, "client_secret": secret } },
        });
        let organization = uuid::Uuid::nil();
        let answer = self.blocking(
            &format!("organizations/{organization}/oauthCredentials"),
            |http, url| http.put(url).bearer_auth(self.token()).json(&body),
        );
        assert!(answer.0.is_success(), "{answer:?}");
    }

    /// A token for all its workspaces.
    pub fn token(&self) -> String {
        token(&self.engine, &self.client_id, &self.client_secret)
    }

    /// Names of its workspaces.
    pub fn workspaces(&self) -> Vec<String> {
        let token = self.token();
        let found = self
            .blocking("workspaces", |http, url| http.get(url).bearer_auth(token))
            .1;
        let all = found["data"].as_array().expect("a list").iter();
        all.map(|one| one["name"].as_str().expect("a name").to_owned())
            .collect()
    }

    fn blocking(
        &self,
        path: &str,
        ask: impl FnOnce(&reqwest::blocking::Client, String) -> reqwest::blocking::RequestBuilder,
    ) -> (StatusCode, Value) {
        let http = crate::harness::client();
        let answer = ask(&http, format!("{}/{path}", self.engine));
        let answer = answer.send().expect("the engine answers");
        (answer.status(), answer.json().unwrap_or(Value::Null))
    }

    /// Its public list of connectors.
    pub fn registry(&self) -> String {
        format!("{}/registry.json", self.url)
    }

    fn of(hub: Hub, manner: Manner) -> Self {
        let credentials: Value =
            serde_json::from_str(&hub.ok(&["engine", "credentials"])).expect("JSON");
        let text = |name: &str| credentials[name].as_str().expect("a text").to_owned();
        let prism = Prism::before(&hub.url);
        let runtime = Runtime::new().expect("a runtime");
        let behind = Arc::new(Behind {
            http: client(),
            engine: text("base_url"),
            described: prism.api(),
            token: token(
                &text("base_url"),
                &text("client_id"),
                &text("client_secret"),
            ),
            manner,
        });
        let url = runtime.block_on(serve(behind));
        Self {
            url,
            client_id: text("client_id"),
            client_secret: text("client_secret"),
            engine: text("base_url"),
            prism,
            _hub: hub,
            _runtime: runtime,
        }
    }

    /// What was asked of its public API, or answered, in another way than Airbyte describes.
    pub fn violations(&self) -> Vec<String> {
        self.prism.violations()
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

async fn serve(behind: Arc<Behind>) -> String {
    let app = Router::new()
        .route("/api/public/v1/{*path}", any(public))
        .route(
            "/api/v1/source_definitions/list_for_workspace",
            post(definitions),
        )
        .route(
            "/api/v1/source_definition_specifications/get",
            post(specification),
        )
        .route("/registry.json", axum::routing::get(registry))
        .route("/api/v1/scheduler/sources/check_connection", post(check))
        .route(
            "/api/v1/sources/check_connection_for_update",
            post(check_changes),
        )
        .route("/api/v1/sources/discover_schema", post(discover))
        .route("/api/v1/jobs/get_without_logs", post(job))
        .with_state(behind);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
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
    let query = uri
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
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
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        answer.bytes().await.expect("a body"),
    )
        .into_response()
}

/// One call of the engine's own; `Err` is its error, to be passed on.
async fn own(
    behind: &Behind,
    headers: &HeaderMap,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<String, Response> {
    let mut request = behind
        .http
        .request(method, format!("{}/x/{path}", behind.engine));
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        request = request.header(header::AUTHORIZATION, value);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await.expect("the engine answers");
    let status = answer.status();
    let text = answer.text().await.expect("a body");
    if status.is_success() {
        Ok(text)
    } else {
        Err((status, text).into_response())
    }
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

async fn definitions(State(behind): Shared, headers: HeaderMap) -> Result<String, Response> {
    if behind.manner == Manner::ListsNothing {
        return Err(forbidden());
    }
    let text = own(&behind, &headers, Method::GET, "definitions", None).await?;
    let mut found: Vec<Value> = read(&text)
        .as_array()
        .expect("a list")
        .iter()
        .map(|found| json!({ "sourceDefinitionId": found["definitionId"], "name": found["name"] }))
        .collect();
    found.push(json!({
        "sourceDefinitionId": HARBOUR, "name": "Harbour Register",
        "dockerRepository": "harbour/source-harbour-register", "dockerImageTag": "0.3.1",
    }));
    Ok(json!({ "sourceDefinitions": found }).to_string())
}

fn forbidden() -> Response {
    (StatusCode::FORBIDDEN, r#"{"message":"Forbidden"}"#).into_response()
}

/// Airbyte's public list of connectors, as long as the engine's own.
async fn registry(State(behind): Shared, headers: HeaderMap) -> Result<String, Response> {
    assert!(
        !headers.contains_key(header::AUTHORIZATION),
        "the list is somebody else's: it must not see the deployment's credentials"
    );
    let id = super::client::POSTGRES_SOURCE;
    let path = format!("definitions/{id}/spec");
    let text = own(&behind, &behind.own_headers(), Method::GET, &path, None).await?;
    let spec = read(&text);
    Ok(json!({ "sources": [
        { "sourceDefinitionId": "11111111-2222-4333-8444-555555555555", "name": "Without a specification" },
        { "sourceDefinitionId": id, "name": "Postgres", "dockerRepository": "airbyte/source-postgres", "spec": {
            "connectionSpecification": spec["connectionSpecification"], "supportsIncremental": true,
        } },
    ] })
    .to_string())
}

async fn specification(
    State(behind): Shared,
    headers: HeaderMap,
    body: String,
) -> Result<String, Response> {
    if behind.manner == Manner::ListsNothing {
        return Err(forbidden());
    }
    let id = read(&undisguised(&body))["sourceDefinitionId"]
        .as_str()
        .expect("an id")
        .to_owned();
    let path = format!("definitions/{id}/spec");
    let text = own(&behind, &headers, Method::GET, &path, None).await?;
    let mut spec = read(&text);
    if behind.manner == Manner::SignsIn {
        spec["advancedAuth"] = json!({
            "authFlowType": "oauth2.0",
            "oauthConfigSpecification": { "completeOAuthOutputSpecification": { "properties": {
                "access_token": { "path_in_connector_config": ["password"] },
            } } },
        });
        spec["advancedAuthGlobalCredentialsAvailable"] = json!(true);
    }
    Ok(spec.to_string())
}

async fn check(
    State(behind): Shared,
    headers: HeaderMap,
    body: String,
) -> Result<String, Response> {
    let asked = read(&undisguised(&body));
    let wanted = json!({
        "definitionId": asked["sourceDefinitionId"], "workspaceId": asked["workspaceId"],
        "configuration": asked["connectionConfiguration"],
    });
    checked(&behind, &headers, &wanted).await
}

/// A saved source with a whole configuration, masks in it.
async fn check_changes(
    State(behind): Shared,
    headers: HeaderMap,
    body: String,
) -> Result<String, Response> {
    let asked = read(&body);
    let id = asked["sourceId"].as_str().expect("an id");
    let mut request = behind.http.get(format!("{}/sources/{id}", behind.engine));
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        request = request.header(header::AUTHORIZATION, value);
    }
    let answer = request.send().await.expect("the engine answers");
    let source: Value = read(&answer.text().await.expect("a body"));
    let wanted = json!({
        "sourceId": id, "definitionId": source["definitionId"], "workspaceId": source["workspaceId"],
        "configuration": asked["connectionConfiguration"],
    });
    checked(&behind, &headers, &wanted).await
}

async fn checked(behind: &Behind, headers: &HeaderMap, wanted: &Value) -> Result<String, Response> {
    let lines = own(behind, headers, Method::POST, "check", Some(wanted)).await?;
    let result = lines
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(read)
        .find_map(|line| line.get("result").cloned())
        .expect("a check has a result");
    Ok(json!({
        "status": result["status"], "message": result["fault"]["message"], "jobInfo": { "succeeded": true },
    })
    .to_string())
}

async fn discover(
    State(behind): Shared,
    headers: HeaderMap,
    body: String,
) -> Result<String, Response> {
    let wanted = json!({ "sourceId": read(&body)["sourceId"], "ignoreCache": true });
    let text = own(&behind, &headers, Method::POST, "discover", Some(&wanted)).await?;
    let streams: Vec<Value> = read(&text)["catalog"]["streams"]
        .as_array()
        .expect("streams")
        .iter()
        .map(|stream| {
            json!({ "config": {}, "stream": {
                "name": stream["name"], "namespace": stream["namespace"], "jsonSchema": stream["json_schema"],
                "supportedSyncModes": stream["supported_sync_modes"],
                "sourceDefinedCursor": stream["source_defined_cursor"],
                "defaultCursorField": stream["default_cursor_field"],
                "sourceDefinedPrimaryKey": stream["source_defined_primary_key"],
            } })
        })
        .collect();
    Ok(json!({ "catalog": { "streams": streams }, "jobInfo": { "succeeded": true } }).to_string())
}

async fn job(State(behind): Shared, headers: HeaderMap, body: String) -> Result<String, Response> {
    let id = read(&body)["id"].as_i64().expect("an id");
    let text = own(&behind, &headers, Method::GET, &format!("jobs/{id}"), None).await?;
    let job = read(&text);
    let stats: Vec<Value> = job["streams"]
        .as_array()
        .expect("streams")
        .iter()
        .map(|stream| {
            json!({ "streamName": stream["name"], "streamNamespace": stream["namespace"], "stats": {
                "recordsEmitted": stream["recordsRead"], "recordsCommitted": stream["recordsWritten"],
                "bytesEmitted": stream["bytes"],
            } })
        })
        .collect();
    let failures: Vec<Value> = job["failure"]
        .as_object()
        .map(|failure| json!({ "failureOrigin": "source", "failureType": "config_error", "externalMessage": failure["message"] }))
        .into_iter()
        .collect();
    Ok(json!({ "attempts": [{ "attempt": {
        "status": job["status"], "createdAt": 1_767_225_600, "streamStats": stats,
        "failureSummary": { "failures": failures },
    } }] })
    .to_string())
}
