//! Places to discover: a platform has few threads for that, and each discovery holds one until its source has answered.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Client, Server};

/// The public API has five threads for whatever it is asked, and a call of it that discovers holds one for minutes: two or
/// three of those, and it is slow for everybody. So they come one after the other.
const BY_THE_PUBLIC_API: usize = 1;
/// The Config API discovers in threads of its own (`AirbyteTaskExecutors.SCHEDULER`, not `PUBLIC_API`), which closes that
/// way to nobody. One at a time would have everybody's test wait for the slowest source.
const BY_THE_CONFIG_API: usize = 2;

/// Gives out the one place that the public API has, among all who ask the same platform. Without it, a client's clones
/// share the place among themselves.
pub trait Places: Send + Sync {
    /// Waits for the place. Whoever stops waiting, or lets go of what it got, leaves it to the next one.
    fn take(&self) -> Taking<'_>;
}

pub type Taking<'a> = Pin<Box<dyn Future<Output = Held> + Send + 'a>>;

/// Whatever the place hangs on: dropped, it is free.
pub type Held = Box<dyn Send>;

/// Tells whether a call waits for its place, to somebody who would say so.
#[derive(Debug, Clone, Default)]
pub struct Waits(Arc<Mutex<Waited>>);

#[derive(Debug, Default)]
struct Waited {
    since: Option<Instant>,
    /// In all waits that are over.
    before: Duration,
}

impl Waits {
    /// For how long by now; `None` while it does not.
    pub fn waited(&self) -> Option<Duration> {
        self.state().since.map(|since| since.elapsed())
    }

    /// In all waits so far together.
    pub fn all(&self) -> Duration {
        let state = self.state();
        let now = state.since.map_or(Duration::ZERO, |since| since.elapsed());
        state.before + now
    }

    fn begin(&self) -> Waiting<'_> {
        self.state().since = Some(Instant::now());
        Waiting(self)
    }

    fn state(&self) -> MutexGuard<'_, Waited> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Over when it is dropped, also where nobody waits any more.
struct Waiting<'a>(&'a Waits);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if let Some(since) = state.since.take() {
            state.before += since.elapsed();
        }
    }
}

/// Which API is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    PublicApi,
    ConfigApi,
}

/// The places of one client and its clones.
pub(super) struct Discoveries {
    public: Semaphore,
    config: Semaphore,
    everywhere: Option<Box<dyn Places>>,
}

impl Default for Discoveries {
    fn default() -> Self {
        Self {
            public: Semaphore::new(BY_THE_PUBLIC_API),
            config: Semaphore::new(BY_THE_CONFIG_API),
            everywhere: None,
        }
    }
}

impl Discoveries {
    pub(super) fn share(&mut self, places: impl Places + 'static) {
        self.everywhere = Some(Box::new(places));
    }

    async fn take(&self, by: By) -> Option<Place<'_>> {
        let here = match by {
            By::PublicApi => &self.public,
            By::ConfigApi => &self.config,
        };
        let here = here.acquire().await.ok()?;
        // One of us at a time stands in the queue of all.
        let everywhere = match (by, &self.everywhere) {
            (By::PublicApi, Some(places)) => Some(places.take().await),
            _ => None,
        };
        Some(Place {
            _everywhere: everywhere,
            _here: here,
        })
    }
}

/// A place that is held: that of all is free first, then that of this process.
pub(super) struct Place<'a> {
    _everywhere: Option<Held>,
    _here: SemaphorePermit<'a>,
}

impl Client {
    /// Waits for a place to discover. The engine beside us has its own.
    pub(super) async fn place_to_discover(&self, by: By) -> Option<Place<'_>> {
        if self.server() == Server::Engine {
            return None;
        }
        let _waits = self.waits.as_ref().map(Waits::begin);
        self.shared.discoveries.take(by).await
    }
}
