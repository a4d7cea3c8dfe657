//! `LegacySessionTokenAuthenticator`: a token of the configuration while it is good, a new one with user and password.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

use super::basic::value_of;
use super::exchange::{self, address};
use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::declarative::request::{Extras, Prepared, Wire, send_once};
use crate::declarative::text::{Text, plain};
use crate::fault::Fault;

#[derive(Debug)]
pub struct LegacySession {
    base: Text,
    header: Text,
    login: Text,
    validate: Text,
    key: Text,
    token: Option<Text>,
    username: Option<Text>,
    password: Option<Text>,
    signed_in: OnceCell<String>,
}

impl LegacySession {
    pub fn read(node: &Node<'_>, base: &str) -> Result<Self, Fault> {
        Ok(Self {
            base: Text::at(node, "url_base", base)?,
            header: Text::need(node, "header")?,
            login: Text::need(node, "login_url")?,
            validate: Text::need(node, "validate_session_url")?,
            key: Text::need(node, "session_token_response_key")?,
            token: Text::read(node, "session_token")?,
            username: Text::read(node, "username")?,
            password: Text::read(node, "password")?,
            signed_in: OnceCell::new(),
        })
    }

    pub async fn extras(&self, env: &Env) -> Result<Extras, Fault> {
        let header = value_of(Some(&self.header), env)?;
        let token = self.token(&header, env).await?;
        Ok(Extras {
            headers: Map::from_iter([(header, Value::from(token))]),
            ..Extras::default()
        })
    }

    async fn token(&self, header: &str, env: &Env) -> Result<String, Fault> {
        let given = value_of(self.token.as_ref(), env)?;
        if !matches!(given.as_str(), "" | "None") && self.is_good(header, &given, env).await? {
            return Ok(given);
        }
        let username = value_of(self.username.as_ref(), env)?;
        let password = value_of(self.password.as_ref(), env)?;
        if username.is_empty() || password.is_empty() {
            return Err(Fault::credentials(
                "The session token is not valid any more, and there is no user and password to get another one with.",
            ));
        }
        let token = self
            .signed_in
            .get_or_try_init(|| self.sign_in(&username, &password, env))
            .await?;
        Ok(token.clone())
    }

    async fn is_good(&self, header: &str, token: &str, env: &Env) -> Result<bool, Fault> {
        let headers = Map::from_iter([(header.to_owned(), Value::from(token))]);
        let request = Prepared {
            method: Method::GET,
            url: self.url(&self.validate, env)?,
            headers: exchange::header_map(&headers)?,
            body: None,
        };
        let page = send_once(&request, None, env, &Wire::usual(env)).await?;
        match page.status {
            401 => Ok(false),
            _ if page.is_ok() => Ok(true),
            status => Err(Fault::upstream(format!(
                "The session token could not be tried: HTTP status {status}."
            ))),
        }
    }

    async fn sign_in(&self, username: &str, password: &str, env: &Env) -> Result<String, Fault> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = json!({"username": username, "password": password});
        let request = Prepared {
            method: Method::POST,
            url: self.url(&self.login, env)?,
            headers,
            body: Some(body.to_string().into_bytes()),
        };
        let page = send_once(&request, None, env, &Wire::usual(env)).await?;
        if !page.is_ok() {
            return Err(exchange::refused("Signing in was refused", &page));
        }
        let key = value_of(Some(&self.key), env)?;
        let found = page.json().and_then(|body| body.get(&key));
        let token = found.map(plain).ok_or_else(|| {
            Fault::credentials(format!("The answer to signing in holds no “{key}”."))
        })?;
        env.secrets.learn(&json!({ "token": token }), &[]);
        Ok(token)
    }

    fn url(&self, path: &Text, env: &Env) -> Result<url::Url, Fault> {
        let base = value_of(Some(&self.base), env)?;
        let path = value_of(Some(path), env)?;
        address(&format!("{base}{path}"))
    }
}
