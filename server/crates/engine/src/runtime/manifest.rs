//! Low-code manifests as files: the operator's with the components in Python that may stand beside them, and what
//! Airbyte's own runtime is given.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sync::declarative::{Manifest, Runtime};
use sync::fault::Fault;
use sync::vendors;
use uuid::Uuid;

use super::integration;
use crate::definitions::{self, Definition};

/// What is written for Airbyte's runtime stays so long after its last use. It may be the manifest of a workspace that is
/// gone by then.
const KEPT: Duration = Duration::from_hours(24);
/// Beside the manifest, as in Airbyte's own connectors.
const COMPONENTS: &str = "components.py";

/// What of a manifest is written in Python.
#[derive(Debug, PartialEq, Eq)]
pub struct Components {
    pub file: PathBuf,
    /// Each with its stream, for people.
    pub names: Vec<String>,
}

pub fn read(file: &Path) -> Result<Manifest, Fault> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Fault::bug("The connector's manifest cannot be read. Ask the operator of this server to put it back.")
            .with_detail(error.to_string())
    })?;
    Manifest::in_file(&text, file)
}

/// `None` for a manifest that this process runs itself. One that names components without bringing them is refused.
pub fn components(file: &Path, manifest: &Manifest) -> Result<Option<Components>, Fault> {
    let Runtime::Python(names) = manifest.runtime() else {
        return Ok(None);
    };
    let code = file.with_file_name(COMPONENTS);
    if code.is_file() {
        return Ok(Some(Components { file: code, names }));
    }
    let fault = Fault::unsupported(
        "This connector holds components written in Python, and they are not here. Ask the operator of this server to put their components.py beside its manifest.",
    );
    Err(fault.with_detail(names.join(", ")))
}

/// The manifest of a definition that has two runtimes, and a file that holds it for the one that is a program of its own.
pub fn written(definition: &Definition, data_dir: &Path) -> Result<(Manifest, PathBuf), Fault> {
    let text = match &definition.runtime {
        definitions::Runtime::Manifest { file, .. } => return Ok((read(file)?, file.clone())),
        definitions::Runtime::Builtin { source } => vendors::text(source).map(str::to_owned),
        definitions::Runtime::Integration { files, name } => {
            Some(integration::manifest_value(files, name)?.to_string())
        }
        definitions::Runtime::Own { manifest, .. } => Some(manifest.to_string()),
        definitions::Runtime::Python(_) | definitions::Runtime::Executable { .. } => None,
    };
    let text =
        text.ok_or_else(|| Fault::unsupported("This source has one runtime here, and no other."))?;
    kept(&text, data_dir)
}

/// A manifest as text, and a file that holds it.
pub fn kept(text: &str, data_dir: &Path) -> Result<(Manifest, PathBuf), Fault> {
    let file = keep(&folder(data_dir), text).map_err(|error| {
        Fault::bug("A manifest could not be written for Airbyte's runtime.")
            .with_detail(error.to_string())
    })?;
    Ok((Manifest::parse(text)?, file))
}

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("engine/manifests")
}

/// Removes what nobody has used for a while. A program reads its manifest when it starts and not again.
pub fn sweep(data_dir: &Path) {
    let files = std::fs::read_dir(folder(data_dir)).into_iter().flatten();
    for file in files.flatten() {
        let used = file.metadata().and_then(|file| file.modified());
        let unused = used.is_ok_and(|at| at.elapsed().is_ok_and(|since| since > KEPT));
        if unused && let Err(error) = std::fs::remove_file(file.path()) {
            tracing::warn!(%error, "a manifest that nobody uses could not be removed");
        }
    }
}

/// Under a name made from what it says: a file that is there is right, and several processes write the same one.
fn keep(folder: &Path, text: &str) -> io::Result<PathBuf> {
    let hash = seal::token::hash(text);
    let name = hash
        .iter()
        .fold(String::new(), |name, byte| format!("{name}{byte:02x}"));
    let file = folder.join(format!("{name}.yaml"));
    // One that was removed in this moment is written anew.
    if File::options()
        .write(true)
        .open(&file)
        .is_ok_and(|used| used.set_modified(SystemTime::now()).is_ok())
        && file.is_file()
    {
        return Ok(file);
    }
    std::fs::create_dir_all(folder)?;
    let draft = folder.join(Uuid::now_v7().to_string());
    // It may be a workspace's own: nobody else's to read.
    let mut private = File::options();
    private.write(true).create_new(true).mode(0o600);
    private.open(&draft)?.write_all(text.as_bytes())?;
    std::fs::rename(&draft, &file)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NATIVE: &str =
        "version: 1.0.0\nstreams: []\ncheck: {type: CheckStream, stream_names: []}\n";
    const CUSTOM: &str = "version: 1.0.0\ncheck: {type: CheckStream, stream_names: [ships]}\nstreams:\n  - type: DeclarativeStream\n    name: ships\n    retriever: {type: CustomRetriever, class_name: source_declarative_manifest.components.Ships}\n";

    #[test]
    fn what_was_written_goes_when_nobody_has_used_it_for_a_while() {
        let data = tempfile::tempdir().unwrap();
        let (_, old) = kept(NATIVE, data.path()).unwrap();
        let (_, used) = kept(CUSTOM, data.path()).unwrap();
        let long_ago = SystemTime::now() - 2 * KEPT;
        for file in [&old, &used] {
            let file = File::options().write(true).open(file).unwrap();
            file.set_modified(long_ago).unwrap();
        }
        assert_eq!(kept(CUSTOM, data.path()).unwrap().1, used);
        sweep(data.path());
        assert!(!old.exists() && used.exists());
        assert_eq!(kept(NATIVE, data.path()).unwrap().1, old);
        assert!(old.exists());
    }

    #[test]
    fn components_are_looked_for_beside_the_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("manifest.yaml");
        std::fs::write(&file, NATIVE).unwrap();
        let native = read(&file).unwrap();
        assert_eq!(components(&file, &native).unwrap(), None);

        std::fs::write(&file, CUSTOM).unwrap();
        let custom = read(&file).unwrap();
        let missing = components(&file, &custom).unwrap_err().to_string();
        assert!(missing.contains("components.py"), "{missing}");

        std::fs::write(folder.path().join(COMPONENTS), "class Ships: pass\n").unwrap();
        let found = components(&file, &custom).unwrap().unwrap();
        assert_eq!(
            found.names,
            ["source_declarative_manifest.components.Ships (stream “ships”)"]
        );
    }
}
