//! Paging that never ends is seen and stopped.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use serde_json::Value;

use crate::declarative::request::{Body, Page};
use crate::fault::Fault;

/// So many times the same page in a row is no coincidence.
const SAME: u32 = 10;
/// Pages remembered for a slice.
const MOST: usize = 1_000_000;

/// The pages of one slice so far.
#[derive(Debug, Default)]
pub struct Circle {
    seen: HashSet<u64>,
    /// The page before. Most pages differ from it at their beginning, so comparing is quicker than counting up a hash.
    last: Option<Bytes>,
    same: u32,
}

impl Circle {
    /// Takes note of a page and the token it leads to.
    pub fn check(&mut self, page: &Page, records: u64, next: &Value) -> Result<(), Fault> {
        let Body::Memory(bytes) = &page.body else {
            return Ok(());
        };
        let before = self.last.replace(bytes.clone());
        self.same = if before.as_ref() == Some(bytes) && records > 0 {
            self.same + 1
        } else {
            0
        };
        if self.same >= SAME {
            return Err(Fault::data(format!(
                "The paging does not end: the server sent the same page {} times.",
                SAME + 1
            )));
        }
        // Counting strategies never come back to a token; cursors that do, with the same content, run in a circle.
        if next.is_number() || self.seen.len() >= MOST {
            return Ok(());
        }
        if self.seen.insert(hash(&(bytes, next.to_string()))) {
            return Ok(());
        }
        Err(Fault::data(
            "The paging does not end: the server leads back to a page that was read already.",
        ))
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
