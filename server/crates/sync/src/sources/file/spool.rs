//! A copy on disk, for formats that are read from their end: workbooks and ZIP archives.

use std::fs::File;
use std::io::{self, Read, Seek};

use super::input::{self, Bounds};
use super::open::too_large;
use crate::fault::Fault;

/// Copies everything into a file without a name, and stands at its beginning.
pub fn spool(reader: impl Read, limit: u64, bounds: &Bounds) -> Result<File, Fault> {
    let disk = |error: io::Error| {
        Fault::bug("The file could not be kept for reading.").with_detail(error.to_string())
    };
    std::fs::create_dir_all(&bounds.work_dir).map_err(disk)?;
    let mut file = tempfile::tempfile_in(&bounds.work_dir).map_err(disk)?;
    let most = limit.saturating_add(1);
    let copied = io::copy(&mut reader.take(most), &mut file).map_err(input::fault)?;
    if copied > limit {
        return Err(too_large(copied, limit));
    }
    file.rewind().map_err(disk)?;
    Ok(file)
}
