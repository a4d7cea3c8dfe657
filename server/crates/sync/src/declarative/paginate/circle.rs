//! Paging that never ends is seen and stopped.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use serde_json::Value;

use crate::declarative::request::{Body, Page};
use crate::fault::Fault;

/// So many times the same page in a row is no coincidence.
const SAME: u32 = 10;
/// So many pages without a record in a row are no sparse data either, however new their tokens are.
const EMPTY: u32 = 10_000;
/// Pages remembered for a slice.
const MOST: usize = 1_000_000;

/// The pages of one slice so far.
#[derive(Debug, Default)]
pub struct Circle {
    seen: HashSet<u64>,
    /// The page before. Most pages differ from it at their beginning, so comparing is quicker than counting up a hash.
    last: Option<Bytes>,
    same: u32,
    empty: u32,
}

impl Circle {
    /// Takes note of a page and the token it leads to.
    pub fn check(&mut self, page: &Page, records: u64, next: &Value) -> Result<(), Fault> {
        self.count_empty(records)?;
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

    fn count_empty(&mut self, records: u64) -> Result<(), Fault> {
        self.empty = if records == 0 { self.empty + 1 } else { 0 };
        if self.empty < EMPTY {
            return Ok(());
        }
        Err(Fault::data(format!(
            "The paging does not end: {EMPTY} pages in a row held no record."
        )))
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_without_records_end_somewhere_even_with_new_tokens() {
        let mut circle = Circle::default();
        let empty = |circle: &mut Circle| circle.count_empty(0);
        for _ in 1..EMPTY {
            assert_eq!(empty(&mut circle), Ok(()));
        }
        // A sparse list goes on.
        assert_eq!(circle.count_empty(1), Ok(()));
        for _ in 1..EMPTY {
            assert_eq!(empty(&mut circle), Ok(()));
        }
        let fault = empty(&mut circle).unwrap_err();
        assert!(fault.message.contains("held no record"), "{fault}");
    }
}
