//! `serve`: databases, engine, pages, worker; then wait for the signal to stop.

use std::{
    io::Write,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::Instant,
};

use anyhow::Context;
use axum::Router;
use hub::Hub;
use leptos::config::LeptosOptions;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::local;
use crate::{
    cli::{Role, Serve},
    client::TrustedProxies,
    config::{self, Config, Settings},
    databases::{self, Purpose},
    guard::PublicOrigin,
    hub_parts::{self, Built},
    lifecycle, listen,
    overload::Rates,
    probes, process,
    render::Renderers,
    router,
    session::{self, Transport},
    state::AppState,
    telemetry,
};

/// Runs until a signal; 0 when everything ended in order.
pub async fn run(data_dir: &Path, options: &Serve) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let settings = Settings::read(data_dir)?;
    let config = Config::new(data_dir, options.addr, &settings)?;
    telemetry::start(&config);
    let stop = lifecycle::stop_on_signal()?;
    let opened = databases::open(&config, Purpose::Serve).await?;
    let keeper = opened.keep_running();
    let outcome = serve(&config, &opened, options.role, begun, stop).await;
    if let Some(keeper) = keeper {
        keeper.end().await;
    }
    opened.close()?;
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn serve(
    config: &Config,
    opened: &databases::Opened,
    role: Role,
    begun: Instant,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    opened.migrate().await?;
    // A worker is reached by nobody but itself: its engine listens on loopback only.
    let address = if role == Role::Worker {
        SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
    } else {
        config.addr
    };
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!(
            "{address} can't be listened on; is another program using it? Choose another --addr"
        )
    })?;
    let address = listener.local_addr()?;
    let public_url = config
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{}", reachable(address)));
    let built = hub_parts::build(config, opened, reachable(address), public_url.clone()).await?;
    let rates = Rates::new(config.rate_limit);
    let ended = CancellationToken::new();
    let renderers = Renderers::start(&ended).context("no threads for pages")?;
    let app = app(
        config,
        &built,
        address,
        &public_url,
        rates.clone(),
        renderers,
    )?;
    let workers = (role != Role::Web)
        .then(|| process::spawn(work(workers(config.workers, &built), stop.clone())));
    // Both end with the process: nothing depends on what they say.
    process::spawn(hub::health::announce_engine(built.hub.clone()));
    process::spawn(hub::names::listen(built.hub.clone()));
    let sweeper = process::spawn(sweep(built.hub.clone(), rates, stop.clone()));
    local::publish_address(&config.data_dir, reachable(address))?;
    announce(&public_url, role, begun, config)?;
    listen::serve(listener, app, stop).await?;
    sweeper.await?;
    if let Some(workers) = workers {
        workers.await?;
    }
    built.store.pool.close().await;
    ended.cancel();
    Ok(())
}

/// Loopback instead of "every interface": what we ourselves can connect to.
fn reachable(local: SocketAddr) -> SocketAddr {
    let ip = if local.ip().is_unspecified() {
        IpAddr::V4(Ipv4Addr::LOCALHOST)
    } else {
        local.ip()
    };
    SocketAddr::new(ip, local.port())
}

fn app(
    config: &Config,
    built: &Built,
    local: SocketAddr,
    public_url: &str,
    rates: Rates,
    renderers: Renderers,
) -> anyhow::Result<Router> {
    let site_root = config::site_root();
    let leptos = LeptosOptions::builder()
        .output_name("tributary")
        .site_root(site_root.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .site_addr(local)
        .build();
    let transport = if public_url.starts_with("https://") {
        Transport::Https
    } else {
        Transport::LoopbackHttp
    };
    let mut own_origins = vec![public_url.to_owned()];
    if transport == Transport::LoopbackHttp {
        own_origins.extend(
            ["localhost", "127.0.0.1"].map(|host| format!("http://{host}:{}", local.port())),
        );
    }
    Ok(router::build(router::Parts {
        state: AppState {
            hub: built.hub.clone(),
            leptos,
        },
        engine: Some(built.engine.clone()),
        sessions: session::layer(built.store.clone(), transport),
        public_origin: PublicOrigin(Arc::new(own_origins)),
        rates,
        renderers,
        proxies: TrustedProxies(Arc::new(config.trusted_proxies.clone())),
        site_root: &site_root,
        numbers: probes::recorder()?,
    }))
}

/// Runs of the hub at once: they wait for the engine most of the time.
const RUNS: usize = 64;
/// Of these, one tenant's.
const RUNS_OF_ONE: usize = 48;
/// Tests, samples and rehearsals at once: each waits for a connector, perhaps for minutes.
const QUESTIONS: usize = 32;
const QUESTIONS_OF_ONE: usize = 16;
/// The hub's other jobs at once: they are short, and others wait for them.
const OTHERS: usize = 16;
const OTHERS_OF_ONE: usize = 12;

/// Workers for every kind of job: what the hub waits long for, what else it does, and the engine's work. In one worker the
/// waiting ones could fill every place and keep what they wait for, and everything short, from starting.
pub struct Workers {
    runs: queue::Worker,
    questions: queue::Worker,
    others: queue::Worker,
    engine: queue::Worker,
}

pub fn workers(jobs: usize, built: &Built) -> Workers {
    let owner = format!(
        "{}@{}",
        std::process::id(),
        OffsetDateTime::now_utc().unix_timestamp()
    );
    let new = |places: usize, per_tenant: Option<usize>| {
        let options = queue::WorkerOptions {
            per_tenant,
            ..queue::WorkerOptions::new(places, owner.clone())
        };
        queue::Worker::new(built.store.pool.clone(), options)
    };
    let mut workers = Workers {
        runs: new(RUNS, Some(RUNS_OF_ONE)),
        questions: new(QUESTIONS, Some(QUESTIONS_OF_ONE)),
        others: new(OTHERS, Some(OTHERS_OF_ONE)),
        engine: new(jobs, None),
    };
    hub::register_runs(&built.hub, &mut workers.runs);
    hub::register_questions(&built.hub, &mut workers.questions);
    hub::register(&built.hub, &mut workers.others);
    built.engine.register(&mut workers.engine);
    workers
}

pub async fn work(workers: Workers, stop: CancellationToken) {
    tokio::join!(
        workers.runs.run(stop.clone()),
        workers.questions.run(stop.clone()),
        workers.others.run(stop.clone()),
        workers.engine.run(stop)
    );
}

async fn sweep(hub: Hub, rates: Rates, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(session::SWEEP_EVERY) => {}
        }
        rates.forget_idle();
        if let Err(error) = session::sweep(&hub).await {
            tracing::warn!(%error, "expired sessions stay for now");
        }
    }
}

/// The one line that scripts wait for.
fn announce(url: &str, role: Role, begun: Instant, config: &Config) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match role {
        Role::Worker => writeln!(out, "Tributary works on jobs")?,
        Role::All | Role::Web => writeln!(out, "Tributary is ready at {url}")?,
    }
    out.flush()?;
    tracing::info!(milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX), data_dir = %config.data_dir.display(), "ready");
    Ok(())
}
