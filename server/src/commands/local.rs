//! A hub for one command. Beside a running hub it only asks and enqueues; alone it does the jobs itself.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use anyhow::Context;
use hub::Hub;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{configured, serve};
use crate::{
    config::Config,
    databases::{self, Opened, Purpose},
    hub_parts::{self, Built},
    process, telemetry,
};

/// Where a running hub says how it is reached.
const ADDRESS_FILE: &str = "hub.url";

/// Databases, hub and, when no hub is running, a worker of our own.
pub struct Local {
    pub built: Built,
    pub config: Config,
    opened: Opened,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Local {
    pub async fn open(data_dir: &Path) -> anyhow::Result<Self> {
        let config = configured(data_dir)?;
        telemetry::start_quietly(&config);
        let opened = databases::open(&config, Purpose::Command).await?;
        opened.migrate().await?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let public_url = address_of_running(&config.data_dir)
            .or_else(|| config.public_url.clone())
            .unwrap_or_else(|| "http://127.0.0.1:3000".to_owned());
        let built = hub_parts::build(&config, &opened, address, public_url).await?;
        let stop = CancellationToken::new();
        let mut tasks = vec![process::spawn(engine_api(listener, &built, stop.clone()))];
        if !databases::hub_is_running(&config.data_dir) {
            tasks.push(process::spawn(serve::work(
                serve::workers(config.workers, &built),
                stop.clone(),
            )));
        }
        Ok(Self {
            built,
            config,
            opened,
            stop,
            tasks,
        })
    }

    pub fn hub(&self) -> &Hub {
        &self.built.hub
    }

    /// Ends what was started for the command.
    pub async fn close(self) -> anyhow::Result<()> {
        self.stop.cancel();
        for task in self.tasks {
            task.await.context("a part of the command broke")?;
        }
        self.built.store.pool.close().await;
        self.opened.close()
    }
}

fn engine_api(
    listener: TcpListener,
    built: &Built,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let router = axum::Router::new().nest("/api/public/v1", built.engine.router());
    async move {
        if let Err(error) = axum::serve(listener, router)
            .with_graceful_shutdown(stop.cancelled_owned())
            .await
        {
            tracing::warn!(%error, "the engine's own API ended");
        }
    }
}

/// Notes where this hub is, for commands beside it.
pub fn publish_address(data_dir: &Path, engine_at: SocketAddr) -> anyhow::Result<()> {
    fs::write(data_dir.join(ADDRESS_FILE), format!("http://{engine_at}"))
        .context("the data folder can't be written")
}

/// Where the running hub is; nothing when none runs.
pub fn address_of_running(data_dir: &Path) -> Option<String> {
    if !databases::hub_is_running(data_dir) {
        return None;
    }
    fs::read_to_string(data_dir.join(ADDRESS_FILE)).ok()
}
