//! Which partitions are known, which are under way, and how far their parents were read.

use std::collections::{BTreeSet, HashMap, VecDeque};

use serde_json::Value;

use crate::declarative::cursor::datetime::DatetimeCursor;

/// Positions by partition, oldest first.
#[derive(Debug, Default)]
pub struct Cursors {
    pub by_key: HashMap<String, DatetimeCursor>,
    pub order: VecDeque<String>,
}

/// Partitions under way, and the states of their parents in the order they came.
#[derive(Debug, Default)]
pub struct Progress {
    pub open: HashMap<String, Open>,
    pub running: BTreeSet<u64>,
    pub next: u64,
    pub parents: VecDeque<(Option<Value>, u64)>,
}

#[derive(Debug)]
pub struct Open {
    pub pending: usize,
    pub all_issued: bool,
    pub number: u64,
}

impl Cursors {
    pub fn set(&mut self, key: String, cursor: DatetimeCursor) {
        if self.by_key.insert(key.clone(), cursor).is_none() {
            self.order.push_back(key);
        }
    }

    /// Drops the oldest partition that is not under way, else the oldest.
    pub fn forget(&mut self, open: &HashMap<String, Open>) {
        let finished = self.order.iter().position(|key| !open.contains_key(key));
        if let Some(key) = self.order.remove(finished.unwrap_or(0)) {
            self.by_key.remove(&key);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &DatetimeCursor)> {
        self.order
            .iter()
            .filter_map(|key| Some((key, self.by_key.get(key)?)))
    }
}

impl Progress {
    pub fn begin(&mut self, key: String, parents: Option<&Value>) {
        let number = self.next;
        self.next += 1;
        self.running.insert(number);
        self.open.insert(
            key,
            Open {
                pending: 0,
                all_issued: false,
                number,
            },
        );
        let parents = parents.cloned();
        if self.parents.back().is_none_or(|(last, _)| *last != parents) {
            self.parents.push_back((parents, number));
        }
    }

    pub fn end(&mut self, key: &str) {
        if let Some(open) = self.open.remove(key) {
            self.running.remove(&open.number);
        }
    }

    /// The newest state of the parents behind which nothing is under way.
    pub fn parents_done(&mut self) -> Option<Value> {
        let mut done = None;
        while let Some((_, number)) = self.parents.front() {
            if self
                .running
                .first()
                .is_some_and(|earliest| earliest <= number)
            {
                break;
            }
            if let Some((Some(parents), _)) = self.parents.pop_front() {
                done = Some(parents);
            }
        }
        done
    }
}
