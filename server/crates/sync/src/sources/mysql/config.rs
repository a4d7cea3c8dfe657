//! The MySQL source's configuration as typed values.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::types::TinyInt;
use crate::fault::Fault;
use crate::sources::postgres::refuse_what_is_left_out;
use crate::sources::tls::Trust;

/// The one way in which new rows are found, as Airbyte calls it.
const METHODS: [&str; 1] = ["Standard"];

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
    /// By the name that it has in Airbyte.
    #[serde(default)]
    treat_tinyint1_as_integer: Option<bool>,
}

fn default_port() -> u16 {
    3306
}

/// How the connection is protected.
#[derive(Debug, Default, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Encryption {
    /// Encrypted if the server can.
    Preferred,
    /// Encrypted, whoever answers.
    #[default]
    Required,
    VerifyCa {
        ca_certificate: String,
    },
    VerifyIdentity {
        #[serde(default)]
        ca_certificate: Option<String>,
    },
}

impl Encryption {
    pub fn trust(&self) -> Trust<'_> {
        match self {
            Self::Preferred | Self::Required => Trust::Anyone,
            Self::VerifyCa { ca_certificate } => Trust::Authority(ca_certificate),
            Self::VerifyIdentity { ca_certificate } => Trust::Name(ca_certificate.as_deref()),
        }
    }
}

impl Config {
    pub fn parse(config: &Value) -> Result<Self, Fault> {
        refuse_what_is_left_out(config, &METHODS)?;
        // The error names a field and a type, never a value.
        let config = Self::deserialize(config).map_err(|error| {
            Fault::config("The connection's settings are incomplete.")
                .with_detail(error.to_string())
        })?;
        for (field, text) in [
            ("username", &config.username),
            ("database", &config.database),
        ] {
            if text.contains('\0') {
                return Err(Fault::config("A name cannot hold a zero byte.").at_field(field));
            }
        }
        Ok(config)
    }

    pub fn tinyint(&self) -> TinyInt {
        if self.treat_tinyint1_as_integer == Some(true) {
            TinyInt::Number
        } else {
            TinyInt::Truth
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fault::Kind;

    fn with(field: &str, value: Value) -> Value {
        let mut config = json!({"host": "h", "database": "d", "username": "u"});
        config[field] = value;
        config
    }

    #[test]
    fn the_usual_is_filled_in() {
        let config =
            Config::parse(&with("replication_method", json!({"method": "STANDARD"}))).unwrap();
        assert_eq!(config.port, 3306);
        assert!(matches!(config.ssl_mode, Encryption::Required));
        assert_eq!(config.tinyint(), TinyInt::Truth);
        let numbers = Config::parse(&with("treat_tinyint1_as_integer", json!(true))).unwrap();
        assert_eq!(numbers.tinyint(), TinyInt::Number);
        assert!(Config::parse(&with("replication_method", json!({"method": "Standard"}))).is_ok());
    }

    #[test]
    fn what_is_not_offered_is_refused_by_name() {
        for (field, value) in [
            ("replication_method", json!({"method": "CDC"})),
            ("tunnel_method", json!({"tunnel_method": "SSH_KEY_AUTH"})),
            ("ssl_mode", json!({"mode": "required", "client_key": "x"})),
        ] {
            let fault = Config::parse(&with(field, value)).unwrap_err();
            assert_eq!(
                (fault.kind, fault.field.as_deref()),
                (Kind::Unsupported, Some(field))
            );
        }
        let fault = Config::parse(&with("username", json!("a\0b"))).unwrap_err();
        assert_eq!(
            (fault.kind, fault.field.as_deref()),
            (Kind::Config, Some("username"))
        );
        assert!(Config::parse(&json!({"host": "h"})).is_err());
    }
}
