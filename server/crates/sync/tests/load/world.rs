//! A schema of its own for each story, and short words for messages.

use std::time::Duration;

use airbyte::protocol::ConfiguredAirbyteCatalog;
use bytes::Bytes;
use secrecy::SecretString;
use serde_json::{Value, json};
use sync::fault::Fault;
use sync::load::{Event, Fence, RunOptions, Target, TlsMode};
use sync::receipt::StreamReceipt;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// A destination schema and a connection that looks at it from outside.
pub struct World {
    pub target: Target,
    pub client: Client,
}

impl World {
    /// An empty destination. `name` is the schema's, so stories do not meet.
    pub async fn new(name: &str) -> Self {
        Self::at(&Self::server(), name).await
    }

    fn server() -> tokio_postgres::Config {
        #[expect(
            clippy::disallowed_methods,
            reason = "tests are told where PostgreSQL is by the environment"
        )]
        let url = std::env::var("TEST_DATABASE_URL")
            .expect("TEST_DATABASE_URL names a PostgreSQL superuser");
        url.parse().expect("it is an address")
    }

    /// The same in a database of its own, for what touches all of one.
    pub async fn alone(name: &str) -> Self {
        let beside = Self::new(name).await;
        let database = format!("load_{name}");
        beside
            .run(&format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"))
            .await;
        beside.run(&format!("CREATE DATABASE {database}")).await;
        let mut config = Self::server();
        config.dbname(&database);
        Self::at(&config, name).await
    }

    async fn at(config: &tokio_postgres::Config, name: &str) -> Self {
        let (client, connection) = config.connect(NoTls).await.expect("PostgreSQL answers");
        tokio::spawn(connection);
        let schema = format!("load_{name}");
        client.batch_execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE; SET search_path = {schema}; SET TimeZone = 'UTC'")).await.expect("the schema is made");
        let host = match &config.get_hosts()[0] {
            tokio_postgres::config::Host::Tcp(host) => host.clone(),
            tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
        };
        let target = Target {
            host,
            port: config.get_ports().first().copied().unwrap_or(5432),
            database: config.get_dbname().unwrap_or("postgres").to_owned(),
            user: config.get_user().unwrap_or("postgres").to_owned(),
            password: SecretString::from(
                String::from_utf8_lossy(config.get_password().unwrap_or_default()).into_owned(),
            ),
            schema,
            tls: TlsMode::Disable,
        };
        Self { target, client }
    }

    pub async fn run(&self, sql: &str) {
        self.client
            .batch_execute(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    /// Rows as text, columns parted by `|`, NULL as `∅`.
    pub async fn rows(&self, sql: &str) -> Vec<String> {
        let messages = self
            .client
            .simple_query(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        messages
            .iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(
                    (0..row.len())
                        .map(|at| row.get(at).unwrap_or("∅"))
                        .collect::<Vec<_>>()
                        .join("|"),
                ),
                _ => None,
            })
            .collect()
    }

    /// Tables of the schema, the loader's own included.
    pub async fn tables(&self) -> Vec<String> {
        self.rows(&format!(
            "SELECT tablename FROM pg_tables WHERE schemaname = '{}' ORDER BY 1",
            self.target.schema
        ))
        .await
    }

    /// Starts a load that is fed by hand.
    pub fn start(&self, catalog: &ConfiguredAirbyteCatalog, options: RunOptions) -> Load {
        let (input, receiver) = mpsc::channel(64);
        let (sender, events) = mpsc::channel(10_000);
        let (target, catalog) = (self.target.clone(), catalog.clone());
        let task = tokio::spawn(async move {
            sync::load::write(&target, &catalog, receiver, sender, options).await
        });
        Load {
            input: Some(input),
            events,
            task,
        }
    }

    /// A whole load: these lines, then the end.
    pub async fn load(
        &self,
        catalog: &ConfiguredAirbyteCatalog,
        lines: &[String],
        options: RunOptions,
    ) -> Finished {
        let mut load = self.start(catalog, options);
        load.feed(lines).await;
        load.finish().await
    }

    /// The same, and it must go well: every receipt adds up.
    pub async fn load_well(
        &self,
        catalog: &ConfiguredAirbyteCatalog,
        lines: &[String],
    ) -> Vec<StreamReceipt> {
        let receipts = self
            .load(catalog, lines, RunOptions::default())
            .await
            .result
            .expect("it goes well");
        for receipt in &receipts {
            assert_eq!(receipt.problem(), None, "{receipt:#?}");
        }
        receipts
    }
}

/// A load under way.
pub struct Load {
    input: Option<mpsc::Sender<Bytes>>,
    events: mpsc::Receiver<Event>,
    task: JoinHandle<Result<Vec<StreamReceipt>, Fault>>,
}

/// A load that is over.
pub struct Finished {
    pub result: Result<Vec<StreamReceipt>, Fault>,
    /// The states that were committed, as they were written.
    pub states: Vec<String>,
    pub logs: Vec<String>,
}

impl Load {
    pub async fn feed(&mut self, lines: &[String]) {
        for chunk in lines.chunks(500) {
            let text: String = chunk
                .iter()
                .flat_map(|line| [line.as_str(), "\n"])
                .collect();
            // A load that has failed no longer listens; its result tells.
            let _ = self
                .input
                .as_ref()
                .expect("the input is open")
                .send(Bytes::from(text))
                .await;
        }
    }

    /// Waits until this many states are committed.
    pub async fn until_committed(&mut self, count: usize) -> Vec<String> {
        let mut states = Vec::new();
        while states.len() < count {
            match tokio::time::timeout(Duration::from_mins(1), self.events.recv())
                .await
                .expect("a state is committed in time")
            {
                Some(Event::Committed(state)) => states.push(state.state),
                Some(_) => {}
                None => panic!("the load ended before {count} states were committed"),
            }
        }
        states
    }

    pub async fn finish(mut self) -> Finished {
        self.input = None;
        let result = self.task.await.expect("it goes well");
        let (mut states, mut logs) = (Vec::new(), Vec::new());
        while let Ok(event) = self.events.try_recv() {
            match event {
                Event::Committed(state) => states.push(state.state),
                Event::Log { message, .. } => logs.push(message),
                _ => {}
            }
        }
        Finished {
            result,
            states,
            logs,
        }
    }
}

/// Commits at every state.
pub fn at_every_state() -> RunOptions {
    RunOptions {
        commit_every: Duration::ZERO,
        ..RunOptions::default()
    }
}

/// The same, with states kept in the destination.
pub fn fenced(token: i64) -> RunOptions {
    RunOptions {
        fence: Some(Fence {
            key: "con_1".to_owned(),
            states: None,
            token,
        }),
        ..at_every_state()
    }
}

/// A stream with these properties. Settings override the rest: `{"destination_sync_mode": "append_dedup"}`.
pub fn stream(name: &str, properties: &Value, settings: &Value) -> Value {
    let mut stream = json!({
        "stream": {"name": name, "json_schema": {"type": "object", "properties": properties}},
        "sync_mode": "incremental", "destination_sync_mode": "append", "generation_id": 1, "minimum_generation_id": 0, "sync_id": 42
    });
    for (key, value) in settings.as_object().expect("settings are an object") {
        stream[key] = value.clone();
    }
    stream
}

pub fn catalog(streams: &[Value]) -> ConfiguredAirbyteCatalog {
    serde_json::from_value(json!({ "streams": streams })).expect("it goes well")
}

pub fn record(stream: &str, data: &Value) -> String {
    record_at(stream, data, 1_700_000_000_000)
}

pub fn record_at(stream: &str, data: &Value, emitted_at: i64) -> String {
    json!({"type": "RECORD", "record": {"stream": stream, "data": data, "emitted_at": emitted_at}})
        .to_string()
}

pub fn state(stream: &str, at: i64) -> String {
    format!(r#"{{"type":"STATE","state":{}}}"#, stream_state(stream, at))
}

/// The inner object of [`state`].
pub fn stream_state(stream: &str, at: i64) -> String {
    format!(
        r#"{{"type":"STREAM","stream":{{"stream_descriptor":{{"name":"{stream}"}},"stream_state":{{"at":{at}}}}}}}"#
    )
}

pub fn status(stream: &str, status: &str) -> String {
    json!({"type": "TRACE", "trace": {"type": "STREAM_STATUS", "emitted_at": 1.0, "stream_status": {"stream_descriptor": {"name": stream}, "status": status}}}).to_string()
}

pub fn complete(stream: &str) -> String {
    status(stream, "COMPLETE")
}

/// Records `{"id": n}` for each number.
pub fn ids(stream: &str, numbers: impl IntoIterator<Item = i64>) -> Vec<String> {
    numbers
        .into_iter()
        .map(|id| record(stream, &json!({ "id": id })))
        .collect()
}

/// Several groups of lines as one.
pub fn lines(groups: &[Vec<String>]) -> Vec<String> {
    groups.concat()
}
