//! An integration as Airbyte has it: source, destination and schedule of its API, secrets left as references.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::database::{Database, Engine};
use super::direct::{mongodb, mysql_ssl_mode, references, ssl_mode};
use super::file::{Bucket, File, Format, Place};
use super::webhook::Webhook;
use super::{Integration, Kind, rest};

/// The parts of a connection.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Airbyte {
    pub source: Source,
    pub destination: Value,
    pub schedule: Value,
    /// What whoever sends it should know.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// What kind of source it is: http, postgres, mysql, mongodb-v2 or file.
    pub connector: &'static str,
    /// The name in the API.
    pub source_type: &'static str,
    /// A definition to make first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<Value>,
    /// How requests show who asks, for HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication: Option<&'static str>,
    pub configuration: Value,
}

impl Source {
    /// The low-code manifest of that definition.
    pub fn manifest(&self) -> Option<&Value> {
        self.definition.as_ref()?.get("manifest")
    }
}

pub(super) fn of(integration: &Integration) -> Airbyte {
    let mut notes: Vec<String> = integration.schedule.note().into_iter().collect();
    notes.extend(integration.destination.note().map(str::to_owned));
    let source = match &integration.kind {
        Kind::Rest(rest) | Kind::Webhook(Webhook { rest, .. }) => {
            if integration.sender().is_some() {
                notes.push("Airbyte asks for data and cannot be called: events come in beside it, and it brings what they miss.".to_owned());
            }
            notes.extend(rest.notes().map(str::to_owned));
            notes.push("The definition is made once, with POST /workspaces/{workspaceId}/definitions/declarative_sources; its id is the source's definitionId.".to_owned());
            Source {
                connector: "http",
                source_type: "declarative-manifest",
                definition: Some(json!({
                    "name": integration.name,
                    "manifest": rest::manifest(rest, &integration.secrets, rest::Runner::Airbyte),
                })),
                authentication: Some(rest.authentication.name()),
                configuration: references(&integration.secrets),
            }
        }
        Kind::Database(database) => of_database(database),
        Kind::File(file) => known("file", of_file(file, &mut notes)),
    };
    Airbyte {
        source,
        destination: integration.destination.api(),
        schedule: integration.schedule.api(),
        notes,
    }
}

/// A connector that Airbyte ships, under its own name.
fn known(name: &'static str, configuration: Value) -> Source {
    Source {
        connector: name,
        source_type: name,
        definition: None,
        authentication: None,
        configuration,
    }
}

fn of_database(database: &Database) -> Source {
    match database.engine {
        Engine::PostgreSql => known("postgres", postgres(database)),
        Engine::MySql => known("mysql", mysql(database)),
        Engine::MongoDb => known("mongodb-v2", mongodb(database)),
    }
}

fn postgres(database: &Database) -> Value {
    let mut configuration = server(database, ssl_mode(database.ssl_mode));
    if !database.schemas.is_empty() {
        configuration["schemas"] = json!(database.schemas);
    }
    configuration["replication_method"] = json!({"method": "Standard"});
    configuration["tunnel_method"] = json!({"tunnel_method": "NO_TUNNEL"});
    configuration
}

fn mysql(database: &Database) -> Value {
    let mut configuration = server(database, mysql_ssl_mode(database.ssl_mode));
    configuration["replication_method"] = json!({"method": "STANDARD"});
    configuration["tunnel_method"] = json!({"tunnel_method": "NO_TUNNEL"});
    configuration
}

/// What PostgreSQL and MySQL have in common.
fn server(database: &Database, mode: &str) -> Value {
    let mut ssl_mode = json!({"mode": mode});
    if let Some(certificate) = &database.ca_certificate {
        ssl_mode["ca_certificate"] = json!(certificate);
    }
    let mut server = json!({
        "host": database.host,
        "port": database.port,
        "database": database.name,
        "username": database.username,
        "password": database.password,
        "ssl_mode": ssl_mode,
    });
    if let Some(settings) = &database.driver_settings {
        server["jdbc_url_params"] = json!(settings);
    }
    server
}

fn of_file(file: &File, notes: &mut Vec<String>) -> Value {
    let (url, provider) = match &file.place {
        Place::Web(url) => (
            url.clone(),
            json!({"storage": "HTTPS", "user_agent": false}),
        ),
        Place::Bucket(bucket) => in_bucket(bucket, notes),
    };
    if file.in_archive.is_some() {
        notes.push(
            "Airbyte's file source cannot be told which file of an archive to read.".to_owned(),
        );
    }
    let mut configuration = json!({
        "dataset_name": file.table,
        "format": file.format.name(),
        "url": url,
        "provider": provider,
    });
    let mut options = Map::new();
    if file.format == Format::Csv {
        if let Some(delimiter) = file.delimiter {
            let delimiter = if delimiter == "tab" { "\t" } else { delimiter };
            options.insert("sep".to_owned(), json!(delimiter));
        }
        if let Some(encoding) = &file.encoding {
            options.insert("encoding".to_owned(), json!(encoding));
        }
    }
    if !options.is_empty() {
        configuration["reader_options"] = json!(Value::Object(options).to_string());
    }
    configuration
}

fn in_bucket(bucket: &Bucket, notes: &mut Vec<String>) -> (String, Value) {
    if bucket.endpoint.is_some() {
        notes.push(
            "Airbyte's file source reads buckets of Amazon S3 only, not those of another storage."
                .to_owned(),
        );
    }
    let provider = json!({
        "storage": "S3",
        "aws_access_key_id": bucket.access_key_id,
        "aws_secret_access_key": bucket.secret_access_key,
    });
    (format!("s3://{}/{}", bucket.name, bucket.key), provider)
}
