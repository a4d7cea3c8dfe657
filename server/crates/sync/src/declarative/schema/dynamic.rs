//! `DynamicSchemaLoader`: the API describes the fields of its records.

use serde_json::{Map, Value, json};

use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::declarative::record::{self, Transformation, View, path};
use crate::declarative::request::Caching;
use crate::declarative::retrieve::Retriever;
use crate::declarative::slice::Slice;
use crate::declarative::template::Binding;
use crate::declarative::text::Text;
use crate::fault::Fault;

#[derive(Debug)]
pub struct Dynamic {
    retriever: Retriever,
    schema_pointer: Vec<String>,
    key_pointer: Vec<String>,
    type_pointer: Vec<String>,
    mapping: Vec<TypesMap>,
    filter: Option<Text>,
    transformations: Vec<Transformation>,
}

/// `TypesMap`.
#[derive(Debug)]
struct TypesMap {
    current: Value,
    target: Value,
    condition: Option<Text>,
}

impl Dynamic {
    pub fn read(node: &Node<'_>, env: &Env) -> Result<Self, Fault> {
        let identifier = node.need_child("schema_type_identifier")?;
        let retriever = node.need_child("retriever")?;
        let extra = record::Extra::default();
        let mapping = identifier
            .children("types_mapping")?
            .into_iter()
            .map(|types| {
                Ok(TypesMap {
                    current: types.need("current_type")?.clone(),
                    target: types.need("target_type")?.clone(),
                    condition: Text::read(&types, "condition")?,
                })
            });
        let filter = match node.child("schema_filter")? {
            Some(filter) if filter.kind() == "RecordFilter" => Text::read(&filter, "condition")?,
            Some(other) => return Err(other.unknown()),
            None => None,
        };
        Ok(Self {
            retriever: Retriever::read(
                &retriever,
                "dynamic_properties",
                None,
                extra,
                env,
                Caching::Always,
            )?,
            schema_pointer: texts(&identifier, "schema_pointer", env)?,
            key_pointer: texts(&identifier, "key_pointer", env)?,
            type_pointer: texts(&identifier, "type_pointer", env)?,
            mapping: mapping.collect::<Result<_, Fault>>()?,
            filter,
            transformations: Transformation::list(node, "schema_transformations", env)?,
        })
    }

    pub async fn load(&self, env: &Env) -> Result<Value, Fault> {
        let mut properties = Map::new();
        if let Some(record) = self.first(env).await? {
            let raw = path::get(&record, &self.schema_pointer);
            for definition in raw.and_then(Value::as_array).into_iter().flatten() {
                let (key, value) = self.property(definition, env)?;
                properties.insert(key, value);
            }
        }
        let scope = env.scope(&Value::Null);
        if let Some(filter) = &self.filter {
            let mut kept = Map::new();
            for (key, value) in properties {
                let one = Map::from_iter([(key.clone(), value.clone())]);
                if filter.truth(&scope.child().with("record", Binding::Object(&one)))? {
                    kept.insert(key, value);
                }
            }
            properties = kept;
        }
        let view = View {
            scope: &scope,
            wanted: None,
            schema: &Value::Null,
        };
        for transformation in &self.transformations {
            transformation.apply(&mut properties, view)?;
        }
        Ok(json!({
            "$schema": "https://json-schema.org/draft-07/schema#",
            "type": "object",
            "additionalProperties": true,
            "properties": properties,
        }))
    }

    async fn first(&self, env: &Env) -> Result<Option<Value>, Fault> {
        let mut first = None;
        let empty = Value::Object(Map::new());
        let mut pages = self.retriever.pages(&Slice::whole(), &empty, env);
        while pages
            .next(None, &mut |record| {
                if first.is_none() {
                    first = Some(Value::Object(record.to_map()?));
                }
                Ok(())
            })
            .await?
            && first.is_none()
        {}
        Ok(first)
    }

    fn property(&self, definition: &Value, env: &Env) -> Result<(String, Value), Fault> {
        let key = path::get(definition, &self.key_pointer).and_then(Value::as_str);
        let key = key.ok_or_else(|| Fault::data("A field of the API's schema has no name."))?;
        let string = Value::from("string");
        let raw = if self.type_pointer.is_empty() {
            &string
        } else {
            path::get(definition, &self.type_pointer).unwrap_or(&string)
        };
        let mut kind = raw;
        for types in self.mapping.iter().filter(|types| types.current == *raw) {
            let applies = match &types.condition {
                Some(condition) => {
                    condition.truth(&env.scope(&Value::Null).json("raw_schema", definition))?
                }
                None => true,
            };
            if applies {
                kind = &types.target;
                break;
            }
        }
        Ok((key.to_owned(), schema_of(kind)?))
    }
}

/// The schema of a type by its name, of two types, or of a list of something.
fn schema_of(kind: &Value) -> Result<Value, Fault> {
    match kind {
        Value::String(name) => by_name(name),
        Value::Array(names) if names.len() == 2 => {
            Ok(json!({"oneOf": [schema_of(&names[0])?, schema_of(&names[1])?]}))
        }
        Value::Object(fields) => {
            let mut schema = schema_of(fields.get("field_type").unwrap_or(&Value::Null))?;
            if let Some(items) = fields.get("items").filter(|items| !items.is_null()) {
                schema["items"] = schema_of(items)?;
            }
            Ok(schema)
        }
        _ => Err(Fault::config(
            "A type of the API's schema is neither a name nor two of them.",
        )),
    }
}

fn by_name(name: &str) -> Result<Value, Fault> {
    let text = |format: &str, kind: Option<&str>| {
        let mut schema = json!({"type": ["null", "string"], "format": format});
        if let Some(kind) = kind {
            schema["airbyte_type"] = Value::from(kind);
        }
        schema
    };
    Ok(match name {
        "string" | "boolean" | "integer" | "number" | "array" | "object" => {
            json!({"type": ["null", name]})
        }
        "date" => text("date", None),
        "timestamp_without_timezone" => text("date-time", Some("timestamp_without_timezone")),
        "timestamp_with_timezone" => text("date-time", None),
        "time_without_timezone" => text("time", Some("time_without_timezone")),
        "time_with_timezone" => text("time", Some("time_with_timezone")),
        _ => {
            return Err(Fault::config(format!(
                "The API's schema uses the type “{name}”, which the manifest does not map to a known one."
            )));
        }
    })
}

fn texts(node: &Node<'_>, name: &str, env: &Env) -> Result<Vec<String>, Fault> {
    let scope = env.scope(&Value::Null);
    Text::list(node, name)?
        .iter()
        .map(|text| text.string(&scope))
        .collect()
}
