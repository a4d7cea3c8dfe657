//! Credentials that are a text of the configuration: API keys, bearer tokens, user and password.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::declarative::request::{Extras, Place, RequestOption};
use crate::declarative::text::Text;
use crate::fault::Fault;

/// `ApiKeyAuthenticator`.
#[derive(Debug)]
pub struct ApiKey {
    option: RequestOption,
    token: Option<Text>,
}

impl ApiKey {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let option = match (node.child("inject_into")?, Text::read(node, "header")?) {
            (Some(_), Some(_)) => {
                return Err(node.broken("it has both inject_into and header."));
            }
            (Some(option), None) => RequestOption::read(&option)?,
            (None, Some(header)) => RequestOption::of_text(Place::Header, header),
            (None, None) => return Err(node.broken("it needs inject_into or header.")),
        };
        Ok(Self {
            option,
            token: Text::read(node, "api_token")?,
        })
    }

    pub fn extras(&self, env: &Env) -> Result<Extras, Fault> {
        let token = value_of(self.token.as_ref(), env)?;
        let mut extras = Extras::default();
        extras.add(&self.option, Value::from(token), env)?;
        Ok(extras)
    }
}

/// `BearerAuthenticator`.
#[derive(Debug)]
pub struct Bearer {
    token: Text,
}

impl Bearer {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        Ok(Self {
            token: Text::need(node, "api_token")?,
        })
    }

    pub fn extras(&self, env: &Env) -> Result<Extras, Fault> {
        let token = value_of(Some(&self.token), env)?;
        Ok(header(format!("Bearer {token}")))
    }
}

/// `BasicHttpAuthenticator`.
#[derive(Debug)]
pub struct Basic {
    username: Text,
    password: Option<Text>,
}

impl Basic {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        Ok(Self {
            username: Text::need(node, "username")?,
            password: Text::read(node, "password")?,
        })
    }

    pub fn extras(&self, env: &Env) -> Result<Extras, Fault> {
        let username = value_of(Some(&self.username), env)?;
        let password = value_of(self.password.as_ref(), env)?;
        let encoded = BASE64_STANDARD.encode(format!("{username}:{password}"));
        // Neither part shows in it, and an API may repeat it.
        env.secrets.learn_once(&encoded);
        Ok(header(format!("Basic {encoded}")))
    }
}

/// The `Authorization` header.
pub fn header(value: String) -> Extras {
    let mut headers = Map::new();
    headers.insert("Authorization".to_owned(), Value::from(value));
    Extras {
        headers,
        ..Extras::default()
    }
}

/// A text of the manifest as the configuration fills it; nothing for none.
pub fn value_of(text: Option<&Text>, env: &Env) -> Result<String, Fault> {
    let Some(text) = text else {
        return Ok(String::new());
    };
    let empty = Value::Object(Map::new());
    text.string(&env.scope(&empty))
}
