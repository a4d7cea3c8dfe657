//! The client's calls against a server that answers anything: the first byte chooses status and call, the rest is the answer.

#![no_main]

#[path = "../stand_in.rs"]
mod stand_in;

use std::{cell::Cell, sync::LazyLock, time::Duration};

use airbyte::{
    Auth, BaseUrl, Client, Server,
    api::InitiateOAuth,
    extension::{CheckRequest, DiscoverRequest, SampleRequest},
};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use stand_in::StandIn;
use tokio::runtime::Runtime;
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(1);
/// Answers that are not asked for again, which would take seconds.
const STATUSES: [u16; 8] = [200, 202, 400, 401, 403, 404, 409, 422];
const CALLS: u8 = 16;
/// A platform is asked twenty times a second, a client of it cannot be hurried: there are many of them.
const PLATFORMS: usize = 48;
/// Far more than any call takes that comes to an end.
const PATIENCE: Duration = Duration::from_secs(20);

struct World {
    runtime: Runtime,
    server: StandIn,
    engine: Client,
    platforms: Vec<Client>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let server = StandIn::start();
    let client = |kind| {
        let base = BaseUrl::parse(&format!("http://{}", server.address)).expect("an address");
        Client::connect(base, Auth::None, kind).expect("a client")
    };
    World {
        runtime: runtime.enable_all().build().expect("a runtime"),
        engine: client(Server::Engine),
        platforms: std::iter::repeat_with(|| client(Server::Platform))
            .take(PLATFORMS)
            .collect(),
        server,
    }
});

/// A new client each time: tokens are remembered.
fn signing_in() -> Client {
    let base = BaseUrl::parse(&format!("http://{}", WORLD.server.address)).expect("an address");
    let auth = Auth::Application {
        client_id: "us".to_owned(),
        client_secret: "hush".into(),
    };
    Client::connect(base, auth, Server::Engine).expect("a client")
}

fn check_request() -> CheckRequest {
    serde_json::from_value(json!({
        "definitionId": ID, "workspaceId": ID, "configuration": { "a": { "b": 1 } }, "sourceId": ID,
    }))
    .expect("a request")
}

async fn call(number: u8, platform: &Client) {
    let engine = &WORLD.engine;
    let discover = DiscoverRequest {
        source_id: Some(ID),
        ..DiscoverRequest::default()
    };
    match number {
        0 => drop(platform.discover(&discover).await),
        1 => drop(platform.job_detail(1).await),
        2 => drop(platform.job_logs(1, 0, 1000).await),
        3 => {
            if let Ok(mut lines) = platform.check(&check_request()).await {
                while let Ok(Some(_)) = lines.next().await {}
            }
        }
        4 => drop(platform.spec(ID).await),
        5 => drop(platform.runnable_sources(ID).await),
        6 => drop(engine.discover(&discover).await),
        7 => {
            if let Ok(mut lines) = engine.check(&check_request()).await {
                while let Ok(Some(_)) = lines.next().await {}
            }
        }
        8 => {
            if let Ok(mut lines) = engine.sample(&SampleRequest::default()).await {
                while let Ok(Some(_)) = lines.next().await {}
            }
        }
        9 => drop(engine.spec(ID).await),
        10 => {
            let ask = InitiateOAuth {
                source_type: "shop".to_owned(),
                workspace_id: ID,
                redirect_url: "https://hub.example.com".to_owned(),
                input: Value::Null,
                requested_scopes: Vec::new(),
                requested_optional_scopes: Vec::new(),
            };
            drop(engine.initiate_oauth(&ask).await);
        }
        11 => drop(engine.scoped_token(ID).await),
        12 => drop(engine.applications().await),
        13 => drop(engine.connections(ID).await),
        14 => drop(engine.workspaces().await),
        _ => drop(signing_in().workspace(ID).await),
    }
}

fuzz_target!(|input: &[u8]| {
    thread_local!(static TURN: Cell<usize> = const { Cell::new(0) });
    let Some((first, answer)) = input.split_first() else {
        return;
    };
    let status = STATUSES[usize::from(first / CALLS) % STATUSES.len()];
    let turn = TURN.replace((TURN.get() + 1) % PLATFORMS);
    WORLD.server.answers(status, answer);
    WORLD.runtime.block_on(async {
        let made =
            tokio::time::timeout(PATIENCE, call(first % CALLS, &WORLD.platforms[turn])).await;
        made.expect("a call ends");
    });
});
