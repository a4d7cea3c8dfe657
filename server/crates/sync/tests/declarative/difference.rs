//! A difference in words: what differs, where, and both sides of it.

use std::collections::BTreeSet;
use std::fmt::Debug;

use serde_json::Value;

pub fn sequence<T: PartialEq + Debug>(
    what: &str,
    theirs: &[T],
    ours: &[T],
    found: &mut Vec<String>,
) {
    let longest = theirs.len().max(ours.len());
    if let Some(at) = (0..longest).find(|at| theirs.get(*at) != ours.get(*at)) {
        let counts = format!("theirs {}, ours {}", theirs.len(), ours.len());
        let (theirs, ours) = (shown(theirs.get(at)), shown(ours.get(at)));
        found.push(format!(
            "{what} ({counts}), number {}:\n  theirs {theirs}\n  ours   {ours}",
            at + 1
        ));
    }
}

/// The places where two values differ, each by its path.
pub fn places(what: &str, theirs: &Value, ours: &Value, found: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(one), Value::Object(other)) => {
            let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in names {
                match (one.get(name), other.get(name)) {
                    (Some(one), Some(other)) => {
                        places(&format!("{what}.{name}"), one, other, found);
                    }
                    (one, other) => differ(&format!("{what}.{name}"), &one, &other, found),
                }
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (at, (one, other)) in one.iter().zip(other).enumerate() {
                places(&format!("{what}[{at}]"), one, other, found);
            }
        }
        (one, other) => differ(what, one, other, found),
    }
}

pub fn differ<T: PartialEq + Debug>(what: &str, theirs: &T, ours: &T, found: &mut Vec<String>) {
    if theirs != ours {
        found.push(format!(
            "{what}:\n  theirs {}\n  ours   {}",
            shown(Some(theirs)),
            shown(Some(ours))
        ));
    }
}

/// Enough to see the difference, not whole pages.
fn shown<T: Debug>(value: Option<&T>) -> String {
    const ENOUGH: usize = 1500;
    let text = value.map_or_else(|| "nothing".to_owned(), |value| format!("{value:?}"));
    text.chars().take(ENOUGH).collect()
}
