//! Words for what stands in a document, and for what may have been meant.

use serde_json::Value;

use crate::yaml::{Marked, Node};

/// How like a known key an unknown one must be to be taken for it.
const LIKENESS: f64 = 0.45;
/// Known keys that are named for an unknown one.
const NAMED: usize = 3;

/// What stands there, for people.
pub fn kind(marked: &Marked) -> &'static str {
    match &marked.node {
        Node::List(_) => "a list",
        Node::Map(_) => "a mapping",
        Node::Scalar(Value::Null) => "empty",
        Node::Scalar(Value::Bool(_)) => "yes or no",
        Node::Scalar(Value::Number(_)) => "a number",
        Node::Scalar(_) => "a text",
    }
}

/// The known keys a person may have meant, or all of them.
pub fn instead_of(key: &str, known: &[&str]) -> String {
    let mut near: Vec<(f64, &str)> = known
        .iter()
        .map(|known| (strsim::normalized_damerau_levenshtein(key, known), *known))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .collect();
    near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    if near.is_empty() {
        return format!("known are {}", known.join(", "));
    }
    let near: Vec<&str> = near.iter().take(NAMED).map(|(_, key)| *key).collect();
    format!("perhaps {}", near.join(" or "))
}
