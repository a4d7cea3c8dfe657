//! Where a line stood before the burst of just now, so that who comes into it is owed as much as the others had.

use std::time::Duration;

use tokio::time::Instant;

/// No burst is longer than two stretches.
const STRETCH: Duration = Duration::from_secs(1);
/// The most that a party is owed for a burst of others: at a slow pace, making up for more takes too long.
pub const MOST_OWED: u64 = 50;

/// How far the line has come: now, when the last stretch began, and when the one before did.
#[derive(Debug, Default)]
pub struct Burst {
    top: u64,
    last: u64,
    before: u64,
    began: Option<Instant>,
}

impl Burst {
    /// A request went out of a party that had been served so much.
    pub fn pass(&mut self, served: u64) {
        self.top = self.top.max(served);
    }

    /// Where the line stood before.
    pub fn level(&mut self, now: Instant) -> u64 {
        let began = *self.began.get_or_insert(now);
        let ago = now.saturating_duration_since(began);
        if ago >= STRETCH {
            let quiet = ago >= 2 * STRETCH;
            self.before = if quiet { self.top } else { self.last };
            self.last = self.top;
            self.began = Some(now);
        }
        self.before.max(self.top.saturating_sub(MOST_OWED))
    }
}
