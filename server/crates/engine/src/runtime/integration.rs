//! An operator's integration YAML: each HTTP API in it runs as the low-code manifest it becomes.

use std::path::Path;

use serde_json::Value;
use sync::declarative::Manifest;
use sync::fault::Fault;
use sync::integration::{Direct, Integration, Reader};

use crate::config::IntegrationFiles;

/// The names of those that are HTTP APIs. Databases and files are sources of the catalogue already.
pub fn names(files: &IntegrationFiles) -> Result<Vec<String>, Fault> {
    let all = read(files)?.into_iter();
    Ok(all
        .filter(|one| one.type_name() == "rest")
        .map(|one| one.name)
        .collect())
}

/// The manifest of the integration with this name, read anew: the operator may change the file.
pub fn manifest(files: &IntegrationFiles, name: &str) -> Result<Manifest, Fault> {
    Manifest::from_value(&manifest_value(files, name)?)
}

/// The same as it is written.
pub fn manifest_value(files: &IntegrationFiles, name: &str) -> Result<Value, Fault> {
    let found = read(files)?.into_iter().find(|one| one.name == name);
    match found.map(|one| one.direct()) {
        Some(Direct::Manifest { manifest, .. }) => Ok(manifest),
        _ => Err(Fault::bug(format!(
            "“{name}” is no API of this server's integration YAML any more. Ask the operator of this server to put it back."
        ))),
    }
}

fn read(files: &IntegrationFiles) -> Result<Vec<Integration>, Fault> {
    let document = text(&files.document)?;
    let types = files.types.as_deref().map(text).transpose()?;
    Integration::read_for(Reader::Postgres, &document, types.as_deref()).map_err(|problems| {
        let file = files.document.display();
        Fault::bug("This server's integration YAML has mistakes. Ask the operator of this server to mend them.")
            .with_detail(format!("{file}: {problems}"))
    })
}

fn text(file: &Path) -> Result<String, Fault> {
    std::fs::read_to_string(file).map_err(|error| {
        Fault::bug("This server's integration YAML cannot be read. Ask the operator of this server to put it back.")
            .with_detail(format!("{}: {error}", file.display()))
    })
}
