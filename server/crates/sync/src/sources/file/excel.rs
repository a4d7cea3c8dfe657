//! Excel workbooks: every sheet a table, its first filled row the header, cells with the types the workbook gives them.

mod cell;
mod compound;
mod duration;
mod judged;
mod parts;
mod records;
mod texts;

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use airbyte::protocol::AirbyteStream;
use calamine::{Reader, SheetType, Xls, Xlsx};

use super::config::{Config, Format};
use super::fit;
use super::input::{self, Bounds};
use super::output::Output;
use super::spool::spool;
use super::table::{self, Writer};
use crate::fault::Fault;
use cell::Cell;
use judged::Judged;

/// A workbook is read from a copy on disk, and its texts are held in memory: both want a bound of their own.
const PACKED_BYTES: u64 = 256 * 1024 * 1024;
const UNPACKED_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Rows looked at to guess types.
const JUDGED_ROWS: u64 = 10_000;
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

    /// Calls `each` with every row that is not blank behind those to skip, until it says stop.
    fn rows(
        &mut self,
        sheet: &str,
        skip: u32,
        each: &mut dyn FnMut(&[Cell]) -> Result<Next, Fault>,
    ) -> Result<(), Fault> {
        match &mut self.book {
            Book::New(book) => stream_rows(book, sheet, skip, each),
            Book::Old(book) => {
                let range = book
                    .worksheet_range(sheet)
                    .map_err(|error| damaged(&error))?;
                let (top, left) = range.start().unwrap_or_default();
                let left = usize::try_from(left).unwrap_or_default();
                let skipped = usize::try_from(skip.saturating_sub(top)).unwrap_or(usize::MAX);
                for row in range.rows().skip(skipped) {
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

/// Sheets as streams, and remarks on them. Empty sheets are none.
pub fn discover(
    mut workbook: Workbook,
    config: &Config,
) -> Result<(Vec<AirbyteStream>, Vec<String>), Fault> {
    let (mut streams, mut remarks) = (Vec::new(), Vec::new());
    let skip = skipped(config);
    for (sheet, name) in sheets(&workbook, config)? {
        let mut judged: Option<Judged> = None;
        workbook.rows(&sheet, skip, &mut |cells| {
            let Some(judged) = &mut judged else {
                judged = Some(Judged::headed(cells)?);
                return Ok(Next::GoOn);
            };
            judged.see(cells)?;
            Ok(if judged.rows() < JUDGED_ROWS {
                Next::GoOn
            } else {
                Next::Stop
            })
        })?;
        if let Some(judged) = judged {
            let (stream, odd) = judged.stream(&sheet, &name)?;
            streams.push(stream);
            remarks.extend(odd);
        }
    }
    if streams.is_empty() {
        Err(nothing(config))
    } else {
        Ok((streams, remarks))
    }
}

/// What to say where no sheet is a table.
fn nothing(config: &Config) -> Fault {
    if skipped(config) > 0 {
        let message =
            "No sheet of the workbook has rows behind those that are skipped. Skip fewer of them.";
        return Fault::data(message).at_field("format.skip_rows");
    }
    if chosen(config).is_some() {
        let message = "This sheet of the workbook is empty. Choose another, or leave the field empty for all.";
        return Fault::data(message).at_field("format.sheet");
    }
    Fault::data(
        "The workbook has no filled sheet. Write the names of the columns into the first row of one, or choose another file.",
    )
}

/// How many rows of every sheet are not read.
fn skipped(config: &Config) -> u32 {
    match &config.format {
        Format::Excel { skip_rows, .. } => *skip_rows,
        Format::Auto | Format::Csv(_) | Format::Json | Format::Jsonl => 0,
    }
}

/// The only sheet to read, if one is named.
fn chosen(config: &Config) -> Option<&str> {
    match &config.format {
        Format::Excel { sheet, .. } => sheet.as_deref().filter(|sheet| !sheet.is_empty()),
        Format::Auto | Format::Csv(_) | Format::Json | Format::Jsonl => None,
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
        Fault::config("The workbook no longer has this sheet. If it has another name now, have the tables of the file looked for again.")
            .in_stream(&stream.name)
    })?;
    let mut writer: Option<Writer> = None;
    workbook.rows(&sheet, skipped(config), &mut |cells| {
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
            .map(|(at, cell)| cell.value_in(writer.kind(at)));
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
    if let Some(wanted) = chosen(config) {
        if !names.iter().any(|name| name == wanted) {
            return Err(Fault::config(format!(
                "The workbook has no sheet “{wanted}”. Choose one that it has, or leave the field empty for all: {}.",
                names.join(", ")
            ))
            .at_field("format.sheet"));
        }
        return Ok(vec![(wanted.to_owned(), config.dataset_name.clone())]);
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
    skip: u32,
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
        if line < skip || value == Cell::Empty {
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

/// Whether there is a value. A row of nothing but errors is none: formulas are often copied far below the last row.
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
