//! A connector's standard output as blocks of whole lines, without looking into them.

use std::io;

use bytes::{Bytes, BytesMut};
use memchr::{memchr, memrchr};
use tokio::io::{AsyncRead, AsyncReadExt};

/// What is asked of the pipe at once. Large, because each read costs a switch into the kernel.
const READ_BYTES: usize = 256 * 1024;
/// How much of an overlong line is read on only to say how long it is.
const MEASURED_BYTES: usize = 256 * 1024 * 1024;

/// Why the output could not be read on.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    #[error("one line is {bytes} bytes long")]
    LineTooLong { bytes: usize },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Cuts a stream of bytes into blocks that end at a line end.
#[derive(Debug)]
pub struct Blocks<R> {
    reader: R,
    pending: BytesMut,
    line_limit: usize,
}

impl<R: AsyncRead + Unpin> Blocks<R> {
    pub fn new(reader: R, line_limit: usize) -> Self {
        Self {
            reader,
            pending: BytesMut::with_capacity(READ_BYTES),
            line_limit,
        }
    }

    /// The next block of whole lines; at the end whatever stands after the last line end, then `None`.
    pub async fn next(&mut self) -> Result<Option<Bytes>, OutputError> {
        loop {
            let seen = self.pending.len();
            self.pending.reserve(READ_BYTES);
            if self.reader.read_buf(&mut self.pending).await? == 0 {
                let rest = self.pending.split().freeze();
                return Ok((!rest.is_empty()).then_some(rest));
            }
            // Only the new bytes can hold a line end: the rest was searched before.
            let fresh = &self.pending[seen..];
            self.check_first_line(seen, fresh)?;
            if let Some(end) = memrchr(b'\n', fresh) {
                return Ok(Some(self.pending.split_to(seen + end + 1).freeze()));
            }
            if self.pending.len() > self.line_limit {
                return Err(self.measure().await?);
            }
        }
    }

    /// Lines inside one read are shorter than the limit; the one that began before may not be.
    fn check_first_line(&self, seen: usize, fresh: &[u8]) -> Result<(), OutputError> {
        match memchr(b'\n', fresh) {
            Some(end) if seen + end > self.line_limit => {
                Err(OutputError::LineTooLong { bytes: seen + end })
            }
            _ => Ok(()),
        }
    }

    /// Reads on to the line's end, keeping nothing.
    async fn measure(&mut self) -> Result<OutputError, OutputError> {
        let mut bytes = self.pending.len();
        while bytes < MEASURED_BYTES {
            self.pending.clear();
            self.pending.reserve(READ_BYTES);
            if self.reader.read_buf(&mut self.pending).await? == 0 {
                break;
            }
            if let Some(end) = memchr(b'\n', &self.pending) {
                bytes += end;
                break;
            }
            bytes += self.pending.len();
        }
        Ok(OutputError::LineTooLong { bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn blocks(input: &[u8], limit: usize) -> Result<Vec<Bytes>, OutputError> {
        let mut blocks = Blocks::new(input, limit);
        let mut all = Vec::new();
        while let Some(block) = blocks.next().await? {
            all.push(block);
        }
        Ok(all)
    }

    #[tokio::test]
    async fn gives_whole_lines_and_the_rest() {
        let all = blocks(b"one\ntwo\nthr", 100).await.unwrap();
        assert_eq!(all, ["one\ntwo\n".as_bytes(), b"thr"]);
    }

    #[tokio::test]
    async fn says_how_long_an_overlong_line_is() {
        let mut input = vec![b'x'; 3_000_000];
        input.extend_from_slice(b"\nafter\n");
        let error = blocks(&input, 1_000_000).await.unwrap_err();
        assert!(
            matches!(error, OutputError::LineTooLong { bytes: 3_000_000 }),
            "{error}"
        );
    }
}
