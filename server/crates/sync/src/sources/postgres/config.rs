//! The PostgreSQL source's configuration as typed values.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::left_out;
use crate::fault::Fault;
use crate::sources::tls::Trust;

/// The ways in which new rows are found, as Airbyte calls them.
const METHODS: [&str; 2] = ["Standard", "Xmin"];

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
    #[serde(alias = "xmin", alias = "XMIN")]
    Xmin,
    /// A column; the transaction only where a table has none.
    #[default]
    #[serde(alias = "standard", alias = "STANDARD")]
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
        left_out::refuse(config, &METHODS)?;
        // The error names a field and a type, never a value.
        Self::deserialize(config).map_err(|error| {
            Fault::config("The connection's settings are incomplete.")
                .with_detail(error.to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fault::Kind;

    fn with(field: &str, value: Value) -> Result<Config, Fault> {
        let mut config = json!({"host": "h", "database": "d", "username": "u"});
        config[field] = value;
        Config::parse(&config)
    }

    #[test]
    fn new_rows_are_found_as_the_settings_say_or_not_at_all() {
        let method = |method: &str| {
            with("replication_method", json!({"method": method}))
                .map(|config| config.replication_method)
        };
        assert_eq!(method("Standard"), Ok(Replication::Standard));
        assert_eq!(method("Xmin"), Ok(Replication::Xmin));
        assert_eq!(method("xmin"), Ok(Replication::Xmin));
        for (other, kind) in [("CDC", Kind::Unsupported), ("xMiN", Kind::Config)] {
            assert_eq!(method(other).unwrap_err().kind, kind, "{other}");
        }
        let usual = with("port", json!(5433)).unwrap();
        assert_eq!(usual.replication_method, Replication::Standard);
        let tunnel = with("tunnel_method", json!({"tunnel_method": "SSH_KEY_AUTH"}));
        assert_eq!(tunnel.unwrap_err().kind, Kind::Unsupported);
    }
}
