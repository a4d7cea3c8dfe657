//! Where requests wait for their turn: one line for each quota of an upstream, for all runs of this process together.
//!
//! A quota is told by three things: where the requests go, whose account they count against, and the policy of the
//! manifest that is for them (none, too: what the server refuses teaches that line its pace). In which order a line moves
//! says [`order`]; here is only the waiting.

mod order;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use super::auth::Holder;
use super::budget::Rate;
use order::{Order, Pass, Step};

/// Whoever is refused without credentials may be anybody: strangers wait no longer than this on such a word.
const LONGEST_FOR_STRANGERS: Duration = Duration::from_mins(1);

/// The lines of this process, and the party that one run works for. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Turns {
    lines: Arc<Mutex<HashMap<Quota, Arc<Line>>>>,
    party: Uuid,
    /// Whether its requests are in haste: until the server has answered one.
    haste: Arc<AtomicBool>,
}

/// What tells one quota from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Quota {
    /// Scheme, host and port.
    pub origin: String,
    pub holder: Holder,
    /// The policy in its manifest.
    pub policy: Option<([u8; 32], usize)>,
}

impl Turns {
    /// The same lines for another party.
    #[must_use]
    pub fn of(&self, party: Uuid) -> Self {
        Self {
            lines: Arc::clone(&self.lines),
            party,
            haste: Arc::default(),
        }
    }

    /// The same for a run that somebody waits for: its first requests go out of a closed line, too, because what the server
    /// refused may be well by now. What it answers is for all.
    #[must_use]
    pub fn in_haste(&self) -> Self {
        Self {
            haste: Arc::new(AtomicBool::new(true)),
            ..self.of(self.party)
        }
    }

    /// Gets in line for a quota, which begins with this rate unless it is in use.
    pub fn queue(&self, quota: Quota, rate: impl FnOnce() -> Rate, weight: u64) -> Ticket {
        let line = self.line(quota, rate);
        let number = {
            let mut places = line.lock();
            places.order.join(self.party, weight, Instant::now())
        };
        Ticket::new(line, number, Arc::clone(&self.haste))
    }

    fn line(&self, quota: Quota, rate: impl FnOnce() -> Rate) -> Arc<Line> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(&quota) {
            return Arc::clone(line);
        }
        let now = Instant::now();
        lines.retain(|_, line| {
            Arc::strong_count(line) > 1 || !line.lock().order.is_forgettable(now)
        });
        let line = Arc::new(Line {
            is_strangers: quota.holder.is_nobody(),
            places: Mutex::new(Places {
                order: Order::new(rate()),
                bells: HashMap::new(),
            }),
        });
        lines.insert(quota, Arc::clone(&line));
        line
    }
}

#[derive(Debug)]
struct Line {
    /// Nobody's credentials: the parties have nothing in common but the address of this machine.
    is_strangers: bool,
    places: Mutex<Places>,
}

#[derive(Debug)]
struct Places {
    order: Order,
    /// By ticket; rung when its turn may have come.
    bells: HashMap<u64, Arc<Notify>>,
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn remove(&mut self, ticket: u64) {
        self.bells.remove(&ticket);
        self.ring();
    }

    /// Wakes the next one.
    fn ring(&self) {
        if let Some(bell) = self.order.next().and_then(|next| self.bells.get(&next)) {
            bell.notify_one();
        }
    }
}

/// A place in a line. Dropping it gives the place up.
#[derive(Debug)]
pub struct Ticket {
    line: Arc<Line>,
    bell: Arc<Notify>,
    number: u64,
    /// Of its run.
    haste: Arc<AtomicBool>,
}

/// How waiting went on.
pub enum Called {
    /// The request goes out.
    In(Turn),
    /// It is the next, but the server wants nothing before this moment.
    Closed(Instant),
}

impl Ticket {
    /// For somebody who is in line.
    fn new(line: Arc<Line>, number: u64, haste: Arc<AtomicBool>) -> Self {
        let bell = Arc::new(Notify::new());
        line.lock().bells.insert(number, Arc::clone(&bell));
        Self {
            line,
            bell,
            number,
            haste,
        }
    }

    /// Until when its line is closed.
    pub fn closed_until(&self) -> Option<Instant> {
        self.line.lock().order.closed_until()
    }

    /// Waits for the turn, or until it is clear that the server has closed the line for longer than from `patience`.
    pub async fn called(&self, patience: Duration) -> Called {
        loop {
            let now = Instant::now();
            let step = {
                let mut places = self.line.lock();
                let step = if self.haste.load(Ordering::Relaxed) {
                    places.order.poll_in_haste(self.number, now)
                } else {
                    places.order.poll(self.number, now)
                };
                match step {
                    Step::Go(_) => places.remove(self.number),
                    // It was the next, perhaps, and is no more: the one who is may not know.
                    Step::Behind => places.ring(),
                    Step::At(_) | Step::Closed(_) => {}
                }
                step
            };
            match step {
                Step::Go(pass) => {
                    return Called::In(Turn {
                        line: Arc::clone(&self.line),
                        pass,
                        haste: Arc::clone(&self.haste),
                    });
                }
                Step::Closed(at) if at - now > patience => return Called::Closed(at),
                Step::Closed(at) | Step::At(at) => {
                    // Somebody else may become the next meanwhile, or leave.
                    let _ = tokio::time::timeout_at(at, self.bell.notified()).await;
                }
                Step::Behind => self.bell.notified().await,
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut places = self.line.lock();
        places.order.leave(self.number);
        places.remove(self.number);
    }
}

/// A request that has gone out, to be told what became of it. One without an answer tells nothing.
#[derive(Debug)]
pub struct Turn {
    line: Arc<Line>,
    pass: Pass,
    /// Of its run.
    haste: Arc<AtomicBool>,
}

impl Turn {
    pub fn served(&self) {
        self.haste.store(false, Ordering::Relaxed);
        let mut places = self.line.lock();
        places.order.served();
        if places.order.reopen(self.pass) {
            places.ring();
        }
    }

    /// The server said: too many. Nobody in this line asks again for as long, and the request is in line again, where it
    /// was. Nothing where the line is closed for less than `pause`: whoever was told so waits by itself then.
    pub fn refused(self, pause: Duration) -> Option<Ticket> {
        self.haste.store(false, Ordering::Relaxed);
        let closed = if self.line.is_strangers {
            pause.min(LONGEST_FOR_STRANGERS)
        } else {
            pause
        };
        let now = Instant::now();
        {
            let mut places = self.line.lock();
            places.order.refused(self.pass, now + closed);
            if closed < pause {
                return None;
            }
            places.order.rejoin(self.pass, now);
        }
        Some(Ticket::new(self.line, self.pass.ticket, self.haste))
    }

    /// What the server says is left of the quota, and when that begins anew.
    pub fn learn(&self, left: Option<u64>, reset: Option<Instant>) {
        let now = Instant::now();
        self.line.lock().order.learn(left, reset, now);
    }
}
