//! Who signed in, as far as the provider says: shown to people, and compared when they sign in again.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{Method, Url, header::ACCEPT};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sync::outbound::Outbound;

use crate::{Provider, Tokens, callback::plain, http, provider::AccountSource};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Stays the same when the same account signs in again.
    pub id: String,
    /// For people.
    pub name: String,
}

/// Asks where the provider says it. Nobody is kept from signing in because this is unknown.
pub async fn account(
    outbound: &Outbound,
    provider: &Provider,
    tokens: &Tokens,
    callback: &[(String, String)],
) -> Option<Account> {
    let who = provider.account.as_ref()?;
    let said = match who.from {
        AccountSource::Token => Value::Object(tokens.rest.clone()),
        AccountSource::IdToken => claims(tokens.rest.get("id_token")?.as_str()?)?,
        AccountSource::Callback => Value::Object(
            callback
                .iter()
                .map(|(name, value)| (name.clone(), value.clone().into()))
                .collect::<Map<_, _>>(),
        ),
        AccountSource::Url => ask(outbound, who.url.as_deref()?, tokens).await?,
    };
    let id = text_at(&said, &who.id)?;
    let name = text_at(&said, &who.name).unwrap_or_else(|| id.clone());
    Some(Account { id, name })
}

/// The claims of an id token. It came from the provider itself over TLS, which stands for its signature.
pub(crate) fn claims(token: &str) -> Option<Value> {
    let body = token.split('.').nth(1)?;
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(body).ok()?).ok()
}

async fn ask(outbound: &Outbound, url: &str, tokens: &Tokens) -> Option<Value> {
    let request = outbound
        .request(Method::GET, Url::parse(url).ok()?)
        .bearer_auth(tokens.access.expose_secret())
        .header(ACCEPT, "application/json")
        .build()
        .ok()?;
    let (status, bytes) = http::answer(outbound, request).await.ok()?;
    if !status.is_success() {
        return None;
    }
    serde_json::from_slice(&bytes).ok()
}

fn text_at(value: &Value, path: &str) -> Option<String> {
    let found = path
        .split('.')
        .try_fold(value, |value, key| value.get(key))?;
    let text = match found {
        Value::String(text) => plain(text),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_account_is_found_by_its_path() {
        let said = json!({"team": {"id": "T1", "name": "Acme\nLtd"}, "id": 7});
        assert_eq!(text_at(&said, "team.name").as_deref(), Some("Acme Ltd"));
        assert_eq!(text_at(&said, "id").as_deref(), Some("7"));
        assert_eq!(text_at(&said, "team"), None);
    }

    #[test]
    fn claims_are_the_middle_of_an_id_token() {
        let body = BASE64_URL_SAFE_NO_PAD.encode(r#"{"sub":"9","email":"a@example.com"}"#);
        assert_eq!(
            claims(&format!("x.{body}.y")).unwrap()["email"],
            "a@example.com"
        );
        assert_eq!(claims("nonsense"), None);
    }
}
