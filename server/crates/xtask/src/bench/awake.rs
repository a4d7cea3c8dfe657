//! Keeps the processors awake while something short is timed.
//!
//! A processor with nothing to do halts, and on a virtual machine waking it takes tenths of a millisecond: more than a
//! request over loopback. Whoever asks page by page would be timed for that, and whoever calculates in between would not.

use std::{
    num::NonZero,
    process::{Child, Command, Stdio},
    thread,
};

use anyhow::{Context, Result};

/// Ends when it is dropped, or with this process.
pub struct Awake(Vec<Child>);

impl Awake {
    /// One idler for each processor, behind everything else.
    pub fn begin() -> Result<Self> {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        (0..processors)
            .map(|_| idler())
            .collect::<Result<_>>()
            .map(Self)
    }
}

fn idler() -> Result<Child> {
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--"])
        .args(["nice", "-n", "19", "sh", "-c", "while :; do :; done"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .context("the processors cannot be kept awake")
}

impl Drop for Awake {
    fn drop(&mut self) {
        for idler in &mut self.0 {
            // One that has ended is as good.
            drop(idler.kill());
            drop(idler.wait());
        }
    }
}
