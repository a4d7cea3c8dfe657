//! Calls of the public API that make a platform discover come one after the other, whoever asks; the Config API has places
//! of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use airbyte::{
    Auth, BaseUrl, Cache, Client, Held, Places, Server, Taking, Waits,
    api::{ConnectionCreate, ConnectionPatch, StreamConfigurations},
    extension::DiscoverRequest,
};
use axum::{
    Json, Router,
    extract::State,
    routing::{get, patch, post},
};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet};
use uuid::Uuid;

/// Discoveries that a platform is asked for at once by its Config API.
const CONFIG_PLACES: usize = 2;
/// Of each kind of call.
const EACH: usize = 4;

#[derive(Default)]
struct Seen {
    now: AtomicUsize,
    most: AtomicUsize,
    all: AtomicUsize,
}

/// What a platform has seen by either API.
#[derive(Default)]
struct World {
    public: Seen,
    config: Seen,
}

type Shared = State<Arc<World>>;

impl Seen {
    /// Long enough for all others to come as well, if they are let.
    async fn discovering(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        self.all.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(30)).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    fn all(&self) -> usize {
        self.all.load(Ordering::SeqCst)
    }
}

async fn streams(State(world): Shared) -> Json<Value> {
    world.public.discovering().await;
    Json(json!([]))
}

async fn connection(State(world): Shared) -> Json<Value> {
    world.public.discovering().await;
    let id = Uuid::nil();
    Json(json!({"connectionId": id, "sourceId": id, "destinationId": id, "workspaceId": id}))
}

async fn schema(State(world): Shared) -> Json<Value> {
    world.config.discovering().await;
    Json(json!({"catalog": {"streams": []}, "jobInfo": {"succeeded": true}}))
}

/// A platform, and two clients that know nothing of each other, as those of two processes.
async fn start() -> ([Client; 2], Arc<World>) {
    let world = Arc::new(World::default());
    let app = Router::new()
        .route("/api/public/v1/streams", get(streams))
        .route("/api/public/v1/connections", post(connection))
        .route("/api/public/v1/connections/{id}", patch(connection))
        .route("/api/v1/sources/discover_schema", post(schema))
        .with_state(Arc::clone(&world));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let client = || {
        let base = BaseUrl::parse(&url).unwrap();
        Client::connect(base, Auth::None, Server::Platform).unwrap()
    };
    ([client(), client()], world)
}

/// What the two clients share.
struct Everywhere(Arc<Semaphore>);

impl Places for Everywhere {
    fn take(&self) -> Taking<'_> {
        Box::pin(async {
            let place = Arc::clone(&self.0).acquire_owned().await.unwrap();
            let held: Held = Box::new(place);
            held
        })
    }
}

async fn discover_in_each_way(client: &Client) {
    let id = Uuid::nil();
    client.streams(id, None, Cache::Ignore).await.unwrap();
    let new = ConnectionCreate {
        source_id: id,
        destination_id: id,
        settings: ConnectionPatch::default(),
    };
    client.create_connection(&new).await.unwrap();
    let other_streams = ConnectionPatch {
        configurations: Some(StreamConfigurations::default()),
        ..ConnectionPatch::default()
    };
    client.update_connection(id, &other_streams).await.unwrap();
}

async fn all_at_once(clients: &[Client]) {
    let mut asking = JoinSet::new();
    for client in clients {
        for _ in 0..EACH {
            let client = client.clone();
            asking.spawn(async move { discover_in_each_way(&client).await });
        }
    }
    while let Some(done) = asking.join_next().await {
        done.unwrap();
    }
}

#[tokio::test]
async fn the_public_api_discovers_one_at_a_time_whichever_call_makes_it() {
    let ([client, _], world) = start().await;
    all_at_once(&[client]).await;
    assert_eq!((world.public.all(), world.public.most()), (3 * EACH, 1));
}

#[tokio::test]
async fn the_config_api_has_places_of_its_own() {
    let ([client, _], world) = start().await;
    let one = Arc::new(Semaphore::new(1));
    let client = client.with_places(Everywhere(Arc::clone(&one)));
    let _taken = one.acquire().await.unwrap();
    let mut asking = JoinSet::new();
    for _ in 0..EACH {
        let client = client.clone();
        asking.spawn(async move {
            let saved = DiscoverRequest {
                source_id: Some(Uuid::nil()),
                ..DiscoverRequest::default()
            };
            client.discover(&saved).await
        });
    }
    while let Some(done) = asking.join_next().await {
        done.unwrap().unwrap();
    }
    assert_eq!(
        (world.config.all(), world.config.most()),
        (EACH, CONFIG_PLACES)
    );
}

#[tokio::test]
async fn clients_that_share_the_place_discover_one_at_a_time_as_well() {
    let (clients, world) = start().await;
    let one = Arc::new(Semaphore::new(1));
    let clients = clients.map(|client| client.with_places(Everywhere(Arc::clone(&one))));
    all_at_once(&clients).await;
    assert_eq!((world.public.all(), world.public.most()), (6 * EACH, 1));
    assert_eq!(one.available_permits(), 1, "nobody holds it any more");
}

#[tokio::test]
async fn who_gives_up_waiting_leaves_the_place_and_says_so() {
    let ([client, _], world) = start().await;
    let one = Arc::new(Semaphore::new(1));
    let client = client.with_places(Everywhere(Arc::clone(&one)));
    let others = one.acquire().await.unwrap();
    let waits = Waits::default();
    let telling = client.telling(&waits);
    let waiting = telling.streams(Uuid::nil(), None, Cache::Use);
    let given_up = tokio::time::timeout(Duration::from_millis(50), async {
        tokio::join!(waiting, async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert!(waits.waited().is_some());
        })
    });
    assert!(given_up.await.is_err(), "somebody else has the place");
    assert_eq!(waits.waited(), None);
    drop(others);
    client.streams(Uuid::nil(), None, Cache::Use).await.unwrap();
    assert_eq!(world.public.all(), 1);
}

#[tokio::test]
async fn a_change_that_discovers_nothing_takes_no_place() {
    let ([client, _], world) = start().await;
    let mut asking = JoinSet::new();
    for _ in 0..EACH {
        let client = client.clone();
        asking.spawn(async move {
            let renamed = ConnectionPatch {
                name: Some("other".to_owned()),
                ..ConnectionPatch::default()
            };
            client.update_connection(Uuid::nil(), &renamed).await
        });
    }
    while let Some(done) = asking.join_next().await {
        done.unwrap().unwrap();
    }
    assert!(world.public.most() > 1);
}
