//! A harbour with an API: it lists its ships however it is asked to, and remembers who asked for what.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use airbyte::protocol::{
    AirbyteMessage, ConfiguredAirbyteCatalog, ConfiguredAirbyteStream, DestinationSyncMode,
    SyncMode,
};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use serde_json::{Value, json};
use sync::connector::{Connector, Detail, Limits, RunContext, Sandbox, Turns};
use sync::declarative::Manifest;
use sync::fault::Fault;
use sync::integration::{Direct, Integration};
use sync::outbound::{Outbound, Policy, Scheme};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::form_urlencoded;

/// A request as the harbour received it.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Request {
    pub fn number(&self, name: &str) -> Option<usize> {
        self.query.get(name).map(|text| text.parse().unwrap())
    }
}

/// Answers a request, knowing the harbour's own address: a body, and the header `Link` if it has one.
pub type Answer = fn(&Request, &str) -> (Value, Option<String>);

/// The whole of an answer.
pub struct Reply {
    pub status: u16,
    pub body: Value,
    pub link: Option<String>,
}

impl Reply {
    pub fn of(body: Value) -> Self {
        Self {
            status: 200,
            body,
            link: None,
        }
    }

    pub fn refused() -> Self {
        Self {
            status: 401,
            ..Self::of(json!({"error": "who are you?"}))
        }
    }
}

/// What answers, and may remember what it was asked before.
type Mind = dyn Fn(&Request, &str) -> Reply + Send + Sync;

pub struct Harbour {
    pub url: String,
    asked: Arc<Mutex<Vec<Request>>>,
}

#[derive(Clone)]
struct Service {
    mind: Arc<Mind>,
    url: String,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Harbour {
    pub async fn open(answer: Answer) -> Self {
        Self::with(move |request, url| {
            let (body, link) = answer(request, url);
            Reply {
                link,
                ..Reply::of(body)
            }
        })
        .await
    }

    /// One that may remember, and may refuse.
    pub async fn with(mind: impl Fn(&Request, &str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<Request>>>::default();
        let service = Service {
            mind: Arc::new(mind),
            url: url.clone(),
            asked: Arc::clone(&asked),
        };
        let router = Router::new().fallback(respond).with_state(service);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, asked }
    }

    /// What it was asked since the last call.
    pub fn asked(&self) -> Vec<Request> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

async fn respond(
    State(service): State<Service>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<String> {
    let query = uri.query().unwrap_or_default();
    let request = Request {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers: headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    let reply = (service.mind)(&request, &service.url);
    service.asked.lock().unwrap().push(request);
    let mut response = Response::builder()
        .status(reply.status)
        .header("content-type", "application/json");
    if let Some(link) = reply.link {
        response = response.header("link", link);
    }
    response.body(reply.body.to_string()).unwrap()
}

/// The seven ships, of which the harbour shows a part.
pub fn ships() -> Vec<Value> {
    let names = ["Elbe", "Weser", "Ems", "Oder", "Spree", "Havel", "Isar"];
    (1..)
        .zip(names)
        .map(|(id, name): (usize, _)| {
            json!({"id": id, "name": name, "updated_at": format!("2026-0{id}-01T12:00:00Z")})
        })
        .collect()
}

/// The one integration of a document that is right.
pub fn one(document: &str) -> Integration {
    let mut all = Integration::read(document, None).unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// A document of one REST integration at the harbour; `rest` are its other lines.
pub fn rest(harbour: &Harbour, rest: &str) -> Integration {
    let url = &harbour.url;
    one(&format!(
        "apis:\n  integrations:\n    - name: Harbour\n      type: rest\n      base_url: {url}\n{}",
        indented(rest)
    ))
}

/// Lines of an integration, as deep as they stand in a document.
pub fn indented(lines: &str) -> String {
    format!("      {}\n", lines.replace('\n', "\n      "))
}

/// The manifest of an integration, and a configuration in which each secret is `secret-of-NAME`.
pub fn manifest(integration: &Integration) -> (Manifest, Value) {
    let Direct::Manifest {
        manifest,
        mut configuration,
        ..
    } = integration.direct()
    else {
        panic!("{:?}", integration.direct())
    };
    for (name, value) in configuration.as_object_mut().unwrap() {
        assert_eq!(*value, json!(format!("${{secrets.{name}}}")));
        *value = json!(format!("secret-of-{name}"));
    }
    (Manifest::from_value(&manifest).unwrap(), configuration)
}

/// Reads every stream: the records, and the states for the next read.
pub async fn read(
    integration: &Integration,
    state: &[Value],
) -> Result<(Vec<Value>, Vec<Value>), Fault> {
    let (manifest, configuration) = manifest(integration);
    read_with(manifest, &configuration, state).await
}

/// The same with a configuration of its own.
pub async fn read_with(
    manifest: Manifest,
    configuration: &Value,
    state: &[Value],
) -> Result<(Vec<Value>, Vec<Value>), Fault> {
    let connector = Connector::Declarative(manifest);
    let cx = context();
    let catalog = connector.discover(configuration, &cx).await?;
    let streams = catalog.streams.into_iter().map(|stream| {
        let mode = if stream.supported_sync_modes.contains(&SyncMode::Incremental) {
            SyncMode::Incremental
        } else {
            SyncMode::FullRefresh
        };
        ConfiguredAirbyteStream {
            stream,
            sync_mode: mode,
            destination_sync_mode: DestinationSyncMode::AppendDedup,
            cursor_field: Vec::new(),
            primary_key: Vec::new(),
            generation_id: 1,
            minimum_generation_id: 0,
            sync_id: 1,
            include_files: None,
            destination_object_name: None,
        }
    });
    let catalog = ConfiguredAirbyteCatalog {
        streams: streams.collect(),
    };
    let (sender, mut chunks) = mpsc::channel::<Bytes>(4);
    let (mut records, mut states) = (Vec::new(), Vec::new());
    let listen = async {
        while let Some(chunk) = chunks.recv().await {
            for line in chunk
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
            {
                match AirbyteMessage::parse(line) {
                    Some(AirbyteMessage::Record { record }) => records.push(record.data),
                    Some(AirbyteMessage::State { state }) => {
                        states.push(serde_json::to_value(state).unwrap());
                    }
                    _ => {}
                }
            }
        }
    };
    let reading = connector.read(configuration, &catalog, state, &cx, sender);
    tokio::join!(reading, listen).0?;
    Ok((records, states))
}

/// One field of every record.
pub fn column(records: &[Value], name: &str) -> Vec<Value> {
    records.iter().map(|record| record[name].clone()).collect()
}

/// A context that may call this machine, and without encryption.
pub fn context() -> RunContext {
    let (log, _) = mpsc::channel(1);
    let policy = Policy {
        allow_private: vec!["127.0.0.0/8".parse().unwrap()],
        scheme: Scheme::HttpToo,
        ..Policy::default()
    };
    RunContext {
        work_dir: std::env::temp_dir().join("sync-integration-test"),
        outbound: Outbound::new(policy).unwrap(),
        uploads: None,
        limits: Limits::default(),
        sandbox: Sandbox::best_effort(),
        cancel: CancellationToken::new(),
        log,
        new_config: None,
        secret_fields: Vec::new(),
        usage: Arc::default(),
        turns: Turns::default(),
        detail: Detail::Usual,
    }
}
