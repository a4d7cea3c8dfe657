//! A stretch of a file that several read at once, each at a position of its own.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use bytes::Bytes;

/// Reads it from beginning to end, or jumps.
pub struct Positioned {
    file: Arc<File>,
    at: u64,
    end: u64,
    size: u64,
}

impl Positioned {
    pub fn new(file: &Arc<File>, from: u64, size: u64) -> Self {
        Self {
            file: Arc::clone(file),
            at: from,
            end: from + size,
            size,
        }
    }
}

impl Read for Positioned {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let count = self.file.read_at(&mut buffer[..most], self.at)?;
        self.at += u64::try_from(count).unwrap_or(u64::MAX);
        Ok(count)
    }
}

impl Seek for Positioned {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let beginning = self.end - self.size;
        let target = match to {
            SeekFrom::Start(at) => beginning.checked_add(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.end.checked_add_signed(by),
        };
        let target = target.filter(|at| (beginning..=self.end).contains(at));
        self.at = target.ok_or_else(|| io::Error::other("outside of the answer"))?;
        Ok(self.at - beginning)
    }
}

/// The bytes of an answer, wherever they are.
pub enum Either {
    Memory(Cursor<Bytes>),
    File(Positioned),
}

impl Read for Either {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(inner) => inner.read(buffer),
            Self::File(inner) => inner.read(buffer),
        }
    }
}

impl Seek for Either {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Memory(inner) => inner.seek(to),
            Self::File(inner) => inner.seek(to),
        }
    }
}
