//! The parts of a provider's addresses that a customer's own answers fill in: a shop, a region, a sandbox.

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use crate::{
    Error,
    provider::{Ask, Grant},
};

/// Values of the `{words}` in addresses.
pub type Words = BTreeMap<String, String>;

/// Stands for the client's own id in the address of a revocation: no grant asks for it.
pub(crate) const CLIENT_ID: &str = "client_id";

/// Longest value: a name in an address.
const LONGEST: usize = 100;

/// What a configuration says about each word, checked: a value becomes part of a host and must not become another host.
pub fn words(grant: &Grant, config: &Value) -> Result<Words, Error> {
    grant
        .asks
        .iter()
        .map(|(word, ask)| Ok((word.clone(), word_of(ask, config)?)))
        .collect()
}

fn word_of(ask: &Ask, config: &Value) -> Result<String, Error> {
    if let Some(constant) = ask.constant() {
        return checked_constant(constant);
    }
    let given = ask
        .path
        .iter()
        .try_fold(config, |value, key| value.get(key));
    let given = match given {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Bool(on)) => on.to_string(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let wrong = |message: &str| Error::Word {
        path: ask.path.join("."),
        message: message.to_owned(),
    };
    let mapped = ask.map.get(&given).cloned();
    let value = match (mapped, given.is_empty()) {
        (Some(value), _) => value,
        (None, true) => ask
            .default
            .clone()
            .ok_or_else(|| wrong("This is needed before you can sign in."))?,
        (None, false) if !ask.map.is_empty() => ask
            .default
            .clone()
            .ok_or_else(|| wrong("Choose one of the answers."))?,
        (None, false) => shortened(&given, ask.suffix.as_deref()),
    };
    if is_name(&value) {
        Ok(value)
    } else {
        Err(wrong(
            "Only letters, digits, dots and dashes are part of this name. Leave out https:// and everything after the name.",
        ))
    }
}

/// People paste whole addresses: `https://acme.example.com/` is `acme` where `.example.com` follows anyway.
fn shortened(given: &str, suffix: Option<&str>) -> String {
    let given = given
        .strip_prefix("https://")
        .unwrap_or(given)
        .trim_end_matches('/')
        .to_ascii_lowercase();
    match suffix.and_then(|suffix| given.strip_suffix(suffix)) {
        Some(name) => name.to_owned(),
        None => given,
    }
}

/// What the description itself says may be a path, too, and a host with its port: nobody else chooses it.
fn checked_constant(value: &str) -> Result<String, Error> {
    let segment = |segment: &str| {
        segment.bytes().any(|byte| byte.is_ascii_alphanumeric())
            && segment
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
    };
    let is_port = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let name = match value.rsplit_once(':') {
        Some((host, port)) if is_port(port) && !host.contains('/') => host,
        _ => value,
    };
    if value.len() <= LONGEST && name.split('/').all(segment) {
        Ok(value.to_owned())
    } else {
        Err(Error::Data(format!("“{value}” is no part of an address")))
    }
}

pub(crate) fn is_name(value: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    value.len() <= LONGEST && value.split('.').all(label)
}

/// The words of an address.
pub fn wanted(url: &str) -> impl Iterator<Item = &str> {
    url.split('{')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0))
}

/// The text with every word filled in.
pub fn filled(text: &str, words: &Words) -> String {
    let fill = |text: String, (word, value): (&String, &String)| {
        text.replace(&format!("{{{word}}}"), value)
    };
    words.iter().fold(text.to_owned(), fill)
}

/// The address with every word filled in.
pub fn address(url: &str, words: &Words) -> Result<Url, Error> {
    Url::parse(&filled(url, words)).map_err(|_| Error::Data(format!("“{url}” is no address")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Providers;

    fn shop(given: &str) -> Result<Url, Error> {
        let all = Providers::load(None)?;
        let (provider, grant) = all.grant("shopify").unwrap();
        address(
            &provider.token_url,
            &words(grant, &json!({ "shop": given }))?,
        )
    }

    #[test]
    fn people_may_paste_the_whole_address() {
        for given in ["acme", "Acme.myshopify.com", "https://acme.myshopify.com/"] {
            assert_eq!(
                shop(given).unwrap().as_str(),
                "https://acme.myshopify.com/admin/oauth/access_token"
            );
        }
    }

    #[test]
    fn a_name_never_becomes_another_host() {
        for given in [
            "evil.test/",
            "evil.test#",
            "evil.test?x=",
            "a@evil.test",
            "evil.test\\",
            "a b",
            "..",
            "",
            "ä",
            "%2e",
        ] {
            match shop(given) {
                Ok(url) => assert!(
                    url.host_str().unwrap().ends_with(".myshopify.com"),
                    "{given}: {url}"
                ),
                Err(Error::Word { path, .. }) => assert_eq!(path, "shop"),
                Err(error) => panic!("{given}: {error}"),
            }
        }
    }

    #[test]
    fn what_the_description_says_is_nobody_else_s_to_answer() {
        let own = "[[grant]]
            source_type = 'mine'
            provider = 'generic'
            asks.authorize_host = { default = 'login.example.com' }
            asks.authorize_path = { default = 'realms/a_1/oauth2/authorize' }
            asks.token_host = { default = 'login.example.com' }
            asks.token_path = { default = 'oauth2/token' }
            tokens = [{ from = 'access_token', to = ['key'] }]";
        let all = Providers::load(Some(own)).unwrap();
        let (provider, grant) = all.grant("mine").unwrap();
        let answers = json!({"token_host": "evil.test", "authorize_path": "x"});
        assert_eq!(grant.from_answers(&answers), json!({}));
        assert!(grant.answers(&answers).is_empty());
        for config in [answers, json!("evil.test"), json!({})] {
            let words = words(grant, &config).unwrap();
            let at = |url| address(url, &words).unwrap().to_string();
            assert_eq!(
                [at(&provider.authorize_url), at(&provider.token_url)],
                [
                    "https://login.example.com/realms/a_1/oauth2/authorize",
                    "https://login.example.com/oauth2/token"
                ]
            );
        }
        for path in ["../x", "a//b", "a?b", "a#b", "a@b", "a b", "/a"] {
            let all = Providers::load(Some(&own.replace("oauth2/token", path))).unwrap();
            let (_, grant) = all.grant("mine").unwrap();
            assert!(words(grant, &json!({})).is_err(), "{path}");
        }
    }

    #[test]
    fn a_host_that_the_description_says_may_have_a_port() {
        let host = "login.example.com:8443";
        assert_eq!(checked_constant(host).unwrap(), host);
        for wrong in ["a:", ":443", "a:b", "a:1:2", "a:+1", "a:1/x", "x/a:443"] {
            assert!(checked_constant(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_switch_chooses_the_host() {
        let all = Providers::load(None).unwrap();
        let (provider, grant) = all.grant("salesforce").unwrap();
        for (config, host) in [
            (json!({"is_sandbox": true}), "test.salesforce.com"),
            (json!({"is_sandbox": false}), "login.salesforce.com"),
            (json!({}), "login.salesforce.com"),
        ] {
            let url = address(&provider.authorize_url, &words(grant, &config).unwrap()).unwrap();
            assert_eq!(url.host_str(), Some(host));
        }
    }
}
