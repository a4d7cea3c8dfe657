//! Which streams there are: those the manifest lists, those its conditions allow, those made from templates.

mod cached;
mod dynamic;
mod family;

use serde_json::Value;

use super::env::SharedEnv;
use super::manifest::{Manifest, Node};
use super::stream::Stream;
use super::text::Text;
use crate::fault::Fault;

/// A stream as the manifest defines it.
#[derive(Debug)]
pub struct Definition {
    pub value: Value,
    place: String,
    /// The dynamic stream it was made by.
    pub made_by: Option<String>,
}

impl Definition {
    pub fn node(&self) -> Result<Node<'_>, Fault> {
        Node::new(&self.value, &self.place)
    }

    pub fn name(&self) -> &str {
        self.value["name"].as_str().unwrap_or_default()
    }
}

/// All streams of a manifest for one configuration.
pub async fn all(manifest: &Manifest, env: &SharedEnv) -> Result<Vec<Definition>, Fault> {
    let root = manifest.root();
    let mut found = Vec::new();
    for node in root.children("streams")? {
        listed(&node, env, &mut found)?;
    }
    dynamic::make(&root, env, &mut found).await?;
    cached::enable(&mut found);
    Ok(found)
}

/// The streams, built.
pub fn build(definitions: &[Definition], env: &SharedEnv) -> Result<Vec<Stream>, Fault> {
    definitions
        .iter()
        .map(|definition| Stream::read(&definition.node()?, env))
        .collect()
}

fn listed(node: &Node<'_>, env: &SharedEnv, found: &mut Vec<Definition>) -> Result<(), Fault> {
    if node.kind() == "ConditionalStreams" {
        let condition = Text::need(node, "condition")?;
        if condition.truth(&env.scope(&Value::Null))? {
            for inner in node.children("streams")? {
                listed(&inner, env, found)?;
            }
        }
        return Ok(());
    }
    let mut value = Value::Object(node.fields().clone());
    if node.kind().is_empty() {
        value["type"] = Value::from("DeclarativeStream");
    }
    found.push(Definition {
        value,
        place: node.place().to_owned(),
        made_by: None,
    });
    Ok(())
}
