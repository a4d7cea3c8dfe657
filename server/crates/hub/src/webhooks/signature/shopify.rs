//! Shopify: `X-Shopify-Hmac-Sha256` in base64, over the body alone.

use model::WebhookRefusal;

use super::{Delivery, Signed, base64};

pub(super) fn signed<'a>(delivery: &Delivery<'a>) -> Result<Signed<'a>, WebhookRefusal> {
    let header = delivery.headers.required("x-shopify-hmac-sha256")?;
    Ok(Signed {
        parts: vec![delivery.body],
        signatures: vec![base64(header).ok_or(WebhookRefusal::Unsigned)?],
        at: None,
    })
}
