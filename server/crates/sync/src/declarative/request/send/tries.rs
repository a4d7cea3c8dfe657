//! How often a request was tried, and the pause before it is tried again.

use std::time::Duration;

use tokio::time::Instant;

use crate::declarative::errors::MAX_TIME;

/// How often and how long a request was tried, kind by kind as the Python runtime nests its handlers.
pub struct Tries {
    most: u64,
    longest: Duration,
    pub sent: u32,
    plain: u64,
    limited: u64,
    asked: u64,
    begun: Instant,
    asked_since: Instant,
}

impl Tries {
    pub fn new(retries: u64, longest: Duration) -> Self {
        let now = Instant::now();
        Self {
            most: retries + 1,
            longest,
            sent: 0,
            plain: 0,
            limited: 0,
            asked: 0,
            begun: now,
            asked_since: now,
        }
    }

    /// The pause before the next try, or nothing when this was the last.
    pub fn next(&mut self, asked: Option<Duration>, limited: bool) -> Option<Duration> {
        if let Some(asked) = asked {
            self.asked += 1;
            let over = self.asked >= self.most || self.asked_since.elapsed() > self.longest;
            // A second more, because servers cut fractions off.
            return (!over).then(|| asked.saturating_add(Duration::from_secs(1)));
        }
        self.asked = 0;
        self.asked_since = Instant::now();
        let count = if limited {
            &mut self.limited
        } else {
            self.limited = 0;
            &mut self.plain
        };
        *count += 1;
        let over = *count >= self.most || (!limited && self.begun.elapsed() > self.longest);
        let power = u32::try_from(*count - 1).unwrap_or(u32::MAX).min(16);
        (!over).then(|| Duration::from_secs(1 << power))
    }
}

/// A pause before the next try, by all who have a say in it.
#[derive(Debug, Clone, Copy)]
pub struct Pauses {
    /// By the count of the tries; nothing when none is left.
    pub own: Option<Duration>,
    /// By a strategy of the manifest.
    pub asked: Option<Duration>,
    /// By the answer itself, in `Retry-After`.
    pub named: Option<Duration>,
}

impl Pauses {
    /// For everybody whose requests count against the same quota.
    pub fn of_all(self) -> Duration {
        let all = [self.own, self.asked, self.bearable()];
        all.into_iter().max().flatten().unwrap_or_default()
    }

    /// For the request itself; nothing when it is not tried again. Where the manifest says nothing, Airbyte's runtime asks a
    /// server again before the time that it named, and so in vain.
    pub fn of_one(self, patience: Option<Duration>) -> Option<Duration> {
        let own = self.own?;
        let named = match (self.asked, patience) {
            (Some(_), _) => None,
            (None, None) => self.bearable(),
            // Whoever has a patience is told, however long it is.
            (None, Some(_)) => self.named,
        };
        Some(own.max(named.unwrap_or_default()))
    }

    /// What the answer names, unless that is so long that it is the error handler's to decide about it.
    fn bearable(self) -> Option<Duration> {
        self.named.filter(|named| *named <= MAX_TIME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_a_time_is_left_alone_until_then_unless_the_manifest_knows_better() {
        let seconds = |count: Option<u64>| count.map(Duration::from_secs);
        let cases = [
            // own, asked, named, patience: for this request, for all
            ([Some(2), None, None, None], Some(2), 2),
            ([Some(2), None, Some(120), None], Some(120), 120),
            ([Some(6), Some(5), Some(120), None], Some(6), 120),
            ([Some(2), None, Some(3600), None], Some(2), 2),
            ([Some(2), None, Some(3600), Some(10)], Some(3600), 2),
            ([Some(8), None, Some(1), Some(10)], Some(8), 8),
            ([None, None, Some(120), None], None, 120),
        ];
        for (given, one, all) in cases {
            let [own, asked, named, patience] = given.map(seconds);
            let pauses = Pauses { own, asked, named };
            assert_eq!(pauses.of_one(patience), seconds(one), "{given:?}");
            assert_eq!(pauses.of_all(), Duration::from_secs(all), "{given:?}");
        }
    }
}
