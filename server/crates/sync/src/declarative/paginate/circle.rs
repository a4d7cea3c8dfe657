//! Paging that never ends is seen and stopped.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use crate::declarative::record::Record;
use crate::declarative::request::{Body, Page};
use crate::fault::Fault;

/// So many times the same page in a row is no coincidence.
const SAME: u32 = 10;
/// So many pages without a record in a row are no sparse data either, however new their tokens are.
const EMPTY: u32 = 10_000;
/// So many times the same token in a row, or the same few, with new records each time, is worth a word: the API may count on its
/// own, and may as well never end.
const STILL: u32 = 1_000;
/// So many tokens that were named last are remembered: an API that goes round may have a few stations.
const STATIONS: usize = 8;
/// Pages remembered for a slice.
const MOST: usize = 1_000_000;

/// The pages of one slice so far.
#[derive(Debug, Default)]
pub struct Circle {
    /// Pages to the byte, with the tokens they led to.
    seen: HashSet<u64>,
    /// The same by their records, and how often: what is around them, the time perhaps, may be another each time.
    alike: HashMap<u64, u32>,
    last: Option<u64>,
    same: u32,
    empty: u32,
    /// The tokens that came last, each once.
    tokens: VecDeque<u64>,
    /// How often in a row it was one of them.
    still: u32,
}

/// What tells the records of one page from those of another: some of them, closer to each other at the beginning.
#[derive(Debug, Default)]
pub struct Print {
    records: u64,
    hasher: DefaultHasher,
}

impl Print {
    pub fn see(&mut self, record: &Record<'_>) {
        self.records += 1;
        // Looking at all of them would take as long as reading them.
        if self.records.is_power_of_two() {
            match record {
                Record::Raw(text) => text.hash(&mut self.hasher),
                Record::Tree(fields) => fields.hash(&mut self.hasher),
            }
        }
    }

    /// Nothing of a page whose records were all left out.
    fn finish(&self) -> Option<u64> {
        (self.records > 0).then(|| hash(&(self.hasher.finish(), self.records)))
    }
}

impl Circle {
    /// Takes note of a page and the token it leads to.
    pub fn check(
        &mut self,
        page: &Page,
        records: u64,
        print: &Print,
        next: &Value,
    ) -> Result<(), Fault> {
        self.count_empty(records)?;
        let print = print.finish();
        self.same = if print.is_some() && self.last == print {
            self.same + 1
        } else {
            0
        };
        self.last = print;
        if self.same >= SAME {
            return Err(endless());
        }
        let token = next.to_string();
        self.count_still(&token);
        // Counting strategies never come back to a token; cursors that do, with the same content, run in a circle.
        if next.is_number() || self.seen.len() >= MOST {
            return Ok(());
        }
        if let Some(print) = print {
            let times = self.alike.entry(hash(&(print, &token))).or_default();
            *times += 1;
            if *times > SAME {
                return Err(endless());
            }
        }
        let Body::Memory(bytes) = &page.body else {
            return Ok(());
        };
        if self.seen.insert(hash(&(bytes, token))) {
            return Ok(());
        }
        Err(Fault::data(
            "The paging does not end: the server leads back to a page that was read already.",
        ))
    }

    fn count_still(&mut self, token: &str) {
        let token = hash(&token);
        if self.tokens.contains(&token) {
            self.still += 1;
            return;
        }
        self.still = 1;
        if self.tokens.len() == STATIONS {
            self.tokens.pop_front();
        }
        self.tokens.push_back(token);
    }

    /// A remark, once, where the API leads to the same tokens again and again.
    pub fn remark(&self) -> Option<String> {
        (self.still == STILL).then(|| {
            format!(
                "The API named the same next page, or the same few in turn, {STILL} times in a row, with something new on it each \
                 time. Paging goes on; if it does not end, the connector's definition finds the next page in the wrong place."
            )
        })
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

fn endless() -> Fault {
    Fault::data(format!(
        "The paging does not end: the server sent the same page {} times.",
        SAME + 1
    ))
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
    fn a_token_that_stays_the_same_is_remarked_once() {
        let mut circle = Circle::default();
        let mut named = |token: &str| {
            circle.count_still(token);
            circle.remark()
        };
        for _ in 1..STILL {
            assert_eq!(named("abc"), None);
        }
        assert!(named("abc").is_some_and(|text| text.contains("1000 times")));
        assert_eq!(named("abc"), None);
        for _ in 1..STILL {
            assert_eq!(named("def"), None, "another one");
        }
        assert!(named("def").is_some());
    }

    #[test]
    fn a_few_tokens_in_turn_are_remarked_and_new_ones_are_not() {
        let remarks = |tokens: &mut dyn Iterator<Item = usize>| {
            let mut circle = Circle::default();
            let named = tokens.map(|token| {
                circle.count_still(&token.to_string());
                circle.remark()
            });
            named.flatten().count()
        };
        for stations in 1..=STATIONS {
            let told = remarks(&mut (0..stations).cycle().take(2000));
            assert_eq!(told, 1, "{stations} in turn");
        }
        assert_eq!(remarks(&mut (0..5000)), 0);
        assert_eq!(remarks(&mut (0..=STATIONS).cycle().take(5000)), 0);
    }

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
