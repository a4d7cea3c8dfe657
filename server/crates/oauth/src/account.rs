//! Who signed in, as far as the provider says: shown to people, and compared when they sign in again.

use std::num::NonZeroUsize;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{
    Method, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sync::outbound::Outbound;

use crate::{
    Endpoint, Provider, Tokens,
    callback::plain,
    http,
    provider::{AccountSource, Among, WhoSignedIn},
    words::{self, Words},
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Stays the same when the same account signs in again.
    pub id: String,
    /// For people.
    pub name: String,
}

/// What was allowed is not what the settings are about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what was allowed is for {}, not for {wanted}", found.join(", "))]
pub struct Elsewhere {
    pub wanted: String,
    pub found: Vec<String>,
}

/// Asks where the provider says it; `None` where it does not, or does not answer.
pub async fn account(
    at: Endpoint<'_>,
    tokens: &Tokens,
    callback: &[(String, String)],
) -> Result<Option<Account>, Elsewhere> {
    let Some(said) = said(at, tokens, callback).await else {
        return Ok(None);
    };
    let Some(who) = &at.provider.account else {
        return Ok(None);
    };
    let said = match &who.among {
        Some(among) => among.chosen(&said, at.words, &who.name)?,
        None => &said,
    };
    let id = text_at(said, &who.id).and_then(|text| who.id_in(text));
    Ok(id.map(|id| Account {
        name: text_at(said, &who.name).unwrap_or_else(|| id.clone()),
        id,
    }))
}

impl WhoSignedIn {
    fn id_in(&self, said: String) -> Option<String> {
        match self.id_segment {
            Some(place) => segment(&Url::parse(&said).ok()?, place),
            None => Some(said),
        }
    }
}

impl Provider {
    /// The id of an account that was kept once, as it is told now: an older description may have taken the whole address for
    /// it. `None` where nobody can be told apart by it.
    pub fn account_id(&self, kept: &str) -> Option<String> {
        let who = self.account.as_ref()?;
        match (who.id_segment, Url::parse(kept)) {
            (Some(place), Ok(address)) => segment(&address, place),
            _ => Some(kept.to_owned()),
        }
    }
}

fn segment(address: &Url, place: NonZeroUsize) -> Option<String> {
    let found = address.path_segments()?.nth(place.get() - 1)?;
    (!found.is_empty()).then(|| found.to_owned())
}

async fn said(at: Endpoint<'_>, tokens: &Tokens, callback: &[(String, String)]) -> Option<Value> {
    let who = at.provider.account.as_ref()?;
    match who.from {
        AccountSource::Token => Some(Value::Object(tokens.rest.clone())),
        AccountSource::IdToken => claims(tokens.rest.get("id_token")?.as_str()?),
        AccountSource::Callback => Some(Value::Object(object(
            callback.iter().map(|(name, value)| (name, value)),
        ))),
        AccountSource::Url => ask(at.outbound, who, tokens).await,
        AccountSource::Words => Some(Value::Object(object(at.words))),
    }
}

fn object<'a>(pairs: impl IntoIterator<Item = (&'a String, &'a String)>) -> Map<String, Value> {
    let pairs = pairs.into_iter();
    pairs
        .map(|(name, value)| (name.clone(), Value::from(value.clone())))
        .collect()
}

impl Among {
    /// The entry of a list that the settings are about.
    fn chosen<'a>(
        &self,
        list: &'a Value,
        words: &Words,
        name: &str,
    ) -> Result<&'a Value, Elsewhere> {
        let entries = list.as_array().map_or(&[][..], Vec::as_slice);
        let wanted = words::address(&self.is, words).ok();
        let is_wanted = |entry: &&Value| {
            let address = text_at(entry, &self.field).and_then(|text| Url::parse(&text).ok());
            address.is_some() && address == wanted
        };
        entries.iter().find(is_wanted).ok_or_else(|| Elsewhere {
            wanted: wanted
                .as_ref()
                .and_then(Url::host_str)
                .unwrap_or(&self.is)
                .to_owned(),
            found: entries
                .iter()
                .filter_map(|entry| text_at(entry, name))
                .collect(),
        })
    }
}

/// The claims of an id token. It came from the provider itself over TLS, which stands for its signature.
pub(crate) fn claims(token: &str) -> Option<Value> {
    let body = token.split('.').nth(1)?;
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(body).ok()?).ok()
}

async fn ask(outbound: &Outbound, who: &WhoSignedIn, tokens: &Tokens) -> Option<Value> {
    let url = Url::parse(who.url.as_deref()?).ok()?;
    let request = match &who.ask {
        None => outbound.request(Method::GET, url),
        Some(question) => outbound
            .request(Method::POST, url)
            .header(CONTENT_TYPE, "application/json")
            .body(question.clone()),
    };
    let request = request
        .header(AUTHORIZATION, shown(&who.scheme, tokens)?)
        .header(ACCEPT, "application/json")
        .build()
        .ok()?;
    let (status, bytes) = http::answer(outbound, request).await.ok()?;
    if !status.is_success() {
        return None;
    }
    serde_json::from_slice(&bytes).ok()
}

/// The token as an authorisation.
fn shown(scheme: &str, tokens: &Tokens) -> Option<HeaderValue> {
    let text = format!("{scheme} {}", tokens.access.expose_secret());
    let mut value = HeaderValue::from_str(text.trim_start()).ok()?;
    value.set_sensitive(true);
    Some(value)
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
    use crate::Providers;

    #[test]
    fn the_account_is_found_by_its_path() {
        let said = json!({"team": {"id": "T1", "name": "Acme\nLtd"}, "id": 7});
        assert_eq!(text_at(&said, "team.name").as_deref(), Some("Acme Ltd"));
        assert_eq!(text_at(&said, "id").as_deref(), Some("7"));
        assert_eq!(text_at(&said, "team"), None);
    }

    #[test]
    fn an_id_may_be_one_segment_of_an_address() {
        let own = "[[provider]]\nid = 'own'\nname = 'Own'\nauthorize_url = 'https://own.example/a'\ntoken_url = 'https://own.example/t'\n";
        let described = |account: &str| Providers::load(Some(&format!("{own}{account}")));
        let all = described("account = { from = 'token', id = 'me', id_segment = 2, name = 'me' }");
        let all = all.unwrap();
        let told = |said: &str| {
            let who = all.provider("own").unwrap().account.clone().unwrap();
            who.id_in(said.to_owned())
        };
        let kept = |id: &str| all.provider("own").unwrap().account_id(id);
        for address in [
            "https://own.example/id/7/anna",
            "https://new.example/id/7/ben",
        ] {
            assert_eq!(told(address).as_deref(), Some("7"), "{address}");
            assert_eq!(kept(address).as_deref(), Some("7"), "{address}");
        }
        for other in [
            "https://own.example",
            "https://own.example/id/",
            "https://own.example/id//anna",
        ] {
            assert_eq!((told(other), kept(other)), (None, None), "{other}");
        }
        assert_eq!(told("7"), None, "no address");
        assert_eq!(kept("7").as_deref(), Some("7"), "as it is told now");

        let whole = described("account = { from = 'token', id = 'me', name = 'me' }").unwrap();
        let address = "https://own.example/id/7/anna";
        let kept = whole.provider("own").unwrap().account_id(address);
        assert_eq!(kept.as_deref(), Some(address));
        let nobody = described("").unwrap();
        assert_eq!(nobody.provider("own").unwrap().account_id("7"), None);
        let zeroth = "account = { from = 'token', id = 'me', id_segment = 0, name = 'me' }";
        assert!(described(zeroth).is_err(), "segments are counted from 1");
    }

    #[test]
    fn the_entry_that_the_settings_are_about_is_taken_from_a_list() {
        let among = Among {
            field: "url".to_owned(),
            is: "https://{site}".to_owned(),
        };
        let list = json!([
            {"id": "1", "url": "https://other.example.net"},
            {"id": "2", "url": "https://acme.example.net"},
        ]);
        let words = |site: &str| Words::from([("site".to_owned(), site.to_owned())]);
        let chosen = among.chosen(&list, &words("ACME.example.net"), "url");
        assert_eq!(chosen.unwrap()["id"], "2");
        let elsewhere = among.chosen(&list, &words("third.example.net"), "url");
        assert_eq!(
            elsewhere.unwrap_err().to_string(),
            "what was allowed is for https://other.example.net, https://acme.example.net, not for third.example.net"
        );
        let nothing = json!({"error": "no"});
        let elsewhere = among.chosen(&nothing, &words("acme.example.net"), "url");
        assert_eq!(elsewhere.unwrap_err().found, Vec::<String>::new());
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
