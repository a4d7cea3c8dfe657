//! Credentials on a request, in every way a manifest can describe.

mod basic;
mod exchange;
mod holder;
mod jwt;
mod legacy;
mod oauth;
mod select;
mod session;
mod sign;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::Value;

use super::env::Env;
use super::manifest::Node;
use super::request::Extras;
use crate::fault::Fault;
use crate::process::secrets;
use basic::{ApiKey, Basic, Bearer};
pub use holder::Holder;
use jwt::Jwt;
use legacy::LegacySession;
use oauth::OAuth;
use session::Session;

/// An authenticator, ready to be asked.
#[derive(Debug)]
pub enum Authenticator {
    None,
    ApiKey(ApiKey),
    Bearer(Bearer),
    Basic(Basic),
    OAuth(Box<OAuth>),
    Jwt(Box<Jwt>),
    Session(Box<Session>),
    Legacy(Box<LegacySession>),
}

impl Authenticator {
    /// `name` is the stream, `base` the requester's address as the manifest writes it.
    pub fn read(node: &Node<'_>, name: &str, base: &str, env: &Env) -> Result<Self, Fault> {
        Ok(match node.kind() {
            "NoAuth" => Self::None,
            "ApiKeyAuthenticator" => Self::ApiKey(ApiKey::read(node)?),
            "BearerAuthenticator" => Self::Bearer(Bearer::read(node)?),
            "BasicHttpAuthenticator" => Self::Basic(Basic::read(node)?),
            "OAuthAuthenticator" => Self::OAuth(Box::new(OAuth::read(node, env)?)),
            "JwtAuthenticator" => Self::Jwt(Box::new(Jwt::read(node)?)),
            "SessionTokenAuthenticator" => Self::Session(Box::new(Session::read(node, name, env)?)),
            "LegacySessionTokenAuthenticator" => {
                Self::Legacy(Box::new(LegacySession::read(node, base)?))
            }
            "SelectiveAuthenticator" => {
                return Self::read(&select::chosen(node, env)?, name, base, env);
            }
            _ => return Err(node.unknown()),
        })
    }

    /// Whose quota the requests count against: told by credentials that stay the same in all requests, or by the secrets
    /// that changing ones are made from.
    pub fn holder(&self, env: &Env) -> Result<Holder, Fault> {
        let extras = match self {
            Self::ApiKey(auth) => auth.extras(env)?,
            Self::Bearer(auth) => auth.extras(env)?,
            Self::Basic(auth) => auth.extras(env)?,
            _ => {
                let secrets = secrets(&env.config, &env.cx.secret_fields).join("\n");
                return Ok(match self {
                    Self::OAuth(auth) => Holder::new(&secrets, Some(&auth.client_id(env)?)),
                    _ => Holder::new(&secrets, None),
                });
            }
        };
        let parts = [extras.query, extras.headers, extras.form, extras.json];
        Ok(Holder::new(&Value::from_iter(parts).to_string(), None))
    }

    /// What goes into the next request.
    pub async fn extras(&self, env: &Env) -> Result<Extras, Fault> {
        match self {
            Self::None => Ok(Extras::default()),
            Self::ApiKey(auth) => auth.extras(env),
            Self::Bearer(auth) => auth.extras(env),
            Self::Basic(auth) => auth.extras(env),
            Self::OAuth(auth) => Box::pin(auth.extras(env)).await,
            Self::Jwt(auth) => auth.extras(env),
            Self::Session(auth) => Box::pin(auth.extras(env)).await,
            Self::Legacy(auth) => auth.extras(env).await,
        }
    }

    /// Whether what it puts on a request ends by itself, at a time that it knows.
    pub fn ends(&self) -> bool {
        match self {
            Self::OAuth(_) | Self::Jwt(_) => true,
            Self::Session(auth) => auth.ends(),
            Self::None | Self::ApiKey(_) | Self::Bearer(_) | Self::Basic(_) | Self::Legacy(_) => {
                false
            }
        }
    }

    /// Gets a new token because the API refused the one that was `sent`. `false` when this kind has none to get.
    pub async fn refresh(&self, sent: &HeaderMap, to: &Url, env: &Env) -> Result<bool, Fault> {
        match self {
            Self::OAuth(auth) => {
                let sent = sent.get(AUTHORIZATION);
                auth.refresh(sent, env).await.map(|()| true)
            }
            Self::Session(auth) => {
                auth.forget(sent, to).await;
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}
