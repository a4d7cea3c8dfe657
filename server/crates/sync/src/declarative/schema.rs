//! The schema of a stream: written in the manifest, or made from what the API says.

mod dynamic;
mod file;

use serde_json::{Value, json};

use super::env::Env;
use super::manifest::{Node, is_true};
use crate::fault::Fault;
use dynamic::Dynamic;
use file::SchemaFile;

/// One way, or several put together.
#[derive(Debug)]
pub enum SchemaLoader {
    Inline(Value),
    File(SchemaFile),
    Dynamic(Box<Dynamic>),
    Several(Vec<SchemaLoader>),
}

impl SchemaLoader {
    /// The loader of a stream; without one an empty schema.
    pub fn of(stream: &Node<'_>, env: &Env) -> Result<Self, Fault> {
        let name = stream.str("name")?.unwrap_or_default();
        let mut loaders = stream
            .children("schema_loader")?
            .iter()
            .map(|node| Self::read(node, name, env))
            .collect::<Result<Vec<_>, _>>()?;
        let one = !matches!(stream.get("schema_loader"), Some(Value::Array(_)));
        match loaders.pop() {
            None => Ok(Self::Inline(json!({}))),
            Some(loader) if one => Ok(loader),
            Some(loader) => {
                loaders.push(loader);
                Ok(Self::Several(loaders))
            }
        }
    }

    fn read(node: &Node<'_>, stream: &str, env: &Env) -> Result<Self, Fault> {
        match node.kind() {
            "InlineSchemaLoader" => Ok(Self::Inline(
                node.get("schema").cloned().unwrap_or_else(|| json!({})),
            )),
            "JsonFileSchemaLoader" => Ok(Self::File(SchemaFile::read(node, stream, env)?)),
            "DynamicSchemaLoader" => Ok(Self::Dynamic(Box::new(Dynamic::read(node, env)?))),
            _ => Err(node.unknown()),
        }
    }

    /// The schema itself.
    pub async fn load(&self, env: &Env) -> Result<Value, Fault> {
        match self {
            Self::Inline(schema) => Ok(schema.clone()),
            Self::File(file) => file.load(env).await,
            Self::Dynamic(loader) => Box::pin(loader.load(env)).await,
            Self::Several(loaders) => {
                let mut properties = serde_json::Map::new();
                for loader in loaders {
                    let schema = Box::pin(loader.load(env)).await?;
                    if let Some(Value::Object(found)) =
                        schema.get("properties").filter(|found| is_true(found))
                    {
                        properties.extend(found.clone());
                    }
                }
                Ok(json!({
                    "$schema": "http://json-schema.org/draft-07/schema#",
                    "type": ["null", "object"],
                    "properties": properties,
                }))
            }
        }
    }
}
