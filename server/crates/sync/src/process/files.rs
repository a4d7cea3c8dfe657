//! The private folder of one run and the files the protocol passes in it: mode 0700 and 0600, removed at the end.

use std::ffi::OsString;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::Serialize;
use tempfile::TempDir;

/// A folder that is removed, with everything the connector left in it, when this value goes.
#[derive(Debug)]
pub struct PrivateFolder {
    folder: TempDir,
}

impl PrivateFolder {
    /// Makes the folder below the run's own, with a home and a place for temporary files inside.
    pub fn create(work_dir: &Path) -> io::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(work_dir)?;
        // Absolute, because the connector is told these paths and starts elsewhere.
        let folder = tempfile::Builder::new()
            .prefix("connector-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(work_dir.canonicalize()?)?;
        for name in ["home", "tmp"] {
            fs::DirBuilder::new()
                .mode(0o700)
                .create(folder.path().join(name))?;
        }
        Ok(Self { folder })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a JSON file only this account can read, and gives the two arguments that name it.
    pub fn argument(&self, flag: &str, content: &impl Serialize) -> io::Result<[OsString; 2]> {
        let path: PathBuf = self.folder.path().join(format!("{flag}.json"));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        file.write_all(&serde_json::to_vec(content)?)?;
        Ok([OsString::from(format!("--{flag}")), path.into_os_string()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_private_and_go_with_the_folder() {
        let work_dir = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::create(work_dir.path()).unwrap();
        let [flag, path] = folder
            .argument("config", &serde_json::json!({"password": "s3cret"}))
            .unwrap();
        assert_eq!(flag, "--config");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            (mode(Path::new(&path)), mode(folder.path())),
            (0o600, 0o700)
        );
        drop(folder);
        assert!(!Path::new(&path).exists());
    }
}
