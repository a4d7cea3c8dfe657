//! An .xlsx before it is opened: what its parts really unpack to, and how much of it would stay in memory. Its own numbers are
//! not believed: the library makes room for as many texts as the file says it has, and a server without that room ends.
//!
//! The file also says which of its parts the workbook is, so every part is looked at, whatever it is called. It is looked at as
//! the library does it, byte for byte as UTF-8: of a part in UTF-16, such as a query that a spreadsheet program keeps, neither
//! sees a tag.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};

use zip::ZipArchive;

use super::damaged;
use crate::fault::Fault;
use crate::sources::file::input;
use crate::sources::file::open::too_large;

/// Texts of all cells, each once.
const MOST_TEXTS: u64 = 16 * 1024 * 1024;
/// What else stays in memory, such as sheets, fonts and number formats. A spreadsheet program allows some 65,000 formats.
const MOST_KEPT: u64 = 250_000;
const KEPT: [&[u8]; 8] = [
    b"Relationship",
    b"border",
    b"definedName",
    b"fill",
    b"font",
    b"numFmt",
    b"sheet",
    b"xf",
];
/// Names that are copied into each format that uses them; a spreadsheet program allows 255 characters.
const COPIED: [&[u8]; 2] = [b"name", b"numFmt"];
const LONGEST_COPIED: u64 = 4096;
/// From one tag to the next: a value, which a spreadsheet program keeps below 32,768 characters.
const LONGEST_VALUE: u64 = 128 * 1024 * 1024;
/// A name that is longer is none that is known here.
const LONGEST_NAME: usize = 32;
/// The attributes of one element.
const LONGEST_TAG: u64 = 64 * 1024;

/// Refuses a small file that becomes a huge one.
pub fn check(mut file: &File, limit: u64) -> Result<(), Fault> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
    let mut left = limit;
    for at in 0..archive.len() {
        // What cannot be unpacked here cannot be there either, and is reported there if it is needed.
        let Ok(part) = archive.by_index(at) else {
            continue;
        };
        let most = left.saturating_add(1);
        let mut reader = BufReader::with_capacity(64 * 1024, part.take(most));
        scan(&mut reader)?;
        let unpacked = most - reader.get_ref().limit();
        left = left
            .checked_sub(unpacked)
            .ok_or_else(|| too_large(limit.saturating_add(1), limit))?;
    }
    file.rewind().map_err(input::fault)
}

/// Counts what one part makes the library keep. It ends where the part can be read no further, as the library does.
fn scan(reader: &mut impl BufRead) -> Result<(), Fault> {
    let (mut texts, mut kept, mut longest) = (0_u64, 0_u64, LONGEST_VALUE);
    while let Ok(stretch @ 1..) = reader.skip_until(b'<') {
        if u64::try_from(stretch).unwrap_or(u64::MAX) > longest {
            return Err(too_much("a value that is too long"));
        }
        let Ok(name) = name(reader) else { break };
        longest = LONGEST_VALUE;
        if name == b"si" {
            texts += 1;
        } else if name == b"sst" {
            check_count(reader)?;
        } else if KEPT.contains(&name.as_slice()) {
            kept += 1;
        }
        if COPIED.contains(&name.as_slice()) {
            longest = LONGEST_COPIED;
        }
        if texts > MOST_TEXTS || kept > MOST_KEPT {
            return Err(too_much("too many texts or formats"));
        }
    }
    Ok(())
}

/// The name of an element that begins, without its namespace; nothing for all other tags.
fn name(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut name = Vec::new();
    let mut closes = false;
    let mut first = true;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        closes |= first && buffer[0] == b'/';
        first = false;
        let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'<');
        let end = buffer.iter().position(ends);
        for &byte in &buffer[..end.unwrap_or(buffer.len())] {
            if byte == b':' {
                name.clear();
            } else if name.len() <= LONGEST_NAME {
                name.push(byte);
            }
        }
        let read = end.unwrap_or(buffer.len());
        reader.consume(read);
        if end.is_some() {
            break;
        }
    }
    if closes {
        return Ok(Vec::new());
    }
    if name.last() == Some(&b'/') {
        name.pop();
    }
    Ok(name)
}

/// Refuses the number of texts that the file says it has, if that many would not be allowed.
fn check_count(reader: &mut impl BufRead) -> Result<(), Fault> {
    let tag = rest_of_tag(reader)?;
    for (at, name) in tag.match_indices("uniqueCount") {
        let value = tag[at + name.len()..].trim_start_matches(|sign: char| !sign.is_ascii_digit());
        let digits = value.split(|sign: char| !sign.is_ascii_digit()).next();
        // One that is too long for a number is too many, too.
        let count = digits
            .filter(|digits| !digits.is_empty())
            .map_or(0, |digits| digits.parse().unwrap_or(u64::MAX));
        if count > MOST_TEXTS {
            return Err(too_much("more texts than a workbook can have"));
        }
    }
    Ok(())
}

/// The attributes of a tag. A sign that would end it may stand in a value.
fn rest_of_tag(reader: &mut impl BufRead) -> Result<String, Fault> {
    let mut tag = Vec::new();
    let mut quote = None;
    let mut closed = false;
    for byte in reader.take(LONGEST_TAG).bytes() {
        let Ok(byte) = byte else { break };
        match (quote, byte) {
            (None, b'>') => {
                closed = true;
                break;
            }
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
        tag.push(byte);
    }
    if !closed {
        return Err(too_much("a tag that is too long"));
    }
    Ok(String::from_utf8_lossy(&tag).into_owned())
}

fn too_much(what: &str) -> Fault {
    Fault::data(
        "The workbook holds, or says it holds, more than any spreadsheet program can write. Open it in one and save it again, or save the table as CSV.",
    )
    .with_detail(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(part: &str) -> Option<String> {
        // A buffer so small that every name is cut by its end.
        let mut reader = BufReader::with_capacity(3, part.as_bytes());
        scan(&mut reader).err().and_then(|fault| fault.detail)
    }

    #[test]
    fn the_number_of_texts_is_found_however_it_is_written() {
        let many = "10000000000000";
        for tag in [
            format!(r#"<sst count="1" uniqueCount="{many}"><si/>"#),
            format!("<?xml version='1.0'?>\n<x:sst\n a='>' uniqueCount = '{many}'/>"),
            format!(r#"<sst xuniqueCount="1" uniqueCount="{many}{many}">"#),
        ] {
            let told = told(&tag);
            assert_eq!(
                told.as_deref(),
                Some("more texts than a workbook can have"),
                "{tag}"
            );
        }
        for tag in [
            r#"<sst count="2" uniqueCount="2"><si><t>uniqueCount="10000000000000"</t></si></sst>"#,
            "<sst/>",
            "<sst uniqueCount=''>",
        ] {
            assert_eq!(told(tag), None, "{tag}");
        }
    }

    #[test]
    fn what_stays_in_memory_is_counted() {
        let formats = "<x:xf/>".repeat(250_001);
        assert_eq!(told(&formats).as_deref(), Some("too many texts or formats"));
        assert_eq!(told(&"</x:xf><xfs/>".repeat(250_001)), None);
        let code = format!("<numFmt formatCode=\"{}\"/><a/>", "0".repeat(5000));
        assert_eq!(told(&code).as_deref(), Some("a value that is too long"));
        assert_eq!(told(&code.replace("numFmt", "t")), None);
    }

    #[test]
    fn a_mark_of_utf_16_hides_no_tag() {
        let tag = br#"<sst uniqueCount="10000000000000">"#;
        let part = [&b"\xff\xfe"[..], tag].concat();
        let fault = scan(&mut part.as_slice()).unwrap_err();
        assert_eq!(
            fault.detail.as_deref(),
            Some("more texts than a workbook can have")
        );
    }
}
