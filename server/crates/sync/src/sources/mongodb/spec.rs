//! What the MongoDB source asks of a person.

use airbyte::protocol::ConnectorSpecification;
use serde_json::{Value, json};

/// The form's schema. Field names follow Airbyte's MongoDB source, so that a configuration serves both.
pub fn spec() -> ConnectorSpecification {
    let mut spec = ConnectorSpecification::new(schema());
    spec.supports_incremental = Some(true);
    spec.protocol_version = Some("0.2.0".to_owned());
    spec
}

fn schema() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "MongoDB",
        "type": "object",
        "required": ["database_config"],
        "additionalProperties": true,
        "properties": {
            "database_config": {
                "type": "object", "title": "Server and login", "order": 0,
                "description": "Where the databases are.",
                "oneOf": [
                    cluster(
                        "ATLAS_REPLICA_SET", "MongoDB Atlas",
                        "A cluster in MongoDB's own cloud. Always encrypted.",
                        "Begins with mongodb+srv://; Atlas shows it under “Connect”. Leave user name and password out.",
                        "mongodb+srv://cluster0.ab1cd.mongodb.net/",
                        &["connection_string", "databases", "username", "password"],
                    ),
                    cluster(
                        "SELF_MANAGED_REPLICA_SET", "A server of your own",
                        "A replica set, a sharded cluster or a single server. Over the internet it is always encrypted.",
                        "All servers with their ports, and tls=true where they want encryption inside your network too. Leave user name and password out.",
                        "mongodb://db1.example.com:27017,db2.example.com:27017/?replicaSet=rs0&tls=true",
                        &["connection_string", "databases"],
                    )
                ]
            },
            "discover_sample_size": {
                "type": "integer", "title": "Documents to look at", "order": 1, "default": 1000, "minimum": 10, "maximum": 100_000,
                "description": "How many documents of each collection are looked at to learn its fields. A field that none of them has gets no column."
            }
        }
    })
}

fn cluster(
    kind: &str,
    title: &str,
    description: &str,
    address: &str,
    example: &str,
    required: &[&str],
) -> Value {
    let required: Vec<&str> = std::iter::once("cluster_type")
        .chain(required.iter().copied())
        .collect();
    json!({
        "title": title, "description": description, "required": required, "additionalProperties": true,
        "properties": {
            "cluster_type": {"type": "string", "const": kind, "order": 0},
            "connection_string": {
                "type": "string", "title": "Connection string", "order": 1, "minLength": 1,
                "description": address, "examples": [example],
                "pattern": "^mongodb(\\+srv)?://", "pattern_descriptor": "mongodb://… or mongodb+srv://…"
            },
            "databases": {
                "type": "array", "title": "Databases", "order": 2, "items": {"type": "string", "minLength": 1}, "uniqueItems": true, "minItems": 1,
                "description": "Names of the databases whose collections are offered.", "examples": ["shop"]
            },
            "username": {
                "type": "string", "title": "User name", "order": 3,
                "description": "A user with the role “read” on these databases.", "examples": ["reader"]
            },
            "password": {
                "type": "string", "title": "Password", "order": 4, "airbyte_secret": true,
                "description": "Password of that user."
            },
            "auth_source": {
                "type": "string", "title": "Authentication source", "order": 5, "default": "admin",
                "description": "The database that knows the user: “admin” unless it was made in another one."
            },
            "schema_enforced": {
                "type": "boolean", "title": "A column for each field", "order": 6, "default": true,
                "description": "Switched off, each document is kept whole in one column, “data”, beside its key."
            },
            "ca_certificate": {
                "type": "string", "title": "Certificate authority", "order": 7, "multiline": true,
                "description": "The certificate that signed the server's own, as PEM text. Leave empty if a public authority signed it.",
                "pattern": "^\\s*-----BEGIN CERTIFICATE-----[\\s\\S]*-----END CERTIFICATE-----\\s*$",
                "pattern_descriptor": "-----BEGIN CERTIFICATE----- … -----END CERTIFICATE-----"
            }
        }
    })
}
