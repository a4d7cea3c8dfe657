//! GitHub: `X-Hub-Signature-256: sha256=…`, over the body alone.

use model::WebhookRefusal;

use super::{Delivery, Signed};

pub(super) fn signed<'a>(delivery: &Delivery<'a>) -> Result<Signed<'a>, WebhookRefusal> {
    let header = delivery.headers.required("x-hub-signature-256")?;
    let signature = header
        .strip_prefix("sha256=")
        .and_then(seal::token::from_hex)
        .ok_or(WebhookRefusal::Unsigned)?;
    Ok(Signed {
        parts: vec![delivery.body],
        signatures: vec![signature],
        at: None,
    })
}
