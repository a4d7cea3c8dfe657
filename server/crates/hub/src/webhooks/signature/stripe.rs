//! Stripe: `Stripe-Signature: t=…,v1=…`, over time and body.

use model::WebhookRefusal;

use super::{Delivery, Signed, seconds};

pub(super) fn signed<'a>(delivery: &Delivery<'a>) -> Result<Signed<'a>, WebhookRefusal> {
    let header = delivery.headers.required("stripe-signature")?;
    let fields = || header.split(',').filter_map(|field| field.split_once('='));
    let of = |wanted: &'static str| fields().filter(move |(name, _)| name.trim() == wanted);
    let (_, time) = of("t").next().ok_or(WebhookRefusal::Unsigned)?;
    let signatures: Vec<Vec<u8>> = of("v1")
        .filter_map(|(_, hex)| seal::token::from_hex(hex.trim()))
        .collect();
    if signatures.is_empty() {
        return Err(WebhookRefusal::Unsigned);
    }
    Ok(Signed {
        parts: vec![time.as_bytes(), b".", delivery.body],
        signatures,
        at: Some(seconds(time)?),
    })
}
