//! Workbooks made by hand: small ones that say, or would become, something huge, columns of days and times, parts in UTF-16,
//! and passwords.

mod odd;

use std::io::{Cursor, Write};

use serde_json::{Value, json};
use sync::connector::Connector;
use sync::fault::{Fault, Kind};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::file::uploaded;
use crate::harness::{check, read_whole};

const SOURCE: Connector = Connector::File;
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";

/// An .xlsx of one sheet with these rows, and with parts of its own.
fn workbook(rows: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let parts: Vec<_> = parts
        .iter()
        .map(|(name, text)| (*name, text.as_bytes()))
        .collect();
    workbook_in("xl", &[("One", rows)], &parts)
}

/// An .xlsx of these sheets, kept in this folder, and with parts of its own.
pub fn workbook_in(folder: &str, sheets: &[(&str, &str)], parts: &[(&str, &[u8])]) -> Vec<u8> {
    let relations = format!(
        r#"<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="{folder}/workbook.xml"/></Relationships>"#
    );
    let numbered = || (1..).zip(sheets);
    let listed: Vec<String> = numbered()
        .map(|(number, (name, _))| {
            format!(r#"<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>"#)
        })
        .collect();
    let book = format!(
        r#"<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{}</sheets></workbook>"#,
        listed.concat()
    );
    let places: Vec<String> = numbered()
        .map(|(number, _)| {
            format!(
                r#"<Relationship Id="r{number}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>"#
            )
        })
        .collect();
    let places = format!(
        r#"<Relationships xmlns="{PACKAGE}">{}</Relationships>"#,
        places.concat()
    );
    let mut own = vec![
        ("_rels/.rels".to_owned(), relations),
        (format!("{folder}/workbook.xml"), book),
        (format!("{folder}/_rels/workbook.xml.rels"), places),
    ];
    own.extend(numbered().map(|(number, (_, rows))| {
        let sheet =
            format!(r#"<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>"#);
        (format!("{folder}/worksheets/sheet{number}.xml"), sheet)
    }));

    let own = own
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_bytes()));
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in own.chain(parts.iter().copied()) {
        let options = SimpleFileOptions::default();
        archive.start_file(name, options).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

/// A cell with a number, in a format of the workbook.
pub fn cell(place: &str, style: u8, value: &str) -> String {
    format!(r#"<c r="{place}" s="{style}"><v>{value}</v></c>"#)
}

pub fn text(place: &str, value: &str) -> String {
    format!(r#"<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>"#)
}

/// The number of texts is what the file says.
fn texts(count: &str) -> String {
    format!(r#"<sst xmlns="{MAIN}" count="1" uniqueCount="{count}"><si><t>a</t></si></sst>"#)
}

async fn verdict(bytes: &[u8]) -> Result<(), Fault> {
    let (cx, config) = uploaded(bytes).await;
    check(&SOURCE, &config, &cx).await.0
}

async fn rows(bytes: &[u8]) -> Vec<Value> {
    let (cx, config) = uploaded(bytes).await;
    let outcome = read_whole(&SOURCE, &config, &cx).await;
    assert_eq!(outcome.result, Ok(()));
    let rows = outcome.records();
    rows.iter().map(|record| record.data.clone()).collect()
}

const SHARED: &str =
    r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>"#;

#[tokio::test]
async fn a_workbook_that_says_it_has_endless_texts_does_not_end_the_server() {
    let good = workbook(SHARED, &[("xl/sharedStrings.xml", &texts("1"))]);
    assert_eq!(rows(&good).await, [json!({"a": 1})]);
    let endless = workbook(
        SHARED,
        &[("xl/sharedStrings.xml", &texts("10000000000000"))],
    );
    let fault = verdict(&endless).await.unwrap_err();
    assert_eq!(fault.kind, Kind::Data);
    assert!(
        fault.message.contains("more than any spreadsheet"),
        "{fault}"
    );
}

#[tokio::test]
async fn a_query_that_a_spreadsheet_program_keeps_in_utf_16_is_no_damage() {
    let query = utf16(
        r#"<?xml version="1.0" encoding="utf-16"?><DataMashup xmlns="http://schemas.microsoft.com/DataMashup">AAAA</DataMashup>"#,
    );
    let sheet = [text("A1", "a"), cell("A2", 0, "7")].concat();
    let file = workbook_in(
        "xl",
        &[("One", &sheet)],
        &[
            ("customXml/item1.xml", &query),
            ("xl/model/item.data", &utf16("a model")),
        ],
    );
    assert_eq!(rows(&file).await, [json!({"a": 7})]);
}

#[tokio::test]
async fn endless_texts_are_found_wherever_the_workbook_is_kept_and_in_whatever_letters() {
    let endless = texts("10000000000000");
    let sheets = [("One", SHARED)];
    let elsewhere = |texts: &str| {
        let parts: [(&str, &[u8]); 2] = [
            ("[Content_Types].xml", b"<Types/>"),
            ("customXml/sharedStrings.xml", texts.as_bytes()),
        ];
        workbook_in("customXml", &sheets, &parts)
    };
    let good = elsewhere(&texts("1"));
    assert_eq!(rows(&good).await, [json!({"a": 1})]);
    // The library sees no tag in these, and so makes no room.
    let hidden = workbook_in("xl", &sheets, &[("xl/sharedStrings.xml", &utf16(&endless))]);
    for (file, word) in [
        (elsewhere(&endless), "more than any spreadsheet"),
        (hidden, "could not be read"),
    ] {
        let fault = verdict(&file).await.unwrap_err();
        assert_eq!(fault.kind, Kind::Data);
        assert!(fault.message.contains(word), "{fault}");
    }
}

#[tokio::test]
async fn a_cell_beyond_the_last_column_or_row_is_refused() {
    for place in ["ZZZZZZ2", "XFE2", "A1048577"] {
        let sheet = [text("A1", "a"), cell(place, 0, "1")].concat();
        let fault = verdict(&workbook(&sheet, &[])).await.unwrap_err();
        assert_eq!(fault.kind, Kind::Data, "{place}");
        let detail = fault.detail.unwrap_or_default();
        assert!(detail.starts_with("a cell in row"), "{place}: {detail}");
    }
    // Beyond what a table can hold a cell may have a colour, and no value.
    let sheet = [
        text("A1", "a"),
        r#"<c r="XFD1" s="0"/>"#.to_owned(),
        cell("A2", 0, "7"),
    ];
    assert_eq!(
        rows(&workbook(&sheet.concat(), &[])).await,
        [json!({"a": 7})]
    );
}

/// Writes into the archive's directory, and before each file, that nothing is in it.
fn belittled(mut archive: Vec<u8>) -> Vec<u8> {
    for (mark, size) in [(b"PK\x01\x02", 24), (b"PK\x03\x04", 22)] {
        let places: Vec<usize> = (0..archive.len() - 4)
            .filter(|at| archive[*at..].starts_with(mark))
            .collect();
        for at in places {
            archive[at + size..at + size + 4].fill(0);
        }
    }
    archive
}

#[tokio::test]
async fn what_a_workbook_unpacks_to_is_counted_and_not_believed() {
    let padding = " ".repeat(2_000_000);
    let large = workbook(
        SHARED,
        &[("xl/sharedStrings.xml", &(texts("1") + &padding))],
    );
    assert!(large.len() < 20_000, "{} bytes", large.len());
    let refused = async |bytes: &[u8]| {
        let (mut cx, config) = uploaded(bytes).await;
        cx.limits.total_bytes = 1_000_000;
        check(&SOURCE, &config, &cx).await.0.unwrap_err()
    };
    let fault = refused(&large).await;
    assert_eq!(fault.kind, Kind::Data);
    assert!(fault.message.contains("larger than allowed"), "{fault}");
    let fault = refused(&belittled(large)).await;
    assert_eq!(fault.kind, Kind::Data);
    assert!(fault.message.contains("could not be read"), "{fault}");
}

#[tokio::test]
async fn a_midnight_among_times_has_its_time() {
    let styles = format!(
        r#"<styleSheet xmlns="{MAIN}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="14"/></cellXfs></styleSheet>"#
    );
    let sheet = [
        text("A1", "at"),
        text("B1", "day"),
        cell("A2", 1, "45292"),
        cell("B2", 2, "45292"),
        cell("A3", 1, "45293.5"),
        cell("B3", 2, "45293"),
    ];
    let file = workbook(&sheet.concat(), &[("xl/styles.xml", &styles)]);
    let (cx, config) = uploaded(&file).await;
    let found = SOURCE.discover(&config, &cx).await.unwrap();
    let properties = &found.streams[0].json_schema["properties"];
    assert_eq!(
        (
            &properties["at"]["airbyte_type"],
            &properties["day"]["format"]
        ),
        (&json!("timestamp_without_timezone"), &json!("date"))
    );
    assert_eq!(
        rows(&file).await,
        [
            json!({"at": "2024-01-01T00:00:00", "day": "2024-01-01"}),
            json!({"at": "2024-01-02T12:00:00", "day": "2024-01-02"}),
        ]
    );
}

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
}

/// The number 1 in a cell.
fn number(row: u16, column: u16) -> Vec<u8> {
    let place = [row, column, 0].map(u16::to_le_bytes).concat();
    record(0x0203, &[&place[..], &1_f64.to_le_bytes()].concat())
}

/// An .xls of one sheet with these records.
fn old_workbook(cells: &[Vec<u8>]) -> Vec<u8> {
    container("Workbook", records(&[], cells))
}

/// The records of an .xls: what it begins with, then one sheet with these.
fn records(before: &[u8], cells: &[Vec<u8>]) -> Vec<u8> {
    let begin = |kind: u16| {
        let version = [0x0600, kind, 0, 0, 0, 0, 0, 0].map(u16::to_le_bytes);
        record(0x0809, &version.concat())
    };
    let globals = [&begin(0x0005)[..], before].concat();
    let end = record(0x000a, &[]);
    let bound = |place: usize| {
        let place = u32::try_from(place).unwrap().to_le_bytes();
        record(0x0085, &[&place[..], &[0, 0, 3, 0], b"One"].concat())
    };
    let place = globals.len() + bound(0).len() + end.len();
    let sheet = [begin(0x0010), cells.concat(), end.clone()].concat();
    [globals, bound(place), end, sheet].concat()
}

/// The container of an .xls, with one stream.
fn container(name: &str, mut stream: Vec<u8>) -> Vec<u8> {
    stream.resize(4096, 0);
    let (end, free) = (0xffff_fffe_u32, 0xffff_ffff_u32);
    let mut table = vec![0xffff_fffd, end, 3, 4, 5, 6, 7, 8, 9, end];
    table.resize(128, free);
    let mut header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    header.resize(24, 0);
    let versions = [0x3e, 3, 0xfffe, 9, 6, 0, 0, 0, 0, 0];
    header.extend(versions.map(u16::to_le_bytes).concat());
    header.extend(
        [1, 1, 0, 4096, end, 0, end, 0, 0]
            .map(u32::to_le_bytes)
            .concat(),
    );
    header.resize(512, 0xff);
    let directory = [entry("Root Entry", 5, end, 0), entry(name, 2, 2, 4096)];
    let mut directory = directory.concat();
    directory.resize(512, 0);
    let table: Vec<u8> = table.into_iter().flat_map(u32::to_le_bytes).collect();
    [header, table, directory, stream].concat()
}

/// An entry of the container's directory.
fn entry(name: &str, kind: u8, start: u32, bytes: u32) -> Vec<u8> {
    let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    entry.resize(66, 0);
    entry.push(kind);
    entry.resize(116, 0);
    entry.extend([start, bytes, 0].map(u32::to_le_bytes).concat());
    entry
}

#[tokio::test]
async fn cells_of_an_old_workbook_share_their_texts() {
    let shown = |row: u16, text: u16| {
        let cell = [row, 0, 0, text, 0].map(u16::to_le_bytes);
        record(0x00fd, &cell.concat())
    };
    // The second is cut in two: its rest has wide characters.
    let texts = record(0x00fc, b"\0\0\0\0\0\0\0\0\x04\0\0name\x03\0\0ab");
    let rest = record(0x003c, b"\x01c\0");
    let cells = [shown(0, 0), shown(1, 1), shown(2, 1)];
    let whole = records(&[texts.clone(), rest].concat(), &cells);
    let found = rows(&container("Workbook", whole)).await;
    assert_eq!(found, [json!({"name": "abc"}), json!({"name": "abc"})]);

    let broken = container("Workbook", records(&texts, &cells));
    let (cx, config) = uploaded(&broken).await;
    let fault = check(&SOURCE, &config, &cx).await.0.unwrap_err();
    assert!(fault.message.contains("could not be read"), "{fault}");
}

#[tokio::test]
async fn an_old_workbook_with_a_cell_in_each_corner_is_refused() {
    let cells = |row, column| [number(0, 0), number(1, 0), number(row, column)];
    let good = old_workbook(&cells(2, 1));
    assert_eq!(rows(&good).await.len(), 2);
    let dimensions = [0_u32.to_le_bytes(), u32::MAX.to_le_bytes()].concat();
    let dimensions = [&dimensions[..], &[0, 0, 0xff, 0xff, 0, 0]].concat();
    for cells in [
        cells(65_535, 65_535).to_vec(),
        vec![record(0x0200, &dimensions), number(0, 0)],
    ] {
        let fault = verdict(&old_workbook(&cells)).await.unwrap_err();
        assert_eq!(fault.kind, Kind::Data);
        assert!(fault.message.contains("reach over more than"), "{fault}");
    }
}

#[tokio::test]
async fn a_workbook_with_a_password_is_told_as_one() {
    // What looks like cells far apart is scrambled.
    let cells = [number(0, 0), number(65_535, 65_535)];
    let old = |how: &[u8]| container("Workbook", records(&record(0x002f, how), &cells));
    for file in [
        old(&[1, 0, 1, 0, 1, 0]),
        old(&[0, 0, 0x34, 0x12, 0x78, 0x56]),
        container("EncryptedPackage", vec![7; 4096]),
    ] {
        let fault = verdict(&file).await.unwrap_err();
        assert_eq!(fault.kind, Kind::Data);
        assert!(fault.message.contains("protected by a password"), "{fault}");
    }
}

#[tokio::test]
async fn an_old_workbook_that_goes_round_in_circles_is_refused() {
    let mut circle = old_workbook(&[number(0, 0)]);
    // The directory's sector comes behind itself.
    circle[512 + 4..512 + 8].copy_from_slice(&1_u32.to_le_bytes());
    let fault = verdict(&circle).await.unwrap_err();
    assert_eq!(fault.kind, Kind::Data);
    assert!(fault.message.contains("could not be read"), "{fault}");
}
