//! Quotas: so many calls until a reset, or so many in any stretch of time.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::declarative::datetime::parse_duration;
use crate::declarative::manifest::Node;
use crate::fault::Fault;

/// A window that begins anew after its period.
#[derive(Debug, Clone)]
pub struct Fixed {
    limit: u64,
    period: Duration,
    used: u64,
    reset: Instant,
}

impl Fixed {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let period = duration(node, "period")?;
        Ok(Self {
            limit: limit(node, "call_limit")?,
            period,
            used: 0,
            reset: Instant::now() + period,
        })
    }

    pub fn take(&mut self, weight: u64, now: Instant) -> Option<Duration> {
        self.begin(now);
        if self.used + weight.min(self.limit) > self.limit {
            return Some(self.reset.saturating_duration_since(now) + Duration::from_millis(1));
        }
        self.used += weight;
        None
    }

    pub fn learn(&mut self, left: Option<u64>, reset: Option<Instant>, now: Instant) {
        self.begin(now);
        if let Some(left) = left
            && self.limit.saturating_sub(self.used) > left
        {
            self.used = self.limit - left;
        }
        if let Some(reset) = reset {
            self.reset = reset;
        }
    }

    pub fn period(&self) -> Duration {
        self.period
    }

    pub fn spread(&self) -> Duration {
        even(self.period, self.limit)
    }

    fn begin(&mut self, now: Instant) {
        if now > self.reset {
            self.reset = now + self.period;
            self.used = 0;
        }
    }
}

/// A window that moves along; each rate has to allow the call.
#[derive(Debug, Clone)]
pub struct Moving {
    rates: Vec<(usize, Duration)>,
    calls: VecDeque<Instant>,
}

impl Moving {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let rates = node.children("rates")?;
        if rates.is_empty() {
            return Err(node.wrong("rates", "is empty"));
        }
        let rates = rates.iter().map(|rate| {
            let limit = usize::try_from(limit(rate, "limit")?).unwrap_or(usize::MAX);
            Ok((limit, duration(rate, "interval")?))
        });
        Ok(Self {
            rates: rates.collect::<Result<_, Fault>>()?,
            calls: VecDeque::new(),
        })
    }

    pub fn take(&mut self, weight: u64, now: Instant) -> Option<Duration> {
        let longest = self.longest();
        while self
            .calls
            .front()
            .is_some_and(|call| now.duration_since(*call) >= longest)
        {
            self.calls.pop_front();
        }
        let weight = usize::try_from(weight).unwrap_or(usize::MAX);
        let pause = self
            .rates
            .iter()
            .filter_map(|(limit, interval)| self.wait(*limit, *interval, weight, now))
            .max();
        if pause.is_none() {
            self.calls.extend(std::iter::repeat_n(now, weight));
        }
        pause
    }

    pub fn longest(&self) -> Duration {
        let intervals = self.rates.iter().map(|(_, interval)| *interval);
        intervals.max().unwrap_or_default()
    }

    pub fn spread(&self) -> Duration {
        let rates = self.rates.iter();
        rates
            .map(|(limit, interval)| even(*interval, u64::try_from(*limit).unwrap_or(u64::MAX)))
            .max()
            .unwrap_or_default()
    }

    /// The server says that nothing is left: the shortest stretch is full.
    pub fn fill(&mut self, now: Instant) {
        let Some((limit, interval)) = self.rates.iter().min_by_key(|(_, interval)| *interval)
        else {
            return;
        };
        let missing = limit.saturating_sub(self.inside(*interval, now));
        self.calls.extend(std::iter::repeat_n(now, missing));
    }

    /// Calls of the last stretch.
    fn inside(&self, interval: Duration, now: Instant) -> usize {
        let calls = self.calls.iter();
        calls
            .filter(|call| now.duration_since(**call) < interval)
            .count()
    }

    fn wait(
        &self,
        limit: usize,
        interval: Duration,
        weight: usize,
        now: Instant,
    ) -> Option<Duration> {
        let weight = weight.min(limit);
        let inside = self.inside(interval, now);
        if inside + weight <= limit {
            return None;
        }
        // So many of the oldest have to leave the window first.
        let leaving = inside + weight - limit;
        let oldest = self.calls.len() - inside + leaving - 1;
        let call = self.calls.get(oldest)?;
        Some(interval.saturating_sub(now.duration_since(*call)) + Duration::from_millis(1))
    }
}

/// The distance between so many calls in one stretch of time.
fn even(stretch: Duration, calls: u64) -> Duration {
    stretch / u32::try_from(calls.max(1)).unwrap_or(u32::MAX)
}

fn duration(node: &Node<'_>, name: &str) -> Result<Duration, Fault> {
    let span = parse_duration(node.need_str(name)?).map_err(|error| {
        node.wrong(name, "is no duration")
            .with_detail(error.to_string())
    })?;
    Duration::try_from(span.exact()).map_err(|_| node.wrong(name, "is negative"))
}

fn limit(node: &Node<'_>, name: &str) -> Result<u64, Fault> {
    let limit = match node.need(name)? {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_u64(),
    };
    limit
        .filter(|limit| *limit > 0)
        .ok_or_else(|| node.wrong(name, "is not a whole number above zero"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn windows_let_through_what_they_should() {
        let fixed = json!({"period": "PT10S", "call_limit": 2});
        let mut fixed = Fixed::read(&Node::new(&fixed, "p").unwrap()).unwrap();
        let now = Instant::now();
        assert_eq!(fixed.take(1, now), None);
        assert_eq!(fixed.take(1, now), None);
        assert!(fixed.take(1, now + Duration::from_secs(4)).unwrap() > Duration::from_secs(5));
        assert_eq!(fixed.take(1, now + Duration::from_secs(11)), None);

        let moving =
            json!({"rates": [{"limit": 2, "interval": "PT1S"}, {"limit": 3, "interval": "PT1M"}]});
        let mut moving = Moving::read(&Node::new(&moving, "p").unwrap()).unwrap();
        assert_eq!(moving.take(1, now), None);
        assert_eq!(moving.take(1, now), None);
        assert!(moving.take(1, now).unwrap() <= Duration::from_millis(1001));
        let later = now + Duration::from_secs(2);
        assert_eq!(moving.take(1, later), None);
        let pause = moving.take(1, later).unwrap();
        assert!(
            pause > Duration::from_secs(57) && pause < Duration::from_secs(59),
            "{pause:?}"
        );
    }

    #[test]
    fn nothing_left_holds_back_however_much_was_called_before() {
        let rates = json!({"rates": [{"limit": 2, "interval": "PT1S"}, {"limit": 100, "interval": "PT1M"}]});
        let mut moving = Moving::read(&Node::new(&rates, "p").unwrap()).unwrap();
        let now = Instant::now();
        assert_eq!(moving.take(2, now), None);
        let later = now + Duration::from_secs(2);
        moving.fill(later);
        let pause = moving.take(1, later).unwrap();
        assert!(pause > Duration::from_millis(900), "{pause:?}");
    }
}
