//! Which format a file is in, told by its first bytes and never by its name; and a clear word when it is none of ours.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

use super::config::Format;
use crate::fault::Fault;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Csv,
    /// One array, or objects one after the other.
    Json,
    Excel,
}

/// Of an archive with files, and of one without.
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
/// The container of .xls, and of an .xlsx with a password.
const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];

/// Files people try, what they begin with, and what helps.
const OTHERS: [(&[u8], &str); 8] = [
    (
        b"%PDF",
        "This is a PDF. Only tables can be read: export the table as CSV or Excel.",
    ),
    (
        b"PAR1",
        "This is a Parquet file, which cannot be read yet. Export it as CSV.",
    ),
    (
        b"SQLite format 3",
        "This is a SQLite database. Export the table as CSV.",
    ),
    (
        b"Obj\x01",
        "This is an Avro file. Export it as CSV or JSON.",
    ),
    (
        b"BZh",
        "This file is packed with bzip2. Pack it with gzip, or not at all.",
    ),
    (
        b"7z\xbc\xaf",
        "This is a 7-Zip archive. Unpack it and upload the file inside.",
    ),
    (
        b"\x28\xb5\x2f\xfd",
        "This file is packed with Zstandard. Pack it with gzip, or not at all.",
    ),
    (
        b"Rar!",
        "This is a RAR archive. Unpack it and upload the file inside.",
    ),
];

/// Recognises the format, or checks the one a person named.
pub fn recognise(prefix: &[u8], wanted: &Format) -> Result<Kind, Fault> {
    let text = text(prefix);
    let text = text.trim_ascii_start();
    if text.is_empty() {
        return Err(Fault::data(
            "The file is empty. Export it again, or choose another file.",
        ));
    }
    let found = by_content(prefix, text)?;
    let wanted = match wanted {
        Format::Auto => return Ok(found),
        Format::Csv(_) => Kind::Csv,
        Format::Json | Format::Jsonl => Kind::Json,
        Format::Excel { .. } => Kind::Excel,
    };
    // Any text may be meant as CSV; the others leave no doubt.
    if wanted == found || (wanted == Kind::Csv && found == Kind::Json) {
        return Ok(wanted);
    }
    Err(Fault::config(format!(
        "The file is set to be {}, but its content is {}.",
        name(wanted),
        name(found)
    ))
    .at_field("format"))
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Csv => "CSV",
        Kind::Json => "JSON",
        Kind::Excel => "Excel",
    }
}

/// Whether it is packed as ZIP is; workbooks are, too.
pub fn is_zip(prefix: &[u8]) -> bool {
    ZIP.iter().any(|magic| prefix.starts_with(magic))
}

/// Of a file that is packed as ZIP is: parts of a workbook are named in the clear.
pub fn is_workbook(prefix: &[u8]) -> bool {
    memchr::memmem::find(prefix, b"xl/").is_some()
        || memchr::memmem::find(prefix, b"[Content_Types].xml").is_some()
}

/// The beginning without a mark of its encoding, in bytes of which a bracket is one: in UTF-16 it is two.
fn text(prefix: &[u8]) -> Cow<'_, [u8]> {
    match Encoding::for_bom(prefix) {
        None => Cow::Borrowed(prefix),
        Some((encoding, mark)) if encoding == UTF_8 => Cow::Borrowed(&prefix[mark..]),
        Some((encoding, mark)) => {
            let (text, _) = encoding.decode_without_bom_handling(&prefix[mark..]);
            Cow::Owned(text.into_owned().into_bytes())
        }
    }
}

/// By the bytes as they are, and by the text they are if they are text, without blanks before it.
fn by_content(prefix: &[u8], text: &[u8]) -> Result<Kind, Fault> {
    if let Some((_, advice)) = OTHERS.iter().find(|(magic, _)| prefix.starts_with(magic)) {
        return Err(Fault::data(*advice));
    }
    if prefix.starts_with(COMPOUND) {
        return Ok(Kind::Excel);
    }
    if is_zip(prefix) {
        return if is_workbook(prefix) {
            Ok(Kind::Excel)
        } else {
            Err(Fault::data(
                "This is a ZIP archive inside a packed file. Unpack it once.",
            ))
        };
    }
    let begins = |word: &[u8]| {
        text.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if begins(b"<!doctype") || begins(b"<html") || begins(b"<head") || begins(b"<body") {
        return Err(Fault::data(
            "The address leads to a web page, not to a file. Use the link behind the page's download button, or upload the file.",
        ));
    }
    if begins(b"<?xml") {
        return Err(Fault::data(
            "This is an XML file, which cannot be read. Export the data as CSV, JSON or Excel.",
        ));
    }
    match text.first() {
        Some(b'[' | b'{') => Ok(Kind::Json),
        _ if looks_binary(prefix) => Err(Fault::data(
            "The file is neither text nor an Excel workbook, so it cannot be read.",
        )),
        _ => Ok(Kind::Csv),
    }
}

/// Zero bytes are no text, except in UTF-16, which begins with a mark.
fn looks_binary(prefix: &[u8]) -> bool {
    Encoding::for_bom(prefix).is_none() && memchr::memchr(0, prefix).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::config::CsvOptions;
    use super::*;

    #[test]
    fn recognises_by_content() {
        assert_eq!(recognise(b"a,b\n1,2\n", &Format::Auto), Ok(Kind::Csv));
        assert_eq!(
            recognise(b"\xef\xbb\xbf [{\"a\":1}]", &Format::Auto),
            Ok(Kind::Json)
        );
        assert_eq!(
            recognise(b"\xff\xfe \0[\0]\0", &Format::Auto),
            Ok(Kind::Json)
        );
        assert_eq!(
            recognise(b"\xfe\xff\0a\0,\0b", &Format::Auto),
            Ok(Kind::Csv)
        );
        assert_eq!(
            recognise(b"PK\x03\x04....xl/workbook.xml", &Format::Auto),
            Ok(Kind::Excel)
        );
        assert_eq!(
            recognise(b"{a},{b}\n", &Format::Csv(CsvOptions::default())),
            Ok(Kind::Csv)
        );
    }

    #[test]
    fn says_what_a_wrong_file_is() {
        let cases: [(&[u8], &str); 9] = [
            (b"", "empty"),
            (b"\xff\xfe", "empty"),
            (b"\xff\xfe<\0h\0t\0m\0l\0", "web page"),
            (b" \n\t ", "empty"),
            (b"\n<!DOCTYPE html><html>", "web page"),
            (b"%PDF-1.7", "PDF"),
            (b"PK\x03\x04 plain.txt", "ZIP"),
            (b"PAR1....", "Parquet"),
            (b"\x7fELF\x00\x01", "neither text"),
        ];
        for (bytes, word) in cases {
            let fault = recognise(bytes, &Format::Auto).unwrap_err();
            assert!(fault.message.contains(word), "{fault}");
        }
        let fault = recognise(b"a,b\n", &Format::Json).unwrap_err();
        assert_eq!(fault.field.as_deref(), Some("format"));
    }
}
