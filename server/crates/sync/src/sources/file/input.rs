//! The file's bytes on their way to a parser: bounded, unpacked, recognised.

use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use tokio_util::sync::CancellationToken;

use super::archive;
use super::config::Config;
use super::encoding::{Choice, End};
use super::excel::Workbook;
use super::format::{self, Kind};
use super::open::{Opened, too_large};
use crate::connector::Limits;
use crate::fault::Fault;

/// How much of a file is looked at to recognise its format, its encoding and its types.
pub const PREFIX_BYTES: usize = 4 * 1024 * 1024;
/// How much larger than a line one row may be while it is read: quotes and escapes take room.
const ROW_ROOM: u64 = 4;

const GZIP: &[u8] = &[0x1f, 0x8b];

/// Limits of reading one file.
#[derive(Debug, Clone)]
pub struct Bounds {
    pub download_bytes: u64,
    pub total_bytes: u64,
    pub line_bytes: usize,
    pub work_dir: PathBuf,
    pub cancel: CancellationToken,
}

impl Bounds {
    pub fn new(limits: &Limits, work_dir: &Path, cancel: CancellationToken) -> Self {
        Self {
            download_bytes: limits.download_bytes,
            total_bytes: limits.total_bytes,
            line_bytes: limits.line_bytes,
            work_dir: work_dir.to_path_buf(),
            cancel,
        }
    }

    /// A small file may unpack to an endless one.
    fn unpacked(&self, inner: Bytes) -> Bytes {
        Box::new(Watched {
            inner,
            left: self.total_bytes,
            limit: self.total_bytes,
            cancel: self.cancel.clone(),
        })
    }
}

type Bytes = Box<dyn Read + Send>;

/// A file whose format is known.
pub enum Input {
    Csv(Text),
    Json(Text),
    Excel(Workbook),
}

/// A text file: its beginning, and all of it as UTF-8.
pub struct Text {
    /// Up to [`PREFIX_BYTES`] of the beginning, as UTF-8.
    pub prefix: Vec<u8>,
    pub reader: Gauge,
    pub encoding: &'static str,
    prefix_end: End,
}

impl Input {
    /// Reads the beginning, unpacks it if need be, and recognises the format.
    pub fn begin(opened: Opened, config: &Config, bounds: &Bounds) -> Result<Self, Fault> {
        let raw: Bytes = Box::new(Watched {
            inner: opened.reader,
            left: bounds.download_bytes,
            limit: bounds.download_bytes,
            cancel: bounds.cancel.clone(),
        });
        let (mut prefix, mut rest) = split(raw)?;
        if format::is_zip(&prefix) && !format::is_workbook(&prefix) {
            let whole = Cursor::new(prefix).chain(rest);
            let unpacked = archive::open(whole, config.archive_file.as_deref(), bounds)?;
            (prefix, rest) = split(bounds.unpacked(unpacked))?;
        }
        if prefix.starts_with(GZIP) {
            let unpacked = MultiGzDecoder::new(Cursor::new(prefix).chain(rest));
            (prefix, rest) = split(bounds.unpacked(Box::new(unpacked)))?;
        }
        match format::recognise(&prefix, &config.format)? {
            Kind::Excel => Ok(Self::Excel(Workbook::open(
                Cursor::new(prefix).chain(rest),
                bounds,
            )?)),
            Kind::Csv => {
                let choice = Choice::named(&prefix, &config.csv().encoding)?;
                Ok(Self::Csv(Text::new(prefix, rest, choice, bounds)?))
            }
            Kind::Json => {
                let choice = Choice::json(&prefix);
                Ok(Self::Json(Text::new(prefix, rest, choice, bounds)?))
            }
        }
    }

    /// What was recognised, for a person.
    pub fn describe(&self) -> String {
        match self {
            Self::Csv(text) => format!("CSV, {}", text.encoding),
            Self::Json(_) => "JSON".to_owned(),
            Self::Excel(workbook) => {
                format!("Excel, sheets: {}", workbook.sheet_names().join(", "))
            }
        }
    }
}

impl Text {
    fn new(prefix: Vec<u8>, rest: Bytes, choice: Choice, bounds: &Bounds) -> Result<Self, Fault> {
        let mut end = if prefix.len() < PREFIX_BYTES {
            End::Whole
        } else {
            End::Cut
        };
        let mut sample = Vec::new();
        choice
            .decode(&prefix[choice.mark..], end)
            .take(prefix_limit())
            .read_to_end(&mut sample)
            .map_err(fault)?;
        // Letters may take more room as UTF-8.
        if sample.len() >= PREFIX_BYTES {
            end = End::Cut;
        }
        let mut beginning = Cursor::new(prefix);
        beginning.set_position(u64::try_from(choice.mark).unwrap_or_default());
        let room = u64::try_from(bounds.line_bytes)
            .unwrap_or(u64::MAX)
            .saturating_mul(ROW_ROOM);
        let reader = Gauge {
            inner: Box::new(choice.decode(beginning.chain(rest), End::Whole)),
            since: Arc::default(),
            room,
        };
        Ok(Self {
            prefix: sample,
            reader,
            encoding: choice.encoding.name(),
            prefix_end: end,
        })
    }

    /// Whether the beginning ends in the middle of a row, because the file goes on behind it.
    pub fn is_cut(&self) -> bool {
        self.prefix_end == End::Cut
    }
}

fn prefix_limit() -> u64 {
    u64::try_from(PREFIX_BYTES).unwrap_or(u64::MAX)
}

fn split(mut reader: Bytes) -> Result<(Vec<u8>, Bytes), Fault> {
    let mut prefix = Vec::new();
    reader
        .by_ref()
        .take(prefix_limit())
        .read_to_end(&mut prefix)
        .map_err(fault)?;
    Ok((prefix, reader))
}

/// Ends a read that is too long or no longer wanted.
struct Watched {
    inner: Bytes,
    left: u64,
    limit: u64,
    cancel: CancellationToken,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other(Fault::cancelled()));
        }
        let count = self.inner.read(buffer)?;
        let bytes = u64::try_from(count).unwrap_or(u64::MAX);
        self.left = self
            .left
            .checked_sub(bytes)
            .ok_or_else(|| io::Error::other(too_large(self.limit.saturating_add(1), self.limit)))?;
        Ok(count)
    }
}

/// Measures how much is read for one row, so that a quote that is never closed does not swallow the whole file.
pub struct Gauge {
    inner: Bytes,
    since: Arc<AtomicU64>,
    room: u64,
}

impl Gauge {
    /// The counter to set back after each row.
    pub fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.since)
    }
}

impl Read for Gauge {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let read = self
            .since
            .fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
        if read > self.room {
            return Err(io::Error::other(Fault::data(
                "One row of the file is too large to be a row. A quotation mark may be open that is never closed: check the separator and the quote setting.",
            )));
        }
        Ok(count)
    }
}

/// What went wrong while reading, in plain words.
pub fn fault(error: io::Error) -> Fault {
    let text = error.to_string();
    let kind = error.kind();
    match error
        .into_inner()
        .map(<dyn std::error::Error + Send + Sync>::downcast::<Fault>)
    {
        Some(Ok(fault)) => *fault,
        _ if matches!(
            kind,
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
        ) =>
        {
            Fault::data("The packed file is damaged or cut off.").with_detail(text)
        }
        _ => Fault::upstream("The file could not be read to its end.").with_detail(text),
    }
}
