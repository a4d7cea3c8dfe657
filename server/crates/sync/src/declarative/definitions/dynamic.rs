//! `DynamicDeclarativeStream`: a template filled once for each of something: an entry of the configuration, a record of
//! the API, a set of parameters.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::Definition;
use crate::declarative::env::SharedEnv;
use crate::declarative::manifest::{Node, Precedence, is_true, parse_yaml, propagate};
use crate::declarative::partition::Build;
use crate::declarative::record::{self, path};
use crate::declarative::request::{Caching, slice_binding};
use crate::declarative::retrieve::Retriever;
use crate::declarative::slice::Slice;
use crate::declarative::stream::OpenParent;
use crate::declarative::template::{Binding, Types};
use crate::declarative::text::Text;
use crate::fault::Fault;

/// Most streams one manifest may make.
const MOST: usize = 10_000;

/// Adds the streams the templates make.
pub async fn make(
    root: &Node<'_>,
    env: &SharedEnv,
    found: &mut Vec<Definition>,
) -> Result<(), Fault> {
    let mut seen = HashSet::new();
    for (at, node) in root.children("dynamic_streams")?.iter().enumerate() {
        let own = match node.str("name")? {
            Some(name) => name.to_owned(),
            None => format!("dynamic_stream_{at}"),
        };
        let template = node.need("stream_template")?;
        let resolver = node.need_child("components_resolver")?;
        let precedence = match node.flag("use_parent_parameters")? {
            Some(false) => Precedence::Own,
            _ => Precedence::Parent,
        };
        for filled in fill(&resolver, template, &own, env).await? {
            let mut value = propagate(filled, precedence)?;
            if value.get("type").is_none() {
                value["type"] = Value::from("DeclarativeStream");
            }
            let Some(name) = value["name"].as_str() else {
                return Err(node.broken("a stream it makes has no name."));
            };
            if !seen.insert(name.to_owned()) {
                return Err(Fault::config(format!(
                    "The manifest's {} makes two streams called “{name}”.",
                    node.place()
                )));
            }
            found.push(Definition {
                value,
                place: format!("{}.stream_template", node.place()),
                made_by: Some(own.clone()),
            });
            if found.len() > MOST {
                return Err(node.broken("it makes too many streams."));
            }
        }
    }
    Ok(())
}

/// Values for one stream, and the slice they came from.
type Components = (Value, Slice);

async fn fill(
    resolver: &Node<'_>,
    template: &Value,
    name: &str,
    env: &SharedEnv,
) -> Result<Vec<Value>, Fault> {
    let mappings: Vec<Mapping> = resolver
        .children("components_mapping")?
        .iter()
        .map(Mapping::read)
        .collect::<Result<_, _>>()?;
    let reads_yaml = resolver.kind() != "HttpComponentsResolver";
    let components = match resolver.kind() {
        "ConfigComponentsResolver" => from_config(resolver, env)?,
        "ParametrizedComponentsResolver" => {
            let parameters = resolver.need_child("stream_parameters")?;
            let list = parameters.list("list_of_parameters_for_stream");
            list.into_iter()
                .map(|value| (value.clone(), Slice::whole()))
                .collect()
        }
        "HttpComponentsResolver" => from_api(resolver, name, env).await?,
        _ => return Err(resolver.unknown()),
    };
    let mut filled = Vec::new();
    for (values, slice) in components {
        let mut stream = template.clone();
        for mapping in &mappings {
            mapping.apply(&mut stream, template, &values, &slice, reads_yaml, env)?;
        }
        filled.push(stream);
    }
    Ok(filled)
}

/// Every combination of the entries the configuration lists.
fn from_config(resolver: &Node<'_>, env: &SharedEnv) -> Result<Vec<Components>, Fault> {
    let mut combinations: Vec<Map<String, Value>> = vec![Map::new()];
    for (number, config) in resolver.children("stream_config")?.iter().enumerate() {
        let scope = env.scope(&Value::Null);
        let pointer: Vec<String> = Text::list(config, "configs_pointer")?
            .iter()
            .map(|part| part.string(&scope))
            .collect::<Result<_, _>>()?;
        let mut entries: Vec<Value> = match path::get(&env.config, &pointer) {
            Some(Value::Array(items)) => items.clone(),
            Some(value) => vec![value.clone()],
            None => Vec::new(),
        };
        entries.extend(config.list("default_values").into_iter().cloned());
        let mut longer = Vec::new();
        for before in &combinations {
            for (at, entry) in entries.iter().enumerate() {
                let mut values = before.clone();
                match entry {
                    Value::Object(fields) => values.extend(fields.clone()),
                    other => {
                        let name = format!("source_config_{number}");
                        values
                            .entry(name)
                            .or_insert_with(|| Value::from(vec![Value::from(at), other.clone()]));
                    }
                }
                longer.push(values);
                if longer.len() > MOST {
                    return Err(resolver.broken("it makes too many streams."));
                }
            }
        }
        combinations = longer;
    }
    let values = combinations.into_iter().map(Value::Object);
    Ok(values.map(|value| (value, Slice::whole())).collect())
}

/// The records of a request, or of one for each partition.
async fn from_api(
    resolver: &Node<'_>,
    name: &str,
    env: &SharedEnv,
) -> Result<Vec<Components>, Fault> {
    let node = resolver.need_child("retriever")?;
    let extra = record::Extra::default();
    let retriever = Retriever::read(&node, name, None, extra, env, Caching::Always)?;
    let empty = Value::Object(Map::new());
    let mut found = Vec::new();
    let routers = node.children("partition_router")?;
    let is_list = matches!(node.get("partition_router"), Some(Value::Array(_)));
    let build = Build {
        stream: name,
        children: &[],
        config: &env.config,
        state: None,
    };
    let mut router = build.router(&routers, is_list, &mut |parent| {
        OpenParent::new(parent, env)
    })?;
    while let Some(routed) = router.next().await? {
        let slice = routed.slice;
        let mut pages = retriever.pages(&slice, &empty, env);
        while pages
            .next(None, &mut |record| {
                found.push((Value::Object(record.to_map()?), slice.clone()));
                Ok(())
            })
            .await?
        {}
    }
    Ok(found)
}

/// `ComponentMappingDefinition`.
struct Mapping {
    path: Vec<Text>,
    value: Text,
    types: Types,
    creates: bool,
    condition: Option<Text>,
}

impl Mapping {
    fn read(node: &Node<'_>) -> Result<Self, Fault> {
        Ok(Self {
            path: Text::list(node, "field_path")?,
            value: Text::need(node, "value")?,
            types: match node.str("value_type")? {
                None => Types::ANY,
                Some("string") => Types::STR,
                Some("number") => Types::FLOAT,
                Some("integer") => Types::INT,
                Some("boolean") => Types::BOOL,
                Some(_) => return Err(node.wrong("value_type", "is not known")),
            },
            creates: node.is("create_or_update")?,
            condition: Text::read(node, "condition")?.filter(|text| !text.source().is_empty()),
        })
    }

    fn apply(
        &self,
        stream: &mut Value,
        template: &Value,
        values: &Value,
        slice: &Slice,
        reads_yaml: bool,
        env: &SharedEnv,
    ) -> Result<(), Fault> {
        let mut scope = env
            .scope(&Value::Null)
            .json("stream_template_config", template)
            .json("components_values", values);
        scope.set(
            "stream_slice",
            if slice.is_empty() {
                Binding::None
            } else {
                slice_binding(slice)
            },
        );
        if let Some(condition) = &self.condition
            && !condition.truth(&scope)?
        {
            return Ok(());
        }
        let mut value = self.value.typed(&scope, self.types)?;
        if let Value::String(text) = &value
            && reads_yaml
            && self.types != Types::STR
        {
            // What is no YAML stays the text it is.
            value = parse_yaml(text).unwrap_or_else(|_| Value::from(text.as_str()));
        }
        let path: Vec<String> = self
            .path
            .iter()
            .map(|part| part.string(&scope))
            .collect::<Result<_, _>>()?;
        let replaced = path::replace(stream, &path, &value);
        if !replaced
            && self.creates
            && reads_yaml
            && is_true(&value)
            && let Value::Object(fields) = stream
        {
            path::set(fields, &path, value);
        }
        Ok(())
    }
}
