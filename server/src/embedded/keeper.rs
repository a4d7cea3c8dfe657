//! Keeps the embedded PostgreSQL running as long as the hub does: a server that ended (killed, out of memory, stopped by
//! hand) is started again on its port. Connections that it took along are made anew by whoever needs them.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;

use super::{Cluster, cluster::Found};
use crate::process;

/// How soon a server that ended is noticed.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Longest pause before the next try when it does not start.
const PAUSE_LIMIT: Duration = Duration::from_secs(5);

/// The watch over one cluster.
#[derive(Debug)]
pub struct Keeper {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Keeper {
    pub fn start(cluster: Arc<Mutex<Cluster>>) -> Self {
        let stop = CancellationToken::new();
        let task = process::spawn(keep(cluster, stop.clone()));
        Self { stop, task }
    }

    /// Ends the watch, after a start that is under way.
    pub async fn end(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "the watch over PostgreSQL broke");
        }
    }
}

async fn keep(cluster: Arc<Mutex<Cluster>>, stop: CancellationToken) {
    let mut pause = LOOK_EVERY;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = match look(cluster.clone()).await {
            Ok(Found::Running) => LOOK_EVERY,
            Ok(Found::Restarted) => {
                tracing::warn!("the embedded PostgreSQL had ended; it runs again");
                LOOK_EVERY
            }
            Err(error) => {
                let next = (pause * 2).min(PAUSE_LIMIT);
                tracing::error!(
                    error = format!("{error:#}"),
                    "the embedded PostgreSQL ended and does not start; trying again"
                );
                next
            }
        };
    }
}

/// Starting waits for the server: not on a thread of the runtime.
async fn look(cluster: Arc<Mutex<Cluster>>) -> anyhow::Result<Found> {
    spawn_blocking(move || {
        cluster
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .revive()
    })
    .await?
}
