//! In which order waiting requests go out, and when. Pure: it is told what time it is, and never waits itself.
//!
//! Parties are served in turn: whoever has been served least goes first, however many requests the others have waiting.
//! A party that comes anew, or comes back, begins where the others stand, so that neither absence nor haste pays. While
//! several parties are there, requests are spread evenly over the policy's window, or the busiest would have used it up
//! before the others' next request comes. A refusal closes the line for all for as long as the server asks, or longer where
//! it refuses again and again, and teaches it a slower pace, which wears off as requests get through. Whoever was refused
//! has its place back, before all that its party asked later; and what others had in the burst before counts, so that the
//! burst is made up for. A request in haste goes out of a closed line at once; when it is answered, the line is open again
//! for all.

mod burst;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use crate::declarative::budget::Rate;
use burst::Burst;

/// A party whose last request is not longer ago is thought to come again.
const PRESENT: Duration = Duration::from_secs(1);
/// Between two requests after the first refusal.
const FIRST_GAP: Duration = Duration::from_millis(50);
const LONGEST_GAP: Duration = Duration::from_secs(5);
/// Shorter than this a gap is none.
const SHORTEST_GAP: Duration = Duration::from_millis(1);
/// Each request that gets through takes one part of so many from the gap.
const WEAR: u32 = 32;

/// All requests that count against one quota.
#[derive(Debug, Default)]
pub struct Order {
    rate: Rate,
    parties: BTreeMap<Uuid, Party>,
    /// How much the party served last had been served before: where newcomers begin. While nothing holds requests back
    /// it stays behind by the last burst.
    level: u64,
    burst: Burst,
    tickets: u64,
    /// Nothing is asked before this: the server wants it so, in its words or by refusing again and again.
    closed_until: Option<Instant>,
    closings: u64,
    /// A request got through since the line was closed last.
    moved: bool,
    /// The pause between two requests that refusals have taught.
    gap: Duration,
    last: Option<Instant>,
}

#[derive(Debug)]
struct Party {
    served: u64,
    seen: Instant,
    waiting: VecDeque<Waiting>,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    ticket: u64,
    weight: u64,
}

/// What a waiting request is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It goes out now.
    Go(Pass),
    /// It is the next, not before this moment.
    At(Instant),
    /// The same, because the server asked for it.
    Closed(Instant),
    /// Others come first.
    Behind,
}

/// A request that has gone out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    pub ticket: u64,
    party: Uuid,
    weight: u64,
    /// Refusals before it.
    closings: u64,
    /// It went out while the line was closed.
    early: bool,
}

impl Order {
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            moved: true,
            ..Self::default()
        }
    }

    /// Puts a request in line; returns its ticket.
    pub fn join(&mut self, party: Uuid, weight: u64, now: Instant) -> u64 {
        if self.is_free() {
            self.level = self.level.max(self.burst.level(now));
        }
        let level = self.level;
        let party = self.parties.entry(party);
        let party = party.or_insert_with(|| Party::new(level, now));
        if party.waiting.is_empty() {
            party.served = party.served.max(level);
        }
        self.tickets += 1;
        party.seen = now;
        party.waiting.push_back(Waiting {
            ticket: self.tickets,
            weight,
        });
        self.tickets
    }

    /// Takes a request out of the line that nobody waits for any more.
    pub fn leave(&mut self, ticket: u64) {
        for party in self.parties.values_mut() {
            party.waiting.retain(|waiting| waiting.ticket != ticket);
        }
    }

    /// The ticket whose turn comes next.
    pub fn next(&self) -> Option<u64> {
        self.first().map(|(_, waiting)| waiting.ticket)
    }

    fn first(&self) -> Option<(Uuid, Waiting)> {
        let fronts = self.parties.iter().filter_map(|(id, party)| {
            let front = *party.waiting.front()?;
            Some((party.served, front.ticket, *id, front))
        });
        fronts
            .min_by_key(|(served, ticket, ..)| (*served, *ticket))
            .map(|(_, _, id, front)| (id, front))
    }

    /// May this request go out?
    pub fn poll(&mut self, ticket: u64, now: Instant) -> Step {
        let Some((id, front)) = self.first().filter(|(_, front)| front.ticket == ticket) else {
            return Step::Behind;
        };
        if let Some(at) = self.closed_until.filter(|at| now < *at) {
            return Step::Closed(at);
        }
        let due = self.last.map(|last| last + self.pace(now));
        if let Some(at) = due.filter(|at| now < *at) {
            return Step::At(at);
        }
        self.let_out(id, front, now)
    }

    /// The same for a request in haste: a line that is closed holds it back no longer than the quota does.
    pub fn poll_in_haste(&mut self, ticket: u64, now: Instant) -> Step {
        if self.closed_until.is_none_or(|at| at <= now) {
            return self.poll(ticket, now);
        }
        let mut all = self.parties.iter();
        let found = all.find_map(|(id, party)| {
            let mut waiting = party.waiting.iter();
            let own = waiting.find(|waiting| waiting.ticket == ticket)?;
            Some((*id, *own))
        });
        match found {
            Some((id, waiting)) => self.let_out(id, waiting, now),
            None => Step::Behind,
        }
    }

    /// Lets a request out, unless the quota is used up.
    fn let_out(&mut self, id: Uuid, one: Waiting, now: Instant) -> Step {
        if let Some(pause) = self.rate.take(one.weight, now) {
            return Step::At(now + pause);
        }
        let is_free = self.is_free();
        if let Some(party) = self.parties.get_mut(&id) {
            party.waiting.retain(|other| other.ticket != one.ticket);
            self.burst.pass(party.served);
            if !is_free {
                self.level = self.level.max(party.served);
            }
            party.served += one.weight;
            party.seen = now;
        }
        self.last = Some(now);
        self.parties.retain(|_, party| party.is_present(now));
        Step::Go(Pass {
            ticket: one.ticket,
            party: id,
            weight: one.weight,
            closings: self.closings,
            early: self.closed_until.is_some_and(|at| now < at),
        })
    }

    fn pace(&self, now: Instant) -> Duration {
        let present = self.parties.values().filter(|party| party.is_present(now));
        if present.take(2).count() < 2 {
            return self.gap;
        }
        self.gap.max(self.rate.spread())
    }

    /// Whether requests go out as they come, until the server refuses.
    fn is_free(&self) -> bool {
        self.gap.is_zero() && !self.rate.is_known()
    }

    /// The server has answered it.
    pub fn served(&mut self) {
        self.moved = true;
        self.gap = self.gap.saturating_sub(self.gap / WEAR);
        if self.gap < SHORTEST_GAP {
            self.gap = Duration::ZERO;
        }
    }

    /// Opens the line that this request went out of early, and was answered, unless it was closed anew meanwhile. Says
    /// whether it did.
    pub fn reopen(&mut self, pass: Pass) -> bool {
        let opens = pass.early && pass.closings == self.closings;
        if opens {
            self.closed_until = None;
        }
        opens
    }

    /// Until when nothing is asked.
    pub fn closed_until(&self) -> Option<Instant> {
        self.closed_until
    }

    /// The server wants fewer requests, and none before that moment. What was refused counts as not served.
    pub fn refused(&mut self, pass: Pass, until: Instant) {
        if let Some(party) = self.parties.get_mut(&pass.party) {
            party.served = party.served.saturating_sub(pass.weight);
        }
        self.closed_until = self.closed_until.max(Some(until));
        // Those that had gone out already tell nothing about the new pace.
        if pass.closings == self.closings {
            self.closings += 1;
            // What is refused again before anything got through came too early, not too fast.
            if std::mem::take(&mut self.moved) {
                self.gap = (self.gap * 2).clamp(FIRST_GAP, LONGEST_GAP);
            }
        }
    }

    /// Gives a request that was refused its place back: its party asked for it before all that it has waiting.
    pub fn rejoin(&mut self, pass: Pass, now: Instant) {
        let level = self.level;
        let party = self.parties.entry(pass.party);
        let party = party.or_insert_with(|| Party::new(level, now));
        let waiting = Waiting {
            ticket: pass.ticket,
            weight: pass.weight,
        };
        let behind = |other: &Waiting| other.ticket < pass.ticket;
        let at = party.waiting.partition_point(behind);
        party.waiting.insert(at, waiting);
    }

    /// Takes over what the server says is left of the quota.
    pub fn learn(&mut self, left: Option<u64>, reset: Option<Instant>, now: Instant) {
        self.rate.learn(left, reset, now);
    }

    /// Whether a new one would do as well.
    pub fn is_forgettable(&self, now: Instant) -> bool {
        let rested = |last: Instant| {
            now.saturating_duration_since(last) > self.rate.memory().max(LONGEST_GAP)
        };
        self.first().is_none()
            && self.closed_until.is_none_or(|at| at <= now)
            && self.last.is_none_or(rested)
    }
}

impl Party {
    fn new(served: u64, now: Instant) -> Self {
        Self {
            served,
            seen: now,
            waiting: VecDeque::new(),
        }
    }

    fn is_present(&self, now: Instant) -> bool {
        !self.waiting.is_empty() || now.saturating_duration_since(self.seen) < PRESENT
    }
}
