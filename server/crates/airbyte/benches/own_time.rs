//! What the client itself adds to a call: connecting and testing a source at a stand-in that answers at once, against the
//! same requests sent bare, in the same run. Prints medians; the goal is less than 20 ms a call.
//!
//! Calls are paced so that the client's own bucket, which spares a platform, has nothing to hold back.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on ends")]

use std::time::{Duration, Instant};

use airbyte::{Auth, BaseUrl, Client, Server, api::SourceCreate, extension::CheckRequest};
use axum::{Json, Router, routing::post};
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

/// Below the client's own limit of calls a second.
const PACE: Duration = Duration::from_millis(80);
const ROUNDS: usize = 100;

const CREATE: &str = "api/public/v1/sources";
const CHECK: &str = "api/v1/scheduler/sources/check_connection";

async fn stand_in() -> String {
    let token = json!({ "access_token": "t", "token_type": "Bearer", "expires_in": 900 });
    let made = json!({
        "sourceId": Uuid::nil(), "name": "Shop", "sourceType": "postgres", "definitionId": Uuid::nil(),
        "workspaceId": Uuid::nil(), "configuration": {}, "createdAt": 0,
    });
    let checked = json!({ "status": "succeeded", "jobInfo": { "succeeded": true } });
    let always = |answer: Value| post(move || async move { Json(answer) });
    let app = Router::new()
        .route("/api/public/v1/applications/token", always(token))
        .route(&format!("/{CREATE}"), always(made))
        .route(&format!("/{CHECK}"), always(checked));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// A configuration of the usual size.
fn configuration() -> Value {
    let fields = (0..20).map(|n| {
        (
            format!("setting_{n}"),
            Value::from("a value of some length"),
        )
    });
    Value::Object(fields.collect())
}

async fn timed(work: impl Future) -> Duration {
    tokio::time::sleep(PACE).await;
    let begun = Instant::now();
    work.await;
    begun.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn report(call: &str, mut bare: Vec<Duration>, mut ours: Vec<Duration>) {
    let (bare, ours) = (median(&mut bare), median(&mut ours));
    let own = ours.saturating_sub(bare);
    println!("{call:<8} bare {bare:>10.2?}   client {ours:>10.2?}   its own {own:>10.2?}");
}

#[tokio::main]
async fn main() {
    let url = stand_in().await;
    let auth = Auth::Application {
        client_id: "id".to_owned(),
        client_secret: SecretString::from("secret"),
    };
    let client = Client::connect(BaseUrl::parse(&url).unwrap(), auth, Server::Platform).unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "the peer: the same request, bare"
    )]
    let http = reqwest::Client::new();
    let bare = async |path: &str, body: &Value| {
        let request = http
            .post(format!("{url}/{path}"))
            .bearer_auth("t")
            .json(body);
        let answer = request.send().await.unwrap();
        answer.json::<Value>().await.unwrap()
    };
    let source = SourceCreate {
        name: "Shop".to_owned(),
        workspace_id: Uuid::nil(),
        definition_id: Some(Uuid::nil()),
        configuration: configuration(),
        secret_id: None,
    };
    let request = CheckRequest {
        definition_id: Uuid::nil(),
        workspace_id: Uuid::nil(),
        configuration: configuration(),
        source_id: None,
    };
    let body = serde_json::to_value(&source).unwrap();
    let (mut plain, mut creating, mut checking) = (Vec::new(), Vec::new(), Vec::new());
    let mut plain_check = Vec::new();
    for _ in 0..ROUNDS {
        plain.push(timed(bare(CREATE, &body)).await);
        creating.push(timed(async { client.create_source(&source).await.unwrap() }).await);
        plain_check.push(timed(bare(CHECK, &body)).await);
        let check = async {
            let mut lines = client.check(&request).await.unwrap();
            while lines.next().await.unwrap().is_some() {}
        };
        checking.push(timed(check).await);
    }
    report("create", plain, creating);
    report("check", plain_check, checking);
}
