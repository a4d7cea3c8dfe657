//! Low-code manifests of the operator's: the file itself, and the components in Python that may stand beside it.

use std::path::{Path, PathBuf};

use sync::declarative::{Manifest, Runtime};
use sync::fault::Fault;

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
    Manifest::parse(&text)
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

#[cfg(test)]
mod tests {
    use super::*;

    const NATIVE: &str =
        "version: 1.0.0\nstreams: []\ncheck: {type: CheckStream, stream_names: []}\n";
    const CUSTOM: &str = "version: 1.0.0\ncheck: {type: CheckStream, stream_names: [ships]}\nstreams:\n  - type: DeclarativeStream\n    name: ships\n    retriever: {type: CustomRetriever, class_name: source_declarative_manifest.components.Ships}\n";

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
