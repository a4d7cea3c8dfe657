//! What the databases hold: their collections, and the fields that some of each one's documents have.

use std::collections::HashMap;
use std::time::Duration;

use airbyte::protocol::{AirbyteCatalog, AirbyteStream, SyncMode};
use bson::spec::ElementType;
use bson::{Document, RawBsonRef, RawDocument, doc};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::client::Error;
use super::config::{Config, Shape};
use super::connect::Session;
use super::keys::KEY;
use super::{errors, types};
use crate::fault::Fault;

/// Thousands of collections on a slow server take some minutes.
const PATIENCE: Duration = Duration::from_mins(10);
/// How long the server may look for documents of one collection, in milliseconds.
const SAMPLE_MILLIS: i64 = 30_000;
/// Bytes of one collection's documents that are looked at.
const SAMPLE_BYTES: usize = 32 * 1024 * 1024;
const MOST_COLLECTIONS: usize = 20_000;
/// Fields of one collection that become columns. More are rather values than names, as in a document used as a map.
const MOST_FIELDS: usize = 1000;

/// Names of fields that by custom say when a document last changed, the best first; compared without case and `_`.
const CHANGE_FIELDS: [&str; 8] = [
    "updatedat",
    "modifiedat",
    "lastmodifiedat",
    "changedat",
    "lastupdatedat",
    "lastmodified",
    "lastupdated",
    "updated",
];

/// Where a whole document goes.
pub const DOCUMENT: &str = "data";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    pub database: String,
    pub name: String,
    /// Whether its documents have keys of their own: those of views and time series need not.
    pub is_keyed: bool,
}

/// The collections of a database that the login may read.
pub async fn collections(session: &mut Session, database: &str) -> Result<Vec<Collection>, Fault> {
    let list =
        doc! {"listCollections": 1, "nameOnly": true, "authorizedCollections": true, "cursor": {}};
    let mut found = Vec::new();
    let mut cursor = session.ask(database, list);
    while let Some(batch) = cursor
        .batch()
        .await
        .map_err(|error| errors::query(&error))?
    {
        for entry in batch {
            let entry = entry.ok().and_then(RawBsonRef::as_document);
            let entry = entry.ok_or_else(errors::unreadable)?;
            let name = entry.get_str("name").map_err(|_| errors::unreadable())?;
            if name.starts_with("system.") {
                continue;
            }
            found.push(Collection {
                database: database.to_owned(),
                name: name.to_owned(),
                is_keyed: entry.get_str("type").unwrap_or("collection") == "collection",
            });
        }
        if found.len() > MOST_COLLECTIONS {
            return Err(Fault::data(
                "The database has more collections than can be listed.",
            ));
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// Every collection of the databases as a stream.
pub async fn catalog(session: &mut Session, config: &Config) -> Result<AirbyteCatalog, Fault> {
    let listed = async {
        let mut streams = Vec::new();
        for database in &config.databases {
            for collection in collections(session, database).await? {
                let fields = sample(session, &collection, config.sample).await?;
                streams.push(stream(&collection, &fields, config.shape));
            }
        }
        Ok(AirbyteCatalog { streams })
    };
    timeout(PATIENCE, listed).await.map_err(|_| {
        Fault::timeout("Looking at the collections took more than ten minutes. Look at fewer documents of each.")
            .at_field("discover_sample_size")
    })?
}

/// The fields of some documents, in the order they were met.
async fn sample(
    session: &mut Session,
    collection: &Collection,
    size: u32,
) -> Result<Fields, Fault> {
    let random = doc! {
        "aggregate": &collection.name, "pipeline": [{"$sample": {"size": size}}], "cursor": {},
        "maxTimeMS": SAMPLE_MILLIS, "allowDiskUse": true,
    };
    let first = doc! {"find": &collection.name, "limit": size, "maxTimeMS": SAMPLE_MILLIS};
    match look(session, collection, random).await {
        // A server that is only like MongoDB, or one too slow for that.
        Err(Error::Refused(refusal)) if refusal.code != 13 => {
            look(session, collection, first).await
        }
        fields => fields,
    }
    .map_err(|error| errors::query(&error).in_stream(&collection.name))
}

async fn look(
    session: &mut Session,
    collection: &Collection,
    question: Document,
) -> Result<Fields, Error> {
    let mut fields = Fields::default();
    let mut bytes = 0;
    let mut cursor = session.ask(&collection.database, question);
    while bytes < SAMPLE_BYTES {
        let batch = match cursor.batch().await {
            Ok(Some(batch)) => batch,
            Ok(None) => break,
            // What was seen is enough.
            Err(Error::Refused(refusal)) if refusal.code == errors::FORGOTTEN => break,
            Err(error) => return Err(error),
        };
        for document in batch.into_iter().flatten() {
            if let Some(document) = document.as_document() {
                bytes += document.as_bytes().len();
                fields.see(document);
            }
        }
    }
    cursor.close().await;
    Ok(fields)
}

/// Fields and the types their values had.
#[derive(Debug, Default)]
struct Fields {
    names: Vec<String>,
    kinds: HashMap<String, types::Kinds>,
}

impl Fields {
    fn see(&mut self, document: &RawDocument) {
        for element in document.iter_elements().flatten() {
            let name = element.key().as_str();
            if let Some(kinds) = self.kinds.get_mut(name) {
                kinds.add(kind(&element));
            } else if self.names.len() < MOST_FIELDS {
                self.names.push(name.to_owned());
                self.kinds
                    .entry(name.to_owned())
                    .or_default()
                    .add(kind(&element));
            }
        }
    }

    fn of(&self, name: &str) -> types::Kinds {
        self.kinds.get(name).copied().unwrap_or_default()
    }
}

fn kind(element: &bson::raw::RawElement<'_>) -> types::Kind {
    match element.element_type() {
        ElementType::Boolean => types::Kind::Boolean,
        ElementType::Int32 | ElementType::Int64 | ElementType::Double | ElementType::Decimal128 => {
            types::Kind::Number
        }
        ElementType::DateTime => types::Kind::Date,
        ElementType::Binary => types::Kind::Binary,
        ElementType::EmbeddedDocument
        | ElementType::Timestamp
        | ElementType::JavaScriptCodeWithScope => types::Kind::Object,
        ElementType::Array => types::Kind::Array,
        ElementType::Null | ElementType::Undefined => types::Kind::Null,
        ElementType::ObjectId => types::Kind::Id,
        _ => types::Kind::Text,
    }
}

fn stream(collection: &Collection, fields: &Fields, shape: Shape) -> AirbyteStream {
    let mut properties = Map::new();
    let key = fields.of(KEY);
    match shape {
        Shape::Columns => {
            for name in &fields.names {
                properties.insert(name.clone(), fields.of(name).schema());
            }
        }
        Shape::Document => {
            properties.insert(DOCUMENT.to_owned(), json!({"type": "object"}));
        }
    }
    if collection.is_keyed {
        properties.insert(KEY.to_owned(), key.key_schema());
    }
    let mut stream = AirbyteStream::new(
        &collection.name,
        json!({"type": "object", "properties": properties}),
    );
    stream.namespace = Some(collection.database.clone());
    stream.source_defined_cursor = Some(false);
    stream.is_resumable = Some(collection.is_keyed);
    if collection.is_keyed {
        stream.source_defined_primary_key = vec![vec![KEY.to_owned()]];
    }
    // Where documents stay whole, the key is the only field that could be chosen.
    let can_be =
        |name: &String| (shape == Shape::Columns || name == KEY) && fields.of(name).is_cursor();
    if fields.names.iter().any(can_be) {
        stream.supported_sync_modes.push(SyncMode::Incremental);
    }
    if shape == Shape::Columns {
        stream.default_cursor_field = change_field(fields).into_iter().collect();
    }
    stream
}

/// The field that says when a document last changed. A growing number, or `_id`, is no such field: it misses every later
/// change.
fn change_field(fields: &Fields) -> Option<String> {
    let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
    CHANGE_FIELDS.iter().find_map(|custom| {
        let named = |name: &&String| plain(name) == *custom && fields.of(name).is_date();
        fields.names.iter().find(named).cloned()
    })
}

/// The names of a stream's fields as its schema tells them.
pub fn selected(schema: &Value) -> Vec<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect()
}
