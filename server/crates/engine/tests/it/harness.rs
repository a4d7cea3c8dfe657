//! A whole engine for one test: its database, its folder, its HTTP server, its worker and a scripted connector.

mod machine;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use airbyte::api::{
    ConnectionCreate, ConnectionPatch, ConnectionSyncMode, DestinationCreate, JobResponse,
    SourceCreate, StreamConfiguration, StreamConfigurations, WorkspaceCreate,
};
use airbyte::extension::JobDetail;
use airbyte::{Auth, BaseUrl, Client, Server};
use engine::{Credentials, Engine, EngineConfig, LocalConnector};
use queue::{Worker, WorkerOptions};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, Row};
use sync::connector::{Limits, Sandbox};
use sync::outbound::{Outbound, Policy, Scheme};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use machine::{fresh_database, install_connector, launcher, python, server_password, server_url};

/// Nothing here takes longer, on the slowest machine.
pub const PATIENCE: Duration = Duration::from_mins(8);
pub const KEY: &str = "sesame-open";
/// Connector programs that sync at once.
pub const PROGRAMS: usize = 4;
/// Of the destination in Airbyte's catalogue.
pub const POSTGRES: Uuid = Uuid::from_u128(0x25c5_221d_dce2_4163_ade9_739e_f790_f503);

pub struct World {
    pub engine: Engine,
    pub pool: PgPool,
    pub base: BaseUrl,
    pub client: Client,
    pub database: String,
    pub data_dir: PathBuf,
    worker: Option<(JoinHandle<()>, CancellationToken)>,
    server: JoinHandle<()>,
    _folder: TempDir,
}

/// A workspace with a destination, and the client of its own credentials.
pub struct Home {
    pub id: Uuid,
    pub destination: Uuid,
    pub client: Client,
}

impl World {
    pub async fn new() -> Self {
        let (database, pool) = fresh_database().await;
        let folder = tempfile::tempdir().unwrap();
        let program = install_connector(folder.path());
        Self::on(database, pool, folder, program).await
    }

    /// Python connectors installed once for all tests of this target folder: it takes minutes.
    pub async fn with_shared_python() -> Self {
        let (database, pool) = fresh_database().await;
        let folder = tempfile::tempdir().unwrap();
        let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
        let own = folder.path().join("data/engine");
        std::fs::create_dir_all(&shared).unwrap();
        std::fs::create_dir_all(&own).unwrap();
        std::os::unix::fs::symlink(shared, own.join("python")).unwrap();
        let program = install_connector(folder.path());
        Self::on(database, pool, folder, program).await
    }

    async fn on(database: String, pool: PgPool, folder: TempDir, program: PathBuf) -> Self {
        let policy = Policy {
            allow_private: vec!["127.0.0.0/8".parse().unwrap()],
            scheme: Scheme::HttpToo,
            ..Policy::default()
        };
        let data_dir = folder.path().join("data");
        let engine = Engine::new(EngineConfig {
            pool: pool.clone(),
            sealer: seal::KeyRing::random().unwrap().platform("engine"),
            data_dir: data_dir.clone(),
            outbound: Outbound::new(policy).unwrap(),
            limits: Limits::default(),
            sandbox: Sandbox {
                launcher: launcher(),
                ..Sandbox::best_effort()
            },
            uploads: None,
            manifests: Vec::new(),
            integrations: None,
            executables: vec![LocalConnector {
                name: "scripted".to_owned(),
                path: program,
            }],
            python: python(),
            own_databases: Vec::new(),
            retry_pause: Duration::from_millis(100),
            providers: oauth::Providers::load(None).unwrap(),
            public_base: String::new(),
            operations: 4,
            programs: PROGRAMS,
        })
        .await
        .unwrap();
        let app = axum::Router::new().nest("/api/public/v1", engine.router());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let client = client(&base, &engine.credentials(None).await.unwrap());
        let mut world = Self {
            engine,
            pool,
            base,
            client,
            database,
            data_dir,
            worker: None,
            server,
            _folder: folder,
        };
        world.start_worker();
        world
    }

    /// A worker like the product's, with a short lease so that a dead one is soon replaced.
    pub fn start_worker(&mut self) {
        let mut options = WorkerOptions::new(4, Uuid::now_v7().to_string());
        options.lease = Duration::from_secs(3);
        self.work(options);
    }

    /// One for so many jobs at once, which nobody kills: its lease is the product's, or a busy machine would lose some.
    pub fn start_worker_of(&mut self, jobs: usize) {
        self.work(WorkerOptions::new(jobs, Uuid::now_v7().to_string()));
    }

    fn work(&mut self, mut options: WorkerOptions) {
        options.poll = Duration::from_millis(100);
        let mut worker = Worker::new(self.pool.clone(), options);
        self.engine.register(&mut worker);
        let stop = CancellationToken::new();
        self.worker = Some((tokio::spawn(worker.run(stop.clone())), stop));
    }

    /// As by `kill -9`: nothing is given back, nothing is said.
    pub fn kill_worker(&mut self) {
        let (worker, _) = self.worker.take().expect("a worker runs");
        worker.abort();
    }

    /// Another program's way in.
    pub async fn home(&self, name: &str) -> Home {
        let id = self
            .client
            .create_workspace(&WorkspaceCreate::named(name))
            .await
            .unwrap()
            .workspace_id;
        let own = client(
            &self.base,
            &self.engine.credentials(Some(id)).await.unwrap(),
        );
        let new = DestinationCreate {
            name: "Landing".to_owned(),
            workspace_id: id,
            definition_id: Some(POSTGRES),
            configuration: self.destination_config(name),
        };
        let destination = own.create_destination(&new).await.unwrap().destination_id;
        Home {
            id,
            destination,
            client: own,
        }
    }

    pub fn destination_config(&self, schema: &str) -> Value {
        let options: sqlx::postgres::PgConnectOptions = server_url().parse().unwrap();
        let (host, port, user) = (
            options.get_host(),
            options.get_port(),
            options.get_username(),
        );
        json!({"host": host, "port": port, "database": self.database, "username": user, "password": server_password(),
            "schema": schema, "ssl_mode": {"mode": "disable"}})
    }

    pub async fn definition(&self, source_type: &str) -> Uuid {
        let all = self.client.definitions().await.unwrap();
        all.into_iter()
            .find(|one| one.source_type == source_type)
            .expect("a definition")
            .definition_id
    }

    /// A source of the scripted connector with these settings.
    pub async fn source(&self, home: &Home, settings: Value) -> Uuid {
        let mut configuration = json!({"api_key": KEY});
        configuration
            .as_object_mut()
            .unwrap()
            .extend(settings.as_object().unwrap().clone());
        let definition = self.definition("scripted").await;
        let new = SourceCreate {
            name: "Scripted".to_owned(),
            workspace_id: home.id,
            definition_id: Some(definition),
            configuration,
            secret_id: None,
        };
        home.client.create_source(&new).await.unwrap().source_id
    }

    /// A connection of the stream `people` in this mode.
    pub async fn connect(&self, home: &Home, source: Uuid, mode: ConnectionSyncMode) -> Uuid {
        self.connect_streams(home, source, &["people"], mode).await
    }

    pub async fn connect_streams(
        &self,
        home: &Home,
        source: Uuid,
        names: &[&str],
        mode: ConnectionSyncMode,
    ) -> Uuid {
        let stream = |name: &&str| StreamConfiguration {
            sync_mode: Some(mode),
            ..StreamConfiguration::new(*name, None)
        };
        let streams = names.iter().map(stream).collect();
        let settings = ConnectionPatch {
            configurations: Some(StreamConfigurations { streams }),
            ..ConnectionPatch::default()
        };
        let new = ConnectionCreate {
            source_id: source,
            destination_id: home.destination,
            settings,
        };
        home.client
            .create_connection(&new)
            .await
            .unwrap()
            .connection_id
    }

    /// Runs a sync to its end.
    pub async fn sync(&self, home: &Home, connection: Uuid) -> JobDetail {
        let job = home
            .client
            .start_job(connection, airbyte::api::JobType::Sync)
            .await
            .unwrap();
        self.wait(home, &job, PATIENCE).await
    }

    pub async fn wait(&self, home: &Home, job: &JobResponse, patience: Duration) -> JobDetail {
        self.until(home, job.job_id, patience, |detail| {
            detail.job.status.is_over()
        })
        .await
    }

    pub async fn until(
        &self,
        home: &Home,
        job: i64,
        patience: Duration,
        is: impl Fn(&JobDetail) -> bool,
    ) -> JobDetail {
        let begun = Instant::now();
        loop {
            let detail = home.client.job_detail(job).await.unwrap();
            if is(&detail) {
                return detail;
            }
            assert!(
                begun.elapsed() < patience,
                "the job did not get there: {detail:#?}\n{}",
                self.log(home, job).await
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn log(&self, home: &Home, job: i64) -> String {
        let logs = home.client.job_logs(job, 0, 1000).await.unwrap();
        logs.lines
            .into_iter()
            .map(|line| format!("{} {}", line.level, line.text))
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// One number out of the destination.
    pub async fn count(&self, sql: &str) -> i64 {
        sqlx::query(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&self.pool)
            .await
            .unwrap()
            .get(0)
    }

    pub async fn text(&self, sql: &str) -> String {
        sqlx::query(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&self.pool)
            .await
            .unwrap()
            .get(0)
    }

    /// The base address of the HTTP server, for calls without the client.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base.as_str())
    }

    /// A token as a program of its own would get it.
    pub async fn token(&self, credentials: &Credentials) -> String {
        let body = json!({"client_id": credentials.client_id, "client_secret": credentials.client_secret.expose_secret()});
        let answer = http()
            .post(self.url("/applications/token"))
            .json(&body)
            .send()
            .await
            .unwrap();
        answer.json::<Value>().await.unwrap()["access_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
        if let Some((worker, _)) = self.worker.take() {
            worker.abort();
        }
        let database = self.database.clone();
        // A thread of its own: there is no waiting in a drop, and the pool may still hold connections.
        let drop_database = move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(async {
                if let Ok(mut admin) = PgConnection::connect(&server_url()).await {
                    let sql = format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)");
                    let _ = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut admin).await;
                }
            });
        };
        let _ = std::thread::spawn(drop_database).join();
    }
}

pub fn client(base: &BaseUrl, credentials: &Credentials) -> Client {
    let auth = Auth::Application {
        client_id: credentials.client_id.clone(),
        client_secret: credentials.client_secret.clone(),
    };
    Client::connect(base.clone(), auth, Server::Engine).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "calls the test's own server")]
pub fn http() -> reqwest::Client {
    reqwest::Client::new()
}
