//! The encoding of a text file, and its text as UTF-8.

use std::io::Read;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};

use crate::fault::Fault;

/// The encoding a person named, or the likeliest one. A byte order mark in the file wins over both when it is read.
pub fn choose(prefix: &[u8], named: &str) -> Result<&'static Encoding, Fault> {
    if named.is_empty() || named == "auto" {
        return Ok(
            Encoding::for_bom(prefix).map_or_else(|| guess(prefix), |(encoding, _)| encoding)
        );
    }
    Encoding::for_label(named.trim().as_bytes()).ok_or_else(|| {
        Fault::config(format!(
            "“{named}” is not an encoding this server knows. Try utf-8 or windows-1252."
        ))
        .at_field("format.encoding")
    })
}

fn guess(prefix: &[u8]) -> &'static Encoding {
    // The prefix may end inside a character; that alone does not make it another encoding.
    match std::str::from_utf8(prefix) {
        Ok(_) => return UTF_8,
        Err(error) if error.error_len().is_none() => return UTF_8,
        Err(_) => {}
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(prefix, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// The text as UTF-8, without a byte order mark; what is no character becomes U+FFFD.
pub fn decode<R: Read>(reader: R, encoding: &'static Encoding) -> DecodeReaderBytes<R, Vec<u8>> {
    DecodeReaderBytesBuilder::new()
        .encoding(Some(encoding))
        .bom_override(true)
        .build(reader)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], named: &str) -> String {
        let mut text = String::new();
        decode(bytes, choose(bytes, named).unwrap())
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    #[test]
    fn reads_what_spreadsheets_write() {
        assert_eq!(text("\u{feff}größe".as_bytes(), "auto"), "größe");
        assert_eq!(text(b"\xff\xfeg\0r\0\xf6\0", "auto"), "grö");
        assert_eq!(
            text(b"name;gr\xf6\xdfe;stra\xdfe;caf\xe9;M\xfcller", "auto"),
            "name;größe;straße;café;Müller"
        );
        assert_eq!(text(b"\x80 5", "windows-1252"), "€ 5");
        assert!(choose(b"", "klingon").is_err());
    }
}
