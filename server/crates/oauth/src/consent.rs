//! Where to send a person to allow what a connector needs.

use oauth2::{
    AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope, basic::BasicClient,
};
use secrecy::SecretString;
use url::Url;

use crate::{
    Error, Grant, Provider, Words,
    provider::{Pkce, Separator},
    words,
};

/// The provider's page, and what the caller keeps until the person comes back.
#[derive(Debug)]
pub struct Consent {
    pub url: Url,
    /// For the exchange of the code, where the provider checks it.
    pub verifier: Option<SecretString>,
}

/// Builds the address. `state` is the caller's secret, as long as [`Provider::state_length`] says; `redirect` must be registered at the provider, letter by letter.
pub fn consent(
    provider: &Provider,
    grant: &Grant,
    words: &Words,
    client_id: &str,
    redirect: &Url,
    state: &str,
) -> Result<Consent, Error> {
    if let Some(flow) = &provider.flow {
        return flow.consent(words, client_id, redirect, state);
    }
    let at = words::address(&provider.authorize_url, words)?;
    let client = BasicClient::new(ClientId::new(client_id.to_owned()))
        .set_auth_uri(AuthUrl::from_url(at))
        .set_redirect_uri(RedirectUrl::from_url(redirect.clone()));
    let mut request = client.authorize_url(|| CsrfToken::new(state.to_owned()));
    let mut asked: Vec<&str> = strs(&grant.scopes);
    asked.extend(strs(&provider.identity_scopes));
    match &provider.optional_scopes_param {
        Some(param) if !grant.optional_scopes.is_empty() => {
            request = request.add_extra_param(
                param.clone(),
                joined(provider.separator, &strs(&grant.optional_scopes)),
            );
        }
        _ => asked.extend(strs(&grant.optional_scopes)),
    }
    request = match provider.separator {
        Separator::Space => {
            request.add_scopes(asked.iter().map(|scope| Scope::new((*scope).to_owned())))
        }
        Separator::Comma if asked.is_empty() => request,
        Separator::Comma => request.add_extra_param("scope", joined(Separator::Comma, &asked)),
    };
    let mut fixed = provider.authorize_params.clone();
    fixed.extend(grant.authorize_params.clone());
    for (name, value) in fixed {
        request = request.add_extra_param(name, value);
    }
    let verifier = match provider.pkce {
        Pkce::None => None,
        Pkce::S256 => {
            let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
            request = request.set_pkce_challenge(challenge);
            Some(SecretString::from(verifier.into_secret()))
        }
    };
    Ok(Consent {
        url: request.url().0,
        verifier,
    })
}

fn strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

fn joined(separator: Separator, scopes: &[&str]) -> String {
    scopes.join(match separator {
        Separator::Space => " ",
        Separator::Comma => ",",
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::Providers;

    fn of(
        source_type: &str,
        config: &Value,
    ) -> (Url, BTreeMap<String, String>, Option<SecretString>) {
        let all = Providers::load(None).unwrap();
        let (provider, grant) = all.grant(source_type).unwrap();
        let words = crate::words(grant, config).unwrap();
        let redirect = Url::parse("https://hub.example.com/oauth/callback").unwrap();
        let consent = consent(provider, grant, &words, "app-1", &redirect, "st").unwrap();
        let query = consent.url.query_pairs().into_owned().collect();
        (consent.url, query, consent.verifier)
    }

    #[test]
    fn google_gives_a_refresh_token_only_when_asked_so() {
        let (url, query, verifier) = of("google-sheets", &json!({}));
        assert_eq!(url.host_str(), Some("accounts.google.com"));
        assert_eq!(query["access_type"], "offline");
        assert_eq!(query["prompt"], "consent");
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(
            query["redirect_uri"],
            "https://hub.example.com/oauth/callback"
        );
        assert_eq!(
            (query["state"].as_str(), query["response_type"].as_str()),
            ("st", "code")
        );
        assert!(
            query["scope"].contains("spreadsheets.readonly") && query["scope"].contains("openid")
        );
        assert!(verifier.is_some());
    }

    #[test]
    fn a_grant_says_what_one_of_any_servers_wants_besides() {
        let own = "
            [[provider]]
            id = 'own'
            name = 'Own'
            authorize_url = 'https://login.example.com/authorize'
            token_url = 'https://login.example.com/token'
            authorize_params = { prompt = 'login', audience = 'all' }

            [[grant]]
            source_type = 'mine'
            provider = 'own'
            authorize_params = { prompt = 'consent' }
            tokens = [{ from = 'access_token', to = ['key'] }]";
        let all = Providers::load(Some(own)).unwrap();
        let (provider, grant) = all.grant("mine").unwrap();
        let redirect = Url::parse("https://hub.example.com/oauth/callback").unwrap();
        let words = Words::new();
        let consent = consent(provider, grant, &words, "app-1", &redirect, "st").unwrap();
        let said = |name: &str| -> Vec<String> {
            let pairs = consent.url.query_pairs();
            let of_name = pairs.filter(|(known, _)| known == name);
            of_name.map(|(_, value)| value.into_owned()).collect()
        };
        assert_eq!(said("prompt"), ["consent"]);
        assert_eq!(said("audience"), ["all"]);
    }

    #[test]
    fn each_provider_has_its_own_way_with_scopes() {
        let (_, slack, verifier) = of("slack", &json!({}));
        assert_eq!(
            slack["scope"],
            "channels:history,channels:join,channels:read,users:read"
        );
        assert!(verifier.is_none(), "Slack does not check a verifier");
        let (_, hubspot, _) = of("hubspot", &json!({}));
        assert!(hubspot["optional_scope"].starts_with("tickets "));
        let (square, query, _) = of("square", &json!({"is_sandbox": true}));
        assert_eq!(square.host_str(), Some("connect.squareupsandbox.com"));
        assert!(
            square.as_str().contains("CUSTOMERS_READ+INVENTORY_READ"),
            "{square}"
        );
        assert_eq!(query["session"], "False");
        let (notion, query, _) = of("notion", &json!({}));
        assert!(!notion.as_str().contains("scope"), "{notion}");
        assert_eq!(query["owner"], "user");
    }
}
