//! What a verified delivery says: one event or several, or a question whether anybody is there. Pure.

use model::{WebhookRefusal, WebhookScheme};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::signature::{Delivery, Headers};

/// Longest id and type as they come; longer ids are hashed, longer types cut.
const LONGEST: usize = 200;
/// What an event of unknown type is called.
const UNNAMED: &str = "event";
/// Events of one delivery: HubSpot sends up to 100.
const MOST: usize = 1000;

/// What came.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    Events(Vec<Event>),
    /// Slack asks whether this is the right address: the text is to be given back.
    Challenge(String),
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The sender's, the same when it is sent again.
    pub id: String,
    pub kind: String,
    /// JSON as it was sent, or a JSON string with what came in a form.
    pub payload: String,
    /// A hash of body and type, where the sender signs no id: whoever sends a recorded delivery again may choose that.
    pub signed: Option<Vec<u8>>,
}

/// Reads a delivery whose signature was found right.
pub fn read(scheme: WebhookScheme, delivery: &Delivery<'_>) -> Result<Said, WebhookRefusal> {
    let text = std::str::from_utf8(delivery.body).map_err(|_| WebhookRefusal::Unreadable)?;
    let (body, payload) = sent(scheme, delivery.headers, text)?;
    if scheme == WebhookScheme::Slack && body["type"] == "url_verification" {
        let challenge = body["challenge"].as_str();
        let challenge = challenge.ok_or(WebhookRefusal::Unreadable)?;
        return Ok(Said::Challenge(challenge.to_owned()));
    }
    if scheme == WebhookScheme::HubSpot {
        return several(&body).map(Said::Events);
    }
    let (id, kind) = named(scheme, delivery.headers, &body);
    let kind = kind.map_or_else(|| UNNAMED.to_owned(), cut);
    Ok(Said::Events(vec![Event {
        id: id.map_or_else(|| hashed(delivery.body), bounded),
        signed: (!signs_its_id(scheme)).then(|| content(&kind, delivery.body)),
        kind,
        payload,
    }]))
}

/// Whether what was signed tells one event from another, or ends after a while.
const fn signs_its_id(scheme: WebhookScheme) -> bool {
    match scheme {
        WebhookScheme::StandardWebhooks
        | WebhookScheme::Stripe
        | WebhookScheme::Slack
        | WebhookScheme::HubSpot => true,
        WebhookScheme::GitHub | WebhookScheme::Shopify => false,
    }
}

/// One body may be sent as events of several types, as a shop's order that is created and paid at once.
fn content(kind: &str, body: &[u8]) -> Vec<u8> {
    let hash = Sha256::new()
        .chain_update(kind)
        .chain_update([0])
        .chain_update(body);
    hash.finalize().to_vec()
}

/// What was sent, and how it is kept: an object or a list of JSON, by itself or in a form's field.
fn sent(
    scheme: WebhookScheme,
    headers: &Headers,
    text: &str,
) -> Result<(Value, String), WebhookRefusal> {
    // Some write a mark of the encoding first, which JSON has not.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let field = |wanted| field(headers, text, wanted);
    // GitHub's other content type, and what Slack sends of a pressed button.
    let wrapped = field("payload");
    let json = wrapped.as_deref().unwrap_or(text);
    match serde_json::from_str::<Value>(json) {
        Ok(body) if body.is_object() || body.is_array() => Ok((body, json.to_owned())),
        // Slack's commands have no JSON: the whole form is kept.
        _ if scheme == WebhookScheme::Slack && field("command").is_some() => {
            Ok((Value::Null, Value::from(text).to_string()))
        }
        _ => Err(WebhookRefusal::Unreadable),
    }
}

/// A field of a delivery that is a form.
fn field(headers: &Headers, text: &str, wanted: &str) -> Option<String> {
    let is_form = headers
        .get("content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let mut fields = is_form.then(|| url::form_urlencoded::parse(text.as_bytes()))?;
    let (_, value) = fields.find(|(name, _)| name == wanted)?;
    Some(value.into_owned())
}

/// The event's id and type, where the scheme has them.
fn named<'a>(
    scheme: WebhookScheme,
    headers: &'a Headers,
    body: &'a Value,
) -> (Option<&'a str>, Option<&'a str>) {
    match scheme {
        WebhookScheme::StandardWebhooks => (headers.get("webhook-id"), body["type"].as_str()),
        WebhookScheme::Stripe => (body["id"].as_str(), body["type"].as_str()),
        WebhookScheme::GitHub => (
            headers.get("x-github-delivery"),
            headers.get("x-github-event"),
        ),
        WebhookScheme::Shopify => (
            headers.get("x-shopify-webhook-id"),
            headers.get("x-shopify-topic"),
        ),
        WebhookScheme::Slack => (
            body["event_id"].as_str(),
            body["event"]["type"].as_str().or(body["type"].as_str()),
        ),
        WebhookScheme::HubSpot => (None, None),
    }
}

/// HubSpot's list. Its event ids are not unique by themselves, as its documentation says.
fn several(body: &Value) -> Result<Vec<Event>, WebhookRefusal> {
    let list = body.as_array().ok_or(WebhookRefusal::Unreadable)?;
    if list.is_empty() || list.len() > MOST || !list.iter().all(Value::is_object) {
        return Err(WebhookRefusal::Unreadable);
    }
    Ok(list.iter().map(of_hubspot).collect())
}

fn of_hubspot(event: &Value) -> Event {
    let payload = event.to_string();
    let parts = ["eventId", "subscriptionId", "objectId", "occurredAt"].map(|name| &event[name]);
    let id = if parts[0].is_null() {
        // A try more is the same event.
        let mut same = event.clone();
        if let Some(fields) = same.as_object_mut() {
            fields.remove("attemptNumber");
        }
        hashed(same.to_string().as_bytes())
    } else {
        bounded(&parts.map(ToString::to_string).join("-"))
    };
    let kind = event["subscriptionType"].as_str();
    Event {
        id,
        kind: kind.map_or_else(|| UNNAMED.to_owned(), cut),
        payload,
        signed: None,
    }
}

fn bounded(id: &str) -> String {
    if id.is_empty() || id.len() > LONGEST || id.contains(char::is_control) {
        return hashed(id.as_bytes());
    }
    id.to_owned()
}

fn cut(kind: &str) -> String {
    let kind = kind.chars().filter(|letter| !letter.is_control());
    kind.take(LONGEST).collect()
}

fn hashed(bytes: &[u8]) -> String {
    format!("sha256:{}", seal::token::hex(&Sha256::digest(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(
        scheme: WebhookScheme,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Said, WebhookRefusal> {
        let pairs = headers.iter();
        let headers = Headers(
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        );
        let delivery = Delivery {
            method: "POST",
            uri: "https://hub.example.com/in/x",
            headers: &headers,
            body: body.as_bytes(),
        };
        read(scheme, &delivery)
    }

    fn one(scheme: WebhookScheme, headers: &[(&str, &str)], body: &str) -> Event {
        match told(scheme, headers, body) {
            Ok(Said::Events(mut events)) if events.len() == 1 => events.remove(0),
            other => panic!("one event, not {other:?}"),
        }
    }

    #[test]
    fn each_scheme_names_its_events() {
        for (scheme, headers, body, id, kind) in [
            (
                WebhookScheme::StandardWebhooks,
                &[("webhook-id", "msg_1")][..],
                r#"{"type":"ship.arrived"}"#,
                "msg_1",
                "ship.arrived",
            ),
            (
                WebhookScheme::Stripe,
                &[],
                r#"{"id":"evt_1","type":"customer.updated"}"#,
                "evt_1",
                "customer.updated",
            ),
            (
                WebhookScheme::GitHub,
                &[
                    ("x-github-delivery", "72d3162e"),
                    ("x-github-event", "issues"),
                ],
                r#"{"action":"opened"}"#,
                "72d3162e",
                "issues",
            ),
            (
                WebhookScheme::Shopify,
                &[
                    ("x-shopify-webhook-id", "b54557e4"),
                    ("x-shopify-topic", "orders/updated"),
                ],
                r#"{"id":1}"#,
                "b54557e4",
                "orders/updated",
            ),
            (
                WebhookScheme::Slack,
                &[],
                r#"{"event_id":"Ev1","type":"event_callback","event":{"type":"message"}}"#,
                "Ev1",
                "message",
            ),
        ] {
            let event = one(scheme, headers, body);
            assert_eq!((event.id.as_str(), event.kind.as_str()), (id, kind));
            assert_eq!(event.payload, body);
        }
    }

    #[test]
    fn an_event_without_an_id_is_known_by_its_body() {
        let first = one(WebhookScheme::Stripe, &[], r#"{"type":"a"}"#);
        assert!(first.id.starts_with("sha256:"));
        assert_eq!(
            first.id,
            one(WebhookScheme::Stripe, &[], r#"{"type":"a"}"#).id
        );
        assert_ne!(
            first.id,
            one(WebhookScheme::Stripe, &[], r#"{"type":"b"}"#).id
        );
        let long = "x".repeat(5000);
        let event = one(WebhookScheme::GitHub, &[("x-github-delivery", &long)], "{}");
        assert!(event.id.starts_with("sha256:"));
        assert_eq!(event.kind, "event");
    }

    #[test]
    fn where_the_id_is_not_signed_the_body_tells_which_event_it_is() {
        let told = |id, kind, body| {
            let headers = [("x-github-delivery", id), ("x-github-event", kind)];
            one(WebhookScheme::GitHub, &headers, body)
        };
        let first = told("d-1", "issues", r#"{"n":1}"#);
        assert!(first.signed.is_some());
        let replayed = told("d-2", "issues", r#"{"n":1}"#);
        assert_ne!(first.id, replayed.id);
        assert_eq!(first.signed, replayed.signed);
        assert_ne!(first.signed, told("d-1", "issues", r#"{"n":2}"#).signed);
        assert_ne!(first.signed, told("d-1", "label", r#"{"n":1}"#).signed);
        let stripe = one(WebhookScheme::Stripe, &[], r#"{"id":"evt_1"}"#);
        assert_eq!(stripe.signed, None, "its id is signed");
    }

    #[test]
    fn hubspot_sends_several_at_once_and_the_same_again_with_another_number() {
        let body = r#"[{"eventId":1,"objectId":5,"subscriptionId":7,"occurredAt":9,"subscriptionType":"contact.creation","attemptNumber":0},
                       {"eventId":1,"objectId":6,"subscriptionId":7,"occurredAt":9,"subscriptionType":"contact.deletion","attemptNumber":0}]"#;
        let Ok(Said::Events(events)) = told(WebhookScheme::HubSpot, &[], body) else {
            panic!("two events");
        };
        assert_eq!(events[0].id, "1-7-5-9");
        assert_eq!(events[1].kind, "contact.deletion");
        assert_ne!(events[0].id, events[1].id);
        let again = body.replace("\"attemptNumber\":0", "\"attemptNumber\":1");
        let Ok(Said::Events(later)) = told(WebhookScheme::HubSpot, &[], &again) else {
            panic!("two events");
        };
        assert_eq!(events[0].id, later[0].id);
        for wrong in ["{}", "[]", "[1]", "x"] {
            assert_eq!(
                told(WebhookScheme::HubSpot, &[], wrong),
                Err(WebhookRefusal::Unreadable)
            );
        }
    }

    #[test]
    fn slack_asks_whether_anybody_is_there() {
        let asked = r#"{"type":"url_verification","token":"t","challenge":"3eZbrw1a"}"#;
        assert_eq!(
            told(WebhookScheme::Slack, &[], asked),
            Ok(Said::Challenge("3eZbrw1a".to_owned()))
        );
        // Of another scheme it is an event like any other.
        assert!(matches!(
            told(WebhookScheme::Stripe, &[], asked),
            Ok(Said::Events(_))
        ));
    }

    #[test]
    fn forms_have_the_json_in_a_field_or_are_a_command_of_slack() {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        for scheme in [WebhookScheme::GitHub, WebhookScheme::Slack] {
            let event = one(scheme, &form, "payload=%7B%22a%22%3A1%7D");
            assert_eq!(event.payload, r#"{"a":1}"#);
        }
        let command = "command=%2Fweather&text=Elbe";
        let event = one(WebhookScheme::Slack, &form, command);
        assert_eq!(event.payload, format!("\"{command}\""));
        for (scheme, headers, body) in [
            (WebhookScheme::GitHub, &form[..], command),
            (WebhookScheme::Slack, &form[..], "text=Elbe"),
            (WebhookScheme::Slack, &[], command),
        ] {
            let seen = told(scheme, headers, body);
            assert_eq!(seen, Err(WebhookRefusal::Unreadable), "{scheme:?} {body}");
        }
    }

    #[test]
    fn what_is_no_object_or_list_cannot_be_read() {
        for scheme in WebhookScheme::ALL {
            for body in ["", " ", "hello", "\"hello\"", "7", "null", "{\"a\":"] {
                let seen = told(scheme, &[], body);
                assert_eq!(seen, Err(WebhookRefusal::Unreadable), "{scheme:?} {body}");
            }
        }
        for body in ["[]", "[{\"a\":1}]", "\u{feff}{\"a\":1}"] {
            let event = one(WebhookScheme::StandardWebhooks, &[], body);
            assert_eq!(event.payload, body.trim_start_matches('\u{feff}'));
        }
    }
}
