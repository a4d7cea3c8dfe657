//! `JsonFileSchemaLoader`: a schema in a file of its own, beside the manifest.

use std::path::{Component, Path, PathBuf};

use serde_json::Value;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::declarative::text::Text;
use crate::fault::Fault;

/// A schema has a few kilobytes.
const LARGEST: u64 = 8 * 1024 * 1024;

/// The file as the manifest names it.
#[derive(Debug)]
pub struct SchemaFile(String);

impl SchemaFile {
    pub fn read(node: &Node<'_>, stream: &str, env: &Env) -> Result<Self, Fault> {
        let path = match Text::read(node, "file_path")? {
            Some(path) => path.string(&env.scope(&Value::Null))?,
            None => format!("./schemas/{stream}.json"),
        };
        Ok(Self(path))
    }

    pub async fn load(&self, env: &Env) -> Result<Value, Fault> {
        let Some(folder) = &env.folder else {
            return Err(self.fault("does not come with the manifest. Use an InlineSchemaLoader."));
        };
        if Path::new(&self.0).components().any(is_elsewhere) {
            return Err(self.fault("is outside of the manifest's folder."));
        }
        let mut text = Vec::new();
        for path in self.places(folder) {
            let Ok(file) = File::open(path).await else {
                continue;
            };
            let read = file.take(LARGEST).read_to_end(&mut text).await;
            read.map_err(|error| self.fault("cannot be read.").with_detail(error.to_string()))?;
            return serde_json::from_slice(&text)
                .map_err(|error| self.fault("is not JSON.").with_detail(error.to_string()));
        }
        Err(self.fault("is not beside the manifest."))
    }

    /// Seen from the manifest, or from the folder that holds the connector, as Airbyte's connectors name it.
    fn places(&self, folder: &Path) -> [PathBuf; 2] {
        let mut below = Path::new(&self.0).components();
        let mut first = below.next();
        if first == Some(Component::CurDir) {
            first = below.next();
        }
        let of_the_connector = first.map(Component::as_os_str) == folder.file_name();
        let shorter = if of_the_connector {
            below.as_path()
        } else {
            Path::new(&self.0)
        };
        [folder.join(&self.0), folder.join(shorter)]
    }

    fn fault(&self, what: &str) -> Fault {
        Fault::config(format!(
            "The stream's schema is in the file “{}”, which {what}",
            self.0
        ))
    }
}

fn is_elsewhere(part: Component<'_>) -> bool {
    !matches!(part, Component::CurDir | Component::Normal(_))
}
