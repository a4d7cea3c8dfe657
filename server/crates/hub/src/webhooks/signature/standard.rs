//! Standard Webhooks (standardwebhooks.com): id, time and body, `v1,` and base64, several signatures at once.

use model::WebhookRefusal;
use secrecy::{ExposeSecret, SecretString};

use super::{Delivery, Signed, base64, seconds};

/// What the text of a secret begins with.
const PREFIX: &str = "whsec_";
/// Bytes of a secret, as the standard has it.
const KEY: std::ops::RangeInclusive<usize> = 24..=64;

pub(super) fn signed<'a>(delivery: &Delivery<'a>) -> Result<Signed<'a>, WebhookRefusal> {
    let id = delivery.headers.required("webhook-id")?;
    let time = delivery.headers.required("webhook-timestamp")?;
    let signatures = delivery.headers.required("webhook-signature")?;
    let signatures: Vec<Vec<u8>> = signatures
        .split(' ')
        .filter_map(|one| base64(one.strip_prefix("v1,")?))
        .collect();
    if signatures.is_empty() {
        return Err(WebhookRefusal::Unsigned);
    }
    Ok(Signed {
        parts: vec![id.as_bytes(), b".", time.as_bytes(), b".", delivery.body],
        signatures,
        at: Some(seconds(time)?),
    })
}

/// The key that a secret's text stands for.
pub(super) fn key(secret: &SecretString) -> Option<Vec<u8>> {
    let text = secret.expose_secret().trim();
    base64(text.strip_prefix(PREFIX).unwrap_or(text))
}

/// Can this be a secret? `Err` says how one looks.
pub(crate) fn check(secret: &SecretString) -> Result<(), &'static str> {
    match key(secret) {
        Some(key) if KEY.contains(&key.len()) => Ok(()),
        _ => Err("A signing secret of this kind is whsec_ and 24 to 64 bytes in base64."),
    }
}

/// A new secret of 256 bits.
pub(crate) fn fresh() -> SecretString {
    use ::base64::{Engine, engine::general_purpose::STANDARD};
    let bytes: [u8; 32] = seal::token::bytes();
    SecretString::from(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}
