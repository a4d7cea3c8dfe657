//! Builds the hub and the engine from the configuration and the opened databases.

use std::{fs, net::SocketAddr, path::PathBuf, sync::Arc};

use airbyte::{Auth, BaseUrl, Client, Server};
use anyhow::{Context, bail};
use engine::{Engine, EngineConfig, IntegrationFiles, LocalConnector, PythonTools, UploadFolders};
use hub::{
    Clock, Hub, HubParts, OnePlace, mail::Mail, redis::Redis, storage::Storage, tenant_db::TenantDb,
};
use seal::KeyRing;
use store::{Store, self_check};
use sync::{
    connector::{Level, Limits, Network, Sandbox},
    outbound::{Outbound, Policy, Scheme},
};
use time::OffsetDateTime;

use crate::{
    config::{self, Config, OldPostgres, PlainHttp, SandboxLevel},
    databases::Opened,
};

/// Connections to the control database: requests and jobs share them.
const POOL: u32 = 24;
/// Operations (checks, discoveries, samples) at once in this process; each may be a connector program.
const OPERATIONS: usize = 4;
/// Before the second attempt of a sync whose fault may pass; twice as long before the third.
const RETRY_PAUSE: std::time::Duration = std::time::Duration::from_secs(5);
/// Environment that `uv` may see when it installs a connector: where programs, its cache and the registry are.
const UV_ENVIRONMENT: &[&str] = &[
    "PATH",
    "HOME",
    "LANG",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_CACHE_DIR",
    "UV_PYTHON_INSTALL_DIR",
    "UV_NATIVE_TLS",
    "UV_FIND_LINKS",
];

/// The hub and its engine, ready to be served.
pub struct Built {
    pub hub: Hub,
    pub engine: Engine,
    pub store: Store,
}

/// Builds everything. `engine_at` is where this process will serve the engine's API.
pub async fn build(
    config: &Config,
    opened: &Opened,
    engine_at: SocketAddr,
    public_url: String,
) -> anyhow::Result<Built> {
    let store = Store::connect(opened.logins.control.clone(), POOL)
        .await
        .context("the control database can't be reached")?;
    let keys = KeyRing::load_or_create(&config.key_file)
        .with_context(|| format!("the key file {}", config.key_file.display()))?;
    self_check(config, &store, &keys).await?;
    let storage = Storage::open(&config.storage_url).map_err(anyhow::Error::new)?;
    let way_out = outbound(config)?;
    let engine = Engine::new(engine_config(
        config,
        opened,
        &store,
        &keys,
        &storage,
        &way_out,
        &public_url,
    )?)
    .await
    .context("the embedded engine can't be started")?;
    let direct = own_client(&engine, engine_at).await?;
    let (airbyte, kind) = airbyte(config, &direct, &store)?;
    let hub = Hub::new(HubParts {
        store: store.clone(),
        keys,
        tenant_db: TenantDb::new(
            opened.logins.data_provisioner.clone(),
            external_address(config)?,
        ),
        storage,
        redis: config.redis_url.as_ref().map(Redis::open).transpose()?,
        mail: mail(config)?,
        airbyte,
        engine: kind,
        direct,
        public_url,
        clock: Clock::system(),
        old_postgres: old_server(config),
        upload_limit_bytes: config.upload_limit_bytes,
        providers: providers(config)?,
        logins: config.logins.clone(),
        only_workspace: config
            .airbyte
            .as_ref()
            .and_then(|airbyte| airbyte.workspace),
        only_destination: config
            .airbyte
            .as_ref()
            .and_then(|airbyte| airbyte.destination),
        outbound: way_out,
        integration_types: config.integration_types.clone(),
    })?;
    Ok(Built { hub, engine, store })
}

/// The shipped descriptions of OAuth providers, and the operator's over them.
fn providers(config: &Config) -> anyhow::Result<oauth::Providers> {
    let own = match &config.oauth_providers {
        None => None,
        Some(path) => Some(fs::read_to_string(path).with_context(|| {
            format!(
                "OAUTH_PROVIDERS_FILE names {}, which can't be read",
                path.display()
            )
        })?),
    };
    oauth::Providers::load(own.as_deref()).context("OAUTH_PROVIDERS_FILE is not right")
}

fn local(named: &[(String, PathBuf)]) -> Vec<LocalConnector> {
    let named = named.iter().cloned();
    named
        .map(|(name, path)| LocalConnector { name, path })
        .collect()
}

/// The Airbyte that the hub talks to: the configured one, or the engine in this process.
fn airbyte(config: &Config, own: &Client, store: &Store) -> anyhow::Result<(Client, hub::Engine)> {
    if let Some(airbyte) = &config.airbyte {
        let (base, auth) = (airbyte.base.clone(), airbyte.auth.clone());
        let place = OnePlace::new(store.clone(), base.as_str());
        let client = Client::connect(base, auth, Server::Platform)?.with_places(place);
        let client = match &airbyte.registry {
            Some(url) => client.with_registry(url).context("AIRBYTE_REGISTRY_URL")?,
            None => client,
        };
        return Ok((client, hub::Engine::Remote));
    }
    Ok((own.clone(), hub::Engine::Embedded))
}

/// The engine in this process, by the API it serves.
async fn own_client(engine: &Engine, engine_at: SocketAddr) -> anyhow::Result<Client> {
    let credentials = engine
        .credentials(None)
        .await
        .context("the embedded engine gave no credentials")?;
    let auth = Auth::Application {
        client_id: credentials.client_id,
        client_secret: credentials.client_secret,
    };
    let base = BaseUrl::parse(&format!("http://{engine_at}/api/public/v1"))?;
    Ok(Client::connect(base, auth, Server::Engine)?)
}

async fn self_check(config: &Config, store: &Store, keys: &KeyRing) -> anyhow::Result<()> {
    let checks = self_check::run(
        &store.pool,
        keys,
        old_server(config),
        OffsetDateTime::now_utc(),
    )
    .await
    .context("the control database could not be checked")?;
    let problems: Vec<String> = checks
        .into_iter()
        .filter_map(|check| check.problem.map(|why| format!("{}: {why}", check.name)))
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        bail!("not safe to start. {}", problems.join(". "))
    }
}

fn old_server(config: &Config) -> self_check::OldServer {
    match config.old_postgres {
        OldPostgres::Refuse => self_check::OldServer::Refuse,
        OldPostgres::Allow => self_check::OldServer::Allow,
    }
}

fn engine_config(
    config: &Config,
    opened: &Opened,
    store: &Store,
    keys: &KeyRing,
    storage: &Storage,
    way_out: &Outbound,
    public_url: &str,
) -> anyhow::Result<EngineConfig> {
    let home = TenantDb::new(opened.logins.data_provisioner.clone(), None)
        .internal()
        .clone();
    Ok(EngineConfig {
        pool: store.pool.clone(),
        sealer: keys.platform("engine"),
        data_dir: config.data_dir.clone(),
        outbound: way_out.clone(),
        limits: Limits::default(),
        sandbox: sandbox(config),
        uploads: Some(UploadFolders {
            store: storage.objects(),
            folder: Arc::new(hub::uploads::folder),
        }),
        executables: local(&config.executables),
        manifests: local(&config.manifests),
        integrations: config
            .integrations
            .clone()
            .map(|document| IntegrationFiles {
                document,
                types: config.integration_types.clone(),
            }),
        python: python_tools(),
        own_databases: vec![(home.host, home.port)],
        retry_pause: RETRY_PAUSE,
        operations: OPERATIONS,
        programs: config.programs,
        providers: providers(config)?,
        public_base: format!("{}/api/public/v1", public_url.trim_end_matches('/')),
    })
}

/// What installs Python connectors.
pub fn python_tools() -> PythonTools {
    PythonTools {
        uv: PathBuf::from("uv"),
        env: config::inherited(UV_ENVIRONMENT),
    }
}

fn mail(config: &Config) -> anyhow::Result<Mail> {
    match &config.smtp_url {
        Some(url) => Mail::smtp(url, &config.mail_from).map_err(anyhow::Error::new),
        None => Mail::folder(&config.data_dir.join("mail"), &config.mail_from)
            .map_err(anyhow::Error::new),
    }
}

fn external_address(config: &Config) -> anyhow::Result<Option<hub::tenant_db::Address>> {
    let Some(url) = &config.tenant_database_external_url else {
        return Ok(None);
    };
    let options: sqlx::postgres::PgConnectOptions = url.parse().map_err(|_may_quote_it| {
        anyhow::anyhow!(
            "TENANT_DATABASE_EXTERNAL_URL is not a PostgreSQL URL, postgres://host:5432/database"
        )
    })?;
    Ok(Some(TenantDb::new(options, None).internal().clone()))
}

/// The guarded way out, as wide as the operator made it.
pub fn outbound(config: &Config) -> anyhow::Result<Outbound> {
    let allow_private = config
        .private_networks
        .iter()
        .map(|text| {
            text.parse().with_context(|| {
                format!(
                    "TRIBUTARY_ALLOW_PRIVATE_NETWORKS: “{text}” is not a network such as 10.0.0.0/8"
                )
            })
        })
        .collect::<anyhow::Result<_>>()?;
    let extra_roots = match &config.trusted_certificates {
        None => Vec::new(),
        Some(path) => vec![fs::read_to_string(path).with_context(|| {
            format!(
                "TRIBUTARY_TRUST_CERTIFICATES names {}, which can't be read",
                path.display()
            )
        })?],
    };
    let scheme = match config.plain_http {
        PlainHttp::Refuse => Scheme::HttpsOnly,
        PlainHttp::Allow => Scheme::HttpToo,
    };
    let policy = Policy {
        allow_private,
        scheme,
        extra_roots,
        setting: "TRIBUTARY_ALLOW_PRIVATE_NETWORKS".to_owned(),
    };
    Outbound::new(policy).map_err(|fault| anyhow::anyhow!("{fault}"))
}

/// How connector programs are contained: this binary is their launcher.
pub fn sandbox(config: &Config) -> Sandbox {
    let level = match config.sandbox {
        SandboxLevel::Strict => Level::Strict,
        SandboxLevel::BestEffort => Level::BestEffort,
    };
    Sandbox {
        launcher: PathBuf::from("/proc/self/exe"),
        level,
        network: Network::Open,
    }
}
