//! A whole hub for one test: two databases, the embedded engine over HTTP, both workers, a tenant and a source.

mod postgres;

use std::{
    future::Future,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use airbyte::{Auth, BaseUrl, Client as AirbyteClient, Server};
use engine::{Engine, EngineConfig, PythonTools, UploadFolders};
use hub::{
    Client, Clock, Hub, HubParts, Scope, accounts, mail::Mail, scope, storage::Storage,
    tenant_db::TenantDb, tenants,
};
use model::{
    ConnectionId, Progress, RunId, RunView, TenantId, TenantState, TestId, TestView, UserId,
};
use queue::{Worker, WorkerOptions};
use seal::KeyRing;
use secrecy::SecretString;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use store::{Store, bootstrap, self_check::OldServer};
use sync::{
    connector::{Limits, Sandbox},
    outbound::{Outbound, Policy, Scheme},
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use postgres::{number, passwords, server, server_password, sql};

pub const PASSWORD: &str = "a long enough pass phrase 7";
/// Nothing here takes longer, on the slowest machine.
const PATIENCE: Duration = Duration::from_mins(2);

pub struct World {
    pub hub: Hub,
    pub anna: Tenant,
    names: bootstrap::Names,
    source: String,
    tasks: Vec<JoinHandle<()>>,
    stop: CancellationToken,
    _folder: TempDir,
}

/// A prepared tenant with its owner.
#[derive(Clone)]
pub struct Tenant {
    pub id: TenantId,
    pub owner: UserId,
    pub scope: Scope,
}

impl World {
    pub async fn new() -> Self {
        Self::with_providers("").await
    }

    /// With OAuth providers beside the shipped ones.
    pub async fn with_providers(providers: &str) -> Self {
        let stamp = Uuid::now_v7().simple().to_string();
        let names = bootstrap::Names {
            control: format!("flows_c_{stamp}"),
            data: format!("flows_d_{stamp}"),
        };
        let source = format!("flows_s_{stamp}");
        sql("postgres", &format!("CREATE DATABASE {source}")).await;
        let logins = bootstrap::embedded(&server(), &names, &passwords())
            .await
            .expect("roles and databases");
        store::migrate(&logins.control_owner)
            .await
            .expect("the control database is migrated");
        store::migrate_tenant_database(&logins.data_superuser)
            .await
            .expect("the data database is prepared");
        let store = Store::connect(logins.control.clone(), 16)
            .await
            .expect("a pool");
        let folder = tempfile::tempdir().expect("a folder");
        let keys = KeyRing::random().expect("keys");
        let storage =
            Storage::open(&format!("file://{}/files", folder.path().display())).expect("storage");
        let engine = Engine::new(engine_config(
            &store,
            &keys,
            &storage,
            folder.path().join("engine"),
        ))
        .await
        .expect("an engine");
        let (client, serving) = serve(&engine).await;
        let hub = Hub::new(HubParts {
            store: store.clone(),
            keys,
            tenant_db: TenantDb::new(logins.data_provisioner, None),
            storage,
            redis: None,
            mail: Mail::folder(&folder.path().join("mail"), "hub@example.com")
                .expect("a mail folder"),
            direct: client.clone(),
            airbyte: client,
            engine: hub::Engine::Embedded,
            only_workspace: None,
            only_destination: None,
            public_url: "http://localhost".to_owned(),
            clock: Clock::system(),
            old_postgres: OldServer::Allow,
            upload_limit_bytes: 1_000_000,
            providers: oauth::Providers::load(Some(providers)).expect("providers"),
            logins: Vec::new(),
            outbound: outbound(),
            integration_types: None,
        })
        .expect("a hub");
        let stop = CancellationToken::new();
        let mut tasks = vec![serving];
        tasks.extend(workers(&hub, &engine, &store, &stop));
        let anna = tenant(&hub, "anna@example.com", "Anna's Shop").await;
        Self {
            hub,
            anna,
            names,
            source,
            tasks,
            stop,
            _folder: folder,
        }
    }

    /// Name of the control database.
    pub fn control(&self) -> &str {
        &self.names.control
    }

    /// Runs SQL in the source database.
    pub async fn at_source(&self, text: &str) {
        sql(&self.source, text).await;
    }

    /// One number out of the data database, as its superuser.
    pub async fn count(&self, text: &str) -> i64 {
        number(&self.names.data, text).await
    }

    /// The same out of the control database.
    pub async fn control_count(&self, text: &str) -> i64 {
        number(&self.names.control, text).await
    }

    /// Connects to the data database as an app would.
    pub async fn as_login(&self, login: &str, password: &str) -> PgConnection {
        let options = server()
            .database(&self.names.data)
            .username(login)
            .password(password);
        PgConnection::connect_with(&options)
            .await
            .expect("the login works")
    }

    /// The settings of the source database; `change` replaces some.
    #[expect(clippy::needless_pass_by_value, reason = "cases are written as values")]
    pub fn settings(&self, change: Value) -> Value {
        let at = server();
        let mut settings = json!({"host": at.get_host(), "port": at.get_port(), "database": self.source,
            "username": at.get_username(), "password": server_password(), "ssl_mode": {"mode": "disable"}});
        let own = settings.as_object_mut().expect("an object");
        own.extend(change.as_object().expect("an object").clone());
        settings
    }

    pub async fn wait_for_test(&self, id: TestId) -> TestView {
        until("the test ends", || async {
            let view = hub::tests::get(&self.hub, &self.anna.scope, id)
                .await
                .expect("a test");
            view.state.is_over().then_some(view)
        })
        .await
    }

    pub async fn wait_for_run(&self, id: RunId) -> RunView {
        until("the run ends", || async {
            let view = hub::runs::get(&self.hub, &self.anna.scope, id)
                .await
                .expect("a run");
            view.row.state.is_over().then_some(view)
        })
        .await
    }

    /// A checked connection to the source database.
    pub async fn connect(&self, name: &str) -> ConnectionId {
        let settings = self.settings(json!({}));
        let target = hub::connections::Target::New {
            slug: "postgresql".to_owned(),
            name: name.to_owned(),
        };
        let input = hub::connections::Input::Json(&settings);
        let test = hub::connections::submit(&self.hub, &self.anna.scope, target, input)
            .await
            .expect("submitted");
        let view = self.wait_for_test(test).await;
        assert_eq!(view.state, Progress::Passed, "{view:#?}");
        view.connection
    }

    /// Runs a connection to its end.
    pub async fn sync(&self, id: ConnectionId) -> RunView {
        let run = hub::runs::start(&self.hub, &self.anna.scope, id, hub::runs::Way::AsSet)
            .await
            .expect("started");
        self.wait_for_run(run).await
    }

    pub async fn another_tenant(&self) -> Tenant {
        tenant(&self.hub, "ben@example.com", "Ben & Sons").await
    }

    pub async fn end(self) {
        self.stop.cancel();
        let functions = self.hub.tenant_db().functions();
        functions
            .drop_tenant(self.anna.id)
            .await
            .expect("the tenant's roles go");
        for task in self.tasks {
            task.abort();
        }
        self.hub.store().pool.close().await;
        for database in [&self.names.control, &self.names.data, &self.source] {
            sql(
                "postgres",
                &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"),
            )
            .await;
        }
    }
}

/// The local world may be called.
pub fn outbound() -> Outbound {
    Outbound::new(Policy {
        allow_private: vec!["127.0.0.0/8".parse().expect("a network")],
        scheme: Scheme::HttpToo,
        ..Policy::default()
    })
    .expect("a way out")
}

fn engine_config(
    store: &Store,
    keys: &KeyRing,
    storage: &Storage,
    data_dir: PathBuf,
) -> EngineConfig {
    EngineConfig {
        pool: store.pool.clone(),
        sealer: keys.platform("engine"),
        data_dir,
        outbound: outbound(),
        limits: Limits::default(),
        sandbox: Sandbox::best_effort(),
        uploads: Some(UploadFolders {
            store: storage.objects(),
            folder: Arc::new(hub::uploads::folder),
        }),
        executables: Vec::new(),
        manifests: Vec::new(),
        integrations: None,
        python: PythonTools::default(),
        own_databases: Vec::new(),
        retry_pause: Duration::from_millis(100),
        providers: oauth::Providers::load(None).unwrap(),
        public_base: String::new(),
        operations: 4,
        programs: 4,
    }
}

async fn serve(engine: &Engine) -> (AirbyteClient, JoinHandle<()>) {
    let app = axum::Router::new().nest("/api/public/v1", engine.router());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let base = BaseUrl::parse(&format!(
        "http://{}",
        listener.local_addr().expect("an address")
    ))
    .expect("a base");
    let serving = tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") });
    let credentials = engine.credentials(None).await.expect("credentials");
    let auth = Auth::Application {
        client_id: credentials.client_id,
        client_secret: credentials.client_secret,
    };
    (
        AirbyteClient::connect(base, auth, Server::Engine).expect("a client"),
        serving,
    )
}

/// Like the product: the hub's runs wait in one worker, what else it does in another, and the engine's work in a third.
fn workers(
    hub: &Hub,
    engine: &Engine,
    store: &Store,
    stop: &CancellationToken,
) -> Vec<JoinHandle<()>> {
    let new = |places: usize| {
        let mut options = WorkerOptions::new(places, Uuid::now_v7().to_string());
        options.poll = Duration::from_millis(100);
        Worker::new(store.pool.clone(), options)
    };
    let (mut runs, mut others, mut working) = (new(16), new(16), new(2));
    hub::register_runs(hub, &mut runs);
    hub::register_questions(hub, &mut others);
    hub::register(hub, &mut others);
    engine.register(&mut working);
    vec![
        tokio::spawn(runs.run(stop.clone())),
        tokio::spawn(others.run(stop.clone())),
        tokio::spawn(working.run(stop.clone())),
    ]
}

async fn tenant(hub: &Hub, email: &str, company: &str) -> Tenant {
    let password = SecretString::from(PASSWORD);
    let owner = accounts::create_admin(hub, email, &password)
        .await
        .expect("a person");
    let id = tenants::create(hub, &scope::operator(), company, email)
        .await
        .expect("a tenant");
    let scope = until("the tenant is prepared", || async {
        let me = accounts::me(hub, owner).await.expect("a person");
        let scope = scope::for_person(&me, &Client::local()).expect("a scope");
        (scope.tenant_state() == TenantState::Active).then_some(scope)
    })
    .await;
    Tenant { id, owner, scope }
}

/// Asks until there is an answer.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, ask: impl Fn() -> F) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "waited too long until {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
