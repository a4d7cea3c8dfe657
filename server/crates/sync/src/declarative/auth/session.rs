//! `SessionTokenAuthenticator`: sign in with a request, use what it answers.

use reqwest::Url;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;

use super::basic::header;
use crate::clock;
use crate::declarative::datetime::parse_duration;
use crate::declarative::decode::{Bounds, Decoder};
use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::declarative::record::path;
use crate::declarative::request::{Ask, Caching, Extras, Place, RequestOption, Requester, Stop};
use crate::declarative::text::{Text, plain};
use crate::fault::Fault;

#[derive(Debug)]
pub struct Session {
    login: Requester,
    decoder: Decoder,
    path: Vec<String>,
    life: Option<Duration>,
    way: Way,
    token: Mutex<Option<(String, OffsetDateTime)>>,
}

/// How the token goes into requests.
#[derive(Debug)]
enum Way {
    Bearer,
    Key {
        option: RequestOption,
        template: Option<Text>,
    },
}

impl Session {
    pub fn read(node: &Node<'_>, name: &str, env: &Env) -> Result<Self, Fault> {
        let login = node.need_child("login_requester")?;
        let request = node.need_child("request_authentication")?;
        let way = match request.kind() {
            "Bearer" => Way::Bearer,
            "ApiKey" => Way::Key {
                option: RequestOption::read(&request.need_child("inject_into")?)?,
                template: match request.str("api_token")? {
                    Some(text) if !text.is_empty() => {
                        Some(Text::at(node, "request_authentication", text)?)
                    }
                    _ => None,
                },
            },
            _ => return Err(request.unknown()),
        };
        let life = match node.str("expiration_duration")? {
            Some(text) => {
                let span = parse_duration(text).map_err(|error| {
                    node.wrong("expiration_duration", "is no duration")
                        .with_detail(error.to_string())
                })?;
                Some(span.exact())
            }
            None => None,
        };
        Ok(Self {
            login: Requester::read(
                &login,
                &format!("{name}_login_requester"),
                env,
                Caching::AsManifest,
            )?,
            decoder: Decoder::of(node, "decoder")?,
            path: node
                .list("session_token_path")
                .into_iter()
                .map(plain)
                .collect(),
            life,
            way,
            token: Mutex::default(),
        })
    }

    /// Whether it is known how long a token is good.
    pub const fn ends(&self) -> bool {
        self.life.is_some()
    }

    pub async fn extras(&self, env: &Env) -> Result<Extras, Fault> {
        let token = self.token(env).await?;
        match &self.way {
            Way::Bearer => Ok(header(format!("Bearer {token}"))),
            Way::Key { option, template } => {
                let token = Value::from(token);
                let value = match template {
                    Some(template) => {
                        let scope = env.scope(&Value::Null).json("session_token", &token);
                        Value::from(template.string(&scope)?)
                    }
                    None => token,
                };
                let mut extras = Extras::default();
                extras.add(option, value, env)?;
                Ok(extras)
            }
        }
    }

    /// The token in use. Without a known life every request signs in anew.
    async fn token(&self, env: &Env) -> Result<String, Fault> {
        let Some(life) = self.life else {
            return self.sign_in(env).await;
        };
        let mut held = self.token.lock().await;
        if let Some((token, until)) = held.as_ref()
            && clock::utc() <= *until
        {
            return Ok(token.clone());
        }
        let token = self.sign_in(env).await?;
        env.secrets.learn(&json!({ "token": token }), &[]);
        *held = Some((token.clone(), clock::utc() + life));
        Ok(token)
    }

    /// Forgets the token that was refused, so that the next request signs in. One that came since the request went out
    /// stays, where the request shows that it had another.
    pub async fn forget(&self, sent: &HeaderMap, to: &Url) {
        let mut held = self.token.lock().await;
        let newer = held
            .as_ref()
            .is_some_and(|(token, _)| self.is_newer(token, sent, to));
        if !newer {
            *held = None;
        }
    }

    fn is_newer(&self, token: &str, sent: &HeaderMap, to: &Url) -> bool {
        let place = match &self.way {
            Way::Bearer => Place::Header,
            Way::Key { option, .. } => option.place,
        };
        match place {
            Place::Header => !sent
                .values()
                .any(|value| value.to_str().is_ok_and(|value| value.contains(token))),
            Place::Query => !to.query_pairs().any(|(_, value)| value.contains(token)),
            Place::Form | Place::Json => false,
        }
    }

    async fn sign_in(&self, env: &Env) -> Result<String, Fault> {
        let sent = Box::pin(self.login.send(&Ask::default(), env)).await;
        let page = sent.map_err(Stop::into_fault)?;
        if !page.is_ok() {
            return Err(Fault::credentials("Signing in was refused."));
        }
        let mut first = None;
        self.decoder.bodies(&page, Bounds::default(), &mut |body| {
            if first.is_none() {
                first = Some(body.into_tree()?);
            }
            Ok(())
        })?;
        let found = first.as_ref().and_then(|body| path::get(body, &self.path));
        found
            .filter(|found| !found.is_null())
            .map(plain)
            .ok_or_else(|| {
                Fault::credentials(format!(
                    "The answer to signing in holds no “{}”.",
                    self.path.join(".")
                ))
            })
    }
}
