//! The connector's file allow-list, by Landlock: its private folder, its own code, the system's libraries.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd,
    RestrictionStatus, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope,
};

use super::Policy;
use crate::connector::Network;

/// The kernel interface this allow-list is written for; older kernels enforce the part they know.
const WRITTEN_FOR: ABI = ABI::V6;

/// Code and data of the system that programs need to start, resolve names and verify certificates.
const SYSTEM: [&str; 15] = [
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/sbin",
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/python3",
    "/sys/devices/system/cpu",
];

/// Name resolution and account names.
const NAMES: [&str; 9] = [
    "/etc/resolv.conf",
    "/run/systemd/resolve",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/passwd",
    "/etc/group",
];

const DEVICES: [&str; 5] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
];

/// Restricts this process, and everything it starts, to the allow-list.
pub fn restrict(policy: &Policy) -> Result<RestrictionStatus, RulesetError> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(WRITTEN_FOR))?
        // Connectors call out; none has a reason to listen.
        .handle_access(AccessNet::BindTcp)?
        .scope(Scope::from_all(WRITTEN_FOR))?;
    if policy.network == Network::None {
        ruleset = ruleset.handle_access(AccessNet::ConnectTcp)?;
    }
    let read = AccessFs::from_read(WRITTEN_FOR);
    let write = AccessFs::from_all(WRITTEN_FOR);
    let mut rules = ruleset.create()?;
    for path in SYSTEM
        .iter()
        .chain(&NAMES)
        .map(Path::new)
        .chain(policy.readable.iter().map(std::path::PathBuf::as_path))
    {
        rules = allow(rules, path, read)?;
    }
    for path in DEVICES {
        rules = allow(rules, Path::new(path), read | AccessFs::WriteFile)?;
    }
    if policy.covered {
        // Both are the connector's own: mounted for it a moment ago.
        rules = allow(rules, Path::new("/proc"), read)?;
        rules = allow(rules, Path::new("/dev/shm"), write & !AccessFs::Execute)?;
    }
    allow(rules, &policy.private, write)?.restrict_self()
}

/// Whether every part of the allow-list holds.
pub fn is_complete(status: &RestrictionStatus) -> bool {
    status.ruleset == RulesetStatus::FullyEnforced
}

/// Adds a path that exists; one that does not needs no rule.
fn allow(
    rules: RulesetCreated,
    path: &Path,
    access: landlock::BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    let Ok(opened) = PathFd::new(path) else {
        return Ok(rules);
    };
    let access = if path.is_dir() {
        access
    } else {
        access & AccessFs::from_file(WRITTEN_FOR)
    };
    rules.add_rule(PathBeneath::new(opened, access))
}
