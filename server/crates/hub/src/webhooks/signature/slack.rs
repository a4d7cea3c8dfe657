//! Slack: `X-Slack-Signature: v0=…`, over version, time and body.

use model::WebhookRefusal;

use super::{Delivery, Signed, seconds};

pub(super) fn signed<'a>(delivery: &Delivery<'a>) -> Result<Signed<'a>, WebhookRefusal> {
    let time = delivery.headers.required("x-slack-request-timestamp")?;
    let header = delivery.headers.required("x-slack-signature")?;
    let signature = header
        .strip_prefix("v0=")
        .and_then(seal::token::from_hex)
        .ok_or(WebhookRefusal::Unsigned)?;
    Ok(Signed {
        parts: vec![&b"v0:"[..], time.as_bytes(), b":", delivery.body],
        signatures: vec![signature],
        at: Some(seconds(time)?),
    })
}
