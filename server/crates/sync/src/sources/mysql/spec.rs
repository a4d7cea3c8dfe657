//! What the MySQL source asks of a person.

use airbyte::protocol::ConnectorSpecification;
use serde_json::{Value, json};

/// The form's schema. Field names follow Airbyte's MySQL source, so that a configuration serves both.
pub fn spec() -> ConnectorSpecification {
    let mut spec = ConnectorSpecification::new(schema());
    spec.supports_incremental = Some(true);
    spec.protocol_version = Some("0.2.0".to_owned());
    spec
}

fn schema() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "MySQL",
        "type": "object",
        "required": ["host", "port", "database", "username", "password"],
        "additionalProperties": true,
        "groups": [{"id": "server", "title": "Server"}, {"id": "login", "title": "Login"}, {"id": "choice", "title": "What to read"}],
        "properties": {
            "host": {
                "type": "string", "title": "Host", "order": 0, "group": "server", "minLength": 1, "maxLength": 253,
                "description": "Name or IP address of the MySQL or MariaDB server, as you would type it into a database tool.",
                "examples": ["db.example.com"],
                "pattern": "^[^\\s/@]+$", "pattern_descriptor": "a name or an IP address, without https:// and without port"
            },
            "port": {
                "type": "integer", "title": "Port", "order": 1, "group": "server", "default": 3306, "minimum": 1, "maximum": 65535,
                "description": "3306 unless your server says otherwise.", "examples": [3306]
            },
            "database": {
                "type": "string", "title": "Database", "order": 2, "group": "server", "minLength": 1,
                "description": "Name of the database on that server.", "examples": ["shop"]
            },
            "username": {
                "type": "string", "title": "User name", "order": 3, "group": "login", "minLength": 1,
                "description": "A login that may read the tables. One that may only read is best.", "examples": ["reader"]
            },
            "password": {
                "type": "string", "title": "Password", "order": 4, "group": "login", "airbyte_secret": true,
                "description": "Password of that login."
            },
            "ssl_mode": ssl_mode(),
            "replication_method": {
                "type": "object", "title": "How new rows are found", "order": 6, "group": "choice", "default": {"method": "STANDARD"},
                "description": "What tells new rows from those read before.",
                "oneOf": [{
                    "title": "By a column", "description": "You choose a column that grows with every change, such as updated_at. Deleted rows are not noticed; rows without a value there come once, with the first read.",
                    "required": ["method"], "properties": {"method": {"type": "string", "const": "STANDARD", "order": 0}}
                }]
            },
            "treat_tinyint1_as_integer": {
                "type": "boolean", "title": "TINYINT(1) as a whole number", "order": 7, "group": "choice", "default": false,
                "description": "A TINYINT(1) is read as true or false. Turn this on if yours hold other numbers than 0 and 1."
            }
        }
    })
}

fn ssl_mode() -> Value {
    let authority = |needed: &str| {
        json!({
            "type": "string", "title": "Certificate authority", "order": 1, "multiline": true,
            "description": format!("The certificate that signed the server's own, as PEM text. {needed}"),
            "pattern": "^\\s*-----BEGIN CERTIFICATE-----[\\s\\S]*-----END CERTIFICATE-----\\s*$",
            "pattern_descriptor": "-----BEGIN CERTIFICATE----- … -----END CERTIFICATE-----"
        })
    };
    let mode = |name: &str| json!({"type": "string", "const": name, "order": 0});
    json!({
        "type": "object", "title": "Encryption", "order": 5, "group": "server", "default": {"mode": "required"},
        // Servers without TLS are common at home and rare elsewhere: the first try often depends on this.
        "always_show": true,
        "description": "How the connection is protected on its way.",
        "oneOf": [
            {
                "title": "Encrypted", "description": "The connection is encrypted. The server's identity is not verified.",
                "required": ["mode"], "properties": {"mode": mode("required")}
            },
            {
                "title": "Encrypted, identity verified", "description": "The certificate must be valid and made out to this host. The safest choice.",
                "required": ["mode"],
                "properties": {"mode": mode("verify_identity"), "ca_certificate": authority("Leave empty if a public authority signed it.")}
            },
            {
                "title": "Encrypted, authority verified", "description": "The certificate must come from the authority you name; it may be made out to another host.",
                "required": ["mode", "ca_certificate"], "properties": {"mode": mode("verify_ca"), "ca_certificate": authority("")}
            },
            {
                "title": "Encrypted if possible", "description": "Without encryption when the server offers none: everything then travels in the clear. Only inside a network you trust.",
                "required": ["mode"], "properties": {"mode": mode("preferred")}
            }
        ]
    })
}
