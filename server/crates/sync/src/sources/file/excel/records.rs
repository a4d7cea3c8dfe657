//! An .xls before it is opened: whether a password locks it, and how many cells its sheets become when the library fills the
//! space between those that are there.

use std::fs::File;
use std::io::{Read, Seek};

use super::compound::{contents, u16_at, u32_at};
use super::{damaged, locked};
use crate::fault::Fault;
use crate::sources::file::input;

/// All cells of one full sheet; several sheets share them.
const MOST_CELLS: u64 = 65_536 * 256;

const END: u16 = 0x000a;
const FORMULA: u16 = 0x0006;
const PASSWORD: u16 = 0x002f;
const SHEET: u16 = 0x0085;
const DIMENSIONS: u16 = 0x0200;
const FORMULA_TEXT: u16 = 0x0207;
const BEGIN: u16 = 0x0809;
const NUMBERS: u16 = 0x00bd;
/// Records of one cell: its row, then its column.
const CELLS: [u16; 7] = [0x00d6, 0x00fd, 0x0203, 0x0204, 0x0205, 0x027e, FORMULA];

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
    let (mut cells, mut read) = (0_u64, 0_usize);
    for record in Records(book).take_while(|record| record.kind != END) {
        // What follows is scrambled. The library knows only some of the ways, and would take the others for cells.
        if record.kind == PASSWORD {
            return Err(locked());
        }
        if record.kind != SHEET {
            continue;
        }
        let sheet = u32_at(record.data, 0)
            .and_then(|place| usize::try_from(place).ok())
            .and_then(|place| book.get(place..))
            .ok_or_else(|| damaged(&"a sheet is not there"))?;
        let extent = Extent::of(sheet)?;
        read = read.saturating_add(extent.read);
        if read > book.len() {
            return Err(damaged(&"sheets share their cells"));
        }
        cells = cells.saturating_add(extent.cells());
        if cells > MOST_CELLS {
            return Err(too_many());
        }
    }
    Ok(())
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
}

impl Extent {
    /// Charts that are embedded in the sheet have records of their own, which do not count.
    fn of(sheet: &[u8]) -> Result<Self, Fault> {
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
                        if kind == FORMULA {
                            formula = place;
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
