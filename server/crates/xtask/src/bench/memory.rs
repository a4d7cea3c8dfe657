//! What a process holds in memory, as the kernel counts it.

use std::{
    fs,
    process::{Child, ExitStatus},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};

/// How often a process is looked at; the kernel keeps the highest mark, so only its very end could be missed.
const LOOK: Duration = Duration::from_millis(10);

/// Bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// All pages that are in memory now.
    pub resident: u64,
    /// The same, pages shared with other processes counted in part.
    pub share: u64,
    /// The most it ever had.
    pub peak: u64,
}

/// Of a running process.
pub fn of(process: u32) -> Result<Memory> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let get = |text: &str, name: &str| {
        bytes(text, name).with_context(|| format!("the kernel does not tell {name}"))
    };
    Ok(Memory {
        resident: get(&status, "VmRSS:")?,
        share: get(&rollup, "Pss:")?,
        peak: get(&status, "VmHWM:")?,
    })
}

/// The peak is counted anew from now on.
pub fn forget_peak(process: u32) -> Result<()> {
    // What the kernel takes for this wish.
    const PEAK: &str = "5";
    fs::write(format!("/proc/{process}/clear_refs"), PEAK).context("the kernel keeps the peak")
}

/// For people: a million bytes each.
pub fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1000).unwrap_or(u32::MAX)) / 1000.0
}

/// Waits for the end of a process; returns how it ended, and its highest memory use in bytes.
pub fn watch(mut child: Child) -> Result<(ExitStatus, u64)> {
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, peak));
        }
        let seen = fs::read_to_string(&status_file)
            .ok()
            .and_then(|text| bytes(&text, "VmHWM:"));
        peak = peak.max(seen.unwrap_or(0));
        thread::sleep(LOOK);
    }
}

fn bytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim()
        .strip_suffix(" kB")?
        .parse::<u64>()
        .ok()
        .map(|kilobytes| kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_kilobytes_are_read() {
        let status = "Name:\tx\nVmHWM:\t   13104 kB\nVmRSS:\t 1 kB\n";
        assert_eq!(bytes(status, "VmHWM:"), Some(13_418_496));
        assert_eq!(bytes(status, "VmRSS:"), Some(1024));
        assert_eq!(bytes("Name:\tx\n", "VmHWM:"), None);
    }

    #[test]
    fn a_process_knows_its_own_memory() {
        let ours = of(std::process::id()).expect("/proc is mounted");
        assert!(ours.share > 0 && ours.resident <= ours.peak);
    }
}
