//! Fifty syncs of three workspaces at once, all with the account of one API that refuses what is too much: requests wait in
//! line, none of the syncs fails, and the workspaces are served alike.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use airbyte::api::{
    ConnectionCreate, ConnectionPatch, ConnectionSyncMode, DeclarativeDefinitionCreate, JobStatus,
    JobType, SourceCreate, StreamConfiguration, StreamConfigurations,
};
use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

use crate::harness::{Home, PATIENCE, World};

/// Workspaces, and how many syncs each has.
const CROWD: [(&str, usize); 3] = [("anna", 40), ("ben", 9), ("cara", 1)];
const SYNCS: usize = 50;
/// Requests of one sync, one after the other.
const PAGES: usize = 4;
/// Records of a page; the last one has one less.
const PAGE: usize = 2;
/// Requests that the API takes within a second.
const LIMIT: usize = 40;
const TOKEN: &str = "spring-tide";

/// The API, which answers once every sync has come.
#[derive(Clone)]
struct Api {
    kept: Arc<Mutex<Kept>>,
    open: watch::Sender<bool>,
}

#[derive(Default)]
struct Kept {
    came: BTreeSet<String>,
    lately: VecDeque<Instant>,
    /// Whose requests it took after all had come, in their order.
    order: Vec<String>,
    refused: usize,
}

#[derive(Deserialize)]
struct Asked {
    who: String,
    sync: String,
    page: usize,
}

impl Api {
    async fn start() -> (Self, String) {
        let api = Self {
            kept: Arc::default(),
            open: watch::Sender::new(false),
        };
        let app = Router::new()
            .route("/rows", get(rows))
            .with_state(api.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (api, url)
    }

    /// Whether the request is one too many.
    fn refuses(&self, asked: &Asked) -> bool {
        let mut kept = self.kept.lock().unwrap();
        let now = Instant::now();
        while kept
            .lately
            .front()
            .is_some_and(|at| now - *at >= Duration::from_secs(1))
        {
            kept.lately.pop_front();
        }
        if kept.lately.len() >= LIMIT {
            kept.refused += 1;
            return true;
        }
        kept.lately.push_back(now);
        if kept.came.len() == SYNCS {
            kept.order.push(asked.who.clone());
        }
        kept.came.insert(format!("{} {}", asked.who, asked.sync));
        if kept.came.len() == SYNCS {
            self.open.send_replace(true);
        }
        false
    }
}

async fn rows(State(api): State<Api>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    assert_eq!(headers["authorization"], format!("Bearer {TOKEN}"));
    if api.refuses(&asked) {
        return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response();
    }
    let mut open = api.open.subscribe();
    open.wait_for(|open| *open).await.unwrap();
    let rows = if asked.page < PAGES { PAGE } else { PAGE - 1 };
    let row = |n: usize| json!({ "id": asked.page * PAGE + n });
    Json((0..rows).map(row).collect::<Vec<_>>()).into_response()
}

fn manifest(url: &str, budget: Option<&Value>) -> Value {
    let mut manifest = json!({
        "type": "DeclarativeSource",
        "version": "6.0.0",
        "check": { "type": "CheckStream", "stream_names": ["people"] },
        "streams": [{
            "type": "DeclarativeStream",
            "name": "people",
            "primary_key": ["id"],
            "schema_loader": { "type": "InlineSchemaLoader", "schema": {
                "type": "object", "properties": { "id": { "type": "integer" } },
            } },
            "retriever": {
                "type": "SimpleRetriever",
                "requester": {
                    "type": "HttpRequester", "url_base": url, "path": "/rows",
                    "authenticator": { "type": "BearerAuthenticator", "api_token": "{{ config['token'] }}" },
                    "request_parameters": { "who": "{{ config['who'] }}", "sync": "{{ config['sync'] }}" },
                },
                "record_selector": { "type": "RecordSelector", "extractor": { "type": "DpathExtractor", "field_path": [] } },
                "paginator": {
                    "type": "DefaultPaginator",
                    "page_token_option": { "type": "RequestOption", "inject_into": "request_parameter", "field_name": "page" },
                    "pagination_strategy": {
                        "type": "PageIncrement", "page_size": PAGE, "start_from_page": 1, "inject_on_first_request": true,
                    },
                },
            },
        }],
        "spec": { "type": "Spec", "connection_specification": {
            "type": "object", "required": ["token"],
            "properties": {
                "token": { "type": "string", "airbyte_secret": true },
                "who": { "type": "string" }, "sync": { "type": "string" },
            },
        } },
    });
    if let Some(budget) = budget {
        manifest["api_budget"] = budget.clone();
    }
    manifest
}

/// A connection into a table of its own.
async fn connect(home: &Home, who: &str, definition: Uuid, number: usize) -> Uuid {
    let source = SourceCreate {
        name: format!("Tides {number}"),
        workspace_id: home.id,
        definition_id: Some(definition),
        configuration: json!({ "token": TOKEN, "who": who, "sync": number.to_string() }),
        secret_id: None,
    };
    let source = home.client.create_source(&source).await.unwrap().source_id;
    let streams = vec![StreamConfiguration {
        sync_mode: Some(ConnectionSyncMode::FullRefreshOverwrite),
        ..StreamConfiguration::new("people", None)
    }];
    let new = ConnectionCreate {
        source_id: source,
        destination_id: home.destination,
        settings: ConnectionPatch {
            configurations: Some(StreamConfigurations { streams }),
            prefix: Some(format!("n{number}_")),
            ..ConnectionPatch::default()
        },
    };
    let made = home.client.create_connection(&new).await.unwrap();
    made.connection_id
}

/// Runs all fifty at once; returns what the API has seen of them.
async fn crowd(budget: Option<&Value>) -> Kept {
    let mut world = World::new().await;
    world.kill_worker();
    let (api, url) = Api::start().await;
    let mut jobs = Vec::new();
    for (who, syncs) in CROWD {
        let home = Arc::new(world.home(who).await);
        let new = DeclarativeDefinitionCreate {
            workspace_id: None,
            name: "Tides".to_owned(),
            manifest: manifest(&url, budget),
        };
        let client = &home.client;
        let own = client.create_declarative_definition(home.id, &new).await;
        let own = own.unwrap().id;
        for number in 0..syncs {
            let connection = connect(&home, who, own, number).await;
            let job = client.start_job(connection, JobType::Sync).await.unwrap();
            jobs.push((Arc::clone(&home), who, number, job));
        }
    }
    world.start_worker_of(SYNCS);
    for (home, who, number, job) in jobs {
        let job = world.wait(&home, &job, PATIENCE).await;
        let log = world.log(&home, job.job.job_id).await;
        assert_eq!(job.job.status, JobStatus::Succeeded, "{job:#?}\n{log}");
        assert_eq!(job.attempts, 1, "no attempt has failed: {job:#?}\n{log}");
        let rows = format!("SELECT count(*) FROM {who}.n{number}_people");
        assert_eq!(
            world.count(&rows).await,
            i64::try_from(PAGES * PAGE - 1).unwrap()
        );
    }
    std::mem::take(&mut api.kept.lock().unwrap())
}

/// The place of a workspace's last request among all that the API took.
fn last(kept: &Kept, who: &str) -> usize {
    kept.order.iter().rposition(|other| other == who).unwrap()
}

/// Workspaces with requests waiting are served in turn: who has fewer syncs is done sooner.
fn assert_fair(kept: &Kept) {
    let (anna, ben, cara) = (last(kept, "anna"), last(kept, "ben"), last(kept, "cara"));
    assert!(cara < ben && ben < anna, "{:?}", kept.order.join(" "));
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_syncs_learn_together_what_the_api_bears() {
    let kept = crowd(None).await;
    assert_fair(&kept);
    // Who had the most of the first burst has the least of what comes next: by turns alone this would be more than half.
    let told = kept.order.join(" ");
    assert!(last(&kept, "ben") < kept.order.len() / 2, "{told}");
    // Without a line for all, each of fifty syncs would have to find out by itself, again and again. How many have gone out
    // before the first refusal is heard is for the machine to say.
    assert!(kept.refused < 2 * SYNCS, "{} refusals", kept.refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_syncs_share_the_budget_that_the_manifest_knows() {
    let budget = json!({
        "type": "HTTPAPIBudget",
        "policies": [{
            "type": "MovingWindowCallRatePolicy", "matchers": [],
            "rates": [{ "type": "Rate", "limit": LIMIT / 2, "interval": "PT1S" }],
        }],
    });
    let kept = crowd(Some(&budget)).await;
    assert_fair(&kept);
    // In the order of their coming each request of a sync would wait for those of all others: about 100 and 148.
    let told = kept.order.join(" ");
    assert!(last(&kept, "cara") < kept.order.len() / 2, "{told}");
    assert!(last(&kept, "ben") < kept.order.len() * 3 / 4, "{told}");
    assert_eq!(kept.refused, 0);
}
