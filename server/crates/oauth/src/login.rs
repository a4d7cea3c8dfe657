//! Signing in to this very product with an account elsewhere: OpenID Connect, and GitHub, which has a way of its own.

mod github;
mod id_token;

use std::collections::BTreeMap;

use reqwest::{
    Method,
    header::{ACCEPT, USER_AGENT},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sync::outbound::Outbound;
use time::{Duration, OffsetDateTime};
use url::Url;

use crate::{
    Callback, Client, Endpoint, Error, Grant, Provider, Refusal, Words, account::claims, callback,
    consent, exchange, http,
};

const GOOGLE: &str = "https://accounts.google.com";
/// Longest trip. Whoever finds a browser that was left at the issuer's page must not get in by it for ever.
const LONGEST: Duration = Duration::minutes(10);

/// One way to sign in elsewhere.
#[derive(Debug, Clone)]
pub struct Login {
    /// In addresses: `google`, `github`, `oidc`.
    pub id: &'static str,
    /// For people.
    pub name: String,
    issuer: String,
    client: Client,
}

/// What the browser's session keeps while the person is away.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Away {
    pub login: String,
    state: String,
    nonce: String,
    verifier: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    left_at: OffsetDateTime,
}

impl Away {
    /// Whether a callback ends this trip. Any other is of another tab, or somebody else's.
    pub fn is_of(&self, callback: &[(String, String)]) -> bool {
        let mut states = callback.iter().filter(|(name, _)| name == "state");
        states.any(|(_, state)| *state == self.state)
    }

    fn is_over(&self, now: OffsetDateTime) -> bool {
        now - self.left_at >= LONGEST
    }
}

/// Who came back, as the issuer says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub issuer: String,
    /// Stays the same for ever, unlike an address.
    pub subject: String,
    /// Only an address that the issuer has verified.
    pub email: Option<String>,
}

/// Why nobody came back.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The callback belongs to another browser, was used, or the issuer is another one.
    #[error("this sign-in was not begun here")]
    Foreign,
    #[error("the trip took too long")]
    Late,
    #[error("the person did not allow it")]
    Denied,
    /// The issuer's answer does not prove who this is.
    #[error("the issuer's answer does not hold: {0}")]
    Unproven(&'static str),
    #[error(transparent)]
    Provider(#[from] Error),
}

/// The parts of an issuer's own description that are needed.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Login {
    pub fn google(client: Client) -> Self {
        Self::new("google", "Google", GOOGLE, client)
    }

    /// At github.com, or at a company's own server.
    pub fn github(server: Option<&str>, client: Client) -> Self {
        let server = server.unwrap_or(github::ISSUER).trim_end_matches('/');
        Self::new("github", "GitHub", server, client)
    }

    /// Any issuer that describes itself at `/.well-known/openid-configuration`.
    pub fn oidc(name: &str, issuer: &str, client: Client) -> Self {
        Self::new("oidc", name, issuer.trim_end_matches('/'), client)
    }

    fn new(id: &'static str, name: &str, issuer: &str, client: Client) -> Self {
        Self {
            id,
            name: name.to_owned(),
            issuer: issuer.to_owned(),
            client,
        }
    }

    /// Where to send the person, and what to keep in their session until they are back.
    pub async fn leave(
        &self,
        outbound: &Outbound,
        redirect: &Url,
        state: &SecretString,
        nonce: &SecretString,
        now: OffsetDateTime,
    ) -> Result<(Url, Away), Error> {
        let mut provider = self.provider(outbound).await?;
        let (state, nonce) = (state.expose_secret(), nonce.expose_secret());
        if self.id != "github" {
            provider
                .authorize_params
                .insert("nonce".to_owned(), nonce.to_owned());
        }
        let nothing = self.grant();
        let consent = consent(
            &provider,
            &nothing,
            &Words::new(),
            &self.client.id,
            redirect,
            state,
        )?;
        let away = Away {
            login: self.id.to_owned(),
            state: state.to_owned(),
            nonce: nonce.to_owned(),
            verifier: consent
                .verifier
                .map(|verifier| verifier.expose_secret().to_owned()),
            left_at: now,
        };
        Ok((consent.url, away))
    }

    /// Who came back with these parameters.
    pub async fn arrive(
        &self,
        outbound: &Outbound,
        redirect: &Url,
        away: &Away,
        pairs: &[(String, String)],
        now: OffsetDateTime,
    ) -> Result<Identity, LoginError> {
        let said = |name: &str| {
            pairs
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        };
        if said("state") != Some(away.state.as_str()) {
            return Err(LoginError::Foreign);
        }
        if away.is_over(now) {
            return Err(LoginError::Late);
        }
        let provider = self.provider(outbound).await?;
        let code = match callback::read(&provider, pairs) {
            Callback::Code(code) => code,
            Callback::Refused(Refusal::WrongIssuer | Refusal::Empty) => {
                return Err(LoginError::Foreign);
            }
            Callback::Refused(_) => return Err(LoginError::Denied),
        };
        let at = Endpoint {
            outbound,
            provider: &provider,
            words: &Words::new(),
            client: &self.client,
        };
        let verifier = away.verifier.clone().map(SecretString::from);
        let tokens = exchange(at, redirect, code, verifier.as_ref(), now).await?;
        if self.id == "github" {
            return github::identity(outbound, &self.issuer, &tokens).await;
        }
        let token = tokens.rest.get("id_token").and_then(Value::as_str);
        let claims = token
            .and_then(claims)
            .ok_or(LoginError::Unproven("there is no id token"))?;
        id_token::identity(&claims, &self.issuer, &self.client.id, &away.nonce, now)
    }

    fn grant(&self) -> Grant {
        Grant {
            source_type: String::new(),
            provider: self.id.to_owned(),
            scopes: Vec::new(),
            optional_scopes: Vec::new(),
            permissions: Vec::new(),
            authorize_params: BTreeMap::new(),
            asks: BTreeMap::new(),
            when: Vec::new(),
            client_id: None,
            client_secret: None,
            tokens: Vec::new(),
            renewal: crate::Renewal::Never,
            gives_back: None,
        }
    }

    /// The issuer's endpoints, and whether its callbacks name it.
    async fn provider(&self, outbound: &Outbound) -> Result<Provider, Error> {
        if self.id == "github" {
            return Ok(described(
                self.id,
                &format!("{}/login/oauth/authorize", self.issuer),
                &format!("{}/login/oauth/access_token", self.issuer),
                &["read:user", "user:email"],
            ));
        }
        let url = format!("{}/.well-known/openid-configuration", self.issuer);
        let found: Discovery = get(outbound, &url, None).await?;
        if found.issuer.trim_end_matches('/') != self.issuer {
            return Err(Error::Data(format!(
                "{} describes another issuer, {}",
                self.issuer, found.issuer
            )));
        }
        let mut provider = described(
            self.id,
            &found.authorization_endpoint,
            &found.token_endpoint,
            &["openid", "email"],
        );
        provider.issuer = Some(found.issuer);
        provider.issuer_required = found.authorization_response_iss_parameter_supported;
        let methods = &found.token_endpoint_auth_methods_supported;
        let takes = |method: &str| methods.iter().any(|known| known == method);
        // The standard's default where the issuer says nothing.
        if !takes("client_secret_post") {
            provider.client_auth = crate::provider::ClientAuth::Basic;
        }
        Ok(provider)
    }
}

fn described(id: &str, authorize: &str, token: &str, scopes: &[&str]) -> Provider {
    let value = json!({"id": id, "name": id, "authorize_url": authorize, "token_url": token, "identity_scopes": scopes});
    serde_json::from_value(value).expect("these are all the fields that are asked for")
}

async fn get<T: DeserializeOwned>(
    outbound: &Outbound,
    url: &str,
    token: Option<&SecretString>,
) -> Result<T, Error> {
    let parsed = Url::parse(url).map_err(|_| Error::Data(format!("“{url}” is no address")))?;
    let mut request = outbound
        .request(Method::GET, parsed)
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, "tributary");
    if let Some(token) = token {
        request = request.bearer_auth(token.expose_secret());
    }
    let request = request
        .build()
        .map_err(|_| Error::Data("a request could not be built".to_owned()))?;
    let (status, bytes) = http::answer(outbound, request)
        .await
        .map_err(Error::Unreachable)?;
    if !status.is_success() {
        return Err(Error::Answer(format!("{url} answered {status}")));
    }
    serde_json::from_slice(&bytes)
        .map_err(|_| Error::Answer(format!("{url} did not answer JSON as described")))
}
