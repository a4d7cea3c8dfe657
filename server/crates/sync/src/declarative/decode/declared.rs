//! The encoding of an XML document: what its first bytes show counts before what its sender says of it, and that before
//! what it says of itself, since whoever passes a document on in another encoding changes the header alone.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::alphabet::Alphabet;
use crate::fault::Fault;

/// A declaration is within so many bytes.
pub const HEAD_BYTES: u64 = 1024;

/// The encoding of a document that begins like this and came with this header.
pub fn alphabet(head: &[u8], content_type: Option<&str>) -> Result<Alphabet, Fault> {
    if let Some(shown) = shown(head) {
        return Ok(Alphabet::Of(shown));
    }
    // A header with a name that nobody knows says nothing.
    let told = content_type.and_then(charset).and_then(Alphabet::named);
    if let Some(told) = told.filter(|told| is_possible(*told)) {
        return Ok(told);
    }
    let Some(label) = declaration(head) else {
        return Ok(Alphabet::Of(UTF_8));
    };
    let declared = Alphabet::named(label).ok_or_else(|| {
        Fault::unsupported(format!(
            "The answer is an XML document in “{label}”, an encoding this runtime does not read."
        ))
    })?;
    Ok(if is_possible(declared) {
        declared
    } else {
        Alphabet::Of(UTF_8)
    })
}

/// What a mark shows, or that every other byte of the first ones is none.
fn shown(head: &[u8]) -> Option<&'static Encoding> {
    if let Some((marked, _)) = Encoding::for_bom(head) {
        return Some(marked);
    }
    match head {
        [b'<', 0, ..] => Some(UTF_16LE),
        [0, b'<', ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// Programs that make a document as text in memory declare UTF-16 and send UTF-8: real UTF-16 would have shown itself.
fn is_possible(alphabet: Alphabet) -> bool {
    match alphabet {
        Alphabet::Ascii => true,
        Alphabet::Utf16 => false,
        Alphabet::Of(encoding) => encoding != UTF_16LE && encoding != UTF_16BE,
    }
}

/// The parameter of that name in a `Content-Type`.
fn charset(content_type: &str) -> Option<&str> {
    let mut parameters = content_type.split(';').skip(1);
    parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let named = name.trim().eq_ignore_ascii_case("charset");
        named.then(|| value.trim().trim_matches(['"', '\'']))
    })
}

/// What `<?xml … encoding="…"?>` says.
fn declaration(head: &[u8]) -> Option<&str> {
    let inside = head.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = memchr::memchr(b'>', inside)?;
    let inside = std::str::from_utf8(&inside[..end]).ok()?;
    let (_, behind) = inside.split_once("encoding")?;
    let value = behind.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split_once(quote).map(|(label, _)| label)
}

#[cfg(test)]
mod tests {
    use encoding_rs::{ISO_8859_15, SHIFT_JIS, WINDOWS_1252};

    use super::*;
    use crate::fault::Kind;

    #[test]
    fn the_surest_sign_counts() {
        let cases: [(&[u8], Option<&str>, &'static Encoding); 14] = [
            (b"<r/>", None, UTF_8),
            (b"", None, UTF_8),
            (b"<r/>", Some("text/xml"), UTF_8),
            (
                b"<?xml version=\"1.0\" encoding=\"ISO-8859-15\"?><r/>",
                None,
                ISO_8859_15,
            ),
            (
                b"<?xml version='1.0' encoding = 'Shift_JIS' ?>",
                None,
                SHIFT_JIS,
            ),
            (
                b"<?xml version=\"1.0\"?><r encoding=\"latin1\"/>",
                None,
                UTF_8,
            ),
            (
                b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>",
                Some("text/xml; charset=\"UTF-8\""),
                UTF_8,
            ),
            (
                b"<r/>",
                Some("application/xml; x=y; Charset=iso-8859-1"),
                WINDOWS_1252,
            ),
            (
                b"<?xml version=\"1.0\" encoding=\"ISO-8859-15\"?>",
                Some("text/xml; charset=whatever"),
                ISO_8859_15,
            ),
            (
                b"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>",
                Some("text/xml; charset=latin1"),
                UTF_8,
            ),
            (b"\xfe\xff\0<", None, UTF_16BE),
            (b"<\0?\0", None, UTF_16LE),
            (b"\0<\0?", Some("text/xml; charset=utf-16"), UTF_16BE),
            (
                b"<?xml version=\"1.0\" encoding=\"utf-16\"?><r/>",
                Some("text/xml; charset=utf-16"),
                UTF_8,
            ),
        ];
        for (head, header, expected) in cases {
            let text = String::from_utf8_lossy(head);
            let found = alphabet(head, header);
            assert_eq!(found, Ok(Alphabet::Of(expected)), "{text} {header:?}");
        }
    }

    #[test]
    fn an_encoding_nobody_reads_is_told() {
        let head = b"<?xml version=\"1.0\" encoding=\"cp437\"?>";
        let fault = alphabet(head, None).unwrap_err();
        assert_eq!(fault.kind, Kind::Unsupported, "{fault}");
        assert!(fault.message.contains("cp437"), "{fault}");
    }
}
