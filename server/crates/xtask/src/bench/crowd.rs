//! Many users at once asking for the same address: how long each waited.

use std::{
    net::SocketAddr,
    sync::{
        Barrier,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use super::http::{Answer, Client};

/// What a round may take; a hub that is slower than this has no figures.
const LIMIT: Duration = Duration::from_mins(2);

/// What is asked for, and how often altogether.
pub struct Errand<'a> {
    pub path: &'a str,
    pub requests: u32,
    /// How long each user looks at an answer before the next question. They begin one after the other within this time,
    /// as people do who know nothing of each other.
    pub pause: Duration,
    /// Is the answer the right one? A time counts only then.
    pub right: fn(&Answer) -> bool,
}

/// Waiting times of one round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Waits {
    pub p50: Duration,
    pub p95: Duration,
    pub p99: Duration,
    pub longest: Duration,
    pub per_second: f64,
}

/// Sends one user for each cookie, each with a connection of their own.
pub fn send(host: SocketAddr, cookies: &[String], errand: &Errand<'_>) -> Result<Waits> {
    let left = AtomicU32::new(errand.requests);
    let start = Barrier::new(cookies.len() + 1);
    let (waited, took) = thread::scope(|scope| {
        let users: Vec<_> = cookies
            .iter()
            .zip(0_u32..)
            .map(|(cookie, place)| {
                let late = errand.pause * place / count(cookies.len());
                let (start, left) = (&start, &left);
                scope.spawn(move || user(host, cookie, errand, late, start, left))
            })
            .collect();
        start.wait();
        let begun = Instant::now();
        let waited: Result<Vec<_>> = users
            .into_iter()
            .map(|user| user.join().expect("a user does not panic"))
            .collect();
        (waited, begun.elapsed())
    });
    Ok(Waits::of(waited?.concat(), took))
}

/// One user: a first request that connects and does not count, then as many as there are left.
fn user(
    host: SocketAddr,
    cookie: &str,
    errand: &Errand<'_>,
    late: Duration,
    start: &Barrier,
    left: &AtomicU32,
) -> Result<Vec<Duration>> {
    let ready = Client::connect(host).and_then(|client| {
        let mut client = client
            .with("cookie", cookie.to_owned())
            .with("accept", "text/html".to_owned());
        ask(&mut client, errand).map(|_| client)
    });
    // Everybody waits here, those with an error too: the others could not start.
    start.wait();
    let mut client = ready?;
    thread::sleep(late);
    let (begun, mut waited) = (Instant::now(), Vec::new());
    while left
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(1)
        })
        .is_ok()
    {
        waited.push(ask(&mut client, errand)?);
        if begun.elapsed() > LIMIT {
            bail!("{} takes too long to measure", errand.path);
        }
        thread::sleep(errand.pause);
    }
    Ok(waited)
}

fn ask(client: &mut Client, errand: &Errand<'_>) -> Result<Duration> {
    let begun = Instant::now();
    let answer = client.get(errand.path)?;
    let waited = begun.elapsed();
    if !(errand.right)(&answer) {
        bail!(
            "{} gave a wrong answer (status {}): {}",
            errand.path,
            answer.status,
            answer.text().chars().take(300).collect::<String>()
        );
    }
    Ok(waited)
}

impl Waits {
    fn of(mut waited: Vec<Duration>, took: Duration) -> Self {
        waited.sort_unstable();
        let asked = f64::from(count(waited.len()));
        Self {
            p50: percentile(&waited, 50),
            p95: percentile(&waited, 95),
            p99: percentile(&waited, 99),
            longest: percentile(&waited, 100),
            per_second: asked / took.as_secs_f64(),
        }
    }
}

fn count(things: usize) -> u32 {
    u32::try_from(things).unwrap_or(u32::MAX)
}

/// The wait that so many of a hundred did not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_wait_that_happened() {
        let waits: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&waits, 50), Duration::from_millis(100));
        assert_eq!(percentile(&waits, 95), Duration::from_millis(190));
        assert_eq!(percentile(&waits, 100), Duration::from_millis(200));
        assert_eq!(percentile(&waits[..1], 99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }
}
