//! HubSpot, version 3: `X-HubSpot-Signature-v3` in base64, over method, address, body and time.
//!
//! The address is the one that HubSpot knows: behind a proxy it is the public one, not what arrives here.

use model::WebhookRefusal;
use time::OffsetDateTime;

use super::{Delivery, Signed, base64};

pub(super) fn signed<'a>(delivery: &Delivery<'a>) -> Result<Signed<'a>, WebhookRefusal> {
    let time = delivery.headers.required("x-hubspot-request-timestamp")?;
    let header = delivery.headers.required("x-hubspot-signature-v3")?;
    let millis: i128 = time.trim().parse().map_err(|_| WebhookRefusal::Unsigned)?;
    let nanos = millis
        .checked_mul(1_000_000)
        .ok_or(WebhookRefusal::Unsigned)?;
    let at =
        OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| WebhookRefusal::Unsigned)?;
    Ok(Signed {
        parts: vec![
            delivery.method.as_bytes(),
            delivery.uri.as_bytes(),
            delivery.body,
            time.as_bytes(),
        ],
        signatures: vec![base64(header).ok_or(WebhookRefusal::Unsigned)?],
        at: Some(at),
    })
}
