//! What the templates of a description can name.

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use super::{Flow, Join, cannot, template};
use crate::{Error, Words};

/// Each of these has a key, a value, and both as a parameter.
const PARTS: [&str; 8] = [
    "client_id",
    "client_secret",
    "redirect_uri",
    "scope",
    "scopes",
    "optional_scopes",
    "state",
    "auth_code",
];
/// What no address may carry.
pub const SECRET: [&str; 2] = ["client_secret_value", "client_secret_param"];
/// What is only there once somebody has come back.
pub const CODE: [&str; 2] = ["auth_code_value", "auth_code_param"];

/// Values by the names that templates use.
#[derive(Default)]
pub struct Values(BTreeMap<String, Value>);

impl Values {
    pub fn all(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Adds a key, its value, and both as they stand in an address.
    #[must_use]
    pub fn part(self, name: &str, key: &str, value: &str) -> Self {
        self.parameter(name, key, value, &encoded(value))
    }

    fn parameter(mut self, name: &str, key: &str, value: &str, written: &str) -> Self {
        let parameter = format!("{}={written}", encoded(key));
        for (end, text) in [("key", key), ("value", value), ("param", &parameter)] {
            self.0.insert(format!("{name}_{end}"), text.into());
        }
        self
    }

    fn named(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }
}

impl Flow {
    /// What every template knows.
    pub(super) fn values(&self, answers: &Words, client_id: &str, redirect: &Url) -> Values {
        let keys = &self.keys;
        let mut values = Values::default();
        for (name, answer) in answers {
            values = values.named(name, said(answer));
        }
        let mut values = values
            .part("client_id", &keys.client_id, client_id)
            .part("redirect_uri", &keys.redirect, redirect.as_str())
            .named("client_secret_key", keys.client_secret.as_str())
            .named("auth_code_key", keys.code.as_str());
        let join = self.scopes_join_strategy;
        let (mut asked, optional) = (self.required(), self.optional());
        if !self.mentions_optional() {
            asked.extend(&optional);
        }
        for (name, key, scopes) in [
            ("scope", keys.scope.as_str(), &asked),
            ("scopes", keys.scope.as_str(), &asked),
            ("optional_scopes", "optional_scope", &optional),
        ] {
            values = values.parameter(name, key, &join.text(scopes), &join.written(scopes));
        }
        if self.scopes.is_empty() {
            // In one text, it is joined as its author joined it.
            let written = encoded(&self.scope);
            for name in ["scope", "scopes"] {
                values = values.parameter(name, &keys.scope, &self.scope, &written);
            }
        }
        values
    }

    /// With the state, or with the verifier in its place.
    pub(super) fn with_state(&self, values: Values, state: &str) -> Values {
        values
            .part("state", &self.keys.state, state)
            .named("state", state)
    }

    fn mentions_optional(&self) -> bool {
        self.consent_url.contains("optional_scope")
    }

    /// Every name is one that this hub can fill in, in its place.
    pub(super) fn names_are_known(&self, answers: &Words) -> Result<(), Error> {
        for (place, text) in self.templates() {
            for name in template::read(place, &text)?.names() {
                let in_address = place == "consent_url";
                if in_address && SECRET.contains(&name) {
                    return Err(cannot(
                        "would carry the client's secret in its consent_url, for everybody to read",
                    ));
                }
                let early = in_address && CODE.contains(&name);
                let ours = is_ours(name) || answers.contains_key(name);
                if early || !ours {
                    return Err(cannot(format!(
                        "cannot be followed: its {place} uses “{name}”, which nothing here says"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Every template, and what the description calls it.
    fn templates(&self) -> Vec<(&'static str, String)> {
        let mut all = vec![
            ("consent_url", self.consent_url.clone()),
            ("access_token_url", self.access_token_url.clone()),
        ];
        let headers = ("access_token_headers", &self.access_token_headers);
        let params = ("access_token_params", &self.access_token_params);
        for (place, pairs) in [headers, params] {
            for (name, value) in pairs {
                all.push((place, name.clone()));
                all.extend(value.as_str().map(|text| (place, text.to_owned())));
            }
        }
        all
    }
}

fn is_ours(name: &str) -> bool {
    let part = ["_key", "_value", "_param"]
        .iter()
        .find_map(|end| name.strip_suffix(end));
    name == "state" || part.is_some_and(|part| PARTS.contains(&part))
}

/// Switches are asked whether they are on.
fn said(answer: &str) -> Value {
    match answer {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        text => text.into(),
    }
}

impl Join {
    fn text(self, scopes: &[&str]) -> String {
        scopes.join(match self {
            Self::Space => " ",
            Self::Comma => ",",
            Self::Plus => "+",
        })
    }

    /// As it stands in an address.
    fn written(self, scopes: &[&str]) -> String {
        let scopes: Vec<String> = scopes.iter().map(|scope| encoded(scope)).collect();
        scopes.join(match self {
            Self::Space => "%20",
            Self::Comma => ",",
            Self::Plus => "+",
        })
    }
}

pub fn encoded(text: &str) -> String {
    let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    form.replace('+', "%20")
}
