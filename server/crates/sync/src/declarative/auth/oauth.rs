//! `OAuthAuthenticator`: an access token that is renewed before it ends; renewed refresh tokens are kept at once.

mod ask;
mod refusal;
mod rotation;

use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use super::basic::{header, value_of};
use super::exchange;
use super::jwt::Jwt;
use crate::clock;
use crate::declarative::datetime::{Moment, parse_iso};
use crate::declarative::env::Env;
use crate::declarative::manifest::{Node, is_true};
use crate::declarative::request::{Extras, Inputs};
use crate::declarative::text::{Text, plain};
use crate::fault::Fault;
use refusal::Spent;
use rotation::Rotation;

/// How long a token is taken to live when the endpoint does not say.
const USUAL_LIFE: Duration = Duration::hours(1);
/// How long one is used that is over already when it comes, by the endpoint's word or by our clock. Airbyte's runtime asks
/// for another before each request then, and where refresh tokens work once, each of these spends one.
const SHORTEST_LIFE: Duration = Duration::seconds(5);

#[derive(Debug)]
pub struct OAuth {
    client_id: (Text, Option<Text>),
    client_secret: (Text, Option<Text>),
    refresh_token: (Text, Option<Text>),
    grant_type: (Text, Text),
    endpoint: Option<Text>,
    access_token_name: Text,
    expires_in_name: Text,
    body: Inputs,
    headers: Inputs,
    in_query: bool,
    scopes: Vec<Value>,
    /// The endpoint answers with a date, not with seconds.
    expires_at: bool,
    /// What tells a spent refresh token from other refusals.
    spent: Spent,
    assertion: Option<Jwt>,
    rotation: Option<Rotation>,
    token: Mutex<Token>,
}

/// The token in use.
#[derive(Debug, Default, Clone)]
pub struct Token {
    access: Option<String>,
    until: Option<OffsetDateTime>,
}

impl Token {
    fn is_fresh(&self) -> bool {
        self.access.is_some() && self.until.is_some_and(|until| clock::utc() <= until)
    }
}

impl OAuth {
    pub fn read(node: &Node<'_>, env: &Env) -> Result<Self, Fault> {
        let named = |name: &str, usual: &str| match Text::read(node, name)? {
            Some(text) => Ok(text),
            None => Text::at(node, name, usual),
        };
        let asserts = match node.get("use_profile_assertion") {
            Some(value) => {
                Text::of(node, "use_profile_assertion", value)?.truth(&env.scope(&Value::Null))?
            }
            None => false,
        };
        let assertion = match node.child("profile_assertion")? {
            Some(jwt) if asserts => Some(Jwt::read(&jwt)?),
            None if asserts => return Err(node.wrong("profile_assertion", "is missing")),
            _ => None,
        };
        let grant = if asserts {
            Text::at(
                node,
                "grant_type",
                "urn:ietf:params:oauth:grant-type:jwt-bearer",
            )?
        } else {
            named("grant_type", "refresh_token")?
        };
        let rotation = match node.child("refresh_token_updater")? {
            Some(updater) => Some(Rotation::read(&updater)?),
            None => None,
        };
        // With rotation the request and the answer use one name.
        let refresh_name = match &rotation {
            Some(rotation) => Text::at(node, "refresh_token_name", rotation.refresh_token_name())?,
            None => named("refresh_token_name", "refresh_token")?,
        };
        let oauth = Self {
            client_id: (
                named("client_id_name", "client_id")?,
                Text::read(node, "client_id")?,
            ),
            client_secret: (
                named("client_secret_name", "client_secret")?,
                Text::read(node, "client_secret")?,
            ),
            refresh_token: (refresh_name, Text::read(node, "refresh_token")?),
            grant_type: (named("grant_type_name", "grant_type")?, grant),
            endpoint: Text::read(node, "token_refresh_endpoint")?,
            access_token_name: named("access_token_name", "access_token")?,
            expires_in_name: named("expires_in_name", "expires_in")?,
            body: Inputs::read(node, "refresh_request_body")?,
            headers: Inputs::read(node, "refresh_request_headers")?,
            in_query: node.is("send_refresh_request_as_query_params")?,
            scopes: node.list("scopes").into_iter().cloned().collect(),
            expires_at: node.get("token_expiry_date_format").is_some(),
            spent: Spent::read(node)?,
            assertion,
            rotation,
            token: Mutex::default(),
        };
        oauth.validate(node, env)?;
        oauth.begin(node, env)
    }

    /// What would otherwise fail at the first request.
    fn validate(&self, node: &Node<'_>, env: &Env) -> Result<(), Fault> {
        if self.rotation.is_some() || self.assertion.is_some() {
            return Ok(());
        }
        if self.client_id.1.is_none() || self.client_secret.1.is_none() {
            return Err(node.broken("it needs client_id and client_secret."));
        }
        let grant = value_of(Some(&self.grant_type.1), env)?;
        if grant == "refresh_token" && self.refresh_token.1.is_none() {
            return Err(node.broken("it needs a refresh_token."));
        }
        Ok(())
    }

    /// A token the configuration holds already.
    fn begin(mut self, node: &Node<'_>, env: &Env) -> Result<Self, Fault> {
        let access = value_of(Text::read(node, "access_token_value")?.as_ref(), env)?;
        let until = value_of(Text::read(node, "token_expiry_date")?.as_ref(), env)?;
        *self.token.get_mut() = Token {
            access: Some(access).filter(|access| !access.is_empty()),
            until: if until.is_empty() {
                None
            } else {
                Some(date(&until)?)
            },
        };
        Ok(self)
    }

    /// The application that people signed in through.
    pub fn client_id(&self, env: &Env) -> Result<String, Fault> {
        value_of(self.client_id.1.as_ref(), env)
    }

    pub async fn extras(&self, env: &Env) -> Result<Extras, Fault> {
        let token = self.access_token(env).await?;
        Ok(header(format!("Bearer {token}")))
    }

    async fn access_token(&self, env: &Env) -> Result<String, Fault> {
        if let Some(rotation) = &self.rotation {
            // One for all streams: the tokens live in the configuration.
            let mut live = env.live.lock().await;
            let token = rotation.token(&live)?;
            if token.is_fresh() {
                return Ok(token.access.unwrap_or_default());
            }
            return self.rotate(rotation, &mut live, env).await;
        }
        let mut token = self.token.lock().await;
        let given = self.endpoint.is_none();
        if let Some(access) = token.access.as_ref().filter(|_| given || token.is_fresh()) {
            return Ok(access.clone());
        }
        // Refreshes of all streams one after the other: they share a refresh token.
        let _one = env.live.lock().await;
        self.renew(&mut token, env).await
    }

    /// A new token although the old one should still do, unless it was replaced since the request went out.
    pub async fn refresh(&self, sent: Option<&HeaderValue>, env: &Env) -> Result<(), Fault> {
        let replaced = |access: &Option<String>| {
            let sent = sent.and_then(|sent| sent.to_str().ok());
            access
                .as_ref()
                .is_some_and(|access| sent != Some(&format!("Bearer {access}")))
        };
        if let Some(rotation) = &self.rotation {
            let mut live = env.live.lock().await;
            if !replaced(&rotation.token(&live)?.access) {
                self.rotate(rotation, &mut live, env).await?;
            }
            return Ok(());
        }
        let mut token = self.token.lock().await;
        if !replaced(&token.access) {
            let _one = env.live.lock().await;
            self.renew(&mut token, env).await?;
        }
        Ok(())
    }

    async fn renew(&self, token: &mut Token, env: &Env) -> Result<String, Fault> {
        let refresh = match &self.refresh_token.1 {
            Some(text) => Some(value_of(Some(text), env)?),
            None => None,
        };
        let answer = self.ask(refresh, env).await?;
        let (access, until) = self.answered(&answer, token, env)?;
        env.secrets.learn(&json!({ "token": access }), &[]);
        *token = Token {
            access: Some(access.clone()),
            until: Some(until),
        };
        Ok(access)
    }

    async fn rotate(
        &self,
        rotation: &Rotation,
        live: &mut Value,
        env: &Env,
    ) -> Result<String, Fault> {
        let answer = self.ask(Some(rotation.refresh_token(live)), env).await?;
        let (access, until) = self.answered(&answer, &rotation.token(live)?, env)?;
        rotation.keep(live, &answer, &access, until)?;
        // Where the configuration keeps them may have any name.
        let renewed = json!({"token": access, "refresh_token": rotation.refresh_token(live)});
        env.secrets.learn(&renewed, &[]);
        env.keep_config(live.clone()).await?;
        Ok(access)
    }

    /// Token and end of its life from the endpoint's answer.
    fn answered(
        &self,
        answer: &Value,
        before: &Token,
        env: &Env,
    ) -> Result<(String, OffsetDateTime), Fault> {
        let name = value_of(Some(&self.access_token_name), env)?;
        let access = exchange::find(answer, &name, 0)
            .filter(|access| is_true(access))
            .map(plain)
            .ok_or_else(|| {
                Fault::upstream(format!("The token endpoint's answer holds no “{name}”."))
            })?;
        let name = value_of(Some(&self.expires_in_name), env)?;
        let until = match exchange::find(answer, &name, 0) {
            Some(value) if self.expires_at => date(&plain(value))?,
            Some(value) => {
                let text = plain(value);
                let seconds: f64 = text.trim().parse().map_err(|_| {
                    Fault::upstream(format!(
                        "The token endpoint's “{name}” is no number of seconds."
                    ))
                })?;
                clock::utc() + Duration::seconds_f64(seconds.clamp(-1e9, 1e9).trunc())
            }
            None => before
                .until
                .filter(|_| before.is_fresh())
                .unwrap_or_else(|| clock::utc() + USUAL_LIFE),
        };
        Ok((access, usable(until)))
    }
}

/// The end of a token's life, which is not over before its first use.
fn usable(until: OffsetDateTime) -> OffsetDateTime {
    let now = clock::utc();
    if until > now {
        return until;
    }
    now + SHORTEST_LIFE
}

/// A moment as text or as seconds.
pub fn date(text: &str) -> Result<OffsetDateTime, Fault> {
    let moment = match text.trim().parse::<i64>() {
        Ok(seconds) => Moment::from_micros(i128::from(seconds) * 1_000_000),
        Err(_) => parse_iso(text.trim()),
    };
    let micros = moment
        .map_err(|error| {
            Fault::config(format!("“{text}”, the end of a token's life, is no date."))
                .with_detail(error.to_string())
        })?
        .micros();
    OffsetDateTime::from_unix_timestamp_nanos(micros * 1000).map_err(|error| {
        Fault::config("The end of a token's life is out of range.").with_detail(error.to_string())
    })
}
