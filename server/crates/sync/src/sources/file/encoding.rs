//! The encoding of a text file: named by a person, marked in the file, or told by its beginning.

mod decode;

use std::io::Read;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

use crate::fault::Fault;
pub use decode::{Decode, End};

/// The encoding of a file.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    pub encoding: &'static Encoding,
    basis: Basis,
    /// The length of the byte order mark, which is no text. A mark wins over everything else.
    pub mark: usize,
}

/// What the choice rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basis {
    /// The format: JSON is UTF-8 where no mark says otherwise, and nobody is asked.
    Format,
    /// A person's word, a mark, or letters that were looked at.
    Sign,
    /// Nothing speaks against UTF-8, but the text that was looked at may be ASCII, which is the same in every encoding.
    Assumed,
}

impl Choice {
    /// The encoding a person named, or the likeliest one.
    pub fn named(prefix: &[u8], name: &str) -> Result<Self, Fault> {
        if name.is_empty() || name == "auto" {
            return Ok(Self::marked(prefix).unwrap_or_else(|| Self::guessed(prefix)));
        }
        let encoding = Encoding::for_label(name.trim().as_bytes()).ok_or_else(|| {
            Fault::config(format!(
                "“{name}” is not an encoding this server knows. Try utf-8 or windows-1252."
            ))
            .at_field("format.encoding")
        })?;
        Ok(Self::marked(prefix).unwrap_or(Self {
            encoding,
            basis: Basis::Sign,
            mark: 0,
        }))
    }

    /// JSON is UTF-8, unless it begins with the mark of UTF-16, which some programs write.
    pub fn json(prefix: &[u8]) -> Self {
        let mark = Self::marked(prefix);
        Self {
            encoding: mark.map_or(UTF_8, |mark| mark.encoding),
            basis: Basis::Format,
            mark: mark.map_or(0, |mark| mark.mark),
        }
    }

    fn marked(prefix: &[u8]) -> Option<Self> {
        let (encoding, mark) = Encoding::for_bom(prefix)?;
        Some(Self {
            encoding,
            basis: Basis::Sign,
            mark,
        })
    }

    fn guessed(prefix: &[u8]) -> Self {
        // The prefix may end inside a character; that alone does not make it another encoding.
        let is_utf8 = match std::str::from_utf8(prefix) {
            Ok(_) => true,
            Err(error) => error.error_len().is_none(),
        };
        let (encoding, basis) = if is_utf8 {
            (UTF_8, Basis::Assumed)
        } else {
            let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
            detector.feed(prefix, true);
            (detector.guess(None, Utf8Detection::Deny), Basis::Sign)
        };
        Self {
            encoding,
            basis,
            mark: 0,
        }
    }

    /// The text as UTF-8 of bytes that begin behind the byte order mark.
    pub fn decode<R: Read>(self, reader: R, end: End) -> Decode<R> {
        Decode::new(reader, self, end)
    }

    /// Why the reading ends at a place: a letter that is replaced in silence is lost for good.
    fn broken(self, line: usize, byte: usize) -> Fault {
        let fault = Fault::data(format!(
            "The file is not valid {} at line {line} (byte {byte} of the file). {}",
            self.encoding.name(),
            match self.basis {
                Basis::Format => "JSON has to be UTF-8: save the file as UTF-8.",
                Basis::Sign | Basis::Assumed =>
                    "Choose the format CSV and the file's encoding in the settings, or save the file as UTF-8.",
            }
        ));
        match self.basis {
            Basis::Format => fault,
            Basis::Sign | Basis::Assumed => fault.at_field("format.encoding"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], named: &str) -> String {
        let choice = Choice::named(bytes, named).unwrap();
        let mut text = String::new();
        choice
            .decode(&bytes[choice.mark..], End::Whole)
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    #[test]
    fn reads_what_spreadsheets_write() {
        assert_eq!(text("\u{feff}größe".as_bytes(), "auto"), "größe");
        assert_eq!(text("\u{feff}größe".as_bytes(), "windows-1252"), "größe");
        assert_eq!(text(b"\xff\xfeg\0r\0\xf6\0", "auto"), "grö");
        assert_eq!(
            text(b"name;gr\xf6\xdfe;stra\xdfe;caf\xe9;M\xfcller", "auto"),
            "name;größe;straße;café;Müller"
        );
        assert_eq!(text(b"name\ncaf\xe9", "auto"), "name\ncafé");
        assert_eq!(text(b"\x80 5", "windows-1252"), "€ 5");
        assert!(Choice::named(b"", "klingon").is_err());
    }
}
