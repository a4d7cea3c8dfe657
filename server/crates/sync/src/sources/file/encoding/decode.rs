//! Bytes on their way to text in UTF-8. Reading ends at bytes that are no text, and says where they are.

use std::io::{self, Read};

use encoding_rs::{Decoder, UTF_8, WINDOWS_1252};

use super::{Basis, Choice};
use crate::letters::{BUFFER_BYTES, Decoded, Text, Then};

/// How the bytes end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With the file.
    Whole,
    /// Somewhere in the file, so perhaps inside a letter, which is left out.
    Cut,
}

/// Reads text.
pub struct Decode<R> {
    inner: R,
    choice: Choice,
    end: End,
    /// None as long as the bytes are UTF-8: they are only checked.
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    /// How much of `raw` waits to be decoded, and that nothing follows it.
    waiting: usize,
    is_last: bool,
    text: Text,
    /// What was decoded so far: bytes with the mark before them, ends of lines, and whether all of it is ASCII.
    bytes: usize,
    lines: usize,
    is_ascii: bool,
}

impl<R: Read> Decode<R> {
    pub(super) fn new(inner: R, choice: Choice, end: End) -> Self {
        let decoder =
            (choice.encoding != UTF_8).then(|| choice.encoding.new_decoder_without_bom_handling());
        Self {
            inner,
            choice,
            end,
            decoder,
            raw: vec![0; BUFFER_BYTES],
            waiting: 0,
            is_last: false,
            text: Text::default(),
            bytes: choice.mark,
            lines: 0,
            is_ascii: true,
        }
    }

    /// Makes the next text, which may be none.
    fn advance(&mut self) -> io::Result<()> {
        if !self.is_last && self.waiting < self.raw.len() {
            let count = self.inner.read(&mut self.raw[self.waiting..])?;
            self.waiting += count;
            self.is_last = count == 0;
        }
        self.text.clear();
        if self.decoder.is_none() {
            self.check();
        }
        // The bytes may have turned out to be no UTF-8 just now.
        if self.decoder.is_some() {
            self.convert();
        }
        Ok(())
    }

    /// Takes the bytes that are UTF-8.
    fn check(&mut self) {
        let bytes = &self.raw[..self.waiting];
        let at_end = self.is_last && self.end == End::Whole;
        let (valid, is_broken) = match std::str::from_utf8(bytes) {
            Ok(_) => (bytes.len(), false),
            // Of a letter without an error, the rest is still to come.
            Err(error) => (error.valid_up_to(), error.error_len().is_some() || at_end),
        };
        let valid = &bytes[..valid];
        self.is_ascii = self.is_ascii && valid.is_ascii();
        self.text.made.extend_from_slice(valid);
        let count = valid.len();
        self.took(count, 0);
        if !is_broken {
            self.rest();
        } else if self.choice.basis == Basis::Assumed && self.is_ascii {
            // All before it is the same in both.
            self.decoder = Some(WINDOWS_1252.new_decoder_without_bom_handling());
        } else {
            self.text.then = Then::Fault(self.choice.broken(self.lines + 1, self.bytes + 1));
        }
    }

    /// Decodes the bytes of another encoding, behind the text that is there.
    fn convert(&mut self) {
        let Some(decoder) = &mut self.decoder else {
            return;
        };
        let bytes = &self.raw[..self.waiting];
        let before = self.text.made.len();
        let at_end = self.is_last && self.end == End::Whole;
        let Decoded { read, misfit } = self.text.decode(decoder, bytes, at_end);
        self.took(read, before);
        if let Some(back) = misfit {
            let byte = (self.bytes + 1).saturating_sub(back);
            self.text.then = Then::Fault(self.choice.broken(self.lines + 1, byte));
        } else {
            self.rest();
        }
    }

    /// Counts what was decoded: the bytes, and the text that begins at `from`.
    fn took(&mut self, bytes: usize, from: usize) {
        self.bytes += bytes;
        self.lines += memchr::memchr_iter(b'\n', &self.text.made[from..]).count();
        self.raw.copy_within(bytes..self.waiting, 0);
        self.waiting -= bytes;
    }

    /// What waits now is at most a part of a letter.
    fn rest(&mut self) {
        if self.is_last {
            self.text.then = Then::Nothing;
        }
    }
}

impl<R: Read> Read for Decode<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.text.wants_more()? {
            self.advance()?;
        }
        Ok(self.text.give(buffer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letters::drops::Drops;

    /// The text, or what was wrong with it.
    fn text(bytes: &[u8], choice: Choice, end: End, at_once: usize) -> Result<String, String> {
        let mut text = String::new();
        choice
            .decode(Drops(&bytes[choice.mark..], at_once), end)
            .read_to_string(&mut text)
            .map(|_| text)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_letter_may_come_in_pieces() {
        let utf8 = "é,€,🚢\n".as_bytes();
        let utf16 = b"\xff\xfe\xe9\0,\0\xac\x20,\0\x3d\xd8\xa2\xde\n\0";
        for (bytes, name) in [(utf8, "auto"), (utf8, "utf-8"), (&utf16[..], "auto")] {
            let choice = Choice::named(bytes, name).unwrap();
            for at_once in 1..6 {
                assert_eq!(
                    text(bytes, choice, End::Whole, at_once).as_deref(),
                    Ok("é,€,🚢\n"),
                    "{name}, {at_once} bytes at once"
                );
            }
            let cut = &bytes[..bytes.len() - 3];
            let choice = Choice::named(bytes, name).unwrap();
            assert_eq!(text(cut, choice, End::Cut, 64).as_deref(), Ok("é,€,"));
        }
    }

    #[test]
    fn ascii_with_a_letter_of_another_encoding_behind_it_is_windows_1252() {
        let choice = Choice::named(b"name\n", "auto").unwrap();
        for bytes in [&b"name\ncaf\xe9\n\x80 5"[..], b"name\ncaf\xe9\n\x80"] {
            for at_once in 1..4 {
                let text = text(bytes, choice, End::Whole, at_once).unwrap();
                assert!(text.starts_with("name\ncafé\n€"), "{text}");
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_told_with_their_place() {
        let assumed = Choice::named(b"name\n", "auto").unwrap();
        let cases: [(&[u8], Choice, &str); 5] = [
            (
                b"name\ncaf\xe9\n",
                Choice::named(b"", "utf-8").unwrap(),
                "UTF-8 at line 2 (byte 9",
            ),
            (
                b"\xef\xbb\xbfname\ncaf\xe9\n",
                Choice::named(b"\xef\xbb\xbf", "auto").unwrap(),
                "UTF-8 at line 2 (byte 12",
            ),
            // It had letters of UTF-8 before.
            (b"\xc3\xa9\ncaf\xe9\n", assumed, "UTF-8 at line 2 (byte 7"),
            (b"[\xe9]", Choice::json(b"["), "JSON has to be UTF-8"),
            (
                b"a\n\x81\x20",
                Choice::named(b"", "shift_jis").unwrap(),
                "Shift_JIS at line 2 (byte 3",
            ),
        ];
        for (bytes, choice, words) in cases {
            for at_once in 1..4 {
                let said = text(bytes, choice, End::Whole, at_once).unwrap_err();
                assert!(said.contains(words), "{words}: {said}");
            }
        }
        // A letter that the file ends in is no text either, and nor is it the second time.
        let mut reader = Choice::json(b"[").decode(&b"[\xc3"[..], End::Whole);
        let mut text = Vec::new();
        assert!(reader.read_to_end(&mut text).is_err());
        assert!(reader.read_to_end(&mut text).is_err());
        assert_eq!(text, b"[");
    }
}
