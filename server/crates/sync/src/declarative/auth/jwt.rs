//! `JwtAuthenticator`: a token this side signs itself.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::basic::value_of;
use super::sign;
use crate::clock;
use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::declarative::request::{Extras, Inputs, Place, RequestOption};
use crate::declarative::template::Types;
use crate::declarative::text::Text;
use crate::fault::Fault;

const USUAL_LIFE: u64 = 1200;

#[derive(Debug)]
pub struct Jwt {
    algorithm: String,
    key: Text,
    encode_key: Option<Text>,
    life: u64,
    prefix: Option<Text>,
    headers: Vec<(&'static str, Text)>,
    claims: Vec<(&'static str, Text)>,
    more_headers: Inputs,
    more_claims: Inputs,
    option: RequestOption,
}

impl Jwt {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        if node.kind() != "JwtAuthenticator" {
            return Err(node.unknown());
        }
        if node.get("passphrase").is_some() {
            return Err(Fault::unsupported(
                "Signing keys with a passphrase are not supported here.",
            ));
        }
        let option = match node.child("request_option")? {
            Some(option) => RequestOption::read(&option)?,
            None => RequestOption::of_text(
                Place::Header,
                Text::at(node, "request_option", "Authorization")?,
            ),
        };
        let mut headers = texts(node, "jwt_headers", ["kid", "typ", "cty"])?;
        let names_type = headers.iter().any(|(name, _)| *name == "typ");
        if !names_type {
            headers.push(("typ", Text::at(node, "jwt_headers", "JWT")?));
        }
        Ok(Self {
            algorithm: node.need_str("algorithm")?.to_owned(),
            key: Text::need(node, "secret_key")?,
            encode_key: Text::read(node, "base64_encode_secret_key")?,
            life: node.count("token_duration")?.unwrap_or(USUAL_LIFE),
            prefix: Text::read(node, "header_prefix")?,
            headers,
            claims: texts(node, "jwt_payload", ["iss", "sub", "aud"])?,
            more_headers: Inputs::read(node, "additional_jwt_headers")?,
            more_claims: Inputs::read(node, "additional_jwt_payload")?,
            option,
        })
    }

    pub fn extras(&self, env: &Env) -> Result<Extras, Fault> {
        let mut extras = Extras::default();
        extras.add(&self.option, Value::from(self.token(env)?), env)?;
        Ok(extras)
    }

    /// A fresh token, with its prefix.
    pub fn token(&self, env: &Env) -> Result<String, Fault> {
        let scope = env.scope(&Value::Null);
        let mut headers = self.more_headers.fields(&scope, Types::ANY)?;
        reserved(&headers, &["kid", "alg", "typ", "cty"])?;
        headers.insert("alg".to_owned(), Value::from(self.algorithm.as_str()));
        fill(&mut headers, &self.headers, env)?;
        headers.sort_keys();
        let mut claims = self.more_claims.fields(&scope, Types::ANY)?;
        reserved(&claims, &["iss", "sub", "aud", "iat", "exp", "nbf"])?;
        fill(&mut claims, &self.claims, env)?;
        let now = clock::now() / 1000;
        let life = i64::try_from(self.life).unwrap_or(i64::MAX);
        claims.insert("iat".to_owned(), Value::from(now));
        claims.insert("exp".to_owned(), Value::from(now.saturating_add(life)));
        claims.insert("nbf".to_owned(), Value::from(now));
        let signed = format!("{}.{}", part(headers), part(claims));
        let signature = sign::sign(&self.algorithm, &self.key(env)?, signed.as_bytes())?;
        let token = format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature));
        let prefix = value_of(self.prefix.as_ref(), env)?;
        Ok(if prefix.is_empty() {
            token
        } else {
            format!("{prefix} {token}")
        })
    }

    fn key(&self, env: &Env) -> Result<String, Fault> {
        let key = value_of(Some(&self.key), env)?;
        let encode = match &self.encode_key {
            Some(encode) => encode.truth(&env.scope(&Value::Null))?,
            None => false,
        };
        Ok(if encode {
            BASE64_STANDARD.encode(key)
        } else {
            key
        })
    }
}

fn texts<const N: usize>(
    node: &Node<'_>,
    name: &str,
    fields: [&'static str; N],
) -> Result<Vec<(&'static str, Text)>, Fault> {
    let Some(inner) = node.child(name)? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for field in fields {
        if let Some(text) = inner.str(field)? {
            found.push((field, Text::at(node, name, text)?));
        }
    }
    Ok(found)
}

fn fill(target: &mut Map<String, Value>, texts: &[(&str, Text)], env: &Env) -> Result<(), Fault> {
    for (name, text) in texts {
        let value = text.value(&env.scope(&Value::Null))?;
        target.insert((*name).to_owned(), value);
    }
    Ok(())
}

fn reserved(fields: &Map<String, Value>, names: &[&str]) -> Result<(), Fault> {
    match names.iter().find(|name| fields.contains_key(**name)) {
        Some(name) => Err(Fault::config(format!(
            "The manifest sets “{name}” of a signed token as an additional field, which it may not."
        ))),
        None => Ok(()),
    }
}

fn part(fields: Map<String, Value>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Value::Object(fields).to_string())
}
