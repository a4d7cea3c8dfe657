//! Signed tokens carry the time they were made, so two runs never send the same one: compared is what they say.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::facts::{Request, sorted};

/// Replaces each JSON Web Token by its header and claims, with moments told from the moment of issue.
pub fn plain_to_compare(request: &mut Request) {
    for text in request.headers.values_mut() {
        let (scheme, token) = text.rsplit_once(' ').unwrap_or(("", text));
        if let Some(said) = said(token) {
            *text = format!("{scheme} {said}");
        }
    }
}

fn said(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let mut part = || {
        let bytes = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        serde_json::from_slice::<Value>(&bytes).ok()
    };
    let (header, mut claims) = (part()?, part()?);
    let issued = claims["iat"].as_i64().or_else(|| claims["nbf"].as_i64())?;
    for moment in ["iat", "nbf", "exp"] {
        if let Some(time) = claims[moment].as_i64() {
            claims[moment] = json!(time - issued);
        }
    }
    // In the order of the alphabet: header and claims are objects, which have none.
    Some(sorted(
        &json!({"header": header, "claims": claims, "signed": parts.next().is_some_and(|part| !part.is_empty())}),
    ))
}
