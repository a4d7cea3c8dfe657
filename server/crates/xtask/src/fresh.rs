//! Is the last build still good? A fingerprint of everything it was made from, so that a second start takes seconds.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::Result;

use crate::place;

/// What a build is made from. Tests, tools and documents do not count.
const SOURCES: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    ".cargo",
    ".sqlx",
    "app",
    "frontend",
    "server",
    "style",
    "migrations",
    "public",
];
const NOT_SOURCES: &[&str] = &["node_modules", "target", "tests", "benches", "xtask"];

/// Remembers one build: its sources and its program.
pub struct Stamp {
    file: PathBuf,
    sources: u64,
    program: Option<(u64, SystemTime)>,
}

impl Stamp {
    /// The stamp that a build made now would leave.
    pub fn of(program: &Path, flavour: &str) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        for source in SOURCES {
            add(&place::root().join(source), &mut hasher)?;
        }
        let file = file_of(flavour);
        Ok(Self {
            file,
            sources: hasher.finish(),
            program: identity(program),
        })
    }

    /// The same sources with the program as it is now.
    pub fn for_program(self, program: &Path) -> Self {
        Self {
            program: identity(program),
            ..self
        }
    }

    /// Makes the next build look at everything again.
    pub fn forget(flavour: &str) -> Result<()> {
        let file = file_of(flavour);
        if file.exists() {
            fs::remove_file(file)?;
        }
        Ok(())
    }

    /// Was the last build made from the same sources, and is its program untouched?
    pub fn holds(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|text| text == self.text())
    }

    fn text(&self) -> String {
        format!("{:016x} {:?}", self.sources, self.program)
    }

    pub fn save(&self) -> Result<()> {
        Ok(fs::write(&self.file, self.text())?)
    }
}

/// Beside the site, which is made anew by every build.
fn file_of(flavour: &str) -> PathBuf {
    place::site().with_file_name(format!("built-{flavour}.stamp"))
}

fn identity(file: &Path) -> Option<(u64, SystemTime)> {
    let data = fs::metadata(file).ok()?;
    Some((data.len(), data.modified().ok()?))
}

fn add(path: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Ok(());
    };
    if NOT_SOURCES.contains(&name) {
        return Ok(());
    }
    if !path.is_dir() {
        (path, identity(path)).hash(hasher);
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path)?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    entries.iter().try_for_each(|entry| add(entry, hasher))
}
