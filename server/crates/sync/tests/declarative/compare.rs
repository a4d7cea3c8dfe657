//! Where two runtimes differ, in words.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::case::Operation;
use super::difference::{differ, places, sequence};
use super::expected;
use super::facts::{plain, sorted};
use super::outcome::{Outcome, Stream};
use super::script::{Compare, Script};

/// Requests whose order counts among themselves, by what tells them apart.
type Partitions<T> = BTreeMap<String, Vec<T>>;

/// Every difference; empty when both did the same.
pub fn differences(
    script: &Script,
    operation: Operation,
    theirs: &Outcome,
    ours: &Outcome,
) -> Vec<String> {
    let mut found = Vec::new();
    let rules = &script.compare;
    if theirs.refused.is_some() {
        // When a manifest is refused is each runtime's own affair, as long as nothing is asked or read.
        let went_on = operation != Operation::Spec && ours.refused.is_none() && !ours.failed;
        if went_on || !ours.requests.is_empty() {
            found.push(format!(
                "theirs refuses, ours goes on: {:?}",
                theirs.refused
            ));
        }
        return found;
    }
    differ("refused", &None, &ours.refused, &mut found);
    let (mut wanted, mut given) = (asked(rules, theirs), asked(rules, ours));
    for path in &rules.fewer {
        let (often, seldom) = (wanted.remove(path), given.remove(path));
        less(
            path,
            &often.unwrap_or_default(),
            &seldom.unwrap_or_default(),
            &mut found,
        );
    }
    partitions("requests", &wanted, &given, &mut found);
    differ(
        "new configurations",
        &theirs.control,
        &ours.control,
        &mut found,
    );
    match operation {
        Operation::Spec => {
            let [theirs, ours] = [theirs, ours].map(|told| told.spec.clone().unwrap_or_default());
            places("specification", &theirs, &ours, &mut found);
        }
        // Theirs may also end without a verdict.
        Operation::Check => {
            let other = script.deviates.as_ref().and_then(|other| other.check);
            let wanted = other.or(theirs.check).or(Some(false));
            differ("verdict", &wanted, &ours.check, &mut found);
        }
        Operation::Discover => match script.deviates.as_ref().and_then(|other| other.discover) {
            Some(wanted) => differ("catalogue", &wanted, &ours.catalog.is_some(), &mut found),
            None => named(
                "catalogue",
                theirs.catalog.as_ref(),
                ours.catalog.as_ref(),
                &mut found,
            ),
        },
        Operation::Read | Operation::Again => match &script.deviates {
            Some(deviation) => found.extend(expected::stray(deviation, ours)),
            None => reads(rules, theirs, ours, &mut found),
        },
    }
    // The words of a failure say best why ours is another one.
    if !found.is_empty() && !ours.words.is_empty() {
        found.push(format!("ours said: {}", ours.words.join(" | ")));
    }
    found
}

fn reads(rules: &Compare, theirs: &Outcome, ours: &Outcome, found: &mut Vec<String>) {
    differ("failed", &theirs.failed, &ours.failed, found);
    differ("failures", &theirs.failures, &ours.failures, found);
    let names: BTreeSet<&String> = theirs.streams.keys().chain(ours.streams.keys()).collect();
    let nothing = Stream::default();
    for name in names {
        let theirs = theirs.streams.get(name).unwrap_or(&nothing);
        let ours = ours.streams.get(name).unwrap_or(&nothing);
        let fields = rules.records.get(name).map_or(&[][..], Vec::as_slice);
        let what = format!("records of {name}");
        partitions(
            &what,
            &grouped(fields, theirs),
            &grouped(fields, ours),
            found,
        );
        let what = format!("statuses of {name}");
        sequence(&what, &theirs.statuses, &ours.statuses, found);
        states(rules, name, theirs, ours, found);
    }
}

fn states(rules: &Compare, name: &str, theirs: &Stream, ours: &Stream, found: &mut Vec<String>) {
    if rules.last_state_only {
        let last = |stream: &Stream| stream.states.last().map(|state| state["state"].clone());
        differ(
            &format!("last state of {name}"),
            &last(theirs),
            &last(ours),
            found,
        );
    } else {
        sequence(
            &format!("states of {name}"),
            &theirs.states,
            &ours.states,
            found,
        );
    }
    // Whatever the order: a state counts the records since the one before it, and none follows the last.
    let counted: f64 = ours
        .states
        .iter()
        .filter_map(|state| state["records"].as_f64())
        .sum();
    let sent = ours.before_states.last().copied().unwrap_or(0);
    let sent = u32::try_from(sent).unwrap();
    if (counted - f64::from(sent)).abs() > 0.5 {
        found.push(format!(
            "states of {name}: ours count {counted} records, {sent} were sent"
        ));
    }
}

fn asked(rules: &Compare, outcome: &Outcome) -> Partitions<String> {
    let mut out = Partitions::new();
    for request in &outcome.requests {
        let facts = rules.requests.iter().map(|name| request.fact(name));
        let facts: Vec<String> = facts.map(|fact| plain(&fact.unwrap_or_default())).collect();
        let key = [std::slice::from_ref(&request.path), facts.as_slice()]
            .concat()
            .join(" ");
        out.entry(key).or_default().push(request.to_string());
    }
    out
}

/// Ours asks nothing that theirs does not, and something if theirs does.
fn less(path: &str, often: &[String], seldom: &[String], found: &mut Vec<String>) {
    let strange = seldom.iter().find(|request| !often.contains(request));
    if strange.is_some() || seldom.len() > often.len() || (seldom.is_empty() && !often.is_empty()) {
        found.push(format!(
            "requests ({path}):\n  theirs {often:?}\n  ours   {seldom:?}"
        ));
    }
}

fn grouped(fields: &[String], stream: &Stream) -> Partitions<String> {
    let mut out = Partitions::new();
    for record in &stream.records {
        let facts: Vec<String> = fields
            .iter()
            .map(|field| plain(&record[field.as_str()]))
            .collect();
        let mut record = sorted(record);
        // Airbyte's serialiser drops fields that are null, at the top only; to a destination null and absent are the same.
        if let Some(fields) = record.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        out.entry(facts.join(" "))
            .or_default()
            .push(record.to_string());
    }
    out
}

fn partitions(
    what: &str,
    theirs: &Partitions<String>,
    ours: &Partitions<String>,
    found: &mut Vec<String>,
) {
    let keys: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
    for key in keys {
        let [theirs, ours] =
            [theirs, ours].map(|side| side.get(key).map_or(&[][..], Vec::as_slice));
        let what = if key.is_empty() {
            what.to_owned()
        } else {
            format!("{what} ({key})")
        };
        sequence(&what, theirs, ours, found);
    }
}

fn named(
    what: &str,
    theirs: Option<&BTreeMap<String, Value>>,
    ours: Option<&BTreeMap<String, Value>>,
    found: &mut Vec<String>,
) {
    let (Some(theirs), Some(ours)) = (theirs, ours) else {
        return differ(what, &theirs.is_some(), &ours.is_some(), found);
    };
    let names: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
    for name in names {
        let [theirs, ours] = [theirs, ours].map(|side| side.get(name).unwrap_or(&Value::Null));
        places(&format!("{what}, {name}"), theirs, ours, found);
    }
}
