//! The schema of a stream: written in the manifest, or made from what the API says.

mod dynamic;

use serde_json::{Value, json};

use super::env::Env;
use super::manifest::{Node, is_true};
use super::text::Text;
use crate::fault::Fault;
use dynamic::Dynamic;

/// One way, or several put together.
#[derive(Debug)]
pub enum SchemaLoader {
    Inline(Value),
    /// A file beside the manifest, which a manifest by itself does not have.
    File(String),
    Dynamic(Box<Dynamic>),
    Several(Vec<SchemaLoader>),
}

impl SchemaLoader {
    /// The loader of a stream; without one an empty schema.
    pub fn of(stream: &Node<'_>, env: &Env) -> Result<Self, Fault> {
        let mut loaders = stream
            .children("schema_loader")?
            .iter()
            .map(|node| Self::read(node, env))
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

    fn read(node: &Node<'_>, env: &Env) -> Result<Self, Fault> {
        match node.kind() {
            "InlineSchemaLoader" => Ok(Self::Inline(
                node.get("schema").cloned().unwrap_or_else(|| json!({})),
            )),
            "JsonFileSchemaLoader" => {
                let path = Text::read(node, "file_path")?;
                let path = path.map(|path| path.string(&env.scope(&Value::Null)));
                Ok(Self::File(path.transpose()?.unwrap_or_default()))
            }
            "DynamicSchemaLoader" => Ok(Self::Dynamic(Box::new(Dynamic::read(node, env)?))),
            _ => Err(node.unknown()),
        }
    }

    /// The schema itself.
    pub async fn load(&self, env: &Env) -> Result<Value, Fault> {
        match self {
            Self::Inline(schema) => Ok(schema.clone()),
            Self::File(path) => Err(Fault::config(format!(
                "The stream's schema is in the file “{path}”, which does not come with the manifest. Use an InlineSchemaLoader."
            ))),
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
