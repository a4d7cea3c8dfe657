//! The encoding of an answer, by the names that manifests, headers and documents have for it.

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16LE};

/// How letters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// Nothing but ASCII. To browsers the name stands for windows-1252; to Python, and to whoever chose it, it does not.
    Ascii,
    /// UTF-16 in the order that the mark at its beginning tells.
    Utf16,
    Of(&'static Encoding),
}

impl Alphabet {
    /// An encoding by a name that Python has for it, or a browser.
    pub fn named(label: &str) -> Option<Self> {
        let label = label.trim().to_lowercase().replace('_', "-");
        let name = match label.as_str() {
            "ascii" | "us-ascii" => return Some(Self::Ascii),
            "utf-16" | "utf16" => return Some(Self::Utf16),
            "utf-16-le" => "utf-16le",
            "utf-16-be" => "utf-16be",
            "latin-1" => "latin1",
            "utf-8-sig" => "utf-8",
            label => label,
        };
        let windows = name
            .strip_prefix("cp")
            .map(|page| format!("windows-{page}"));
        let known = Encoding::for_label_no_replacement(name.as_bytes())
            .or_else(|| Encoding::for_label_no_replacement(windows?.as_bytes()));
        known.map(Self::Of)
    }

    /// What reads it, beginning with a mark that is no text; nothing where bytes are letters already. A mark of UTF-16
    /// where UTF-8 is expected is believed: UTF-8 has no such bytes.
    pub fn decoder(self) -> Option<Decoder> {
        match self {
            Self::Ascii => None,
            Self::Utf16 => Some(UTF_16LE.new_decoder()),
            Self::Of(encoding) if encoding == UTF_8 => Some(UTF_8.new_decoder()),
            Self::Of(encoding) => Some(encoding.new_decoder_with_bom_removal()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_python() {
        let cases = [
            ("utf_8", Some("UTF-8")),
            ("UTF-8-SIG", Some("UTF-8")),
            ("latin-1", Some("windows-1252")),
            ("iso8859_15", Some("ISO-8859-15")),
            ("cp1251", Some("windows-1251")),
            ("cp866", Some("IBM866")),
            ("shift_jis", Some("Shift_JIS")),
            ("utf-16-be", Some("UTF-16BE")),
            ("utf_16_le", Some("UTF-16LE")),
            ("cp437", None),
            ("utf-32", None),
            ("hz", None),
            ("nope", None),
        ];
        for (label, name) in cases {
            let found = Alphabet::named(label);
            let expected = name.map(|name| Encoding::for_label(name.as_bytes()).unwrap());
            assert_eq!(found, expected.map(Alphabet::Of), "{label}");
        }
        assert_eq!(Alphabet::named("US-ASCII"), Some(Alphabet::Ascii));
        assert_eq!(Alphabet::named("utf_16"), Some(Alphabet::Utf16));
    }
}
