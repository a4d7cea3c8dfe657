//! What the database tells us without being asked: new jobs, and running jobs to stop. Polling finds both anyway.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{PgPool, postgres::PgListener};
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use uuid::Uuid;

const RECONNECT: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub(super) struct Wake {
    shared: Arc<Shared>,
    _task: Option<Arc<AbortOnDropHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    work: Notify,
    running: Mutex<HashMap<Uuid, CancellationToken>>,
}

impl Shared {
    fn with_running<T>(&self, act: impl FnOnce(&mut HashMap<Uuid, CancellationToken>) -> T) -> T {
        act(&mut self.running.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Wake {
    pub fn listen(pool: &PgPool) -> Self {
        let shared = Arc::new(Shared::default());
        let task: JoinHandle<()> = tokio::spawn(listen(pool.clone(), shared.clone()));
        Self {
            shared,
            _task: Some(Arc::new(AbortOnDropHandle::new(task))),
        }
    }

    pub fn silent() -> Self {
        Self {
            shared: Arc::default(),
            _task: None,
        }
    }

    pub async fn woken(&self) {
        self.shared.work.notified().await;
    }

    /// While the guard lives, a request to cancel this job reaches the token.
    pub fn watch(&self, id: Uuid, token: &CancellationToken) -> Watch {
        self.shared
            .with_running(|running| running.insert(id, token.clone()));
        Watch {
            shared: self.shared.clone(),
            id,
        }
    }
}

pub(super) struct Watch {
    shared: Arc<Shared>,
    id: Uuid,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.with_running(|running| running.remove(&self.id));
    }
}

async fn listen(pool: PgPool, shared: Arc<Shared>) {
    loop {
        if let Err(error) = follow(&pool, &shared).await {
            tracing::debug!(%error, "not woken by the database for now; polling goes on");
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn follow(pool: &PgPool, shared: &Shared) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen_all(["queue_wake", "queue_cancel"]).await?;
    loop {
        let note = listener.recv().await?;
        if note.channel() == "queue_wake" {
            shared.work.notify_one();
        } else if let Ok(id) = note.payload().parse::<Uuid>() {
            shared.with_running(|running| {
                if let Some(token) = running.get(&id) {
                    token.cancel();
                }
            });
        }
    }
}
