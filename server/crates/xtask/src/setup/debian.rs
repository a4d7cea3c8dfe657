//! Debian packages: what the system itself provides, installed with apt as root or through sudo.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::{Context, Result};

use super::{MariaDb, Tools};
use crate::{
    child, place,
    report::{ByHand, Step},
};

/// Package lists older than this are fetched anew before something is installed.
const LISTS_FRESH: Duration = Duration::from_hours(24);
/// Enough for a browser over a slow line.
const LIMIT: Duration = Duration::from_mins(15);

static UPDATED: AtomicBool = AtomicBool::new(false);

/// Is this a system with apt?
pub fn has_apt() -> bool {
    Path::new("/usr/bin/apt-get").exists()
}

/// Installs packages, or upgrades them when they are there in an older version.
pub fn install(step: &mut Step, packages: &[&str]) -> Result<()> {
    let by_hand = ByHand(format!(
        "sudo apt-get update && sudo apt-get install -y {}",
        packages.join(" ")
    ));
    if !has_apt() {
        let names = packages.join(", ");
        let hint = ByHand(format!(
            "install what Debian calls {names} with this system's package manager"
        ));
        return Err(hint).context("this system has no apt-get");
    }
    try_install(step, packages).context(by_hand)
}

fn try_install(step: &mut Step, packages: &[&str]) -> Result<()> {
    step.announce(&format!(
        "installing the Debian packages {}",
        packages.join(" ")
    ));
    if !lists_are_fresh() {
        update(step)?;
    }
    let Err(first) = apt_install(step, packages) else {
        return Ok(());
    };
    // An interrupted installation, or lists that name versions the mirror has dropped: both mend this way, once.
    child::quiet(
        step,
        "dpkg-configure",
        &mut elevated("dpkg", &["--configure", "-a"])?,
        LIMIT,
    )?;
    if UPDATED.load(Ordering::Relaxed) {
        return Err(first);
    }
    update(step)?;
    apt_install(step, packages)
}

fn apt_install(step: &mut Step, packages: &[&str]) -> Result<()> {
    let options = ["-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=120"];
    let arguments = [
        &["install", "-y", "--no-install-recommends"],
        &options[..],
        packages,
    ]
    .concat();
    child::quiet(
        step,
        "apt-install",
        &mut elevated("apt-get", &arguments)?,
        LIMIT,
    )
}

fn update(step: &mut Step) -> Result<()> {
    UPDATED.store(true, Ordering::Relaxed);
    child::quiet(
        step,
        "apt-update",
        &mut elevated("apt-get", &["update"])?,
        LIMIT,
    )
}

fn lists_are_fresh() -> bool {
    let Ok(entries) = fs::read_dir("/var/lib/apt/lists") else {
        return false;
    };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().contains("_Packages"))
        .filter_map(|entry| entry.metadata().ok()?.modified().ok()?.elapsed().ok())
        .any(|age| age < LISTS_FRESH)
}

/// The command as root: directly, or through a sudo that does not ask.
pub fn elevated(program: &str, arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new("env");
    if !place::is_root() {
        let allowed = Command::new("sudo")
            .args(["-n", "true"])
            .output()
            .is_ok_and(|output| output.status.success());
        if !allowed {
            let hint = ByHand("run `sudo -v` first (or run this command as root)".to_owned());
            return Err(hint).context(
                "installing packages needs root, and `sudo` would have to ask for a password",
            );
        }
        command = Command::new("sudo");
        command.args(["-n", "env"]);
    }
    command
        .arg("DEBIAN_FRONTEND=noninteractive")
        .arg(program)
        .args(arguments);
    Ok(command)
}

/// The C compiler that links Rust programs and builds their few parts in C.
pub fn compiler(step: &mut Step, tools: &mut Tools) -> Result<String> {
    if tools.find("cc").is_some() {
        return Ok("already there".to_owned());
    }
    install(step, &["gcc", "libc6-dev"])?;
    Ok("installed".to_owned())
}

/// Redis, for tenants' caches in the tests.
pub fn redis(step: &mut Step, tools: &mut Tools) -> Result<String> {
    if tools.find("redis-server").is_none() {
        install(step, &["redis-server"])?;
    }
    tools.redis = tools
        .find("redis-server")
        .context("redis-server is installed but not on PATH")?;
    let version = place::version_of(&tools.redis).unwrap_or_default();
    let number = version
        .split_whitespace()
        .find_map(|word| word.strip_prefix("v="))
        .unwrap_or("?");
    Ok(number.to_owned())
}

/// MariaDB, which the tests of the MySQL source read. The core packages hold the programs and start no server.
pub fn mariadb(step: &mut Step, tools: &mut Tools) -> Result<String> {
    let programs = ["mariadbd", "mariadb-install-db", "mariadb"];
    // The server lies where only administrators look.
    let find = |name| place::find(name, &[PathBuf::from("/usr/sbin")]);
    if programs.iter().any(|name| find(name).is_none()) {
        install(step, &["mariadb-server-core", "mariadb-client-core"])?;
    }
    let [server, install, _] = programs
        .map(|name| find(name).with_context(|| format!("{name} is installed but not on PATH")));
    tools.mariadb = MariaDb {
        server: server?,
        install: install?,
    };
    let version = place::version_of(&tools.mariadb.server).unwrap_or_default();
    let number = version
        .split_whitespace()
        .skip_while(|word| *word != "Ver")
        .nth(1)
        .and_then(|number| number.split('-').next())
        .unwrap_or("?");
    Ok(number.to_owned())
}
