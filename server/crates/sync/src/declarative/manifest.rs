//! A manifest as text becomes one tree: references followed, parameters handed down, Python components found.

mod allowance;
mod custom;
mod node;
mod parameters;
mod refs;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::fault::Fault;
use crate::yaml;
pub use node::Node;
pub use parameters::{Precedence, is_true, propagate};

/// A manifest that was read. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Manifest {
    tree: Arc<Value>,
    custom: Arc<[String]>,
    /// Where it is, and files that belong to it.
    folder: Option<Arc<Path>>,
}

/// Reads YAML or JSON.
pub fn parse_yaml(text: &str) -> Result<Value, Fault> {
    let read = yaml::parse(text).map_err(|broken| {
        Fault::config("The manifest is not valid YAML.").with_detail(broken.to_string())
    })?;
    Ok(read.into_value())
}

/// Which runtime can run a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runtime {
    /// This one.
    Native,
    /// Airbyte's Python runtime, because of these components, each named with its stream.
    Python(Vec<String>),
}

impl Manifest {
    /// Reads YAML or JSON.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        Self::from_value(&parse_yaml(text)?)
    }

    /// Reads what stands in this file; beside it there may be more of the connector.
    pub fn in_file(text: &str, file: &Path) -> Result<Self, Fault> {
        let folder = fs::canonicalize(file).ok();
        let folder = folder.and_then(|file| file.parent().map(Arc::from));
        Ok(Self {
            folder,
            ..Self::parse(text)?
        })
    }

    /// Takes a manifest that was parsed elsewhere, for instance from a configuration's `__injected_declarative_manifest`.
    pub fn from_value(manifest: &Value) -> Result<Self, Fault> {
        let Value::Object(fields) = manifest else {
            return Err(Fault::config("The manifest is not an object."));
        };
        let mut fields = fields.clone();
        fields
            .entry("type")
            .or_insert_with(|| Value::from("DeclarativeSource"));
        let resolved = refs::resolve(&Value::Object(fields))?;
        let tree = propagate(resolved, Precedence::Own)?;
        if tree["type"] != "DeclarativeSource" {
            return Err(Fault::config(format!(
                "The manifest is of the type {}, not a DeclarativeSource.",
                tree["type"]
            )));
        }
        Ok(Self {
            custom: custom::find(&tree).into(),
            tree: Arc::new(tree),
            folder: None,
        })
    }

    /// Who can run it. Custom components are Python code, which this runtime never runs.
    pub fn runtime(&self) -> Runtime {
        if self.custom.is_empty() {
            Runtime::Native
        } else {
            Runtime::Python(self.custom.to_vec())
        }
    }

    /// The refusal of a manifest that needs Python.
    pub fn ensure_native(&self) -> Result<(), Fault> {
        match self.runtime() {
            Runtime::Native => Ok(()),
            Runtime::Python(components) => Err(Fault::unsupported(
                "This connector holds components written in Python, so it needs Airbyte's Python runtime.",
            )
            .with_detail(components.join(", "))),
        }
    }

    pub fn folder(&self) -> Option<Arc<Path>> {
        self.folder.clone()
    }

    pub fn root(&self) -> Node<'_> {
        Node::new(&self.tree, "").expect("the root was checked to be an object")
    }
}
