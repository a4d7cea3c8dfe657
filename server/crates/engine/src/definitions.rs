//! The connectors the engine can run: the shipped list, and the programs and manifests an operator allows.

use std::iter;
use std::path::{Path, PathBuf};

use airbyte::extension::Runtime as RuntimeName;
use serde::Deserialize;
use serde_json::Value;
use sync::vendors;
use uuid::Uuid;

use crate::{
    Error, IntegrationFiles, LocalConnector,
    runtime::{integration, manifest},
};

/// The definition id Airbyte gives its PostgreSQL destination, and its name in the API.
pub const POSTGRES_DESTINATION: Uuid = Uuid::from_u128(0x25c5_221d_dce2_4163_ade9_739e_f790_f503);
pub const POSTGRES_DESTINATION_TYPE: &str = "postgres";

/// One source connector.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Definition {
    pub id: Uuid,
    pub name: String,
    pub source_type: String,
    pub docs_url: Option<String>,
    #[serde(default = "yes")]
    pub allowed: bool,
    pub runtime: Runtime,
}

/// What runs a connector.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Runtime {
    Builtin {
        source: String,
    },
    Python(Package),
    Executable {
        program: PathBuf,
    },
    /// A low-code manifest. Run in this process, or by Airbyte's runtime where it holds components in Python.
    Manifest {
        file: PathBuf,
        components: Vec<String>,
    },
    /// An HTTP API of an integration YAML. Run in this process.
    Integration {
        files: IntegrationFiles,
        name: String,
    },
    /// A low-code manifest that a workspace brought. Run in this process.
    Own {
        manifest: Value,
        version: String,
    },
}

/// A connector in the Python registry.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(clippy::struct_field_names, reason = "named as in the data file")]
pub struct Package {
    pub package: String,
    pub version: String,
    /// The interpreter to make the environment with.
    pub python: String,
    /// The program it installs.
    pub script: String,
    /// What the environment takes on disk, for people who wait.
    #[serde(default)]
    pub disk_mb: u32,
}

fn yes() -> bool {
    true
}

impl Definition {
    pub fn runtime_name(&self) -> RuntimeName {
        match self.runtime {
            Runtime::Builtin { .. } => RuntimeName::Builtin,
            Runtime::Python(_) => RuntimeName::Python,
            Runtime::Executable { .. } => RuntimeName::Executable,
            Runtime::Manifest { .. } | Runtime::Integration { .. } | Runtime::Own { .. } => {
                RuntimeName::Declarative
            }
        }
    }

    /// Whether it is a manifest that this process runs and Airbyte's own runtime could run here as well.
    pub fn has_second_runtime(&self) -> bool {
        match &self.runtime {
            Runtime::Builtin { source } => vendors::text(source).is_some(),
            Runtime::Manifest { components, .. } => components.is_empty(),
            Runtime::Integration { .. } | Runtime::Own { .. } => true,
            Runtime::Python(_) | Runtime::Executable { .. } => false,
        }
    }

    /// What of it is written in Python, and makes Airbyte's own runtime necessary.
    pub fn components(&self) -> &[String] {
        match &self.runtime {
            Runtime::Manifest { components, .. } => components,
            _ => &[],
        }
    }

    /// Changes when the connector does, so that what it said before is asked again.
    pub fn version(&self) -> &str {
        match &self.runtime {
            Runtime::Builtin { .. } => env!("CARGO_PKG_VERSION"),
            Runtime::Python(package) => &package.version,
            Runtime::Own { version, .. } => version,
            Runtime::Executable { .. } | Runtime::Manifest { .. } | Runtime::Integration { .. } => {
                "local"
            }
        }
    }

    /// What the API calls the repository of the connector.
    pub fn repository(&self) -> String {
        match &self.runtime {
            Runtime::Builtin { source } => format!("builtin/{source}"),
            Runtime::Python(package) => format!("python/{}", package.package),
            Runtime::Executable { .. } => format!("executable/{}", self.source_type),
            Runtime::Manifest { .. } | Runtime::Own { .. } => {
                format!("manifest/{}", self.source_type)
            }
            Runtime::Integration { .. } => format!("integration/{}", self.source_type),
        }
    }
}

/// All of them.
#[derive(Debug)]
pub struct Definitions {
    all: Vec<Definition>,
    /// Runs manifests that hold components in Python.
    manifest_runtime: Package,
}

#[derive(Deserialize)]
struct File {
    manifest_runtime: Package,
    definition: Vec<Definition>,
}

impl Definitions {
    pub fn load(
        executables: &[LocalConnector],
        manifests: &[LocalConnector],
        integrations: Option<&IntegrationFiles>,
    ) -> Result<Self, Error> {
        let file: File = toml::from_str(include_str!("../data/definitions.toml"))
            .map_err(|error| Error::Definitions(error.to_string()))?;
        let mut all = file.definition;
        for executable in executables {
            let program = absolute(&executable.path, "program")?;
            all.push(local(
                "executable",
                &executable.name,
                Runtime::Executable { program },
            ));
        }
        for added in manifests {
            let file = absolute(&added.path, "manifest")?;
            // A mistake in it is told now, not to the first person who tries.
            let components = manifest::read(&file)
                .and_then(|read| manifest::components(&file, &read))
                .map_err(|fault| {
                    Error::Definitions(format!("the manifest {}: {fault}", file.display()))
                })?;
            let components = components.map(|found| found.names).unwrap_or_default();
            let runtime = Runtime::Manifest { file, components };
            all.push(local("manifest", &added.name, runtime));
        }
        if let Some(files) = integrations {
            all.extend(apis(files)?);
        }
        for (at, definition) in all.iter().enumerate() {
            let twice = |other: &Definition| {
                other.id == definition.id || other.source_type == definition.source_type
            };
            if all[..at].iter().any(twice) {
                return Err(Error::Definitions(format!(
                    "“{}” stands there twice",
                    definition.source_type
                )));
            }
        }
        Ok(Self {
            all,
            manifest_runtime: file.manifest_runtime,
        })
    }

    pub fn manifest_runtime(&self) -> &Package {
        &self.manifest_runtime
    }

    /// Those that may be used, in the list's order.
    pub fn allowed(&self) -> impl Iterator<Item = &Definition> {
        self.all.iter().filter(|definition| definition.allowed)
    }

    pub fn find(&self, id: Uuid) -> Option<&Definition> {
        self.allowed().find(|definition| definition.id == id)
    }

    pub fn find_type(&self, source_type: &str) -> Option<&Definition> {
        self.allowed()
            .find(|definition| definition.source_type == source_type)
    }

    /// Also those that are no longer allowed: sources made before still have a name.
    pub fn known(&self, id: Uuid) -> Option<&Definition> {
        self.all.iter().find(|definition| definition.id == id)
    }
}

/// The HTTP APIs of an integration YAML. Mistakes in it are told now.
fn apis(files: &IntegrationFiles) -> Result<Vec<Definition>, Error> {
    for file in iter::once(&files.document).chain(&files.types) {
        absolute(file, "integration YAML")?;
    }
    let names = integration::names(files).map_err(|fault| Error::Definitions(fault.to_string()))?;
    let definitions = names.into_iter().map(|name| {
        let source_type = plain(&name);
        let files = files.clone();
        Definition {
            name: name.clone(),
            ..local(
                "integration",
                &source_type,
                Runtime::Integration { files, name },
            )
        }
    });
    Ok(definitions.collect())
}

/// A name as a source type: `The Harbour` → `the-harbour`.
fn plain(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}

fn absolute(path: &Path, what: &str) -> Result<PathBuf, Error> {
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    let path = path.display();
    Err(Error::Definitions(format!(
        "the {what} {path} needs an absolute path"
    )))
}

/// Its id is made from its name, so that it survives restarts.
fn local(kind: &str, name: &str, runtime: Runtime) -> Definition {
    let hash = seal::token::hash(&format!("{kind}/{name}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Definition {
        id: uuid::Builder::from_custom_bytes(bytes).into_uuid(),
        name: name.to_owned(),
        source_type: name.to_owned(),
        docs_url: None,
        allowed: true,
        runtime,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_list_reads_and_built_in_sources_exist() {
        let definitions = Definitions::load(&[], &[], None).unwrap();
        assert!(definitions.find_type("postgres").is_some());
        for definition in definitions.allowed() {
            if let Runtime::Builtin { source } = &definition.runtime {
                assert!(
                    sync::connector::Connector::built_in(source).is_some(),
                    "{source}"
                );
            }
        }
    }

    #[test]
    fn a_program_keeps_its_id_and_can_not_pose_as_another() {
        let program = |name: &str, path: &str| LocalConnector {
            name: name.to_owned(),
            path: path.into(),
        };
        let first = Definitions::load(&[program("mine", "/opt/a")], &[], None).unwrap();
        let second = Definitions::load(&[program("mine", "/opt/b")], &[], None).unwrap();
        assert_eq!(
            first.find_type("mine").unwrap().id,
            second.find_type("mine").unwrap().id
        );
        assert!(Definitions::load(&[program("postgres", "/opt/a")], &[], None).is_err());
        assert!(Definitions::load(&[program("mine", "relative")], &[], None).is_err());
        assert!(Definitions::load(&[], &[program("mine", "/not/there.yaml")], None).is_err());
    }
    #[test]
    fn the_apis_of_an_integration_yaml_are_connectors() {
        let folder = tempfile::tempdir().unwrap();
        let document = folder.path().join("integrations.yaml");
        let files = IntegrationFiles {
            document: document.clone(),
            types: None,
        };
        let api =
            "type: rest, base_url: 'https://api.example.com', endpoints: [{ name: a, path: /a }]";
        let file = "{ name: Prices, type: file, url: 'https://example.com/p.csv' }";
        std::fs::write(
            &document,
            format!("apis: {{ integrations: [{{ name: The Harbour, {api} }}, {file}] }}"),
        )
        .unwrap();
        let definitions = Definitions::load(&[], &[], Some(&files)).unwrap();
        let harbour = definitions.find_type("the-harbour").unwrap();
        assert_eq!(harbour.name, "The Harbour");
        assert_eq!(harbour.runtime_name(), RuntimeName::Declarative);
        assert!(
            definitions.find_type("prices").is_none(),
            "the file source is there already"
        );

        std::fs::write(
            &document,
            format!("apis: {{ integrations: [{{ name: Postgres, {api} }}] }}"),
        )
        .unwrap();
        assert!(
            Definitions::load(&[], &[], Some(&files)).is_err(),
            "it poses as another"
        );
        std::fs::write(&document, "apis:\n  integrations: 1").unwrap();
        let said = Definitions::load(&[], &[], Some(&files))
            .unwrap_err()
            .to_string();
        assert!(
            said.contains("integrations.yaml: line 2, column 17"),
            "{said}"
        );
    }
}
