//! Connectors of our own: low-code manifests that come with the program, each read once and when it is first asked for.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, PoisonError};

use crate::declarative::Manifest;

/// The manifests by the name of their source.
const TEXTS: [(&str, &str); 30] = [
    ("airtable", include_str!("../data/vendors/airtable.yaml")),
    ("amplitude", include_str!("../data/vendors/amplitude.yaml")),
    ("asana", include_str!("../data/vendors/asana.yaml")),
    ("chargebee", include_str!("../data/vendors/chargebee.yaml")),
    ("close-com", include_str!("../data/vendors/close-com.yaml")),
    ("copper", include_str!("../data/vendors/copper.yaml")),
    ("github", include_str!("../data/vendors/github.yaml")),
    ("gong", include_str!("../data/vendors/gong.yaml")),
    (
        "google-analytics-data-api",
        include_str!("../data/vendors/google-analytics-data-api.yaml"),
    ),
    (
        "google-drive",
        include_str!("../data/vendors/google-drive.yaml"),
    ),
    (
        "google-sheets",
        include_str!("../data/vendors/google-sheets.yaml"),
    ),
    ("hubspot", include_str!("../data/vendors/hubspot.yaml")),
    ("intercom", include_str!("../data/vendors/intercom.yaml")),
    ("jira", include_str!("../data/vendors/jira.yaml")),
    ("klaviyo", include_str!("../data/vendors/klaviyo.yaml")),
    ("mailchimp", include_str!("../data/vendors/mailchimp.yaml")),
    ("mixpanel", include_str!("../data/vendors/mixpanel.yaml")),
    ("monday", include_str!("../data/vendors/monday.yaml")),
    ("notion", include_str!("../data/vendors/notion.yaml")),
    (
        "paypal-transaction",
        include_str!("../data/vendors/paypal-transaction.yaml"),
    ),
    ("pipedrive", include_str!("../data/vendors/pipedrive.yaml")),
    ("recurly", include_str!("../data/vendors/recurly.yaml")),
    ("sendgrid", include_str!("../data/vendors/sendgrid.yaml")),
    ("shopify", include_str!("../data/vendors/shopify.yaml")),
    ("slack", include_str!("../data/vendors/slack.yaml")),
    ("square", include_str!("../data/vendors/square.yaml")),
    ("stripe", include_str!("../data/vendors/stripe.yaml")),
    ("twilio", include_str!("../data/vendors/twilio.yaml")),
    (
        "woocommerce",
        include_str!("../data/vendors/woocommerce.yaml"),
    ),
    (
        "zendesk-support",
        include_str!("../data/vendors/zendesk-support.yaml"),
    ),
];

/// Those that were read.
static READ: Mutex<BTreeMap<&str, Manifest>> = Mutex::new(BTreeMap::new());

/// The names of the sources that have a manifest here.
pub fn names() -> impl Iterator<Item = &'static str> {
    TEXTS.iter().map(|(name, _)| *name)
}

/// The manifest of the source with this name, as it is written.
pub fn text(name: &str) -> Option<&'static str> {
    let found = TEXTS.iter().find(|(known, _)| *known == name)?;
    Some(found.1)
}

/// The manifest of the source with this name.
pub fn manifest(name: &str) -> Option<Manifest> {
    let (name, text) = TEXTS.iter().find(|(known, _)| *known == name)?;
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let manifest = match read.entry(name) {
        Entry::Occupied(there) => there.into_mut(),
        Entry::Vacant(place) => place.insert(
            Manifest::parse(text).expect("a test reads every manifest that comes with the program"),
        ),
    };
    Some(manifest.clone())
}

#[cfg(test)]
mod tests;
