//! A ZIP archive: the one file in it, or the one that is named, unpacked while it is read.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::CrcReader;
use flate2::bufread::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use super::input::{self, Bounds};
use super::spool::spool;
use crate::fault::Fault;

/// Names that a refusal lists.
const NAMED: usize = 5;
/// What macOS puts beside each file.
const NOT_DATA: &str = "__MACOSX/";
/// The setting that names one.
const FIELD: &str = "archive_file";

/// One file of an archive, by the archive's directory.
struct Entry {
    name: String,
    at: usize,
}

/// The bytes of the file that is meant. How many they are is for the caller to bound.
pub fn open(
    packed: impl Read,
    wanted: Option<&str>,
    bounds: &Bounds,
) -> Result<Box<dyn Read + Send>, Fault> {
    let file = spool(packed, bounds.download_bytes, bounds)?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
    let entry = chosen(entries(&mut archive)?, wanted)?;
    unpacked(archive, entry.at)
}

/// All files that people put there.
fn entries(archive: &mut ZipArchive<BufReader<File>>) -> Result<Vec<Entry>, Fault> {
    let mut all = Vec::new();
    for at in 0..archive.len() {
        let entry = archive.by_index_raw(at).map_err(|error| damaged(&error))?;
        let name = entry.name().map_err(|error| damaged(&error))?.into_owned();
        let last = name.rsplit('/').next().unwrap_or_default();
        let hidden = name.starts_with(NOT_DATA) || last.starts_with('.');
        if entry.is_file() && !hidden {
            all.push(Entry { name, at });
        }
    }
    Ok(all)
}

fn chosen(mut all: Vec<Entry>, wanted: Option<&str>) -> Result<Entry, Fault> {
    let wanted = wanted.map(str::trim).filter(|name| !name.is_empty());
    if let Some(name) = wanted {
        let known = names(&all);
        let found = all.into_iter().find(|entry| entry.name == name);
        return found.ok_or_else(|| {
            Fault::config(format!(
                "The ZIP archive has no file “{name}”. It holds {known}."
            ))
            .at_field(FIELD)
        });
    }
    match all.len() {
        0 => Err(Fault::data("The ZIP archive holds no file.")),
        1 => Ok(all.remove(0)),
        count => Err(Fault::config(format!(
            "The ZIP archive holds {count} files: {}. Name the one to read.",
            names(&all)
        ))
        .at_field(FIELD)),
    }
}

fn names(all: &[Entry]) -> String {
    let mut names: Vec<&str> = all.iter().map(|entry| &*entry.name).take(NAMED).collect();
    if all.len() > NAMED {
        names.push("…");
    }
    names.join(", ")
}

/// The archive's own reader cannot leave it; so its directory says where the bytes are, and they are unpacked from there.
fn unpacked(
    mut archive: ZipArchive<BufReader<File>>,
    at: usize,
) -> Result<Box<dyn Read + Send>, Fault> {
    let entry = archive.by_index_raw(at).map_err(|error| damaged(&error))?;
    if entry.encrypted() {
        return Err(Fault::data(
            "The ZIP archive is protected by a password. Pack the file without one.",
        ));
    }
    let start = entry
        .data_start()
        .ok_or_else(|| damaged(&"its place is not known"))?;
    let (packed, method, crc) = (entry.compressed_size(), entry.compression(), entry.crc32());
    drop(entry);
    let mut file = archive.into_inner();
    file.seek(SeekFrom::Start(start)).map_err(input::fault)?;
    let stretch = file.take(packed);
    match method {
        CompressionMethod::Stored => Ok(Box::new(Checked::new(stretch, crc))),
        CompressionMethod::Deflated => {
            Ok(Box::new(Checked::new(DeflateDecoder::new(stretch), crc)))
        }
        other => Err(Fault::data(format!(
            "The ZIP archive is packed in a way that cannot be read ({other}). Pack it anew, or use gzip."
        ))),
    }
}

/// Tells at the end whether every byte came through as it was packed.
struct Checked<R> {
    inner: CrcReader<R>,
    expected: u32,
}

impl<R: Read> Checked<R> {
    fn new(inner: R, expected: u32) -> Self {
        Self {
            inner: CrcReader::new(inner),
            expected,
        }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if count == 0 && !buffer.is_empty() && self.inner.crc().sum() != self.expected {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(count)
    }
}

fn damaged(error: &dyn std::fmt::Display) -> Fault {
    Fault::data("The ZIP archive is damaged or cut off.").with_detail(error.to_string())
}
