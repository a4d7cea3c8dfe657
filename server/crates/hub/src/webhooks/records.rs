//! Which events carry a whole record of a stream. Pure: the rules are data (`webhook_records.toml`); the open standard needs
//! none, because its events say it: `ships.updated` with the record in `data` is news of the stream `ships`.

use std::{collections::BTreeMap, sync::LazyLock};

use model::WebhookScheme;
use serde::Deserialize;
use serde_json::{Map, Value};

const FILE: &str = include_str!("../../data/webhook_records.toml");

/// What happened to a record that an event of the open standard carries.
const WHOLE: [&str; 2] = ["created", "updated"];

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    parse(FILE)
        .expect("the file of records is checked by a test")
        .record
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    record: Vec<Rule>,
}

/// One kind of events, and where in them a record of which stream is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    scheme: WebhookScheme,
    kinds: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    actions: Vec<String>,
    at: String,
    object: Option<String>,
    stream: String,
    #[serde(default)]
    set: BTreeMap<String, String>,
    #[serde(default)]
    fixed: Map<String, Value>,
}

fn parse(text: &str) -> Result<File, toml::de::Error> {
    toml::from_str(text)
}

impl Rule {
    fn is_for(&self, scheme: WebhookScheme, kind: &str, event: &Value) -> bool {
        let is_kind = |known: &String| match known.strip_suffix('*') {
            Some(start) => kind.starts_with(start),
            None => kind == known,
        };
        let action = event["action"].as_str().unwrap_or_default();
        self.scheme == scheme
            && self.kinds.iter().any(is_kind)
            && !self.unless.iter().any(|end| kind.ends_with(end.as_str()))
            && !self.actions.iter().any(|left_out| left_out == action)
    }

    fn record(&self, event: &Value) -> Option<Map<String, Value>> {
        let record = event.pointer(&self.at)?.as_object()?;
        let is_this = |object: &String| record.get("object").is_some_and(|is| is == object);
        if !self.object.iter().all(is_this) {
            return None;
        }
        let mut record = record.clone();
        for (field, from) in &self.set {
            record.insert(field.clone(), event.pointer(from)?.clone());
        }
        record.extend(self.fixed.clone());
        Some(record)
    }
}

/// A record, and the stream it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub stream: String,
    pub record: Map<String, Value>,
}

/// The whole record that an event carries, if it does.
pub(super) fn find(scheme: WebhookScheme, kind: &str, event: &Value) -> Option<Found> {
    if scheme == WebhookScheme::StandardWebhooks {
        let (stream, verb) = kind.rsplit_once('.')?;
        let record = event["data"].as_object()?;
        return WHOLE.contains(&verb).then(|| Found {
            stream: stream.to_owned(),
            record: record.clone(),
        });
    }
    RULES
        .iter()
        .filter(|rule| rule.is_for(scheme, kind, event))
        .find_map(|rule| {
            let record = rule.record(event)?;
            Some(Found {
                stream: rule.stream.clone(),
                record,
            })
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stream(scheme: WebhookScheme, kind: &str, event: &Value) -> Option<String> {
        find(scheme, kind, event).map(|found| found.stream)
    }

    #[test]
    fn whole_records_are_found_with_what_their_stream_adds() {
        let event = json!({"created": 1_760_000_000, "data": {"object": {"id": "cus_1", "object": "customer", "email": "a@example.com"}}});
        let found = find(WebhookScheme::Stripe, "customer.updated", &event).unwrap();
        assert_eq!(found.stream, "customers");
        assert_eq!(
            Value::from(found.record),
            json!({"id": "cus_1", "object": "customer", "email": "a@example.com", "updated": 1_760_000_000, "is_deleted": false})
        );
        let issue = json!({"action": "opened", "issue": {"id": 1}, "repository": {"full_name": "octo/boat"}});
        let found = find(WebhookScheme::GitHub, "issues", &issue).unwrap();
        assert_eq!(found.record["repository"], "octo/boat");
        let order = json!({"id": 5, "updated_at": "2026-05-01T10:00:00Z"});
        assert_eq!(
            stream(WebhookScheme::Shopify, "orders/updated", &order),
            Some("orders".to_owned())
        );
        let ship = json!({"type": "ships.updated", "data": {"id": 3}});
        assert_eq!(
            stream(WebhookScheme::StandardWebhooks, "ships.updated", &ship),
            Some("ships".to_owned())
        );
    }

    #[test]
    fn deletions_and_parts_are_not() {
        let customer =
            json!({"created": 1, "data": {"object": {"id": "cus_1", "object": "customer"}}});
        let deleted = stream(WebhookScheme::Stripe, "customer.deleted", &customer);
        assert_eq!(deleted, None);
        // Its object is something else.
        let other = json!({"created": 1, "data": {"object": {"id": "src_1", "object": "source"}}});
        assert_eq!(
            stream(WebhookScheme::Stripe, "customer.source.created", &other),
            None
        );
        let gone = json!({"action": "deleted", "issue": {"id": 1}, "repository": {"full_name": "octo/boat"}});
        assert_eq!(stream(WebhookScheme::GitHub, "issues", &gone), None);
        assert_eq!(
            stream(WebhookScheme::Shopify, "orders/delete", &json!({"id": 5})),
            None
        );
        assert_eq!(
            stream(WebhookScheme::StandardWebhooks, "ships.deleted", &customer),
            None
        );
    }

    #[test]
    fn the_file_can_be_read() {
        let rules = parse(FILE).unwrap().record;
        assert!(rules.iter().all(|rule| !rule.kinds.is_empty()));
    }
}
