//! Whether a case is one: what Airbyte's runtime alone must do with it.

use std::collections::BTreeMap;

use super::case::Operation;
use super::outcome::Outcome;
use super::script::{Deviation, Expect};

/// What Airbyte's runtime did otherwise than the case says; empty when the case is right.
pub fn problems(expect: &Expect, operation: Operation, told: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    let words = told.words.join(" | ");
    let asked: Vec<String> = told.requests.iter().map(ToString::to_string).collect();
    let mut must = |holds: bool, what: String| {
        if !holds {
            let asked = asked.join("\n    ");
            found.push(format!(
                "{what}. It said: {:?} {words}\n  It asked:\n    {asked}",
                told.refused
            ));
        }
    };
    if expect.refused {
        let refused = told.refused.is_some() || told.failed;
        must(
            refused || operation == Operation::Spec,
            "must be refused".to_owned(),
        );
        return found;
    }
    must(told.refused.is_none(), "refused".to_owned());
    match operation {
        Operation::Spec => must(told.spec.is_some(), "no specification".to_owned()),
        Operation::Check => {
            let verdict = told.check.unwrap_or(false);
            must(verdict == expect.check, format!("verdict {:?}", told.check));
        }
        Operation::Discover => {
            let discovered = told.catalog.is_some();
            must(
                discovered != expect.undiscoverable,
                format!("discovered: {discovered}"),
            );
        }
        Operation::Read => {
            let counts = present(told.counts());
            must(
                counts == present(expect.records.clone()),
                format!("records {counts:?}"),
            );
            let types = told.types();
            must(types == expect.failures, format!("failures {types:?}"));
        }
        Operation::Again => {
            let counts = present(told.counts());
            let wanted = present(expect.again.clone().unwrap_or_default());
            must(counts == wanted, format!("second read: records {counts:?}"));
        }
    }
    found
}

/// What ours did otherwise than a deviation allows; the requests are compared all the same.
pub fn stray(deviation: &Deviation, told: &Outcome) -> Vec<String> {
    let (counts, types) = (present(told.counts()), told.types());
    let mut found = Vec::new();
    if counts != present(deviation.records.clone()) {
        found.push(format!(
            "records {counts:?}, by the deviation {:?}",
            deviation.records
        ));
    }
    if types != deviation.failures {
        found.push(format!(
            "failures {types:?}, by the deviation {:?}",
            deviation.failures
        ));
    }
    let words = told.words.join(" ") + told.refused.as_deref().unwrap_or_default();
    for text in &deviation.says {
        if !words.contains(text.as_str()) {
            found.push(format!("“{text}” is not among the words: {words}"));
        }
    }
    found
}

/// A stream without records may be told of or not.
fn present(counts: BTreeMap<String, usize>) -> BTreeMap<String, usize> {
    counts.into_iter().filter(|(_, count)| *count > 0).collect()
}
