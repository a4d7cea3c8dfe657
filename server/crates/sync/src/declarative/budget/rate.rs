//! The rate of one policy, as far as it is used up.

use std::time::Duration;

use tokio::time::Instant;

use super::window::{Fixed, Moving};
use crate::declarative::manifest::Node;
use crate::fault::Fault;

/// Requests of several parties are spread over a window, but nobody waits longer than this for the sake of evenness.
const MOST_SPREAD: Duration = Duration::from_millis(250);

/// How many calls there may be, and how many there were.
#[derive(Debug, Clone, Default)]
pub enum Rate {
    #[default]
    Unlimited,
    Fixed(Fixed),
    Moving(Moving),
}

impl Rate {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        Ok(match node.kind() {
            "UnlimitedCallRatePolicy" => Self::Unlimited,
            "FixedWindowCallRatePolicy" => Self::Fixed(Fixed::read(node)?),
            "MovingWindowCallRatePolicy" => Self::Moving(Moving::read(node)?),
            _ => return Err(node.unknown()),
        })
    }

    /// Takes from the quota, or says how long to wait for it.
    pub fn take(&mut self, weight: u64, now: Instant) -> Option<Duration> {
        match self {
            Self::Unlimited => None,
            Self::Fixed(window) => window.take(weight, now),
            Self::Moving(window) => window.take(weight, now),
        }
    }

    /// Takes over what the server says is left.
    pub fn learn(&mut self, left: Option<u64>, reset: Option<Instant>, now: Instant) {
        match self {
            Self::Unlimited => {}
            Self::Fixed(window) => window.learn(left, reset, now),
            Self::Moving(window) => {
                if left == Some(0) && reset.is_none() {
                    window.fill(now);
                }
            }
        }
    }

    /// Whether the manifest says how many calls there may be.
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Unlimited)
    }

    /// The distance between calls that are spread evenly.
    pub fn spread(&self) -> Duration {
        let even = match self {
            Self::Unlimited => Duration::ZERO,
            Self::Fixed(window) => window.spread(),
            Self::Moving(window) => window.spread(),
        };
        even.min(MOST_SPREAD)
    }

    /// After so long without a call nothing of it needs to be remembered.
    pub fn memory(&self) -> Duration {
        match self {
            Self::Unlimited => Duration::ZERO,
            Self::Fixed(window) => window.period(),
            Self::Moving(window) => window.longest(),
        }
    }
}
