//! The MongoDB source's configuration as typed values.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::address::Address;
use crate::fault::Fault;
use crate::sources::tls::Trust;

/// Documents looked at to learn a collection's fields, unless the settings say otherwise.
const SAMPLE: u32 = 1000;
const LARGEST_SAMPLE: u32 = 100_000;

#[derive(Debug, Deserialize)]
struct Settings {
    database_config: DatabaseSettings,
    #[serde(default)]
    discover_sample_size: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct DatabaseSettings {
    connection_string: String,
    #[serde(default)]
    databases: Vec<String>,
    /// One database, as older configurations say it.
    #[serde(default)]
    database: Option<String>,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: SecretString,
    #[serde(default)]
    auth_source: Option<String>,
    #[serde(default = "yes")]
    schema_enforced: bool,
    #[serde(default)]
    ca_certificate: Option<String>,
}

fn yes() -> bool {
    true
}

/// How a document becomes a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A column for each of its fields.
    Columns,
    /// Its key, and the whole document in `data`.
    Document,
}

#[derive(Debug)]
pub struct Config {
    pub address: Address,
    pub databases: Vec<String>,
    /// `None` for servers that ask for no login.
    pub username: Option<String>,
    pub password: SecretString,
    pub auth_source: Option<String>,
    pub shape: Shape,
    pub sample: u32,
    ca_certificate: Option<String>,
}

impl Config {
    pub fn parse(config: &Value) -> Result<Self, Fault> {
        // The error names a field and a type, never a value.
        let settings = Settings::deserialize(config).map_err(|error| {
            Fault::config("The connection's settings are incomplete.")
                .with_detail(error.to_string())
        })?;
        let database = settings.database_config;
        let mut databases = database.databases;
        databases.extend(database.database);
        databases.retain(|name| !name.is_empty());
        if databases.is_empty() {
            return Err(
                Fault::config("Name at least one database.").at_field("database_config.databases")
            );
        }
        Ok(Self {
            address: Address::parse(&database.connection_string)?,
            databases,
            username: database.username.filter(|name| !name.is_empty()),
            password: database.password,
            auth_source: database.auth_source.filter(|name| !name.is_empty()),
            shape: if database.schema_enforced {
                Shape::Columns
            } else {
                Shape::Document
            },
            sample: settings
                .discover_sample_size
                .unwrap_or(SAMPLE)
                .clamp(1, LARGEST_SAMPLE),
            ca_certificate: database.ca_certificate,
        })
    }

    pub fn trust(&self) -> Trust<'_> {
        if self.address.takes_any_certificate {
            Trust::Anyone
        } else {
            Trust::Name(self.ca_certificate.as_deref())
        }
    }
}
