//! `keys rotate`: a new key in the key file, and everything that is sealed put under it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::ExitCode,
};

use anyhow::Context;
use hub::key_rotation::{self, Rotated};
use store::Store;
use time::OffsetDateTime;

use super::{configured, operate::plain};
use crate::{
    cli::Keys,
    config::Config,
    databases::{self, Opened, Purpose},
    hub_parts, telemetry,
};

/// One transaction at a time.
const CONNECTIONS: u32 = 2;

pub async fn run(data_dir: &Path, command: Keys) -> anyhow::Result<ExitCode> {
    let Keys::Rotate = command;
    let config = configured(data_dir)?;
    telemetry::start_quietly(&config);
    let opened = databases::open(&config, Purpose::Alone)
        .await
        .context("a hub knows only the keys it started with, so none may run while they change")?;
    let done = rotate(&config, &opened).await;
    opened.close()?;
    let (rotated, engine) = done.context(
        "not everything is under the new key yet; nothing is lost, run the command again",
    )?;
    println!(
        "Key {} is active in {}.\n{} data keys, {} audit chains and {engine} secrets of the engine are under it now.\n\
         Keep the older keys in the file: they open backups made before today, and prove older lines of the audit log.",
        rotated.key_id,
        config.key_file.display(),
        rotated.data_keys,
        rotated.audit_chains,
    );
    Ok(ExitCode::SUCCESS)
}

async fn rotate(config: &Config, opened: &Opened) -> anyhow::Result<(Rotated, usize)> {
    opened.migrate().await?;
    let store = Store::connect(opened.logins.control.clone(), CONNECTIONS)
        .await
        .context("the control database can't be reached")?;
    let rotated = key_rotation::rotate(&store, &config.key_file, OffsetDateTime::now_utc()).await;
    store.pool.close().await;
    let rotated = rotated.map_err(plain)?;
    // The engine as the next hub will have it: with the new key. It is not served.
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let built = hub_parts::build(config, opened, nowhere, "http://127.0.0.1".to_owned()).await?;
    let engine = built.engine.reseal().await;
    built.store.pool.close().await;
    Ok((rotated, engine?))
}
