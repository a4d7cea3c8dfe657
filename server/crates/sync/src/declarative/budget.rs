//! How often the API may be called: policies of the manifest, kept before each request goes out.

mod matcher;
mod window;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::manifest::Node;
use super::request::{Page, Prepared};
use crate::clock;
use crate::fault::Fault;
use matcher::Matcher;
use window::{Fixed, Moving};

/// The call rates of one run. Without policies everything may go out.
#[derive(Debug, Default)]
pub struct Budget {
    policies: Vec<Policy>,
    reset_header: String,
    remaining_header: String,
    statuses: Vec<u64>,
}

#[derive(Debug)]
struct Policy {
    matchers: Vec<Matcher>,
    rate: Rate,
}

#[derive(Debug)]
enum Rate {
    Unlimited,
    Fixed(Mutex<Fixed>),
    Moving(Mutex<Moving>),
}

impl Budget {
    pub fn read(root: &Node<'_>) -> Result<Self, Fault> {
        let Some(node) = root.child("api_budget")? else {
            return Ok(Self::default());
        };
        if node.kind() != "HTTPAPIBudget" {
            return Err(node.unknown());
        }
        let header = |name: &str, usual: &str| {
            Ok::<_, Fault>(node.str(name)?.unwrap_or(usual).to_lowercase())
        };
        let statuses: Vec<u64> = node
            .list("status_codes_for_ratelimit_hit")
            .into_iter()
            .filter_map(serde_json::Value::as_u64)
            .collect();
        Ok(Self {
            policies: node
                .children("policies")?
                .iter()
                .map(Policy::read)
                .collect::<Result<_, _>>()?,
            reset_header: header("ratelimit_reset_header", "ratelimit-reset")?,
            remaining_header: header("ratelimit_remaining_header", "ratelimit-remaining")?,
            statuses: if statuses.is_empty() {
                vec![429]
            } else {
                statuses
            },
        })
    }

    /// Waits until the request may go out.
    pub async fn admit(&self, request: &Prepared) {
        let Some((policy, weight)) = self.policy(request) else {
            return;
        };
        while let Some(pause) = policy.take(weight) {
            tokio::time::sleep(pause).await;
        }
    }

    /// Takes over what the server says about the quota.
    pub fn learn(&self, request: &Prepared, page: &Page) {
        let Some((policy, _)) = self.policy(request) else {
            return;
        };
        let number = |name: &str| {
            page.header(name)
                .and_then(|text| text.trim().parse::<f64>().ok())
        };
        let hit = self.statuses.contains(&u64::from(page.status));
        let left = if hit {
            Some(0)
        } else {
            number(&self.remaining_header).map(whole)
        };
        let reset = number(&self.reset_header).map(until);
        policy.learn(left, reset);
    }

    fn policy(&self, request: &Prepared) -> Option<(&Policy, u64)> {
        self.policies
            .iter()
            .find_map(|policy| Some((policy, policy.weight(request)?)))
    }
}

impl Policy {
    fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let rate = match node.kind() {
            "UnlimitedCallRatePolicy" => Rate::Unlimited,
            "FixedWindowCallRatePolicy" => Rate::Fixed(Mutex::new(Fixed::read(node)?)),
            "MovingWindowCallRatePolicy" => Rate::Moving(Mutex::new(Moving::read(node)?)),
            _ => return Err(node.unknown()),
        };
        Ok(Self {
            matchers: node
                .children("matchers")?
                .iter()
                .map(Matcher::read)
                .collect::<Result<_, _>>()?,
            rate,
        })
    }

    /// What the request costs here; nothing when the policy is for others.
    fn weight(&self, request: &Prepared) -> Option<u64> {
        if self.matchers.is_empty() {
            return Some(1);
        }
        let matcher = self
            .matchers
            .iter()
            .find(|matcher| matcher.matches(request))?;
        Some(matcher.weight)
    }

    /// Takes from the quota, or says how long to wait for it.
    fn take(&self, weight: u64) -> Option<Duration> {
        let now = Instant::now();
        match &self.rate {
            Rate::Unlimited => None,
            Rate::Fixed(window) => lock(window).take(weight, now),
            Rate::Moving(window) => lock(window).take(weight, now),
        }
    }

    fn learn(&self, left: Option<u64>, reset: Option<Instant>) {
        match &self.rate {
            Rate::Unlimited => {}
            Rate::Fixed(window) => lock(window).learn(left, reset, Instant::now()),
            Rate::Moving(window) => {
                if left == Some(0) && reset.is_none() {
                    lock(window).fill(Instant::now());
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn whole(number: f64) -> u64 {
    format!("{:.0}", number.max(0.0).trunc())
        .parse()
        .unwrap_or(0)
}

/// A time stamp of the server as an instant of ours.
fn until(seconds: f64) -> Instant {
    const LONGEST: f64 = 86_400.0;
    let ahead = (seconds - clock::now_millis() / 1e3).clamp(0.0, LONGEST);
    Instant::now() + Duration::from_secs_f64(ahead)
}
