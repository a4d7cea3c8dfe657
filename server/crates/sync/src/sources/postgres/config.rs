//! The PostgreSQL source's configuration as typed values.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use crate::fault::Fault;
use crate::sources::tls::Trust;

#[derive(Debug, Deserialize)]
pub struct Config {
    pub host: String,
    #[serde(default = "default_port")]
    pub port: u16,
    pub database: String,
    pub username: String,
    #[serde(default)]
    pub password: SecretString,
    #[serde(default)]
    pub ssl_mode: Encryption,
    /// Empty means every readable schema.
    #[serde(default)]
    pub schemas: Vec<String>,
    #[serde(default)]
    pub replication_method: Replication,
}

fn default_port() -> u16 {
    5432
}

/// What tells new rows from old ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(tag = "method")]
pub enum Replication {
    /// The transaction that wrote them, wherever a table's rows tell it.
    Xmin,
    /// A column; the transaction only where a table has none. Airbyte's way by the server's log is read like this too.
    #[default]
    #[serde(other)]
    Standard,
}

/// How the connection is protected.
#[derive(Debug, Default, Deserialize)]
#[serde(tag = "mode", rename_all = "kebab-case")]
pub enum Encryption {
    Disable,
    /// Encrypted, whoever answers. Airbyte's weaker modes are raised to this one.
    #[default]
    #[serde(alias = "allow", alias = "prefer")]
    Require,
    VerifyCa {
        ca_certificate: String,
    },
    VerifyFull {
        #[serde(default)]
        ca_certificate: Option<String>,
    },
}

impl Encryption {
    /// Whom to trust; `None` for no encryption.
    pub fn trust(&self) -> Option<Trust<'_>> {
        Some(match self {
            Self::Disable => return None,
            Self::Require => Trust::Anyone,
            Self::VerifyCa { ca_certificate } => Trust::Authority(ca_certificate),
            Self::VerifyFull { ca_certificate } => Trust::Name(ca_certificate.as_deref()),
        })
    }
}

impl Config {
    pub fn parse(config: &Value) -> Result<Self, Fault> {
        // The error names a field and a type, never a value.
        Self::deserialize(config).map_err(|error| {
            Fault::config("The connection's settings are incomplete.")
                .with_detail(error.to_string())
        })
    }
}
