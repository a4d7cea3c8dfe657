//! `DynamicSchemaLoader`: the API describes the fields of its records.

use serde_json::{Map, Value, json};

use crate::declarative::env::Env;
use crate::declarative::manifest::{Node, is_true};
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
                    target: target(&types)?,
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
            for definition in definitions(&record, &self.schema_pointer)? {
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

/// What describes one field each. A record without anything, or an object without anything, describes none.
fn definitions<'r>(record: &'r Value, pointer: &[String]) -> Result<&'r [Value], Fault> {
    if !is_true(record) {
        return Ok(&[]);
    }
    match path::only(record, pointer)? {
        Some(Value::Array(definitions)) => Ok(definitions),
        Some(Value::Object(fields)) if fields.is_empty() => Ok(&[]),
        _ => Err(Fault::data(format!(
            "The API's schema has no list of fields at “{}”, where the manifest's schema_pointer leads.",
            pointer.join(".")
        ))),
    }
}

/// What a type of the API is here. Only lists have items.
fn target(types: &Node<'_>) -> Result<Value, Fault> {
    let target = types.need("target_type")?;
    let mut inner = target;
    while let Value::Object(fields) = inner {
        let Some(items) = fields.get("items").filter(|items| is_true(items)) else {
            break;
        };
        if fields.get("field_type").and_then(Value::as_str) != Some("array") {
            return Err(types.wrong("target_type", "has items and is no array"));
        }
        inner = items;
    }
    Ok(target.clone())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_that_is_not_where_the_pointer_leads_is_missed() {
        let record = json!({"fields": [{"key": "id"}], "deep": {"none": null, "one": {"key": 1}}});
        let at = |pointer: &[&str]| {
            let pointer: Vec<String> = pointer.iter().map(|part| (*part).to_owned()).collect();
            definitions(&record, &pointer).map(<[Value]>::len)
        };
        assert_eq!(at(&["fields"]), Ok(1));
        for astray in [&["nope"][..], &["deep", "none"], &["deep", "one"], &[]] {
            let fault = at(astray).unwrap_err();
            let named = format!("“{}”", astray.join("."));
            assert!(fault.message.contains(&named), "{fault}");
        }
        assert_eq!(definitions(&json!({}), &["fields".to_owned()]), Ok(&[][..]));
    }

    #[test]
    fn only_arrays_have_items() {
        let read = |target_type: Value| {
            let types = json!({"current_type": "many", "target_type": target_type});
            target(&Node::new(&types, "types_mapping[0]").unwrap())
        };
        for sound in [
            json!("string"),
            json!({"field_type": "array"}),
            json!({"field_type": "object", "items": null}),
            json!({"field_type": "array", "items": {"field_type": "array", "items": "string"}}),
        ] {
            assert_eq!(read(sound.clone()), Ok(sound));
        }
        for broken in [
            json!({"field_type": "object", "items": "string"}),
            json!({"field_type": "array", "items": {"field_type": "string", "items": "string"}}),
        ] {
            let fault = read(broken).unwrap_err();
            assert!(
                fault.message.contains("types_mapping[0].target_type"),
                "{fault}"
            );
        }
    }
}
