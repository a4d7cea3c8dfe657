//! A service on this machine that follows a script and keeps what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::form_urlencoded;

use super::answer::{response, written};
use super::facts::{Facts, Request, plain};
use super::script::{Route, Script};

/// Headers that tell the client's program, not what it was told to send.
const OF_THE_CLIENT: [&str; 7] = [
    "host",
    "user-agent",
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "transfer-encoding",
];

/// One run's server: its counters and its record begin empty. Dropped, it stops.
pub struct Server {
    pub base: String,
    kept: Arc<Mutex<Kept>>,
    task: JoinHandle<()>,
}

/// What happened so far.
#[derive(Default)]
struct Kept {
    requests: Vec<Request>,
    /// Per route, the requests that fitted, and those it answered.
    fitted: BTreeMap<usize, usize>,
    answered: BTreeMap<usize, usize>,
    /// Held by the answer, on its way, of a route that wants to be asked alone.
    alone: Weak<()>,
}

/// An answer, the milliseconds before it, and what it holds until then.
struct Chosen {
    answer: Response<axum::body::Body>,
    silent: u64,
    alone: Option<Arc<()>>,
}

#[derive(Clone)]
struct Service {
    script: Arc<Script>,
    base: String,
    kept: Arc<Mutex<Kept>>,
}

impl Server {
    pub async fn start(script: Arc<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let kept = Arc::<Mutex<Kept>>::default();
        let service = Service {
            script,
            base: base.clone(),
            kept: Arc::clone(&kept),
        };
        let router = Router::new().fallback(answer).with_state(service);
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, kept, task }
    }

    /// Everything asked so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.kept.lock().unwrap().requests.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    State(service): State<Service>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<axum::body::Body> {
    let request = received(&method, &uri, &headers, &body);
    let chosen = chosen(&service, &request);
    tokio::time::sleep(Duration::from_millis(chosen.silent)).await;
    drop(chosen.alone);
    chosen.answer
}

fn chosen(service: &Service, request: &Request) -> Chosen {
    let mut kept = service.kept.lock().unwrap();
    kept.requests.push(request.clone());
    let refused = !fits(&service.script.require, request);
    for (index, route) in service.script.routes.iter().enumerate() {
        let Some(path) = bound(route, request) else {
            continue;
        };
        if refused && !route.open {
            let said = json!({"error": "who are you?"}).to_string();
            return Chosen::at_once(response(401, &BTreeMap::new(), said.into()));
        }
        if route.alone && kept.alone.strong_count() > 0 {
            let said = json!({"error": "one at a time"}).to_string();
            return Chosen::at_once(response(409, &BTreeMap::new(), said.into()));
        }
        let fitted = kept.fitted.entry(index).or_default();
        *fitted += 1;
        if *fitted <= route.after {
            continue;
        }
        let count = kept.answered.entry(index).or_default();
        if route.times.is_some_and(|times| *count >= times) {
            continue;
        }
        *count += 1;
        let mut named = path;
        named.insert("base".to_owned(), json!(service.base));
        named.insert("count".to_owned(), json!(*count));
        let facts = Facts { request, named };
        let alone = route.alone.then(Arc::default);
        if let Some(alone) = &alone {
            kept.alone = Arc::downgrade(alone);
        }
        return Chosen {
            answer: written(&service.script, route, facts),
            silent: route.silent,
            alone,
        };
    }
    let said = json!({"error": "no such page"}).to_string();
    Chosen::at_once(response(404, &BTreeMap::new(), said.into()))
}

impl Chosen {
    fn at_once(answer: Response<axum::body::Body>) -> Self {
        Self {
            answer,
            silent: 0,
            alone: None,
        }
    }
}

fn received(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Request {
    let pairs = |text: &[u8]| {
        let mut pairs: Vec<(String, String)> = form_urlencoded::parse(text).into_owned().collect();
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        pairs
    };
    let headers: BTreeMap<String, String> = headers
        .iter()
        .filter(|(name, _)| !OF_THE_CLIENT.contains(&name.as_str()))
        .map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into(),
            )
        })
        .collect();
    let form = headers
        .get("content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let body = if form {
        pairs(body)
            .into_iter()
            .map(|(name, value)| (name, Value::from(value)))
            .collect()
    } else if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(body)
            .unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned().into())
    };
    Request {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: pairs(uri.query().unwrap_or_default().as_bytes()),
        headers,
        body,
    }
}

/// What the path's `{…}` stand for, if the request is one for this route.
fn bound(route: &Route, request: &Request) -> Option<Map<String, Value>> {
    let spoken = route.method == "*" || route.method == request.method;
    if !spoken || !fits(&route.when, request) {
        return None;
    }
    if route.path == "/*" {
        return Some(Map::new());
    }
    let (pattern, path) = (route.path.split('/'), request.path.split('/'));
    if pattern.clone().count() != path.clone().count() {
        return None;
    }
    let mut named = Map::new();
    for (wanted, given) in pattern.zip(path) {
        match wanted
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        {
            Some(name) => named.insert(format!("path.{name}"), given.into()),
            None if wanted == given => None,
            None => return None,
        };
    }
    Some(named)
}

fn fits(conditions: &BTreeMap<String, Value>, request: &Request) -> bool {
    conditions.iter().all(|(name, wanted)| {
        let given = if name == "path" {
            Some(Value::from(request.path.clone()))
        } else {
            request.fact(name)
        };
        match (wanted, given) {
            (Value::Null, given) => given.is_none(),
            (_, None) => false,
            (Value::Array(any), Some(given)) => any.iter().any(|one| plain(one) == plain(&given)),
            (wanted, Some(given)) => plain(wanted) == plain(&given),
        }
    })
}
