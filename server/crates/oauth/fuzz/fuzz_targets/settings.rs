//! Specifications and configurations as connectors and customers write them: three documents, one a line.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use oauth::{Grant, Providers, keep, reduce, words};
use serde_json::Value;

/// Connectors whose grants differ most: choices among ways to sign in, words in addresses, a switch.
const CONNECTORS: [&str; 5] = [
    "google-sheets",
    "microsoft-onedrive",
    "shopify",
    "salesforce",
    "zendesk-support",
];
/// Documents nested deeper than this and a path together may be more than a reader takes.
const DEEP: usize = 48;

static PROVIDERS: LazyLock<Providers> =
    LazyLock::new(|| Providers::load(None).expect("the shipped list reads"));

fuzz_target!(|input: &[u8]| {
    let mut documents = input.splitn(3, |byte| *byte == b'\n').map(|line| {
        let read = serde_json::from_slice::<Value>(line).ok();
        read.unwrap_or_default()
    });
    let mut next = || documents.next().unwrap_or_default();
    let (one, other, section) = (next(), next(), next());
    let known = CONNECTORS
        .iter()
        .filter_map(|name| Some(PROVIDERS.grant(name)?.1));
    let specified = Grant::specified("shop", &section);
    let reads_back = [&one, &other, &section]
        .into_iter()
        .all(|document| depth(document) < DEEP);
    for grant in known.chain(&specified) {
        if let Ok(words) = words(grant, &one) {
            words.values().for_each(|word| is_name(word));
        }
        let reduced = reduce(&one, grant);
        let mut config = other.clone();
        keep(&mut config, grant, &one);
        grant.choose(&mut config);
        let answered = grant.from_answers(&one);
        grant.answers(&answered);
        grant.token_in(&config);
        if reads_back {
            for written in [reduced, config, answered] {
                assert_eq!(
                    serde_json::from_str::<Value>(&written.to_string()).ok(),
                    Some(written)
                );
            }
        }
    }
});

fn is_name(word: &str) {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '.';
    assert!(!word.is_empty() && word.chars().all(allowed), "{word}");
}

fn depth(document: &Value) -> usize {
    let below = match document {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(fields) => fields.values().map(depth).max(),
        _ => return 0,
    };
    1 + below.unwrap_or(0)
}
