//! Trying a configuration: the streams the manifest names must give a first page.

use serde_json::Value;

use super::definitions::{self, Definition};
use super::env::SharedEnv;
use super::manifest::Node;
use super::stream::Stream;
use crate::connector::Steps;
use crate::fault::Fault;

/// Overrides the manifest's choice of streams.
const NAMES_KEY: &str = "__airbyte_check_stream_names";

/// The configuration with what the manifest wants different in a check.
pub fn overridden(node: &Node<'_>, config: &Value) -> Result<Value, Fault> {
    let mut config = config.clone();
    let Some(overrides) = node.get("config_overrides") else {
        return Ok(config);
    };
    let (Value::Object(fields), Value::Object(overrides)) = (&mut config, overrides) else {
        return Err(node.wrong("config_overrides", "is not an object"));
    };
    fields.extend(overrides.clone());
    Ok(config)
}

/// Checks what the manifest's `check` asks for.
pub async fn check(
    root: &Node<'_>,
    node: &Node<'_>,
    definitions: &[Definition],
    env: &SharedEnv,
    steps: &Steps,
) -> Result<(), Fault> {
    if definitions.is_empty() {
        return Err(Fault::config(
            "With this configuration the connector has no streams.",
        ));
    }
    match node.kind() {
        "CheckStream" => {
            for name in names(node, env)? {
                let named = definitions
                    .iter()
                    .find(|definition| definition.name() == name);
                let Some(definition) = named else {
                    return Err(Fault::config(format!(
                        "The manifest checks the table “{name}”, which it does not have."
                    )));
                };
                Box::pin(try_stream(definition, env, steps)).await?;
            }
            for wanted in node.children("dynamic_streams_check_configs")? {
                Box::pin(made(root, &wanted, definitions, env, steps)).await?;
            }
            Ok(())
        }
        "CheckDynamicStream" => {
            let count = node.count("stream_count")?.unwrap_or(1);
            if node.flag("use_check_availability")? == Some(false) {
                definitions::build(definitions, env)?;
                return Ok(());
            }
            some(definitions.iter(), Some(count), env, steps).await
        }
        _ => Err(node.unknown()),
    }
}

/// Streams that a dynamic one made.
async fn made(
    root: &Node<'_>,
    wanted: &Node<'_>,
    definitions: &[Definition],
    env: &SharedEnv,
    steps: &Steps,
) -> Result<(), Fault> {
    let name = wanted.need_str("dynamic_stream_name")?;
    if !has_dynamic(root, name)? {
        return Err(Fault::config(format!(
            "The manifest checks the tables of the dynamic stream “{name}”, which it does not have."
        )));
    }
    let streams = definitions
        .iter()
        .filter(|definition| definition.made_by.as_deref() == Some(name));
    some(streams, wanted.count("stream_count")?, env, steps).await
}

/// Whether the manifest has a dynamic stream of this name, be it one that made no stream.
fn has_dynamic(root: &Node<'_>, wanted: &str) -> Result<bool, Fault> {
    for (at, node) in root.children("dynamic_streams")?.iter().enumerate() {
        let has = match node.str("name")? {
            Some(name) => name == wanted,
            None => wanted == format!("dynamic_stream_{at}"),
        };
        if has {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn some(
    definitions: impl Iterator<Item = &Definition>,
    count: Option<u64>,
    env: &SharedEnv,
    steps: &Steps,
) -> Result<(), Fault> {
    let count = usize::try_from(count.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    for definition in definitions.take(count) {
        Box::pin(try_stream(definition, env, steps)).await?;
    }
    Ok(())
}

fn names(node: &Node<'_>, env: &SharedEnv) -> Result<Vec<String>, Fault> {
    match env.config.get(NAMES_KEY) {
        Some(Value::Array(names)) if !names.is_empty() => names
            .iter()
            .map(|name| {
                let name = name.as_str().map(str::to_owned);
                name.ok_or_else(|| Fault::config(format!("{NAMES_KEY} must be a list of names.")))
            })
            .collect(),
        _ => node.strs("stream_names"),
    }
}

/// Reads until the first record, or to the end of the first slice without one.
async fn try_stream(definition: &Definition, env: &SharedEnv, steps: &Steps) -> Result<(), Fault> {
    let name = format!("Table “{}” readable", definition.name());
    steps
        .run(&name, async {
            let stream = Stream::read(&definition.node()?, env)?;
            let found = Box::pin(stream.has_records(env)).await?;
            let detail = if found { "rows found" } else { "no rows" };
            Ok(((), Some(detail.to_owned())))
        })
        .await
}
