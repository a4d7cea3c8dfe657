//! What the PostgreSQL source asks of a person.

use airbyte::protocol::ConnectorSpecification;
use serde_json::{Value, json};

/// The form's schema. Field names follow Airbyte's PostgreSQL source, so that a configuration serves both.
pub fn spec() -> ConnectorSpecification {
    let mut spec = ConnectorSpecification::new(schema());
    spec.supports_incremental = Some(true);
    spec.protocol_version = Some("0.2.0".to_owned());
    spec
}

fn schema() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "PostgreSQL",
        "type": "object",
        "required": ["host", "port", "database", "username", "password"],
        "additionalProperties": true,
        "groups": [{"id": "server", "title": "Server"}, {"id": "login", "title": "Login"}, {"id": "choice", "title": "What to read"}],
        "properties": {
            "host": {
                "type": "string", "title": "Host", "order": 0, "group": "server", "minLength": 1, "maxLength": 253,
                "description": "Name or IP address of the database server, as you would type it into a database tool.",
                "examples": ["db.example.com"],
                "pattern": "^[^\\s/@]+$", "pattern_descriptor": "a name or an IP address, without https:// and without port"
            },
            "port": {
                "type": "integer", "title": "Port", "order": 1, "group": "server", "default": 5432, "minimum": 1, "maximum": 65535,
                "description": "5432 unless your server says otherwise.", "examples": [5432]
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
            "schemas": {
                "type": "array", "title": "Schemas", "order": 6, "group": "choice", "items": {"type": "string", "minLength": 1}, "uniqueItems": true,
                "description": "Only tables of these schemas are offered. Leave empty for every schema the login may read.", "examples": ["public"]
            },
            "replication_method": replication_method()
        }
    })
}

fn replication_method() -> Value {
    let method = |name: &str| json!({"type": "string", "const": name, "order": 0});
    json!({
        "type": "object", "title": "How changes are found", "order": 7, "group": "choice", "default": {"method": "Standard"},
        "description": "What tells new rows from old ones when only changes are read. Deleted rows are seen by neither way.",
        "oneOf": [
            {
                "title": "By a column", "description": "A column that grows, such as the time of the last change, chosen for each table. Tables without such a column are read by the database's own row versions.",
                "required": ["method"], "properties": {"method": method("Standard")}
            },
            {
                "title": "By row versions (xmin)", "description": "The database notes which transaction wrote a row. No column is needed and no change is missed, but each run looks at every row of the table. Views and partitioned tables still need a column.",
                "required": ["method"], "properties": {"method": method("Xmin")}
            }
        ]
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
        "type": "object", "title": "Encryption", "order": 5, "group": "server", "default": {"mode": "require"},
        // Servers without TLS are common at home and rare elsewhere: the first try often depends on this.
        "always_show": true,
        "description": "How the connection is protected on its way.",
        "oneOf": [
            {
                "title": "Encrypted", "description": "The connection is encrypted. The server's identity is not verified.",
                "required": ["mode"], "properties": {"mode": mode("require")}
            },
            {
                "title": "Encrypted, identity verified", "description": "The certificate must be valid and made out to this host. The safest choice.",
                "required": ["mode"],
                "properties": {"mode": mode("verify-full"), "ca_certificate": authority("Leave empty if a public authority signed it.")}
            },
            {
                "title": "Encrypted, authority verified", "description": "The certificate must come from the authority you name; it may be made out to another host.",
                "required": ["mode", "ca_certificate"], "properties": {"mode": mode("verify-ca"), "ca_certificate": authority("")}
            },
            {
                "title": "Not encrypted", "description": "Everything, the password's proof included, travels in the clear. Only inside a network you trust.",
                "required": ["mode"], "properties": {"mode": mode("disable")}
            }
        ]
    })
}
