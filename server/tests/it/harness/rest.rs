//! A tenant's program: calls the REST API with its key and waits for what jobs do behind it.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode, blocking::Client};
use serde_json::{Value, json};

use super::Hub;

/// The slowest thing a test waits for is a first sync on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// One tenant's key.
pub struct Api {
    base: String,
    client: Client,
    key: String,
    pub tenant: String,
}

impl Api {
    pub fn new(base: &str, tenant: String, key: String) -> Self {
        Self {
            base: base.trim_end_matches('/').to_owned(),
            client: client(),
            key,
            tenant,
        }
    }

    /// One call; the answer's JSON, or null when it has no body.
    pub fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().expect("the hub answers");
        let status = answer.status();
        let text = answer.text().expect("the answer is text");
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, answer) = self.call(Method::GET, path, None);
        assert!(status.is_success(), "GET {path}: {status} {answer}");
        answer
    }

    pub fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(Method::POST, path, Some(body));
        assert!(status.is_success(), "POST {path}: {status} {answer}");
        answer
    }

    pub fn put(&self, path: &str, body: &Value) {
        let (status, answer) = self.call(Method::PUT, path, Some(body));
        assert!(status.is_success(), "PUT {path}: {status} {answer}");
    }

    /// Connects an integration and waits until its test is over; returns the connection's id and the test.
    pub fn connect(&self, integration: &str, name: &str, configuration: &Value) -> (String, Value) {
        let made = self.post(
            "/api/v1/connections",
            &json!({ "integration": integration, "name": name, "configuration": configuration }),
        );
        let test = self.tested(text(&made, "test"));
        (text(&test, "connection").to_owned(), test)
    }

    /// Selects some of a connection's streams and leaves out all others; the rest of each choice stays.
    pub fn choose(&self, connection: &str, wanted: &[&str]) {
        let path = format!("/api/v1/connections/{connection}/streams");
        let streams = self.get(&path);
        let choices: Vec<Value> = streams
            .as_array()
            .expect("streams")
            .iter()
            .map(|stream| {
                let name = text(stream, "name");
                json!({
                    "namespace": stream["namespace"], "name": name, "selected": wanted.contains(&name),
                    "mode": stream["mode"], "primary_key": stream["primary_key"], "cursor": stream["cursor"],
                })
            })
            .collect();
        self.put(&path, &json!(choices));
    }

    /// Reads a connection's streams incrementally by one field, each row once.
    pub fn follow(&self, connection: &str, cursor: &str) {
        let path = format!("/api/v1/connections/{connection}/streams");
        let streams = self.get(&path);
        let choices: Vec<Value> = streams
            .as_array()
            .expect("streams")
            .iter()
            .map(|stream| {
                json!({
                    "namespace": stream["namespace"], "name": stream["name"], "selected": true,
                    "mode": "incremental_deduped_history", "primary_key": stream["primary_key"], "cursor": cursor,
                })
            })
            .collect();
        self.put(&path, &json!(choices));
    }

    /// The table a stream lands in.
    pub fn table_of(&self, connection: &str, stream: &str) -> String {
        let streams = self.get(&format!("/api/v1/connections/{connection}/streams"));
        let found = streams
            .as_array()
            .expect("streams")
            .iter()
            .find(|found| found["name"] == stream)
            .unwrap_or_else(|| panic!("no stream {stream} in {streams}"));
        text(found, "table").to_owned()
    }

    /// Tests a connection with what is stored of it.
    pub fn test(&self, connection: &str) -> Value {
        let started = self.post(
            &format!("/api/v1/connections/{connection}/tests"),
            &json!({}),
        );
        self.tested(text(&started, "test"))
    }

    /// Waits for the end of a test.
    pub fn tested(&self, test: &str) -> Value {
        self.wait(
            &format!("/api/v1/tests/{test}"),
            &["passed", "failed"],
            "/state",
        )
    }

    /// Starts a run and waits for its end.
    pub fn run(&self, connection: &str) -> Value {
        let started = self.post(
            &format!("/api/v1/connections/{connection}/runs"),
            &json!({}),
        );
        self.finished(text(&started, "run"))
    }

    /// Starts a run that leaves the direct way out, and waits for its end.
    pub fn rehearse(&self, connection: &str) -> Value {
        let path = format!("/api/v1/connections/{connection}/runs?force_fallback=true");
        let started = self.post(&path, &json!({}));
        self.finished(text(&started, "run"))
    }

    /// Waits for the end of a run.
    pub fn finished(&self, run: &str) -> Value {
        self.wait(
            &format!("/api/v1/runs/{run}"),
            &["succeeded", "partial", "failed", "cancelled"],
            "/row/state",
        )
    }

    /// The hub was started again elsewhere.
    pub fn moved_to(&mut self, base: &str) {
        base.trim_end_matches('/').clone_into(&mut self.base);
    }

    /// Uploads a file; the answer is the configuration of a file connection that reads it.
    pub fn upload_text(&self, name: &str, content: &str) -> Value {
        let part = reqwest::blocking::multipart::Part::bytes(content.as_bytes().to_vec())
            .file_name(name.to_owned());
        let form = reqwest::blocking::multipart::Form::new().part("file", part);
        let request = self
            .client
            .post(format!("{}/api/v1/uploads", self.base))
            .bearer_auth(&self.key)
            .multipart(form);
        let answer: Value = request
            .send()
            .expect("the hub answers")
            .json()
            .expect("JSON");
        let (table, _) = name.split_once('.').expect("a name with an ending");
        json!({ "dataset_name": table, "location": { "from": "upload", "file": text(&answer, "url") } })
    }

    fn wait(&self, path: &str, ends: &[&str], state: &str) -> Value {
        eventually(path, || {
            let seen = self.get(path);
            let over = seen
                .pointer(state)
                .and_then(Value::as_str)
                .is_some_and(|state| ends.contains(&state));
            over.then_some(seen)
        })
    }
}

impl Hub {
    /// What stands at an address that needs no key.
    pub fn fetch(&self, path: &str) -> String {
        let answer = client()
            .get(format!("{}{path}", self.url.trim_end_matches('/')))
            .send()
            .expect("the hub answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.text().expect("the answer is text")
    }

    /// The OpenAPI document as it is served.
    pub fn document(&self) -> Value {
        serde_json::from_str(&self.fetch("/api/v1/openapi.json")).expect("JSON")
    }
}

/// Asks again until there is an answer.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{what} did not happen within {} s",
            PATIENCE.as_secs()
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A text field of an answer.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("“{name}” is a text in {value}"))
}

/// A program's HTTP client.
pub fn client() -> Client {
    Client::builder()
        .timeout(Duration::from_mins(2))
        .build()
        .expect("a client")
}
