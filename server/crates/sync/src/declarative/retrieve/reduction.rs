//! Smaller pages when the API says a page is too large.

use std::time::Duration;

use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::fault::Fault;

/// `page_size_reduction`.
#[derive(Debug, Clone)]
pub struct Reduction {
    factor: f64,
    least: u64,
    attempts: u64,
    pause: f64,
    retries_at_least: u64,
    message: Option<String>,
    resets: bool,
}

impl Reduction {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let reduction = Self {
            factor: node.number("reduction_factor")?.unwrap_or(2.0),
            least: node.count("minimum_page_size")?.unwrap_or(1),
            attempts: node.count("max_attempts")?.unwrap_or(5),
            pause: node.number("backoff_seconds")?.unwrap_or(0.5),
            retries_at_least: node.count("retries_at_minimum_page_size")?.unwrap_or(0),
            message: node.str("failure_message")?.map(str::to_owned),
            resets: node.str("reset_policy")? == Some("AFTER_SUCCESSFUL_PAGE"),
        };
        if reduction.factor <= 1.0
            || reduction.least < 1
            || reduction.attempts < 1
            || reduction.pause < 0.0
        {
            return Err(node.broken("its numbers make no sense."));
        }
        Ok(reduction)
    }
}

/// The page size in effect for one slice.
#[derive(Debug, Default)]
pub struct Size {
    pub now: Option<u64>,
    attempts: u64,
    retries: u64,
}

impl Size {
    /// Makes it smaller and waits; a fault when it cannot get smaller.
    pub async fn reduce(
        &mut self,
        rules: &Reduction,
        configured: Option<u64>,
        why: Option<&str>,
        stream: &str,
        env: &Env,
    ) -> Result<(), Fault> {
        let size = self.now.or(configured).ok_or_else(|| {
            Fault::config("The page size is to be reduced, but the paginator sets none.")
        })?;
        let smaller = quotient(size, rules.factor).max(rules.least);
        if smaller >= size {
            if self.retries >= rules.retries_at_least {
                return Err(given_up(rules, size, why));
            }
            self.retries += 1;
            pause(rules, self.retries).await;
            return Ok(());
        }
        self.attempts += 1;
        if self.attempts > rules.attempts {
            return Err(given_up(rules, size, why));
        }
        let text = format!("The API refuses pages of {size}; asking for pages of {smaller}.");
        env.say("INFO", stream, text).await;
        self.now = Some(smaller);
        pause(rules, self.attempts).await;
        Ok(())
    }

    /// A page came.
    pub const fn succeeded(&mut self, rules: &Reduction) {
        self.attempts = 0;
        self.retries = 0;
        if rules.resets {
            self.now = None;
        }
    }
}

async fn pause(rules: &Reduction, times: u64) {
    let times = u32::try_from(times).unwrap_or(u32::MAX);
    let pause = Duration::try_from_secs_f64(rules.pause).unwrap_or_default();
    tokio::time::sleep(pause.saturating_mul(times)).await;
}

fn given_up(rules: &Reduction, size: u64, why: Option<&str>) -> Fault {
    let advice = rules.message.as_deref().unwrap_or_default();
    let text = format!("The API keeps refusing pages, down to {size} records per page. {advice}");
    let fault = Fault::upstream(text.trim_end());
    match why {
        Some(why) => fault.with_detail(why),
        None => fault,
    }
}

/// Whole times the factor fits, by way of text because a cast would hide an overflow.
fn quotient(size: u64, factor: f64) -> u64 {
    let size: f64 = size.to_string().parse().unwrap_or(f64::MAX);
    format!("{:.0}", (size / factor).floor())
        .parse()
        .unwrap_or(1)
}
