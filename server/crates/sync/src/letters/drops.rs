//! For tests: a reader that gives a few bytes at a time.

use std::io::{self, Read};

/// The bytes, and how many it gives at once.
pub struct Drops<'a>(pub &'a [u8], pub usize);

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(self.0.len()).min(buffer.len());
        let (now, later) = self.0.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}
