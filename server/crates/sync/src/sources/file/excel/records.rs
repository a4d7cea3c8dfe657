//! An .xls before it is opened: whether a password locks it, how many cells its sheets become when the library fills the space
//! between those that are there, and how much text those cells hold when each has its own.

use std::fs::File;
use std::io::{Read, Seek};

use super::compound::{contents, u16_at, u32_at};
use super::{damaged, locked, texts};
use crate::fault::Fault;
use crate::sources::file::input;

/// All cells of one full sheet; several sheets share them.
const MOST_CELLS: u64 = 65_536 * 256;
/// Of the texts that cells share, counted for every cell.
const MOST_CHARACTERS: u64 = 128 * 1024 * 1024;

const END: u16 = 0x000a;
const FORMULA: u16 = 0x0006;
const PASSWORD: u16 = 0x002f;
const CONTINUE: u16 = 0x003c;
const SHEET: u16 = 0x0085;
const TEXTS: u16 = 0x00fc;
const SHARED_TEXT: u16 = 0x00fd;
const DIMENSIONS: u16 = 0x0200;
const FORMULA_TEXT: u16 = 0x0207;
const BEGIN: u16 = 0x0809;
const NUMBERS: u16 = 0x00bd;
/// Records of one cell: its row, then its column.
const CELLS: [u16; 7] = [0x00d6, SHARED_TEXT, 0x0203, 0x0204, 0x0205, 0x027e, FORMULA];

/// Refuses a file with a password, and a small one that becomes a huge one. Leaves the file at its beginning.
pub fn check(mut file: &File) -> Result<(), Fault> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(input::fault)?;
    file.rewind().map_err(input::fault)?;
    let held = contents(&bytes).ok_or_else(|| damaged(&"its container is damaged"))?;
    drop(bytes);
    if held.is_locked {
        return Err(locked());
    }
    held.workbooks.iter().try_for_each(|book| check_book(book))
}

fn check_book(book: &[u8]) -> Result<(), Fault> {
    let (mut cells, mut characters, mut read) = (0_u64, 0_u64, 0_usize);
    let Globals { sheets, lengths } = Globals::of(book)?;
    for sheet in sheets {
        let extent = Extent::of(sheet, &lengths)?;
        read = read.saturating_add(extent.read);
        if read > book.len() {
            return Err(damaged(&"sheets share their cells"));
        }
        cells = cells.saturating_add(extent.cells());
        if cells > MOST_CELLS {
            return Err(too_many());
        }
        characters = characters.saturating_add(extent.characters);
        if characters > MOST_CHARACTERS {
            return Err(too_much());
        }
    }
    Ok(())
}

/// What stands before the sheets.
struct Globals<'a> {
    /// Each from its beginning to the end of the workbook.
    sheets: Vec<&'a [u8]>,
    /// Of the texts that cells share.
    lengths: Vec<u16>,
}

impl<'a> Globals<'a> {
    fn of(book: &'a [u8]) -> Result<Self, Fault> {
        let mut records = Records(book)
            .take_while(|record| record.kind != END)
            .peekable();
        let (mut sheets, mut lengths) = (Vec::new(), Vec::new());
        while let Some(record) = records.next() {
            match record.kind {
                // What follows is scrambled. The library knows only some of the ways, and would take the others for cells.
                PASSWORD => return Err(locked()),
                SHEET => {
                    let sheet = u32_at(record.data, 0)
                        .and_then(|place| usize::try_from(place).ok())
                        .and_then(|place| book.get(place..))
                        .ok_or_else(|| damaged(&"a sheet is not there"))?;
                    sheets.push(sheet);
                }
                TEXTS => {
                    let more: Vec<&[u8]> =
                        std::iter::from_fn(|| records.next_if(|next| next.kind == CONTINUE))
                            .map(|piece| piece.data)
                            .collect();
                    lengths = texts::lengths(record.data, &more)
                        .ok_or_else(|| damaged(&"its table of texts is damaged"))?;
                }
                _ => {}
            }
        }
        Ok(Self { sheets, lengths })
    }
}

fn too_much() -> Fault {
    Fault::data(format!(
        "The workbook’s cells hold more than {MOST_CHARACTERS} characters, with repeated texts counted each time. Save it as .xlsx or CSV."
    ))
}

fn too_many() -> Fault {
    Fault::data(format!(
        "The workbook’s sheets reach over more than {MOST_CELLS} cells, with the empty ones between those that are filled. Delete what stands far from the table, or save the workbook as .xlsx or CSV."
    ))
}

/// The space between the first and the last cell of a sheet.
#[derive(Debug, Default)]
struct Extent {
    /// First and last row and column.
    bounds: Option<[(u16, u16); 2]>,
    /// Bytes of its records.
    read: usize,
    /// Of the shared texts its cells show.
    characters: u64,
}

impl Extent {
    /// Charts that are embedded in the sheet have records of their own, which do not count.
    fn of(sheet: &[u8], lengths: &[u16]) -> Result<Self, Fault> {
        let mut extent = Self::default();
        let (mut begun, mut depth) = (false, 0_u32);
        let mut formula = (0, 0);
        for record in Records(sheet) {
            extent.read += record.data.len() + Records::HEAD;
            let data = record.data;
            match record.kind {
                BEGIN if begun => depth += 1,
                BEGIN => begun = true,
                END if depth == 0 => break,
                END => depth -= 1,
                _ if depth > 0 => {}
                DIMENSIONS => check_stated(data)?,
                FORMULA_TEXT => extent.reach(formula),
                NUMBERS => {
                    if let (Some((row, first)), Some(last)) = (place(data), last_column(data)) {
                        extent.reach((row, first));
                        extent.reach((row, last));
                    }
                }
                kind if CELLS.contains(&kind) => {
                    if let Some(place) = place(data) {
                        extent.reach(place);
                        match kind {
                            FORMULA => formula = place,
                            SHARED_TEXT => extent.characters += shared(data, lengths),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(extent)
    }

    fn reach(&mut self, (row, column): (u16, u16)) {
        let [rows, columns] = self.bounds.get_or_insert([(row, row), (column, column)]);
        *rows = (rows.0.min(row), rows.1.max(row));
        *columns = (columns.0.min(column), columns.1.max(column));
    }

    fn cells(&self) -> u64 {
        self.bounds.map_or(0, |bounds| {
            let [rows, columns] = bounds.map(|(first, last)| u64::from(last - first) + 1);
            rows * columns
        })
    }
}

fn place(data: &[u8]) -> Option<(u16, u16)> {
    Some((u16_at(data, 0)?, u16_at(data, 2)?))
}

/// How long the text is that a cell shares with others.
fn shared(data: &[u8], lengths: &[u16]) -> u64 {
    let at = u32_at(data, 6).and_then(|at| usize::try_from(at).ok());
    let length = at.and_then(|at| lengths.get(at));
    length.copied().map_or(0, u64::from)
}

/// Of several numbers side by side.
fn last_column(data: &[u8]) -> Option<u16> {
    u16_at(data, data.len().checked_sub(2)?)
}

/// The library makes room for as many cells as the sheet says it has.
fn check_stated(data: &[u8]) -> Result<(), Fault> {
    let wide = |at| u16_at(data, at).map(u32::from);
    let [Some(top), Some(bottom), Some(left), Some(right)] = (match data.len() {
        10 => [wide(0), wide(2), wide(4), wide(6)],
        14 | 16 => [u32_at(data, 0), u32_at(data, 4), wide(8), wide(10)],
        _ => return Err(damaged(&"a sheet says its size in an unknown way")),
    }) else {
        return Ok(());
    };
    // An empty sheet.
    if bottom == 0 || right == 0 {
        return Ok(());
    }
    // Some writers know no first column.
    let left = if left > 0xff || right < left { 0 } else { left };
    let rows = bottom
        .checked_sub(top)
        .ok_or_else(|| damaged(&"a sheet ends before it begins"))?;
    if u64::from(rows) * u64::from(right - left) > MOST_CELLS {
        return Err(too_many());
    }
    Ok(())
}

/// One record after the other. It ends where the library finds the file to be damaged.
struct Records<'a>(&'a [u8]);

impl Records<'_> {
    /// Kind and length.
    const HEAD: usize = 4;
}

struct Record<'a> {
    kind: u16,
    data: &'a [u8],
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let kind = u16_at(self.0, 0)?;
        let end = usize::from(u16_at(self.0, 2)?) + Self::HEAD;
        let data = self.0.get(Self::HEAD..end)?;
        self.0 = &self.0[end..];
        Some(Record { kind, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).unwrap();
        [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
    }

    /// A workbook of one sheet, so many rows of which show the same text.
    fn book(text: &str, rows: u16) -> Vec<u8> {
        let length = u16::try_from(text.len()).unwrap().to_le_bytes();
        let texts = [&[0; 8], &length[..], &[0], text.as_bytes()].concat();
        let texts = record(TEXTS, &texts);
        let end = record(END, &[]);
        let sheet = |place: usize| {
            let place = u32::try_from(place).unwrap().to_le_bytes();
            record(SHEET, &[&place[..], &[0, 0, 3, 0], b"One"].concat())
        };
        let place = sheet(0).len() + texts.len() + end.len();
        let cells = (0..rows).flat_map(|row| {
            let place = [row, 0, 0, 0, 0].map(u16::to_le_bytes);
            record(SHARED_TEXT, &place.concat())
        });
        let cells: Vec<u8> = cells.collect();
        [sheet(place), texts, end.clone(), cells, end].concat()
    }

    #[test]
    fn a_text_counts_for_every_cell_that_shows_it() {
        let text = "x".repeat(60_000);
        check_book(&book(&text, 2_000)).unwrap();
        let large = book(&text, 2_300);
        assert!(large.len() < 100_000, "{} bytes", large.len());
        let fault = check_book(&large).unwrap_err();
        assert!(fault.message.contains("characters"), "{fault}");
    }
}
