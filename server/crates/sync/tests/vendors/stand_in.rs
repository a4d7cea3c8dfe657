//! A vendor on this machine: it answers by the rules of its documentation and remembers what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use regex::Regex;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::form_urlencoded;

/// A moment in UTC, with or without a fraction.
pub const MOMENT: &str = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z";

/// A request as the vendor received it.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: BTreeMap<String, String>,
    pub body: Value,
    /// The vendor's own address, which stands in links to further pages.
    pub base: String,
}

impl Request {
    pub fn param(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }

    /// A parameter as a number; one that is no number is refused.
    pub fn number(&self, name: &str) -> Result<Option<usize>, Answer> {
        let text = self.param(name);
        let number = text.map(|text| text.parse().map_err(|_| self.malformed(name)));
        number.transpose()
    }

    /// A parameter of a shape; one of another is refused.
    pub fn shaped(&self, name: &str, shape: &str) -> Result<Option<&str>, Answer> {
        let shape = Regex::new(&format!("^(?:{shape})$")).unwrap();
        match self.param(name) {
            Some(text) if !shape.is_match(text) => Err(self.malformed(name)),
            found => Ok(found),
        }
    }

    /// A parameter that is a moment in UTC.
    pub fn moment(&self, name: &str) -> Result<Option<&str>, Answer> {
        self.shaped(name, MOMENT)
    }

    /// A page size that must be there, and at most so large.
    pub fn size(&self, name: &str, most: usize) -> Result<usize, Answer> {
        let size = self.number(name)?.filter(|size| (1..=most).contains(size));
        size.ok_or_else(|| self.malformed(name))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// User and password.
    pub fn login(&self) -> String {
        let packed = self
            .header("authorization")
            .strip_prefix("Basic ")
            .unwrap_or_default();
        String::from_utf8(BASE64_STANDARD.decode(packed).unwrap_or_default()).unwrap_or_default()
    }

    pub fn bearer(&self) -> &str {
        self.header("authorization")
            .strip_prefix("Bearer ")
            .unwrap_or_default()
    }

    /// The parts of the path, without empty ones.
    pub fn parts(&self) -> Vec<&str> {
        self.path
            .split('/')
            .filter(|part| !part.is_empty())
            .collect()
    }

    /// Refuses parameters that the vendor does not know.
    pub fn only(&self, known: &[&str]) -> Result<(), Answer> {
        match self
            .query
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()))
        {
            Some((name, _)) => Err(wrong(format!("{} knows no parameter {name}", self.path))),
            None => Ok(()),
        }
    }

    pub fn malformed(&self, name: &str) -> Answer {
        wrong(format!(
            "{}: {name} is malformed: {:?} {}",
            self.path, self.query, self.body
        ))
    }
}

/// What the vendor says.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// A text stands for itself, everything else goes out as JSON.
    pub body: Box<Value>,
    /// A file instead of the body.
    pub file: Option<Vec<u8>>,
    /// The request breaks the vendor's rules, which the test will tell.
    complaint: Option<String>,
}

impl Answer {
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

pub fn ok(body: Value) -> Answer {
    status(200, body)
}

pub fn status(status: u16, body: Value) -> Answer {
    Answer {
        status,
        headers: Vec::new(),
        body: Box::new(body),
        file: None,
        complaint: None,
    }
}

/// The answer to a request that the vendor does not understand: nothing a connector may ever send.
pub fn wrong(complaint: String) -> Answer {
    let mut answer = status(400, json!({ "error": complaint }));
    answer.complaint = Some(complaint);
    answer
}

/// The rules of a vendor, and what it holds.
pub trait Vendor: Send + 'static {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer>;
}

/// What a vendor holds, by the name of the list and in the order it is given.
#[derive(Default)]
pub struct Store(BTreeMap<String, Vec<Value>>);

impl Store {
    /// What stands in a text, by the names of the lists.
    pub fn of(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap())
    }

    pub fn with(mut self, list: impl Into<String>, items: impl IntoIterator<Item = Value>) -> Self {
        self.0.entry(list.into()).or_default().extend(items);
        self
    }

    pub fn add(&mut self, list: impl Into<String>, item: Value) {
        self.0.entry(list.into()).or_default().push(item);
    }

    /// Puts an item where the one with the same value of a field stands.
    pub fn replace(&mut self, list: &str, field: &str, item: &Value) {
        let mut all = self.0.get_mut(list).into_iter().flatten();
        if let Some(old) = all.find(|one| one[field] == item[field]) {
            *old = item.clone();
        }
    }

    /// Whether there is a list of this name, be it empty.
    pub fn holds(&self, list: &str) -> bool {
        self.0.contains_key(list)
    }

    pub fn list(&self, list: &str) -> Vec<&Value> {
        self.0.get(list).into_iter().flatten().collect()
    }

    /// What a list holds that is as new as this, or newer. Without a bound it is all.
    pub fn since(&self, list: &str, field: &str, least: Option<&str>) -> Vec<&Value> {
        let mut found = self.list(list);
        if let Some(least) = least {
            found.retain(|item| is_since(&item[field], least));
        }
        found
    }
}

/// Compares texts as texts and numbers as numbers.
pub fn is_since(value: &Value, least: &str) -> bool {
    match value {
        // a bound in whole seconds is before every fraction of its second
        Value::String(text) if least.len() == "2024-01-01T00:00:00Z".len() => {
            text.get(..19) >= least.get(..19)
        }
        Value::String(text) => text.as_str() >= least,
        other => other.as_f64() >= least.parse().ok(),
    }
}

/// The page that begins here, and where the next one does.
pub fn page<'v>(items: &[&'v Value], from: usize, size: usize) -> (Vec<&'v Value>, Option<usize>) {
    let to = items.len().min(from.saturating_add(size));
    let page = items.get(from..to).unwrap_or_default().to_vec();
    (page, (to < items.len()).then_some(to))
}

/// So many hours after the year 2024 began.
pub fn hour(count: i64) -> String {
    let moment = at(count);
    let (date, time) = (moment.date(), moment.time());
    format!(
        "{date}T{:02}:{:02}:{:02}Z",
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// The same as seconds since 1970.
pub fn second(count: i64) -> i64 {
    at(count).unix_timestamp()
}

fn at(hours: i64) -> OffsetDateTime {
    datetime!(2024-01-01 00:00 UTC) + time::Duration::hours(hours)
}

/// Says once that there were too many requests.
#[derive(Default)]
pub struct Limit(bool);

impl Limit {
    /// Whether it was said.
    pub fn is_spent(&self) -> bool {
        self.0
    }

    pub fn once(&mut self, refusal: Answer) -> Result<(), Answer> {
        if std::mem::replace(&mut self.0, true) {
            return Ok(());
        }
        Err(refusal)
    }
}

/// A vendor that is open on this machine. Dropped, it closes.
pub struct StandIn<V> {
    pub base: String,
    desk: Arc<Mutex<Desk<V>>>,
    task: JoinHandle<()>,
}

struct Desk<V> {
    vendor: V,
    base: String,
    asked: Vec<Request>,
    complaints: Vec<String>,
    refused: usize,
}

impl<V: Vendor> StandIn<V> {
    pub async fn open(vendor: V) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let desk = Arc::new(Mutex::new(Desk {
            vendor,
            base: base.clone(),
            asked: Vec::new(),
            complaints: Vec::new(),
            refused: 0,
        }));
        let router = Router::new()
            .fallback(respond::<V>)
            .with_state(Arc::clone(&desk));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, desk, task }
    }

    fn desk(&self) -> MutexGuard<'_, Desk<V>> {
        self.desk.lock().unwrap()
    }

    /// Something happens at the vendor.
    pub fn then(&self, happens: impl FnOnce(&mut V)) {
        happens(&mut self.desk().vendor);
    }

    /// What it was asked since the last call, by path.
    pub fn asked(&self, path: &str) -> Vec<Request> {
        let (found, rest) = std::mem::take(&mut self.desk().asked)
            .into_iter()
            .partition(|request| request.path == path);
        self.desk().asked = rest;
        found
    }

    /// How often it said that there were too many requests.
    pub fn refused(&self) -> usize {
        self.desk().refused
    }

    /// What requests broke of the vendor's rules.
    pub fn complaints(&self) -> Vec<String> {
        self.desk().complaints.clone()
    }

    /// Fails the test when a request broke the vendor's rules.
    pub fn is_content(&self) {
        assert_eq!(self.complaints(), Vec::<String>::new());
    }
}

impl<V> Drop for StandIn<V> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn respond<V: Vendor>(
    State(desk): State<Arc<Mutex<Desk<V>>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let mut desk = desk.lock().unwrap();
    let request = received(&method, &uri, &headers, &body, &desk.base);
    desk.asked.push(request.clone());
    let answer = desk
        .vendor
        .answer(&request)
        .unwrap_or_else(|refusal| refusal);
    desk.complaints.extend(answer.complaint);
    if answer.status == 429 {
        desk.refused += 1;
    }
    let mut response = Response::builder()
        .status(answer.status)
        .header("content-type", "application/json");
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    let body = match (answer.file, *answer.body) {
        (Some(file), _) => file,
        (None, Value::String(text)) => text.into_bytes(),
        (None, other) => other.to_string().into_bytes(),
    };
    response.body(body.into()).unwrap()
}

fn received(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8], base: &str) -> Request {
    let headers: BTreeMap<String, String> = headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let kind = headers.get("content-type").map_or("", String::as_str);
    let body = if body.is_empty() {
        Value::Null
    } else if kind.starts_with("application/x-www-form-urlencoded") {
        let fields = form_urlencoded::parse(body).into_owned();
        fields
            .map(|(name, value)| (name, Value::from(value)))
            .collect()
    } else {
        serde_json::from_slice(body).unwrap()
    };
    Request {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect(),
        headers,
        body,
        base: base.to_owned(),
    }
}
