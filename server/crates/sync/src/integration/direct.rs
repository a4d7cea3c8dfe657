//! An integration as what runs in this process: a low-code manifest, or a built-in source with its configuration.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::database::{Database, Engine, SslMode};
use super::file::{Bucket, File, Format, Place};
use super::webhook::Webhook;
use super::{Integration, Kind, rest, secrets};

/// What moves the data, secrets left as `${secrets.name}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "runs", rename_all = "snake_case")]
pub enum Direct {
    /// A low-code manifest.
    Manifest {
        /// A line about each endpoint, for people.
        endpoints: Vec<String>,
        manifest: Value,
        configuration: Value,
    },
    /// A source of this program.
    BuiltIn {
        source: &'static str,
        configuration: Value,
        /// Where it is not quite what the document says.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        notes: Vec<String>,
    },
}

pub(super) fn of(integration: &Integration) -> Direct {
    match &integration.kind {
        Kind::Rest(rest) | Kind::Webhook(Webhook { rest, .. }) => Direct::Manifest {
            endpoints: rest.endpoints.iter().map(endpoint).collect(),
            manifest: rest::manifest(rest, &integration.secrets, rest::Runner::Here),
            configuration: references(&integration.secrets),
        },
        Kind::Database(database) => of_database(database),
        Kind::File(file) => Direct::BuiltIn {
            source: "file",
            configuration: of_file(file),
            notes: Vec::new(),
        },
    }
}

fn of_database(database: &Database) -> Direct {
    let (source, mut configuration) = match database.engine {
        Engine::PostgreSql => ("postgres", postgres(database)),
        Engine::MySql => ("mysql", mysql(database)),
        Engine::MongoDb => ("mongodb-v2", mongodb(database)),
    };
    let mut notes = Vec::new();
    if let Some(settings) = &database.driver_settings {
        configuration["jdbc_url_params"] = json!(settings);
        notes.push(
            "The built-in source has no JDBC driver and refuses its settings: with jdbc_url_params only an Airbyte elsewhere reads this database."
                .to_owned(),
        );
    }
    Direct::BuiltIn {
        source,
        configuration,
        notes,
    }
}

/// The configuration of a manifest that asks for nothing but secrets.
pub(super) fn references(names: &[String]) -> Value {
    let fields = names
        .iter()
        .map(|name| (name.clone(), Value::from(secrets::reference(name))));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn endpoint(endpoint: &rest::Endpoint) -> String {
    let mut parts = vec![format!(
        "{}: {} {}",
        endpoint.name,
        endpoint.method.name(),
        endpoint.path
    )];
    if !endpoint.records.is_empty() {
        parts.push(format!("records in {}", endpoint.records.join(".")));
    }
    if !endpoint.primary_key.is_empty() {
        parts.push(format!("key {}", endpoint.primary_key.join(", ")));
    }
    if let Some(cursor) = &endpoint.cursor {
        parts.push(cursor.words());
    }
    parts.push(endpoint.paging.words());
    parts.join("; ")
}

fn postgres(database: &Database) -> Value {
    let mut configuration = json!({
        "host": database.host,
        "port": database.port,
        "database": database.name,
        "username": database.username,
        "password": database.password,
        "ssl_mode": {"mode": ssl_mode(database.ssl_mode)},
    });
    if let Some(certificate) = &database.ca_certificate {
        configuration["ssl_mode"]["ca_certificate"] = json!(certificate);
    }
    if !database.schemas.is_empty() {
        configuration["schemas"] = json!(database.schemas);
    }
    configuration
}

fn mysql(database: &Database) -> Value {
    let mut configuration = json!({
        "host": database.host,
        "port": database.port,
        "database": database.name,
        "username": database.username,
        "password": database.password,
        "ssl_mode": {"mode": mysql_ssl_mode(database.ssl_mode)},
        "replication_method": {"method": "STANDARD"},
    });
    if let Some(certificate) = &database.ca_certificate {
        configuration["ssl_mode"]["ca_certificate"] = json!(certificate);
    }
    configuration
}

/// The same for both ways.
pub(super) fn mongodb(database: &Database) -> Value {
    let address = match &database.connection_string {
        Some(address) => address.clone(),
        None => format!("mongodb://{}:{}/", database.host, database.port),
    };
    // Atlas is what has its servers looked up by name.
    let cluster = if address.starts_with("mongodb+srv://") {
        "ATLAS_REPLICA_SET"
    } else {
        "SELF_MANAGED_REPLICA_SET"
    };
    json!({"database_config": {
        "cluster_type": cluster,
        "connection_string": address,
        "databases": [database.name],
        "username": database.username,
        "password": database.password,
        "auth_source": database.auth_source,
        "schema_enforced": true,
    }})
}

/// MySQL's own words, as Airbyte writes them. None of them forbids encryption: a document of before that does was read so, too.
pub(super) fn mysql_ssl_mode(mode: SslMode) -> &'static str {
    match mode {
        SslMode::Disable | SslMode::Prefer => "preferred",
        SslMode::Require => "required",
        SslMode::VerifyCa => "verify_ca",
        SslMode::VerifyFull => "verify_identity",
    }
}

/// PostgreSQL's own words.
pub(super) fn ssl_mode(mode: SslMode) -> &'static str {
    match mode {
        SslMode::Disable => "disable",
        SslMode::Prefer => "prefer",
        SslMode::Require => "require",
        SslMode::VerifyCa => "verify-ca",
        SslMode::VerifyFull => "verify-full",
    }
}

fn of_file(file: &File) -> Value {
    let mut format = json!({"type": file.format.name()});
    if file.format == Format::Csv {
        if let Some(delimiter) = file.delimiter {
            format["delimiter"] = json!(delimiter);
        }
        if let Some(encoding) = &file.encoding {
            format["encoding"] = json!(encoding);
        }
    }
    let location = match &file.place {
        Place::Web(url) => json!({"from": "url", "url": url}),
        Place::Bucket(bucket) => in_bucket(bucket),
    };
    let mut configuration = json!({
        "dataset_name": file.table,
        "location": location,
        "format": format,
    });
    if let Some(name) = &file.in_archive {
        configuration["archive_file"] = json!(name);
    }
    configuration
}

fn in_bucket(bucket: &Bucket) -> Value {
    let mut location = json!({
        "from": "s3",
        "bucket": bucket.name,
        "key": bucket.key,
        "access_key_id": bucket.access_key_id,
        "secret_access_key": bucket.secret_access_key,
    });
    for (name, value) in [("region", &bucket.region), ("endpoint", &bucket.endpoint)] {
        if let Some(value) = value {
            location[name] = json!(value);
        }
    }
    location
}
