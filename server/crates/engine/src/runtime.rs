//! From a definition to something that runs: built in, a low-code manifest (or what becomes one), a Python package, or a program of the operator's.

pub mod alone;
mod install;
pub mod integration;
pub mod manifest;
mod python;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use airbyte::extension::JobRuntime;
use airbyte::protocol::ConnectorSpecification;
use sync::connector::Connector;
use sync::declarative::Manifest;
use sync::fault::Fault;
use sync::process::Program;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::EngineConfig;
use crate::definitions::{Definition, Package, Runtime};
use crate::error::Failure;
use crate::own;
use crate::tables::specs;
use crate::{Engine, Error};
use python::{Environments, Progress};

/// What this process knows about runtimes.
pub struct Runtimes {
    python: Environments,
}

impl Runtimes {
    pub fn open(config: &EngineConfig) -> Result<Self, Error> {
        Ok(Self {
            python: Environments::open(&config.data_dir, &config.python)?,
        })
    }
}

/// A connector, or how far it is from being one.
pub enum Readiness {
    Ready(Connector),
    /// Being installed; the text says how far it is.
    Preparing(String),
    Failed(Fault),
}

impl Engine {
    /// Whether the connector can start now.
    pub(crate) fn is_ready(&self, definition: &Definition) -> bool {
        match &definition.runtime {
            Runtime::Builtin { .. } | Runtime::Own { .. } => true,
            Runtime::Executable { program: file } => file.is_file(),
            Runtime::Manifest { file, components } => {
                file.is_file()
                    && (components.is_empty()
                        || self.is_installed(self.definitions.manifest_runtime()))
            }
            Runtime::Integration { files, .. } => files.document.is_file(),
            Runtime::Python(package) => self.is_installed(package),
        }
    }

    /// Whether what Airbyte made for it is neither on this machine nor to be had: its connector in Python, or the runtime that
    /// Airbyte runs manifests with.
    pub(crate) async fn lacks_airbytes_part(&self, definition: &Definition) -> bool {
        let package = match &definition.runtime {
            // Programs are the operator's own.
            Runtime::Executable { .. } => return false,
            Runtime::Python(package) => package,
            Runtime::Builtin { .. }
            | Runtime::Manifest { .. }
            | Runtime::Integration { .. }
            | Runtime::Own { .. } => self.definitions.manifest_runtime(),
        };
        !self.is_installed(package) && !self.runtimes.python.can_install().await
    }

    fn is_installed(&self, package: &Package) -> bool {
        self.runtimes.python.folder(package).is_dir()
    }

    /// The connector if it is there. Asking for a Python connector that is not installed starts its installation.
    pub(crate) fn readiness(&self, definition: &Definition) -> Readiness {
        match &definition.runtime {
            Runtime::Builtin { source } => built_in(source),
            Runtime::Executable { program } => local(program),
            Runtime::Manifest { file, .. } => self.manifest(file),
            Runtime::Integration { files, name } => native(integration::manifest(files, name)),
            Runtime::Own { manifest, .. } => native(Manifest::from_value(manifest)),
            Runtime::Python(package) => self.installed(package, |folder| {
                Program::python(folder, &package.script).map(Connector::Process)
            }),
        }
    }

    /// What tells a connector's settings: of a manifest this process, while what runs the rest is being installed.
    pub(crate) fn teller(&self, definition: &Definition) -> Readiness {
        match (&definition.runtime, self.readiness(definition)) {
            (Runtime::Manifest { file, .. }, Readiness::Preparing(_)) => {
                native(manifest::read(file))
            }
            (_, readiness) => readiness,
        }
    }

    /// Read anew each time: the operator may replace it.
    fn manifest(&self, file: &Path) -> Readiness {
        let read = manifest::read(file).and_then(|manifest| {
            let components = manifest::components(file, &manifest)?;
            Ok((manifest, components))
        });
        match read {
            Ok((manifest, None)) => Readiness::Ready(Connector::Declarative(manifest)),
            Ok((manifest, Some(components))) => {
                let runtime = self.definitions.manifest_runtime();
                self.installed(runtime, |folder| {
                    Program::low_code(folder, &runtime.script, file, Some(&components.file))
                        .map(|program| Connector::Components(manifest, program))
                })
            }
            Err(fault) => Readiness::Failed(fault),
        }
    }

    /// The manifest as Airbyte's own runtime runs it.
    fn second(&self, definition: &Definition) -> Readiness {
        let written = manifest::written(definition, &self.config.data_dir);
        let (manifest, file) = match written {
            Ok(written) => written,
            Err(fault) => return Readiness::Failed(fault),
        };
        let runtime = self.definitions.manifest_runtime();
        self.installed(runtime, |folder| {
            Program::low_code(folder, &runtime.script, &file, None)
                .map(|program| Connector::Components(manifest, program))
        })
    }

    /// A manifest of our own in Airbyte's runtime, after waiting for its installation.
    pub(crate) async fn in_airbytes_runtime(
        &self,
        text: &str,
        cancel: &CancellationToken,
    ) -> Result<Connector, Fault> {
        let (manifest, file) = manifest::kept(text, &self.config.data_dir)?;
        let runtime = self.definitions.manifest_runtime();
        self.once_ready(
            cancel,
            |_| {},
            || {
                self.installed(runtime, |folder| {
                    Program::low_code(folder, &runtime.script, &file, None)
                        .map(|program| Connector::Components(manifest.clone(), program))
                })
            },
        )
        .await
    }

    /// What runs in an environment, once that is there.
    fn installed(
        &self,
        package: &Package,
        start: impl FnOnce(&Path) -> io::Result<Connector>,
    ) -> Readiness {
        match self.runtimes.python.ensure(&self.config.pool, package) {
            Progress::Ready => match start(&self.runtimes.python.folder(package)) {
                Ok(connector) => Readiness::Ready(connector),
                Err(error) => Readiness::Failed(damaged(&error)),
            },
            Progress::Preparing(detail) => Readiness::Preparing(detail),
            Progress::Failed(fault) => Readiness::Failed(fault),
        }
    }

    /// The connector, after waiting for its installation. `tell` hears how far it is.
    pub(crate) async fn connector(
        &self,
        runtime: JobRuntime,
        definition: &Definition,
        cancel: &CancellationToken,
        tell: impl FnMut(&str),
    ) -> Result<Connector, Fault> {
        self.once_ready(cancel, tell, || match runtime {
            JobRuntime::Own => self.readiness(definition),
            JobRuntime::Airbyte => self.second(definition),
        })
        .await
    }

    async fn once_ready(
        &self,
        cancel: &CancellationToken,
        mut tell: impl FnMut(&str),
        look: impl Fn() -> Readiness,
    ) -> Result<Connector, Fault> {
        let mut told = String::new();
        loop {
            match look() {
                Readiness::Ready(connector) => return Ok(connector),
                Readiness::Failed(fault) => return Err(fault),
                Readiness::Preparing(detail) => {
                    if detail != told {
                        tell(&detail);
                        told = detail;
                    }
                }
            }
            tokio::select! {
                () = cancel.cancelled() => return Err(Fault::cancelled()),
                () = tokio::time::sleep(std::time::Duration::from_millis(300)) => {}
            }
        }
    }

    /// What the connector asks for, from memory when it has said so before.
    pub(crate) async fn specification(
        &self,
        definition: &Definition,
        connector: &Connector,
    ) -> Result<ConnectorSpecification, Failure> {
        // Read in a moment, and one that is only tried out leaves nothing behind.
        if let Runtime::Own { manifest, .. } = &definition.runtime {
            return Ok(own::spec(manifest)?);
        }
        let version = spec_version(definition);
        let pool = &self.config.pool;
        if let Some(stored) = specs::find(pool, definition.id, &version).await? {
            // One that an earlier version wrote differently is asked for again.
            if let Ok(spec) = serde_json::from_value(stored) {
                return Ok(spec);
            }
        }
        let operation = self.operation(None, &CancellationToken::new()).await?;
        let spec = connector.spec(&operation.cx).await?;
        let value = serde_json::to_value(&spec)
            .map_err(|_| Fault::bug("The connector's specification is not JSON."))?;
        specs::save(pool, definition.id, &version, &value).await?;
        Ok(spec)
    }

    /// The connectors known to describe a provider to sign in at. Manifests are read for it, nothing is installed.
    pub(crate) async fn describing(&self) -> Result<BTreeSet<Uuid>, Failure> {
        let manifests = self
            .definitions
            .allowed()
            .filter(|definition| matches!(definition.runtime, Runtime::Manifest { .. }));
        for definition in manifests {
            if let Readiness::Ready(connector) = self.teller(definition) {
                // One that is broken by now describes nothing.
                let _broken = self.specification(definition, &connector).await;
            }
        }
        let described = specs::describing(&self.config.pool).await?;
        let is_now = |(id, version): &(Uuid, String)| {
            let found = self.definitions.find(*id);
            found.is_some_and(|definition| spec_version(definition) == *version)
        };
        let now = described.into_iter().filter(is_now);
        Ok(now.map(|(id, _)| id).collect())
    }

    /// The schema of a configuration when it is known without starting anything; an empty one otherwise, which masks
    /// by the names of fields alone.
    pub(crate) async fn known_schema(
        &self,
        definition: &Definition,
    ) -> Result<serde_json::Value, Error> {
        if let Runtime::Own { manifest, .. } = &definition.runtime {
            let spec = own::spec(manifest).ok();
            return Ok(spec
                .map(|spec| spec.connection_specification)
                .unwrap_or_default());
        }
        let stored =
            specs::find(&self.config.pool, definition.id, &spec_version(definition)).await?;
        let schema = stored.and_then(|mut spec| {
            spec.get_mut("connectionSpecification")
                .map(serde_json::Value::take)
        });
        Ok(schema.unwrap_or_default())
    }
}

/// What is the operator's may be replaced at any time: the times of its files are part of its version.
fn spec_version(definition: &Definition) -> String {
    let files: Vec<&Path> = match &definition.runtime {
        Runtime::Executable { program: file } | Runtime::Manifest { file, .. } => vec![file],
        Runtime::Integration { files, .. } => {
            let types = files.types.as_deref();
            [Some(files.document.as_path()), types]
                .into_iter()
                .flatten()
                .collect()
        }
        Runtime::Builtin { .. } | Runtime::Python(_) | Runtime::Own { .. } => Vec::new(),
    };
    let mut version = definition.version().to_owned();
    for file in files {
        version = format!("{version}-{}", changed(file));
    }
    version
}

fn changed(file: &Path) -> u128 {
    let at = std::fs::metadata(file)
        .and_then(|file| file.modified())
        .ok();
    at.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok())
        .unwrap_or_default()
        .as_nanos()
}

/// What this process runs itself.
fn native(manifest: Result<Manifest, Fault>) -> Readiness {
    match manifest {
        Ok(manifest) => Readiness::Ready(Connector::Declarative(manifest)),
        Err(fault) => Readiness::Failed(fault),
    }
}

fn built_in(source: &str) -> Readiness {
    match Connector::built_in(source) {
        Some(connector) => Readiness::Ready(connector),
        None => Readiness::Failed(Fault::unsupported(
            "This server has no such built-in source.",
        )),
    }
}

fn local(program: &Path) -> Readiness {
    if program.is_file() {
        return Readiness::Ready(Connector::Process(Program::executable(program)));
    }
    let fault = Fault::bug(
        "The connector's program is not on this machine. Ask the operator of this server to put it back.",
    );
    Readiness::Failed(fault.with_detail(program.display().to_string()))
}

fn damaged(error: &io::Error) -> Fault {
    Fault::bug("The connector's Python environment is damaged. Ask the operator of this server to delete its folder; it is made anew at the next use.")
        .with_detail(error.to_string())
}
