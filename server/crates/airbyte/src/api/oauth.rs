//! Signing in at a provider through Airbyte: what is asked, and where a person consents.

use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// Body of `POST /sources/initiateOAuth`. The input may hold what people type into a form: no `Debug`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitiateOAuth {
    /// The connector's name on the server, such as `hubspot`.
    pub source_type: String,
    /// The secret made in the end can be used in this workspace only.
    pub workspace_id: Uuid,
    /// Where the person comes back to, with `secret_id` in the query. Servers take https only.
    pub redirect_url: String,
    /// What the provider's address depends on, such as `{"subdomain": "acme"}`; `null` sends nothing.
    #[serde(
        rename = "oAuthInputConfiguration",
        default,
        skip_serializing_if = "Value::is_null"
    )]
    pub input: Value,
    /// Instead of the connector's own scopes, where it names them as a list; none leaves them as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requested_scopes: Vec<String>,
    /// Read by servers only next to `requested_scopes`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requested_optional_scopes: Vec<String>,
}

/// The answer's names for the consent address: what servers send, what the documentation says, and between the two.
const CONSENT: [&str; 3] = ["consentUrl", "redirect_url", "redirectUrl"];

/// Where a person consents. The address carries the state of one sign-in: no `Debug`.
#[derive(Deserialize)]
#[serde(try_from = "Value")]
pub(crate) struct Consent(pub(crate) Url);

impl TryFrom<Value> for Consent {
    /// Names no part of the answer: errors are logged.
    type Error = &'static str;

    fn try_from(answer: Value) -> Result<Self, Self::Error> {
        CONSENT
            .iter()
            .filter_map(|name| Url::parse(answer.get(name)?.as_str()?).ok())
            .find(|url| matches!(url.scheme(), "http" | "https"))
            .map(Self)
            .ok_or("no web address to consent at")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(answer: &Value) -> Option<String> {
        let consent: Consent = serde_json::from_value(answer.clone()).ok()?;
        Some(consent.0.into())
    }

    #[test]
    fn the_first_web_address_under_a_known_name_is_it() {
        let (a, b) = ("https://a.example/?state=1", "http://b.example/");
        for (answer, expected) in [
            (json!({ "consentUrl": a, "redirect_url": b }), Some(a)),
            (
                json!({ "redirectUrl": a, "redirect_url": b, "of_tomorrow": 1 }),
                Some(b),
            ),
            (json!({ "redirectUrl": a }), Some(a)),
            (
                json!({ "consentUrl": "javascript:alert(1)", "redirectUrl": a }),
                Some(a),
            ),
            (json!({ "consentUrl": null, "redirect_url": b }), Some(b)),
            (json!({ "consentUrl": "/relative" }), None),
            (json!({ "consentUrl": 7 }), None),
            (json!({ "url": a }), None),
            (json!([a]), None),
            (json!(a), None),
        ] {
            assert_eq!(read(&answer).as_deref(), expected, "{answer}");
        }
    }
}
