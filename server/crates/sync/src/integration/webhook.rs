//! `type: webhook`: an HTTP API that tells of changes by itself. Its events are rows at once; its endpoints, read now and
//! then, bring what events miss.

use super::rest::{self, Rest};
use super::section::Section;

/// How a sender may sign: the schemes that the hub verifies.
pub const SENDERS: [&str; 6] = [
    "standard_webhooks",
    "stripe",
    "github",
    "shopify",
    "slack",
    "hubspot",
];
pub(super) const KEYS: &[&str] = &["sender"];
/// When its endpoints are read, unless the document says otherwise.
pub(super) const SCHEDULE: &str = "every hour";

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Webhook {
    pub sender: &'static str,
    /// What is read.
    pub rest: Rest,
}

pub(super) fn read(section: &Section<'_>) -> Webhook {
    Webhook {
        sender: sender(section),
        rest: rest::read(section),
    }
}

fn sender(section: &Section<'_>) -> &'static str {
    let open = SENDERS[0];
    let Some(said) = section.word("sender") else {
        return open;
    };
    if let Some(known) = SENDERS.into_iter().find(|known| *known == said) {
        return known;
    }
    if let Some(value) = section.get("sender") {
        let why = format!("is {said:?}: one of {}", SENDERS.join(", "));
        section.problem(value.at, "sender", &why);
    }
    open
}
