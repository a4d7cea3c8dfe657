//! An answer's bytes on their way to text in UTF-8. Bytes that are no letters end the reading and are told with their
//! place: a letter that is replaced in silence is lost for good.

use std::io::{self, Chain, Cursor, Read};

use encoding_rs::{Decoder, Encoding};

use super::alphabet::Alphabet;
use super::fault;
use crate::fault::Fault;
use crate::letters::{BUFFER_BYTES, Decoded, Text, Then};

/// A reader of which the beginning was looked at.
pub type Begun<R> = Chain<Cursor<Vec<u8>>, R>;

/// The first bytes, and a reader that begins with them.
pub fn peek<R: Read>(mut reader: R, most: u64) -> Result<(Vec<u8>, Begun<R>), Fault> {
    let mut head = Vec::new();
    reader
        .by_ref()
        .take(most)
        .read_to_end(&mut head)
        .map_err(fault)?;
    Ok((head.clone(), Cursor::new(head).chain(reader)))
}

/// Reads text.
pub struct Letters<R> {
    inner: R,
    /// None for ASCII: it is only checked.
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    text: Text,
    /// What was read so far: bytes, and ends of lines.
    bytes: usize,
    lines: usize,
}

impl<R: Read> Letters<Begun<R>> {
    /// Text in an encoding that was named.
    pub fn of(reader: R, alphabet: Alphabet) -> Result<Self, Fault> {
        let (head, reader) = peek(reader, 2)?;
        if alphabet == Alphabet::Utf16 && !head.is_empty() && Encoding::for_bom(&head).is_none() {
            return Err(Fault::data(
                "The answer does not begin with a byte order mark, as UTF-16 has to. Without one, the manifest has to say utf-16-le or utf-16-be.",
            ));
        }
        Ok(Self::new(reader, alphabet))
    }
}

impl<R: Read> Letters<R> {
    pub fn new(inner: R, alphabet: Alphabet) -> Self {
        Self {
            inner,
            decoder: alphabet.decoder(),
            raw: vec![0; BUFFER_BYTES],
            text: Text::default(),
            bytes: 0,
            lines: 0,
        }
    }

    /// Makes the next text, which may be none.
    fn advance(&mut self) -> io::Result<()> {
        let count = self.inner.read(&mut self.raw)?;
        self.text.clear();
        let bad = self.convert(count);
        self.lines += memchr::memchr_iter(b'\n', &self.text.made).count();
        match bad {
            Some(byte) => self.text.then = Then::Fault(self.misfit(byte)),
            None if count == 0 => self.text.then = Then::Nothing,
            None => {}
        }
        Ok(())
    }

    /// Makes text of so many bytes, none at the end of all, and says which byte of the answer begins what is no letter.
    fn convert(&mut self, count: usize) -> Option<usize> {
        let bytes = &self.raw[..count];
        let Some(decoder) = &mut self.decoder else {
            let valid = Encoding::ascii_valid_up_to(bytes);
            self.text.made.extend_from_slice(&bytes[..valid]);
            self.bytes += valid;
            return (valid < count).then_some(self.bytes + 1);
        };
        let Decoded { read, misfit } = self.text.decode(decoder, bytes, count == 0);
        self.bytes += read;
        misfit.map(|back| (self.bytes + 1).saturating_sub(back))
    }

    fn misfit(&self, byte: usize) -> Fault {
        // A mark may have told another one than was expected.
        let name = match &self.decoder {
            Some(decoder) => decoder.encoding().name(),
            None => "ASCII",
        };
        Fault::data(format!(
            "The answer has letters that do not fit its encoding, {name}, at line {} (byte {byte} of the answer).",
            self.lines + 1
        ))
    }
}

impl<R: Read> Read for Letters<R> {
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
    use crate::fault::Kind;
    use crate::letters::drops::Drops;

    /// The text, read in pieces of each size, or what was wrong with it.
    fn text(bytes: &[u8], label: &str) -> Result<String, Fault> {
        let alphabet = Alphabet::named(label).unwrap();
        let read = |at_once: usize| -> Result<String, Fault> {
            let mut text = String::new();
            Letters::of(Drops(bytes, at_once), alphabet)?
                .read_to_string(&mut text)
                .map_err(fault)?;
            Ok(text)
        };
        let whole = read(1024);
        for at_once in 1..6 {
            assert_eq!(read(at_once), whole, "{label}, {at_once} bytes at once");
        }
        whole
    }

    #[test]
    fn letters_are_read_in_any_encoding() {
        let cases: [(&[u8], &str, &str); 9] = [
            ("é\n€".as_bytes(), "utf-8", "é\n€"),
            (b"\xef\xbb\xbf\xc3\xa9", "utf-8", "é"),
            (b"\xe9 \x80", "cp1252", "é €"),
            (b"\xfe\xff\0\xe9\xd8\x3d\xde\xa2", "utf-16", "é🚢"),
            (b"\xff\xfe\xe9\0\x3d\xd8\xa2\xde", "utf-16", "é🚢"),
            (b"\0\xe9", "utf-16-be", "é"),
            (b"\xff\xfe\xe9\0", "utf-8", "é"),
            (b"plain", "ascii", "plain"),
            (b"", "utf-16", ""),
        ];
        for (bytes, label, expected) in cases {
            assert_eq!(text(bytes, label).as_deref(), Ok(expected), "{label}");
        }
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_place() {
        let cases: [(&[u8], &str, &str); 6] = [
            (
                b"id,name\n1,M\xfcller\n",
                "utf-8",
                "UTF-8, at line 2 (byte 12 ",
            ),
            (b"a\n\xc3\xa9", "ascii", "ASCII, at line 2 (byte 3 "),
            (b"a\n\x81\x20", "shift_jis", "Shift_JIS, at line 2 (byte 3 "),
            (b"\xff\xfe\n\0\x3d\xd8a\0", "utf-16", "UTF-16LE, at line 2"),
            // It ends inside a letter.
            (b"a\xc3", "utf-8", "UTF-8, at line 1 (byte 2 "),
            (b"i\0d\0", "utf-16", "byte order mark"),
        ];
        for (bytes, label, words) in cases {
            let fault = text(bytes, label).unwrap_err();
            assert_eq!(fault.kind, Kind::Data, "{fault}");
            assert!(fault.message.contains(words), "{words}: {fault}");
        }
    }
}
