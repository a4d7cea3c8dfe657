//! Excel workbooks: every sheet a table, its first filled row the header, cells with the types the workbook gives them.

mod cell;
mod compound;
mod parts;
mod records;
mod texts;

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use airbyte::protocol::AirbyteStream;
use calamine::{Reader, SheetType, Xls, Xlsx};

use super::config::{Config, Format, Types};
use super::fit;
use super::input::{self, Bounds};
use super::output::Output;
use super::spool::spool;
use super::table::{self, Columns, Writer};
use crate::fault::Fault;
use cell::{Cell, Midnights};

/// A workbook is read from a copy on disk, and its texts are held in memory: both want a bound of their own.
const PACKED_BYTES: u64 = 256 * 1024 * 1024;
const UNPACKED_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Rows looked at to guess types.
const JUDGED_ROWS: usize = 10_000;
/// What a sheet of a spreadsheet program has at most.
const LAST_ROW: u32 = 1_048_575;
const LAST_COLUMN: u32 = 16_383;

/// An open workbook.
pub struct Workbook {
    book: Book,
}

enum Book {
    New(Box<Xlsx<BufReader<File>>>),
    Old(Box<Xls<BufReader<File>>>),
}

impl Workbook {
    /// Copies the file to disk and opens it.
    pub fn open(reader: impl Read, bounds: &Bounds) -> Result<Self, Fault> {
        let mut file = spool(reader, PACKED_BYTES, bounds)?;
        let mut magic = [0; 2];
        file.read_exact(&mut magic).map_err(input::fault)?;
        file.rewind().map_err(input::fault)?;
        let book = if magic == *b"PK" {
            parts::check(&file, UNPACKED_BYTES.min(bounds.total_bytes))?;
            Book::New(Box::new(
                Xlsx::new(BufReader::new(file)).map_err(|error| damaged(&error))?,
            ))
        } else {
            records::check(&file)?;
            Book::Old(Box::new(
                Xls::new(BufReader::new(file)).map_err(|error| damaged(&error))?,
            ))
        };
        Ok(Self { book })
    }

    /// The sheets that are tables.
    pub fn sheet_names(&self) -> Vec<String> {
        let sheets = match &self.book {
            Book::New(book) => book.sheets_metadata(),
            Book::Old(book) => book.sheets_metadata(),
        };
        sheets
            .iter()
            .filter(|sheet| sheet.typ == SheetType::WorkSheet)
            .map(|sheet| sheet.name.clone())
            .collect()
    }

    /// Calls `each` with every row that is not blank, until it says stop.
    fn rows(
        &mut self,
        sheet: &str,
        each: &mut dyn FnMut(&[Cell]) -> Result<Next, Fault>,
    ) -> Result<(), Fault> {
        match &mut self.book {
            Book::New(book) => stream_rows(book, sheet, each),
            Book::Old(book) => {
                let range = book
                    .worksheet_range(sheet)
                    .map_err(|error| damaged(&error))?;
                let left = usize::try_from(range.start().map_or(0, |(_, column)| column))
                    .unwrap_or_default();
                for row in range.rows() {
                    let cells: Vec<Cell> = std::iter::repeat_n(Cell::Empty, left)
                        .chain(row.iter().map(Cell::old))
                        .collect();
                    if is_filled(&cells) && each(&cells)? == Next::Stop {
                        break;
                    }
                }
                Ok(())
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    Stop,
}

/// Sheets as streams. Empty sheets are none.
pub fn discover(mut workbook: Workbook, config: &Config) -> Result<Vec<AirbyteStream>, Fault> {
    let mut streams = Vec::new();
    for (sheet, name) in sheets(&workbook, config)? {
        let mut judged: Option<Judged> = None;
        let mut rows = 0;
        workbook.rows(&sheet, &mut |cells| {
            let Some(judged) = &mut judged else {
                judged = Some(Judged::headed(cells)?);
                return Ok(Next::GoOn);
            };
            judged.see(cells)?;
            rows += 1;
            Ok(if rows < JUDGED_ROWS {
                Next::GoOn
            } else {
                Next::Stop
            })
        })?;
        if let Some(judged) = judged {
            streams.push(judged.stream(&name)?);
        }
    }
    if streams.is_empty() {
        Err(Fault::data("The workbook has no filled sheet."))
    } else {
        Ok(streams)
    }
}

/// The columns of a sheet while its rows go by.
struct Judged {
    headed: Vec<bool>,
    columns: Columns,
    midnights: Vec<Midnights>,
}

impl Judged {
    fn headed(cells: &[Cell]) -> Result<Self, Fault> {
        let names = table::names(cells.iter().map(Cell::text))?;
        let headed = cells
            .iter()
            .map(|cell| !cell.text().trim().is_empty())
            .collect();
        Ok(Self {
            headed,
            columns: Columns::named(names),
            midnights: Vec::new(),
        })
    }

    fn see(&mut self, cells: &[Cell]) -> Result<(), Fault> {
        self.midnights
            .resize_with(self.midnights.len().max(cells.len()), Midnights::default);
        for (at, cell) in cells.iter().enumerate() {
            if self.midnights[at].wait(cell) {
                continue;
            }
            match cell {
                Cell::Empty | Cell::Midnight(_) => {}
                Cell::Typed(text) => self.columns.at(at)?.see(text.as_bytes()),
                Cell::Text(_) => self.columns.at(at)?.see_text(),
            }
        }
        Ok(())
    }

    fn stream(mut self, name: &str) -> Result<AirbyteStream, Fault> {
        for (at, midnights) in self.midnights.iter().enumerate() {
            if let Some(text) = midnights.spelled() {
                self.columns.at(at)?.see(text.as_bytes());
            }
        }
        let keep = |at: usize| self.headed.get(at) == Some(&true);
        Ok(self.columns.stream(name, Types::Recognise, keep))
    }
}

/// Writes every row of the sheet a stream stands for.
pub fn read(
    workbook: &mut Workbook,
    config: &Config,
    stream: &AirbyteStream,
    mut output: Output,
) -> Result<(), Fault> {
    let found = sheets(workbook, config)?
        .into_iter()
        .find(|(_, name)| *name == stream.name);
    let (sheet, _) = found.ok_or_else(|| {
        Fault::config("The workbook no longer has this sheet.").in_stream(&stream.name)
    })?;
    let mut writer: Option<Writer> = None;
    workbook.rows(&sheet, &mut |cells| {
        let Some(writer) = &writer else {
            let names = table::names(cells.iter().map(Cell::text))?;
            if let Some(remark) = fit::header(stream, &names)? {
                output.remark(remark);
            }
            writer = Some(Writer::new(stream, names));
            output.begin();
            return Ok(Next::GoOn);
        };
        let texts = cells
            .iter()
            .enumerate()
            .map(|(at, cell)| cell.text_in(writer.kind(at)).as_bytes());
        output.record(|out| writer.write(texts, out))?;
        Ok(Next::GoOn)
    })?;
    if writer.is_none() {
        // A sheet without a row has no header either.
        fit::header(stream, &[])?;
        output.begin();
    }
    output.finish()
}

/// Sheets with the names of their streams: the file's own for a single one, with the sheet's added for several.
fn sheets(workbook: &Workbook, config: &Config) -> Result<Vec<(String, String)>, Fault> {
    let names = workbook.sheet_names();
    if let Format::Excel {
        sheet: Some(wanted),
    } = &config.format
        && !wanted.is_empty()
    {
        if !names.contains(wanted) {
            return Err(Fault::config(format!(
                "The workbook has no sheet “{wanted}”. It has: {}.",
                names.join(", ")
            ))
            .at_field("format.sheet"));
        }
        return Ok(vec![(wanted.clone(), config.dataset_name.clone())]);
    }
    let single = names.len() == 1;
    let stream = |sheet: &String| {
        if single {
            config.dataset_name.clone()
        } else {
            format!("{} {sheet}", config.dataset_name)
        }
    };
    Ok(names
        .iter()
        .map(|sheet| (sheet.clone(), stream(sheet)))
        .collect())
}

/// Cells come in order of rows; a row is complete when the next one begins.
fn stream_rows(
    book: &mut Xlsx<BufReader<File>>,
    sheet: &str,
    each: &mut dyn FnMut(&[Cell]) -> Result<Next, Fault>,
) -> Result<(), Fault> {
    let mut cells = book
        .worksheet_cells_reader(sheet)
        .map_err(|error| damaged(&error))?;
    let mut row: Vec<Cell> = Vec::new();
    let mut at = 0;
    while let Some(cell) = cells.next_cell().map_err(|error| damaged(&error))? {
        let (line, column) = cell.get_position();
        if line != at {
            if is_filled(&row) && each(&row)? == Next::Stop {
                return Ok(());
            }
            row.clear();
            at = line;
        }
        if line > LAST_ROW || column > LAST_COLUMN {
            return Err(damaged(&format!(
                "a cell in row {}, column {}",
                u64::from(line) + 1,
                u64::from(column) + 1
            )));
        }
        let value = Cell::new(cell.get_value());
        // A cell that has only a colour makes no column.
        if value == Cell::Empty {
            continue;
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if row.len() <= column {
            row.resize(column + 1, Cell::Empty);
        }
        row[column] = value;
    }
    if is_filled(&row) {
        each(&row).map(|_| ())
    } else {
        Ok(())
    }
}

fn is_filled(cells: &[Cell]) -> bool {
    cells.iter().any(|cell| !cell.text().trim().is_empty())
}

fn locked() -> Fault {
    Fault::data("The workbook is protected by a password. Save it without one.")
}

fn damaged(error: &dyn std::fmt::Display) -> Fault {
    let text = error.to_string();
    if text.to_lowercase().contains("password") {
        return locked().with_detail(text);
    }
    Fault::data(
        "The workbook could not be read. Open it in a spreadsheet program and save it again.",
    )
    .with_detail(text)
}
