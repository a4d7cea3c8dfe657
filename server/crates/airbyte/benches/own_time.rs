//! What the client itself adds to a call: connecting and testing a source at a stand-in that answers at once, against the
//! same requests sent bare, in the same run. Prints medians; the goal is less than 20 ms a call.
//!
//! Calls are paced so that the client's own bucket, which spares a platform, has nothing to hold back.

use std::{
    error::Error,
    time::{Duration, Instant},
};

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

async fn stand_in() -> Result<String, Box<dyn Error>> {
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
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(url)
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

/// How long a call takes that must go well.
async fn timed<E>(work: impl Future<Output = Result<(), E>>) -> Result<Duration, E> {
    tokio::time::sleep(PACE).await;
    let begun = Instant::now();
    work.await?;
    Ok(begun.elapsed())
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
async fn main() -> Result<(), Box<dyn Error>> {
    let url = stand_in().await?;
    let auth = Auth::Application {
        client_id: "id".to_owned(),
        client_secret: SecretString::from("secret"),
    };
    let client = Client::connect(BaseUrl::parse(&url)?, auth, Server::Platform)?;
    #[expect(
        clippy::disallowed_methods,
        reason = "the peer: the same request, bare"
    )]
    let http = reqwest::Client::new();
    let bare = async |path: &str, body: &Value| -> Result<(), reqwest::Error> {
        let request = http
            .post(format!("{url}/{path}"))
            .bearer_auth("t")
            .json(body);
        request.send().await?.json::<Value>().await.map(drop)
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
    let create = async || client.create_source(&source).await.map(drop);
    let check = async || -> Result<(), airbyte::Error> {
        let mut lines = client.check(&request).await?;
        while lines.next().await?.is_some() {}
        Ok(())
    };
    let body = serde_json::to_value(&source)?;
    let (mut plain_create, mut creating) = (Vec::new(), Vec::new());
    let (mut plain_check, mut checking) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        plain_create.push(timed(bare(CREATE, &body)).await?);
        creating.push(timed(create()).await?);
        plain_check.push(timed(bare(CHECK, &body)).await?);
        checking.push(timed(check()).await?);
    }
    report("create", plain_create, creating);
    report("check", plain_check, checking);
    Ok(())
}
