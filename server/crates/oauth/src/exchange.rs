//! A code becomes tokens, and an old token a new one.

use ::http::StatusCode;
use oauth2::{
    AccessToken, AuthType, AuthorizationCode, ClientId, ClientSecret, EndpointNotSet, EndpointSet,
    PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope, StandardRevocableToken,
    TokenResponse, TokenUrl,
    basic::{
        BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse,
        BasicTokenIntrospectionResponse, BasicTokenType,
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sync::fault::Fault;
use time::{Duration, OffsetDateTime};
use url::Url;

use crate::{
    Client, Endpoint, Error, Provider, Words,
    http::{self, Sender},
    provider::ClientAuth,
    words,
};

/// What a provider gave.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub access: SecretString,
    pub refresh: Option<SecretString>,
    /// `None`: it does not expire, or the provider does not say.
    pub expires_at: Option<OffsetDateTime>,
    /// What was granted; `None` where the provider does not say.
    pub scopes: Option<Vec<String>>,
    /// Everything else it said, without the tokens.
    pub rest: Map<String, Value>,
}

impl Tokens {
    /// Scopes of `wanted` that were not granted, as far as the provider says.
    pub fn missing<'a>(&self, wanted: &'a [String]) -> Vec<&'a str> {
        let Some(granted) = &self.scopes else {
            return Vec::new();
        };
        wanted
            .iter()
            .filter(|scope| !granted.contains(scope))
            .map(String::as_str)
            // Standing orders rather than rights: no provider lists them.
            .filter(|scope| !matches!(*scope, "offline_access" | "refresh_token" | "default"))
            .collect()
    }
}

/// The token answer in the library's terms: providers leave out what the standard asks for.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    access_token: AccessToken,
    refresh_token: Option<RefreshToken>,
    #[serde(default)]
    expires_in: Value,
    #[serde(default)]
    scope: Value,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl TokenResponse for Answer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &BasicTokenType::Bearer
    }

    fn expires_in(&self) -> Option<std::time::Duration> {
        None
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

impl Answer {
    fn read(self, now: OffsetDateTime) -> Tokens {
        let secret = |text: &str| SecretString::from(text.to_owned());
        Tokens {
            access: secret(self.access_token.secret()),
            refresh: self
                .refresh_token
                .as_ref()
                .map(|token| secret(token.secret())),
            expires_at: end(&self.expires_in, now),
            scopes: scopes(&self.scope),
            rest: self.rest,
        }
    }
}

/// When a life of so many seconds ends; `None` for never.
pub(crate) fn end(life: &Value, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let seconds = match life {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    // Zero means "never" where it is said at all, and beyond the end of the calendar is "never", too.
    let seconds = seconds.filter(|seconds| *seconds > 0)?;
    now.checked_add(Duration::seconds(seconds))
}

/// What was granted, as far as the provider says.
pub(crate) fn scopes(said: &Value) -> Option<Vec<String>> {
    let scopes: Vec<String> = match said {
        Value::String(text) => split(text),
        Value::Array(items) => {
            let texts = items.iter().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        }
        _ => return None,
    };
    Some(scopes).filter(|scopes| !scopes.is_empty())
}

/// Providers answer with blanks or commas, whatever they asked for.
fn split(scopes: &str) -> Vec<String> {
    scopes
        .split([' ', ','])
        .filter(|scope| !scope.is_empty())
        .map(str::to_owned)
        .collect()
}

type ProviderClient = oauth2::Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

fn client(provider: &Provider, words: &Words, client: &Client) -> Result<ProviderClient, Error> {
    let token_url = words::address(&provider.token_url, words)?;
    let auth = match provider.client_auth {
        ClientAuth::Body => AuthType::RequestBody,
        ClientAuth::Basic => AuthType::BasicAuth,
    };
    Ok(oauth2::Client::new(ClientId::new(client.id.clone()))
        .set_client_secret(ClientSecret::new(client.secret.expose_secret().to_owned()))
        .set_auth_type(auth)
        .set_token_uri(TokenUrl::from_url(token_url)))
}

/// Turns the code of a callback into tokens. `redirect` must be the one that the person was sent away with.
pub async fn exchange(
    at: Endpoint<'_>,
    redirect: &Url,
    code: String,
    verifier: Option<&SecretString>,
    now: OffsetDateTime,
) -> Result<Tokens, Error> {
    let provider = at.provider;
    if let Some(flow) = &provider.flow {
        return flow.exchange(at, redirect, &code, verifier, now).await;
    }
    let client = client(provider, at.words, at.client)?
        .set_redirect_uri(RedirectUrl::from_url(redirect.clone()));
    let mut request = client.exchange_code(AuthorizationCode::new(code));
    if let Some(verifier) = verifier {
        request =
            request.set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()));
    }
    for (name, value) in &provider.token_params {
        request = request.add_extra_param(name.clone(), value.clone());
    }
    let sender = Sender::of(at);
    let answer: Answer = request.request_async(&sender).await.map_err(refused)?;
    Ok(answer.read(now))
}

/// A new access token, and a new refresh token where the provider replaces it: keep that before anything else.
pub async fn refresh(
    at: Endpoint<'_>,
    token: &SecretString,
    now: OffsetDateTime,
) -> Result<Tokens, Error> {
    let provider = at.provider;
    let client = client(provider, at.words, at.client)?;
    let token = RefreshToken::new(token.expose_secret().to_owned());
    let sender = Sender::of(at);
    let request = client.exchange_refresh_token(&token);
    let answer: Answer = request.request_async(&sender).await.map_err(refused)?;
    Ok(answer.read(now))
}

/// Why there is no token in an answer.
pub(crate) fn refusal(status: StatusCode, answer: Vec<u8>) -> Error {
    let answer = http::evened(status, answer);
    match serde_json::from_slice(answer.body()) {
        Ok(refusal) => classed(&refusal),
        Err(_) => Error::Answer("it is no token answer".to_owned()),
    }
}

fn refused(error: RequestTokenError<Fault, BasicErrorResponse>) -> Error {
    match error {
        RequestTokenError::Request(fault) => Error::Unreachable(fault),
        RequestTokenError::ServerResponse(answer) => classed(&answer),
        // The library's own words quote the answer, which may hold a token.
        RequestTokenError::Parse(..) => Error::Answer("it is no token answer".to_owned()),
        RequestTokenError::Other(words) => Error::Answer(words),
    }
}

fn classed(answer: &BasicErrorResponse) -> Error {
    let description = answer.error_description().cloned();
    let error = answer.error().to_string();
    let about_redirect = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("redirect_uri") || text.contains("redirect uri")
    };
    if about_redirect(&error) || description.as_deref().is_some_and(about_redirect) {
        return Error::WrongRedirect;
    }
    match answer.error() {
        BasicErrorResponseType::InvalidGrant => Error::InvalidGrant { description },
        BasicErrorResponseType::InvalidClient | BasicErrorResponseType::UnauthorizedClient => {
            Error::Client { description }
        }
        BasicErrorResponseType::Extension(other) if other == http::NO_ANSWER => Error::Unreachable(
            Fault::upstream("The provider does not answer as it should."),
        ),
        _ => Error::Refused { error, description },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(answer: Value) -> Tokens {
        let answer: Answer = serde_json::from_value(answer).unwrap();
        answer.read(OffsetDateTime::UNIX_EPOCH)
    }

    #[test]
    fn what_providers_leave_out_or_write_oddly_is_understood() {
        let slack = read(
            json!({"ok": true, "access_token": "xoxb", "scope": "a:b,c:d", "team": {"id": "T1"}}),
        );
        assert_eq!(
            slack.scopes.as_deref(),
            Some(&["a:b".to_owned(), "c:d".to_owned()][..])
        );
        assert_eq!(slack.rest["team"]["id"], "T1");
        assert!(!slack.rest.contains_key("access_token"));
        let mailchimp = read(json!({"access_token": "t", "expires_in": 0, "scope": null}));
        assert_eq!((mailchimp.expires_at, mailchimp.scopes), (None, None));
        for long in [json!(i64::MAX), json!(i64::MAX.to_string())] {
            let for_ever = read(json!({"access_token": "t", "expires_in": long}));
            assert_eq!(for_ever.expires_at, None);
        }
        let text = read(json!({"access_token": "t", "expires_in": "3600"}));
        assert_eq!(
            text.expires_at,
            Some(OffsetDateTime::UNIX_EPOCH + Duration::HOUR)
        );
    }

    #[test]
    fn a_scope_that_was_not_granted_is_found() {
        let wanted = ["read", "write", "offline_access"].map(str::to_owned);
        let some = read(json!({"access_token": "t", "scope": "read"}));
        assert_eq!(some.missing(&wanted), ["write"]);
        let silent = read(json!({"access_token": "t"}));
        assert_eq!(silent.missing(&wanted), Vec::<&str>::new());
    }
}
