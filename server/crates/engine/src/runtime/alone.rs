//! A low-code manifest without an engine around it: for the command line.

use std::path::Path;

use sync::connector::Connector;
use sync::declarative::{Manifest, Runtime};
use sync::fault::Fault;
use sync::process::Program;

use super::manifest;
use super::python::Environments;
use crate::config::PythonTools;
use crate::definitions::Definitions;

/// What runs the manifest of this file: this process, or Airbyte's own runtime where it names components in Python. That
/// one is installed in the data folder at its first use; `tell` hears how far it is.
pub async fn connector(
    file: &Path,
    manifest: Manifest,
    data_dir: &Path,
    tools: &PythonTools,
    tell: impl Fn(&str) + Send + Sync,
) -> Result<Connector, Fault> {
    if manifest.runtime() == Runtime::Native {
        return Ok(Connector::Declarative(manifest));
    }
    let found = manifest::components(file, &manifest)?;
    let definitions = Definitions::load(&[], &[], None).map_err(|error| not_here(&error))?;
    let runtime = definitions.manifest_runtime();
    let environments = Environments::open(data_dir, tools).map_err(|error| not_here(&error))?;
    environments.complete(runtime, &tell).await?;
    let code = found.as_ref().map(|components| components.file.as_path());
    Program::low_code(&environments.folder(runtime), &runtime.script, file, code)
        .map(|program| Connector::Components(manifest, program))
        .map_err(|error| super::damaged(&error))
}

fn not_here(error: &crate::Error) -> Fault {
    Fault::bug(
        "Airbyte's runtime, which runs components in Python, cannot be kept in the data folder.",
    )
    .with_detail(error.to_string())
}
