//! How often the API may be called: policies of the manifest, kept before each request goes out, and what a refusal asks of
//! everybody who uses the same account.

mod matcher;
mod rate;
mod rendered;
mod window;

use std::pin::pin;
use std::time::Duration;

use futures::future::poll_immediate;
use serde_json::Value;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::auth::Holder;
use super::env::Env;
use super::manifest::Node;
use super::request::{Page, Prepared};
use super::turns::{Called, Quota, Ticket, Turn};
use crate::clock;
use crate::fault::{Fault, Kind};
use matcher::Matcher;
pub use rate::Rate;

/// A request that has yet to go out waits so many times as long as one that was refused: what the server said to others is
/// no answer to it.
const UNASKED: u32 = 12;

/// The call rates of a manifest. Without policies everything may go out until the server refuses.
#[derive(Debug, Default)]
pub struct Budget {
    policies: Vec<Policy>,
    reset_header: String,
    remaining_header: String,
    statuses: Vec<u64>,
    /// Of the manifest's words and what they say of the configuration: what reads alike is the same budget.
    digest: [u8; 32],
}

#[derive(Debug)]
struct Policy {
    matchers: Vec<Matcher>,
    /// As it begins.
    rate: Rate,
    shared_by: Sharing,
}

/// Who uses up one quota together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sharing {
    Account,
    /// All accounts that signed in through one application. A word of ours, `shared_by`, which Airbyte's runtime does not
    /// read.
    Application,
}

impl Budget {
    pub fn read(root: &Node<'_>, config: &Value) -> Result<Self, Fault> {
        let Some(node) = root.child("api_budget")? else {
            return Ok(Self {
                statuses: vec![429],
                ..Self::default()
            });
        };
        if node.kind() != "HTTPAPIBudget" {
            return Err(node.unknown());
        }
        let words = rendered::fill(&node, config)?;
        let node = Node::new(&words, node.place())?;
        let header = |name: &str, usual: &str| {
            Ok::<_, Fault>(node.str(name)?.unwrap_or(usual).to_lowercase())
        };
        let statuses: Vec<u64> = node
            .list("status_codes_for_ratelimit_hit")
            .into_iter()
            .filter_map(Value::as_u64)
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
            digest: Sha256::digest(words.to_string()).into(),
        })
    }

    /// Waits until the request may go out. Fails only when the server has asked for a longer pause than whoever ordered
    /// the run has patience for.
    pub async fn admit(
        &self,
        request: &Prepared,
        holder: Holder,
        stream: &str,
        env: &Env,
    ) -> Result<Turn, Fault> {
        let found = self.policy(request);
        let quota = Quota {
            origin: request.url.origin().ascii_serialization(),
            holder: match found.map(|(_, policy, _)| policy.shared_by) {
                Some(Sharing::Application) => holder.application(),
                Some(Sharing::Account) | None => holder,
            },
            policy: found.map(|(position, ..)| (self.digest, position)),
        };
        let rate = || found.map_or(Rate::Unlimited, |(_, policy, _)| policy.rate.clone());
        let weight = found.map_or(1, |(.., weight)| weight);
        let ticket = env.cx.turns.queue(quota, rate, weight);
        let mut called = pin!(ticket.called(Duration::ZERO));
        match poll_immediate(&mut called).await {
            // What is said at once is not worth a word in the log.
            Some(Called::In(turn)) => return Ok(turn),
            Some(Called::Closed(_)) => {}
            None => {
                if let Called::In(turn) = called.await {
                    return Ok(turn);
                }
            }
        }
        // Seldom, and the future of every read would hold it.
        Box::pin(Self::wait_out(&ticket, stream, env)).await
    }

    /// Waits in a line that the server has closed.
    async fn wait_out(ticket: &Ticket, stream: &str, env: &Env) -> Result<Turn, Fault> {
        env.rate_limited(stream).await?;
        env.say(
            "INFO",
            stream,
            "The API has asked for a pause; waiting in line with the other runs of this account.",
        )
        .await;
        let patience = env.cx.limits.patience;
        let patience = patience.map(|patience| patience.saturating_mul(UNASKED));
        Self::called(ticket, patience).await
    }

    /// The same for a request that is in line already, because it was refused.
    pub async fn readmit(ticket: &Ticket, env: &Env) -> Result<Turn, Fault> {
        Self::called(ticket, env.cx.limits.patience).await
    }

    async fn called(ticket: &Ticket, patience: Option<Duration>) -> Result<Turn, Fault> {
        match ticket.called(patience.unwrap_or(Duration::MAX)).await {
            Called::In(turn) => Ok(turn),
            Called::Closed(at) => Err(paused(at)),
        }
    }

    /// Takes over what the server says about the quota.
    pub fn learn(&self, turn: &Turn, page: &Page) {
        let number = |name: &str| {
            page.header(name)
                .and_then(|text| text.trim().parse::<f64>().ok())
        };
        let left = if self.is_refusal(page) {
            Some(0)
        } else {
            number(&self.remaining_header).map(whole)
        };
        let reset = number(&self.reset_header).map(until);
        if left.is_some() || reset.is_some() {
            turn.learn(left, reset);
        }
    }

    /// Whether the answer says: too many requests.
    pub fn is_refusal(&self, page: &Page) -> bool {
        self.statuses.contains(&u64::from(page.status))
    }

    fn policy(&self, request: &Prepared) -> Option<(usize, &Policy, u64)> {
        self.policies
            .iter()
            .enumerate()
            .find_map(|(position, policy)| Some((position, policy, policy.weight(request)?)))
    }
}

impl Policy {
    fn read(node: &Node<'_>) -> Result<Self, Fault> {
        Ok(Self {
            rate: Rate::read(node)?,
            matchers: node
                .children("matchers")?
                .iter()
                .map(Matcher::read)
                .collect::<Result<_, _>>()?,
            shared_by: match node.str("shared_by")? {
                None | Some("account") => Sharing::Account,
                Some("application") => Sharing::Application,
                Some(_) => {
                    return Err(node.wrong("shared_by", "is neither account nor application"));
                }
            },
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
}

/// The fault of a run whose order has no patience for as long as its line is closed.
fn paused(at: Instant) -> Fault {
    Fault::new(
        Kind::RateLimited { until: moment(at) },
        "The API wants to be left alone for longer than one try waits.",
    )
}

/// The fault of a request that is given up, whose line is closed until then: it is no use to come back before.
pub fn not_before(mut fault: Fault, opens: Option<Instant>) -> Fault {
    if let (Kind::RateLimited { until }, Some(opens)) = (&mut fault.kind, opens) {
        *until = (*until).max(moment(opens));
    }
    fault
}

fn moment(at: Instant) -> Option<OffsetDateTime> {
    let ahead = at.saturating_duration_since(Instant::now());
    clock::utc().checked_add(ahead.try_into().ok()?)
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
