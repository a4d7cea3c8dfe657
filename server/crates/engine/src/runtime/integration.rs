//! An operator's integration YAML: each HTTP API in it runs as the low-code manifest it becomes.
//!
//! The file was right when it was written, and the server starts with it: a rule that came later is told in the log.

use std::path::Path;

use serde_json::Value;
use sync::declarative::Manifest;
use sync::fault::Fault;
use sync::integration::{Direct, Integration, Problem, Reader};

use crate::config::IntegrationFiles;

/// The names of those that are HTTP APIs. Databases and files are sources of the catalogue already.
pub fn names(files: &IntegrationFiles) -> Result<Vec<String>, Fault> {
    let texts = Texts::read(files)?;
    let all = texts.integrations(files)?.into_iter();
    for problem in texts.newer_problems() {
        let file = files.document.display();
        tracing::warn!(%file, %problem, "the integration YAML would be refused if it were sent today");
    }
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
    let all = Texts::read(files)?.integrations(files)?;
    let found = all.into_iter().find(|one| one.name == name);
    match found.map(|one| one.direct()) {
        Some(Direct::Manifest { manifest, .. }) => Ok(manifest),
        _ => Err(Fault::bug(format!(
            "“{name}” is no API of this server's integration YAML any more. Ask the operator of this server to put it back."
        ))),
    }
}

/// What stands in the files.
struct Texts {
    document: String,
    types: Option<String>,
}

impl Texts {
    fn read(files: &IntegrationFiles) -> Result<Self, Fault> {
        Ok(Self {
            document: text(&files.document)?,
            types: files.types.as_deref().map(text).transpose()?,
        })
    }

    fn integrations(&self, files: &IntegrationFiles) -> Result<Vec<Integration>, Fault> {
        Integration::read_for(Reader::Keeper, &self.document, self.types.as_deref()).map_err(|problems| {
            let file = files.document.display();
            Fault::bug("This server's integration YAML has mistakes. Ask the operator of this server to mend them.")
                .with_detail(format!("{file}: {problems}"))
        })
    }

    /// What is a mistake by today's rules alone.
    fn newer_problems(&self) -> Vec<Problem> {
        let strict = Integration::read_for(Reader::Postgres, &self.document, self.types.as_deref());
        strict.err().map(|problems| problems.0).unwrap_or_default()
    }
}

fn text(file: &Path) -> Result<String, Fault> {
    std::fs::read_to_string(file).map_err(|error| {
        Fault::bug("This server's integration YAML cannot be read. Ask the operator of this server to put it back.")
            .with_detail(format!("{}: {error}", file.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An operator's file with this one API in it.
    fn file(folder: &Path, api: &str) -> IntegrationFiles {
        let document = folder.join("apis.yaml");
        let text = format!(
            "apis: {{ integrations: [{{ name: Harbour, type: rest, base_url: 'https://api.example.com', {api} }}] }}"
        );
        std::fs::write(&document, text).unwrap();
        IntegrationFiles {
            document,
            types: None,
        }
    }

    #[test]
    fn a_file_that_was_right_once_works_as_it_did_and_newer_rules_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let files = file(
            folder.path(),
            "airbyte_destination: snowflake, endpoints: [{ name: ships, path: /ships, paging: { type: page, size_parameter: n } }]",
        );
        assert_eq!(names(&files).unwrap(), ["Harbour"]);
        manifest(&files, "Harbour").unwrap();
        let told: Vec<String> = Texts::read(&files)
            .unwrap()
            .newer_problems()
            .into_iter()
            .map(|problem| problem.message)
            .collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("airbyte_destination leads elsewhere"));
        assert!(told[1].contains("paging.size_parameter needs size"));
    }

    #[test]
    fn a_file_that_was_never_right_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let files = file(folder.path(), "endpoints: []");
        let fault = names(&files).unwrap_err();
        assert!(format!("{fault:?}").contains("endpoints is empty"));
    }
}
