//! Where things are: the checkout, the target folder, the folder of tools that outlives a checkout.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

/// The checkout this program was compiled in.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here
        .ancestors()
        .nth(3)
        .expect("xtask lies three folders below the root");
    root.to_path_buf()
}

/// Cargo's target folder, as the environment or cargo's default has it.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// The site that `cargo leptos build` makes: scripts, styles, fonts.
pub fn site() -> PathBuf {
    root().join("target/site")
}

/// The folder for tools that are not part of the system; shared by all checkouts of this user.
pub fn tools() -> Result<PathBuf> {
    if let Some(dir) = env::var_os("TRIBUTARY_TOOLS_DIR") {
        return Ok(PathBuf::from(dir));
    }
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    cache
        .filter(|dir| dir.is_absolute())
        .or_else(home)
        .map(|dir| dir.join("tributary"))
        .context(
            "neither HOME nor XDG_CACHE_HOME is set; set TRIBUTARY_TOOLS_DIR to a folder for tools",
        )
}

/// Where the output of quiet steps goes.
pub fn logs() -> Result<PathBuf> {
    let dir = tools()?.join("log");
    fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    Ok(dir)
}

/// The first file of that name in the given folders, then on PATH.
pub fn find(name: &str, first: &[PathBuf]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    first
        .iter()
        .cloned()
        .chain(env::split_paths(&path))
        .map(|dir| dir.join(name))
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// What `program --version` prints, or nothing when it does not run.
pub fn version_of(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.trim().to_owned())
}

/// Is this process root?
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|data| data.uid() == 0)
}

/// A free port of the loopback interface.
pub fn free_port() -> Result<u16> {
    let listener =
        std::net::TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}
