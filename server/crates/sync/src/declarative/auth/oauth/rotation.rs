//! Refresh tokens that work once: the new one is written into the configuration before it is used.

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::exchange;
use super::{Token, date};
use crate::declarative::manifest::Node;
use crate::declarative::record::path;
use crate::declarative::text::plain;
use crate::fault::Fault;

/// `refresh_token_updater`: where the tokens are in the configuration.
#[derive(Debug)]
pub struct Rotation {
    refresh_token_name: String,
    access_token: Vec<String>,
    refresh_token: Vec<String>,
    until: Vec<String>,
}

impl Rotation {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let path = |name: &str, usual: &str| {
            let path = node.strs(name)?;
            if path.is_empty() {
                return Ok(vec!["credentials".to_owned(), usual.to_owned()]);
            }
            Ok(path)
        };
        Ok(Self {
            refresh_token_name: node
                .str("refresh_token_name")?
                .unwrap_or("refresh_token")
                .to_owned(),
            access_token: path("access_token_config_path", "access_token")?,
            refresh_token: path("refresh_token_config_path", "refresh_token")?,
            until: path("token_expiry_date_config_path", "token_expiry_date")?,
        })
    }

    pub fn refresh_token_name(&self) -> &str {
        &self.refresh_token_name
    }

    /// The token the configuration holds.
    pub fn token(&self, config: &Value) -> Result<Token, Fault> {
        let text = |path: &[String]| {
            path::get(config, path)
                .filter(|value| !value.is_null())
                .map(plain)
                .filter(|text| !text.is_empty())
        };
        Ok(Token {
            access: text(&self.access_token),
            until: text(&self.until).map(|text| date(&text)).transpose()?,
        })
    }

    pub fn refresh_token(&self, config: &Value) -> String {
        path::get(config, &self.refresh_token)
            .map(plain)
            .unwrap_or_default()
    }

    /// Writes the new tokens into the configuration.
    pub fn keep(
        &self,
        config: &mut Value,
        answer: &Value,
        access: &str,
        until: OffsetDateTime,
    ) -> Result<(), Fault> {
        let Value::Object(fields) = config else {
            return Err(Fault::bug("The configuration is not an object."));
        };
        let until = until.format(&Rfc3339).map_err(|error| {
            Fault::bug("A date could not be written.").with_detail(error.to_string())
        })?;
        put(fields, &self.access_token, Value::from(access))?;
        if let Some(refresh) = exchange::find(answer, &self.refresh_token_name, 0) {
            put(fields, &self.refresh_token, refresh.clone())?;
        }
        put(fields, &self.until, Value::from(until))
    }
}

fn put(fields: &mut Map<String, Value>, path: &[String], value: Value) -> Result<(), Fault> {
    if path::set(fields, path, value) {
        return Ok(());
    }
    Err(Fault::config(format!(
        "The new token cannot be written to “{}” of the configuration.",
        path.join(".")
    )))
}
