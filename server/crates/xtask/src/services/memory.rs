//! A folder in memory for what tests make thousands of: files of databases that nobody needs a minute later.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{self, Command},
};

use anyhow::{Context, Result};

/// Where Linux keeps files in memory.
const SHARED_MEMORY: &str = "/dev/shm";
/// Four hubs, the databases of four tests and a server's log of changes take half of this at most.
const ROOM: u64 = 4 << 30;

/// The folder; it goes with everything in it when dropped, whatever tests that were killed left there.
pub struct Memory {
    dir: PathBuf,
}

impl Memory {
    /// None where this machine has no such place, or too little room there.
    pub fn folder() -> Result<Option<Self>> {
        if !room_at(Path::new(SHARED_MEMORY)) {
            return Ok(None);
        }
        let dir = Path::new(SHARED_MEMORY).join(format!("tributary-tests-{}", process::id()));
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        // PostgreSQL runs as another account when the tests run as root, and must be able to pass through.
        fs::set_permissions(&dir, Permissions::from_mode(0o755))?;
        Ok(Some(Self { dir }))
    }

    pub fn path(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.dir));
    }
}

fn room_at(dir: &Path) -> bool {
    let mut df = Command::new("df");
    df.args(["--block-size=1", "--output=fstype,avail"])
        .arg(dir);
    df.output().is_ok_and(|output| {
        output.status.success() && has_room(&String::from_utf8_lossy(&output.stdout))
    })
}

/// Reads what `df` prints: a heading, then the kind of the file system and its free bytes.
fn has_room(told: &str) -> bool {
    let mut words = told.lines().nth(1).unwrap_or_default().split_whitespace();
    let in_memory = words.next() == Some("tmpfs");
    let free = words.next().and_then(|word| word.parse::<u64>().ok());
    in_memory && free.is_some_and(|free| free >= ROOM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_in_memory_with_room_is_taken() {
        assert!(has_room("Type        Avail\ntmpfs 25275084800\n"));
        assert!(!has_room("Type        Avail\ntmpfs 67108864\n"));
        assert!(!has_room("Type        Avail\next4 25275084800\n"));
        assert!(!has_room(""));
    }
}
