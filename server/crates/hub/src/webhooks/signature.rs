//! Does a delivery come from whom it says? One file a scheme. Pure: no clock, no database.
//!
//! The signature is checked before the time in it, so that what is told of a refusal is its true reason.

mod github;
mod hubspot;
mod shopify;
mod slack;
mod standard;
mod stripe;

use std::{collections::BTreeMap, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use model::{WebhookRefusal, WebhookScheme};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use time::OffsetDateTime;

pub(crate) use standard::{check as check_standard, fresh as fresh_standard};

/// How far the time in a signature may be from ours, as all schemes with one recommend.
const WINDOW: Duration = Duration::from_mins(5);

/// A request as it came. Never printed: its address is a secret, its body somebody's data.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    pub method: &'a str,
    /// With scheme and host, as the sender knows it.
    pub uri: &'a str,
    pub headers: &'a Headers,
    pub body: &'a [u8],
}

/// The headers of a request by their names in lower case.
#[derive(Clone, Default)]
pub struct Headers(pub BTreeMap<String, String>);

impl Headers {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn required(&self, name: &str) -> Result<&str, WebhookRefusal> {
        self.get(name).ok_or(WebhookRefusal::Unsigned)
    }
}

/// Is one of these secrets what it was signed with, and lately?
pub fn verify(
    scheme: WebhookScheme,
    delivery: &Delivery<'_>,
    secrets: &[SecretString],
    now: OffsetDateTime,
) -> Result<(), WebhookRefusal> {
    let signed = match scheme {
        WebhookScheme::StandardWebhooks => standard::signed(delivery),
        WebhookScheme::Stripe => stripe::signed(delivery),
        WebhookScheme::GitHub => github::signed(delivery),
        WebhookScheme::Shopify => shopify::signed(delivery),
        WebhookScheme::Slack => slack::signed(delivery),
        WebhookScheme::HubSpot => hubspot::signed(delivery),
    }?;
    let fits = |secret: &SecretString| match scheme {
        WebhookScheme::StandardWebhooks => standard::key(secret).is_some_and(|key| signed.by(&key)),
        _ => signed.by(secret.expose_secret().as_bytes()),
    };
    if !secrets.iter().any(fits) {
        return Err(WebhookRefusal::Mismatch);
    }
    match signed.at {
        Some(at) if (now - at).unsigned_abs() > WINDOW => Err(WebhookRefusal::TooOld),
        _ => Ok(()),
    }
}

/// What was signed, with which results, and when it says it was.
struct Signed<'a> {
    /// One after the other.
    parts: Vec<&'a [u8]>,
    signatures: Vec<Vec<u8>>,
    /// None where the scheme signs no time.
    at: Option<OffsetDateTime>,
}

impl Signed<'_> {
    /// Compares in constant time.
    fn by(&self, key: &[u8]) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        for part in &self.parts {
            mac.update(part);
        }
        self.signatures
            .iter()
            .any(|signature| mac.clone().verify_slice(signature).is_ok())
    }
}

/// Seconds since 1970.
fn seconds(text: &str) -> Result<OffsetDateTime, WebhookRefusal> {
    let unix = text.trim().parse().map_err(|_| WebhookRefusal::Unsigned)?;
    OffsetDateTime::from_unix_timestamp(unix).map_err(|_| WebhookRefusal::Unsigned)
}

fn base64(text: &str) -> Option<Vec<u8>> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.decode(text.trim()).ok()
}

#[cfg(test)]
mod tests;
