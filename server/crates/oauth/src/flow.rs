//! A connector's own description of its flow (`oauth_connector_input_specification`): addresses, headers and a body as
//! templates.
//!
//! Followed as it is written, within this hub's own rules: no secret in an address, a verifier that no address carries, and
//! a server that nobody but the connector's author chooses.

mod leave;
mod outputs;
mod request;
mod template;
mod values;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Error;

pub(crate) use outputs::{OUTPUT, Output};

/// Letters of a state: 256 bits.
pub(crate) const STATE: usize = 43;
/// The fewest that nobody guesses: 128 bits.
const SHORTEST_STATE: usize = 22;

/// The section, with what the rest of the specification says about it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Flow {
    consent_url: String,
    access_token_url: String,
    #[serde(default)]
    access_token_headers: Map<String, Value>,
    #[serde(default)]
    access_token_params: Map<String, Value>,
    #[serde(default)]
    pub extract_output: Vec<String>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    scopes: Vec<Scope>,
    #[serde(default)]
    optional_scopes: Vec<Scope>,
    #[serde(default)]
    scopes_join_strategy: Join,
    state: Option<Length>,
    #[serde(flatten)]
    keys: Keys,
    /// Answers that people type as they like: no server may depend on them.
    #[serde(skip)]
    pub free: BTreeSet<String>,
    /// What signing in fills, out of the token answer.
    #[serde(skip)]
    pub outputs: Vec<Output>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Scope {
    scope: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Join {
    #[default]
    Space,
    Comma,
    Plus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
struct Length {
    min: usize,
    max: usize,
}

/// What the provider calls each of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Keys {
    #[serde(rename = "client_id_key")]
    pub client_id: String,
    #[serde(rename = "client_secret_key")]
    pub client_secret: String,
    #[serde(rename = "scope_key")]
    scope: String,
    #[serde(rename = "state_key")]
    state: String,
    #[serde(rename = "auth_code_key")]
    pub code: String,
    #[serde(rename = "redirect_uri_key")]
    redirect: String,
    #[serde(rename = "token_expiry_key")]
    expiry: String,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            client_id: "client_id".to_owned(),
            client_secret: "client_secret".to_owned(),
            scope: "scope".to_owned(),
            state: "state".to_owned(),
            code: "code".to_owned(),
            redirect: "redirect_uri".to_owned(),
            expiry: "expires_in".to_owned(),
        }
    }
}

impl Flow {
    /// Reads the section alone; some authors write it as the properties of a schema.
    pub fn read(section: &Value) -> Result<Self, Error> {
        let written = match section.get("properties") {
            Some(properties) if section.get("consent_url").is_none() => properties,
            _ => section,
        };
        let mut written = written.clone();
        if let Some(keys) = written.as_object_mut() {
            keys.retain(|_, value| !value.is_null());
        }
        Self::deserialize(written).map_err(|error| cannot(format!("describes no flow: {error}")))
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    pub fn ask_for(&mut self, scopes: &[String], optional: &[String]) {
        let named = |scopes: &[String]| -> Vec<Scope> {
            let one = |scope: &String| Scope {
                scope: scope.clone(),
            };
            scopes.iter().map(one).collect()
        };
        self.scopes = named(scopes);
        self.optional_scopes = named(optional);
    }

    /// Every scope that it names.
    pub fn named_scopes(&self) -> Vec<&str> {
        let required = self.required().into_iter();
        required.chain(self.optional()).collect()
    }

    /// What a person allows, in the provider's own words.
    pub fn permissions(&self) -> Vec<String> {
        let all = self.named_scopes().into_iter();
        all.map(str::to_owned).collect()
    }

    fn required(&self) -> Vec<&str> {
        if self.scopes.is_empty() {
            return self
                .scope
                .split([' ', ','])
                .filter(|one| !one.is_empty())
                .collect();
        }
        names(&self.scopes)
    }

    fn optional(&self) -> Vec<&str> {
        names(&self.optional_scopes)
    }

    /// Letters of the state that the provider accepts.
    pub fn state_length(&self) -> usize {
        self.state
            .map_or(STATE, |length| STATE.min(length.max).max(length.min))
    }

    /// The part of the address that decides where the client's secret goes, as it is written.
    pub fn server(&self) -> &str {
        let rest = self.access_token_url.split_once("://");
        let rest = rest.map_or(self.access_token_url.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }

    /// Whether it can be followed, for any answers: tried with some.
    pub fn check(&self, answers: &BTreeMap<String, String>) -> Result<(), Error> {
        if self
            .state
            .is_some_and(|length| length.max < SHORTEST_STATE.max(length.min))
        {
            return Err(cannot(format!(
                "wants a state of fewer than {SHORTEST_STATE} letters, which could be guessed"
            )));
        }
        self.names_are_known(answers)?;
        self.try_out(answers)
    }
}

fn names(scopes: &[Scope]) -> Vec<&str> {
    scopes.iter().map(|scope| scope.scope.as_str()).collect()
}

/// A description that cannot be followed: whoever wrote it must correct it.
fn cannot(why: impl Into<String>) -> Error {
    Error::Data(why.into())
}
