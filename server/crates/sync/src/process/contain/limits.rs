//! Resource limits of the connector's processes.

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::Policy;

/// Tasks of our own account that a limit per account has to leave room for.
const ROOM_FOR_OTHERS: u64 = 4096;

/// Processor time, file size, open files, processes; and no core files, which would hold secrets.
pub fn apply(policy: &Policy) -> Result<(), Errno> {
    // Without a user namespace the kernel counts every process of the account, the server's included; the watchdog
    // counts the tree itself in any case.
    let processes = if policy.isolated {
        policy.processes
    } else {
        policy.processes + ROOM_FOR_OTHERS
    };
    lower(Resource::RLIMIT_CORE, 0)?;
    lower(Resource::RLIMIT_CPU, policy.cpu_seconds)?;
    lower(Resource::RLIMIT_FSIZE, policy.file_bytes)?;
    lower(Resource::RLIMIT_NOFILE, policy.open_files)?;
    lower(Resource::RLIMIT_NPROC, processes)
}

/// Limits only ever sink: what the account already has stays the ceiling.
fn lower(resource: Resource, wanted: u64) -> Result<(), Errno> {
    let (_, hard) = getrlimit(resource)?;
    let limit = wanted.min(hard);
    setrlimit(resource, limit, limit)
}
