//! Text that is made of bytes in any encoding, a piece at a time. No letter is replaced: what is none is told with its
//! place, in words of whoever reads.

#[cfg(test)]
pub mod drops;

use std::io;

use encoding_rs::{Decoder, DecoderResult};

use crate::fault::Fault;

/// Bytes decoded at once.
pub const BUFFER_BYTES: usize = 64 * 1024;

/// The newest piece, in UTF-8, while it is given away.
#[derive(Default)]
pub struct Text {
    pub made: Vec<u8>,
    /// How much of it was given away.
    given: usize,
    pub then: Then,
}

/// What comes behind the newest piece.
#[derive(Default)]
pub enum Then {
    #[default]
    More,
    Nothing,
    Fault(Fault),
}

/// How far bytes were decoded.
pub struct Decoded {
    pub read: usize,
    /// Where what is no letter begins: so many bytes before the end of those that were read.
    pub misfit: Option<usize>,
}

impl Text {
    /// Makes room for another piece.
    pub fn clear(&mut self) {
        self.made.clear();
        self.given = 0;
    }

    /// Makes text of bytes, behind the text that is there. What they end in may be a part of a letter, unless they are
    /// the last.
    pub fn decode(&mut self, decoder: &mut Decoder, bytes: &[u8], is_last: bool) -> Decoded {
        let mut done = 0;
        loop {
            let bytes = &bytes[done..];
            let before = self.made.len();
            let room = decoder
                .max_utf8_buffer_length_without_replacement(bytes.len())
                .unwrap_or(BUFFER_BYTES);
            self.made.resize(before + room, 0);
            let (result, read, written) = decoder.decode_to_utf8_without_replacement(
                bytes,
                &mut self.made[before..],
                is_last,
            );
            self.made.truncate(before + written);
            done += read;
            let misfit = match result {
                DecoderResult::OutputFull => continue,
                DecoderResult::InputEmpty => None,
                DecoderResult::Malformed(length, behind) => {
                    Some(usize::from(length) + usize::from(behind))
                }
            };
            return Decoded { read: done, misfit };
        }
    }

    /// Whether nothing can be given before another piece is made. Whoever asks behind a fault hears it again.
    pub fn wants_more(&self) -> io::Result<bool> {
        if self.given < self.made.len() {
            return Ok(false);
        }
        match &self.then {
            Then::More => Ok(true),
            Then::Nothing => Ok(false),
            Then::Fault(fault) => Err(io::Error::other(fault.clone())),
        }
    }

    /// Gives as much as there is room for.
    pub fn give(&mut self, buffer: &mut [u8]) -> usize {
        let text = &self.made[self.given..];
        let count = text.len().min(buffer.len());
        buffer[..count].copy_from_slice(&text[..count]);
        self.given += count;
        count
    }
}
