//! Changing the key that protects all other keys: a new one in the key file, and every data key wrapped under it.

use std::path::Path;

use seal::KeyRing;
use store::{Store, audit::Chain, secrets};
use time::OffsetDateTime;

use crate::{Error, consent};

/// How much was wrapped anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// Id of the key that is active now.
    pub key_id: u32,
    pub data_keys: usize,
    pub audit_chains: usize,
}

/// Adds a key to the file and wraps everything under it. No hub may run: it knows only the keys it started with. A crash
/// in between harms nothing (both keys are in the file); repeating it does what is left, under one more key.
pub async fn rotate(store: &Store, path: &Path, now: OffsetDateTime) -> Result<Rotated, Error> {
    let ring = KeyRing::load(path)
        .and_then(|ring| ring.rotated())
        .map_err(Error::internal)?;
    // The file first: a key that wraps something must never be lost.
    ring.write(path).map_err(Error::internal)?;
    finish(store, &ring, now).await
}

/// Wraps what is not under the active key yet.
pub async fn finish(store: &Store, ring: &KeyRing, now: OffsetDateTime) -> Result<Rotated, Error> {
    let mut tx = store.platform().await?;
    secrets::check_canary(&mut tx, ring, now).await?;
    let data_keys = secrets::rewrap(&mut tx, ring).await?;
    let audit_chains = store::audit::rewrap(&mut tx, ring).await?;
    let oauth_clients = consent::clients::reseal(&mut tx, ring).await?;
    secrets::retire_canaries(&mut tx, ring).await?;
    let line = store::audit::Line {
        at: now,
        actor: "operator",
        ip: None,
        action: "keys.rotate",
        target: &ring.active().to_string(),
        detail: &format!(
            "{data_keys} data keys, {oauth_clients} clients of providers and {audit_chains} audit chains are under key {}",
            ring.active()
        ),
    };
    store::audit::append(&mut tx, ring, Chain::Platform, &line).await?;
    tx.commit().await?;
    Ok(Rotated {
        key_id: ring.active(),
        data_keys,
        audit_chains,
    })
}
