//! Namespaces of the connector: its own processes, mounts and IPC, and when asked no network.

use std::fs;
use std::io;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getgid, getuid};

use crate::connector::Network;

/// Room for shared memory and semaphores.
const SHARED_MEMORY: &str = "size=64m,mode=1777";

/// Moves this process into new namespaces. The next child becomes the first process of a new process namespace: when it
/// ends, the kernel ends everything below it.
pub fn enter(network: Network) -> io::Result<()> {
    let (user, group) = (getuid(), getgid());
    let mut flags = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWIPC;
    if network == Network::None {
        flags |= CloneFlags::CLONE_NEWNET;
    }
    unshare(flags)?;
    // Our own account appears as number 0 inside, only so that the second half may mount; it drops that right after.
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {group} 1"))
}

/// Replaces what would show the machine's other processes: `/proc` and the shared memory folder.
pub fn cover() -> Result<(), Errno> {
    let nothing: Option<&str> = None;
    mount(
        nothing,
        "/",
        nothing,
        MsFlags::MS_REC | MsFlags::MS_PRIVATE,
        nothing,
    )?;
    let plain = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), "/proc", Some("proc"), plain, nothing)?;
    mount(
        Some("tmpfs"),
        "/dev/shm",
        Some("tmpfs"),
        plain,
        Some(SHARED_MEMORY),
    )
}
