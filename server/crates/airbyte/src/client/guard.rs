//! What keeps a platform from being flooded by us, and us from waiting for one that is down: a token bucket and a circuit
//! breaker for the deployment.

use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use governor::{DefaultDirectRateLimiter, Jitter, Quota, RateLimiter};

use super::{Server, places::By};
use crate::Error;

/// Calls a second that a platform gets from us, and as many at once after a pause. Airbyte publishes no figure; its
/// public API has five threads where it is self-hosted.
const A_SECOND: NonZeroU32 = NonZeroU32::new(20).expect("twenty is not zero");
/// Failures in a row after which the server is left alone.
const FAILURES: u32 = 8;
/// For how long.
const REST: Duration = Duration::from_secs(20);

/// How calls have gone lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    Good,
    /// So many calls in a row failed.
    Failing(u32),
    /// Nothing is sent for this long.
    Resting(Duration),
}

pub(super) struct Guard {
    /// `None` for the embedded engine, which is this very program.
    bucket: Option<DefaultDirectRateLimiter>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    resting_until: Option<Instant>,
}

impl Guard {
    pub(super) fn new(server: Server) -> Self {
        let bucket = match server {
            Server::Engine => None,
            Server::Platform => Some(RateLimiter::direct(Quota::per_second(A_SECOND))),
        };
        Self {
            bucket,
            state: Mutex::default(),
        }
    }

    pub(super) fn health(&self) -> Health {
        let state = self.lock();
        match (remaining(&state), state.failures) {
            (Some(rest), _) => Health::Resting(rest),
            (None, 0) => Health::Good,
            (None, failures) => Health::Failing(failures),
        }
    }

    /// Waits for a place in the bucket; refuses while the server rests. After the rest one caller tries, and the others
    /// wait for what it comes to.
    pub(super) async fn turn(&self) -> Result<Turn<'_>, Error> {
        let Some(bucket) = &self.bucket else {
            return Ok(Turn(self));
        };
        if let Some(retry_after) = self.rest_or_try() {
            metrics::counter!("airbyte_requests_total", "outcome" => "resting").increment(1);
            return Err(Error::Resting { retry_after });
        }
        let jitter = Jitter::up_to(Duration::from_millis(20));
        let asked = Instant::now();
        bucket.until_ready_with_jitter(jitter).await;
        metrics::histogram!("airbyte_bucket_wait_seconds").record(asked.elapsed().as_secs_f64());
        Ok(Turn(self))
    }

    fn rest_or_try(&self) -> Option<Duration> {
        let mut state = self.lock();
        let rest = remaining(&state);
        if rest.is_none() && state.resting_until.is_some() {
            // This caller tries; until it is back, the others go on resting.
            state.resting_until = Some(Instant::now() + REST);
        }
        rest
    }

    /// What was heard. What the server refuses, it has answered: only silence and its own failures count against it.
    pub(super) fn note<T>(&self, by: By, outcome: &Result<T, Error>) {
        if self.bucket.is_none() {
            return;
        }
        let word = match outcome {
            Err(Error::Unreachable(_) | Error::Interrupted(_)) => "unreachable",
            // Airbyte answers 500 where a connector failed: one customer's source must not close the way for all others.
            Err(Error::Upstream { status: 500, .. }) => "refused",
            // The Config API may sit behind a login of its own, and the public API be well.
            Err(Error::Unreadable { .. }) if by == By::ConfigApi => "refused",
            Err(Error::Upstream { .. } | Error::Unreadable { .. }) => "failed",
            Err(Error::RateLimited { .. }) => "rate_limited",
            Err(_) => "refused",
            Ok(_) => "ok",
        };
        metrics::counter!("airbyte_requests_total", "outcome" => word).increment(1);
        match word {
            "unreachable" | "failed" => self.failed(),
            _ => self.succeeded(),
        }
    }

    fn succeeded(&self) {
        *self.lock() = State::default();
        metrics::gauge!("airbyte_circuit_open").set(0.0);
    }

    fn failed(&self) {
        let mut state = self.lock();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES {
            state.resting_until = Some(Instant::now() + REST);
            metrics::gauge!("airbyte_circuit_open").set(1.0);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remaining(state: &State) -> Option<Duration> {
    let rest = state
        .resting_until?
        .saturating_duration_since(Instant::now());
    (!rest.is_zero()).then_some(rest)
}

/// The right to send one call.
pub(super) struct Turn<'a>(&'a Guard);

impl Turn<'_> {
    pub(super) fn came_to<T>(self, by: By, outcome: &Result<T, Error>) {
        self.0.note(by, outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn down() -> Result<(), Error> {
        Err(Error::Upstream {
            status: 503,
            message: "down".to_owned(),
            retry_after: None,
        })
    }

    #[tokio::test]
    async fn a_server_that_keeps_failing_is_left_alone_and_one_answer_is_enough_to_trust_it() {
        let guard = Guard::new(Server::Platform);
        for failures in 1..FAILURES {
            guard.turn().await.unwrap().came_to(By::PublicApi, &down());
            assert_eq!(guard.health(), Health::Failing(failures));
        }
        guard.turn().await.unwrap().came_to(By::PublicApi, &down());
        assert!(matches!(guard.health(), Health::Resting(_)));
        assert!(matches!(guard.turn().await, Err(Error::Resting { .. })));
        // The rest is over: one tries, the others wait for it.
        guard.lock().resting_until = Some(Instant::now());
        let probe = guard.turn().await.unwrap();
        assert!(matches!(guard.turn().await, Err(Error::Resting { .. })));
        probe.came_to(By::PublicApi, &Ok(()));
        assert_eq!(guard.health(), Health::Good);
    }

    #[tokio::test]
    async fn refusals_are_answers_and_pages_for_people_are_none() {
        let guard = Guard::new(Server::Platform);
        for _ in 0..2 * FAILURES {
            let refused: Result<(), Error> = Err(Error::invalid("no"));
            guard.turn().await.unwrap().came_to(By::PublicApi, &refused);
            let connector: Result<(), Error> = Err(Error::Upstream {
                status: 500,
                message: "the connector failed".to_owned(),
                retry_after: None,
            });
            guard
                .turn()
                .await
                .unwrap()
                .came_to(By::PublicApi, &connector);
        }
        assert_eq!(guard.health(), Health::Good);
        let page: Result<(), Error> = Err(Error::unreadable("list", "it is no JSON"));
        guard.turn().await.unwrap().came_to(By::ConfigApi, &page);
        assert_eq!(guard.health(), Health::Good);
        guard.turn().await.unwrap().came_to(By::PublicApi, &page);
        assert_eq!(guard.health(), Health::Failing(1));
    }

    #[tokio::test]
    async fn an_operator_sees_how_long_calls_waited() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let numbers = recorder.handle();
        let _counting = metrics::set_default_local_recorder(&recorder);
        let guard = Guard::new(Server::Platform);
        let calls = A_SECOND.get() + 2;
        for _ in 0..calls {
            guard.turn().await.unwrap().came_to(By::PublicApi, &Ok(()));
        }
        let page = numbers.render();
        let number = |name: &str| {
            let line = page.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().trim()
        };
        assert_eq!(
            number("airbyte_bucket_wait_seconds_count "),
            calls.to_string()
        );
        // The bucket was full, so the last two had to wait for a twentieth of a second each.
        let waited: f64 = number("airbyte_bucket_wait_seconds_sum ").parse().unwrap();
        assert!((0.03..5.0).contains(&waited), "{page}");
        assert_eq!(number("airbyte_circuit_open "), "0");
    }

    #[tokio::test]
    async fn the_engine_beside_us_is_never_held_back() {
        let guard = Guard::new(Server::Engine);
        for _ in 0..100 {
            guard.turn().await.unwrap().came_to(By::PublicApi, &down());
        }
        assert_eq!(guard.health(), Health::Good);
    }
}
