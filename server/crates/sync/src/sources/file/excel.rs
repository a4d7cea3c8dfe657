//! Excel workbooks: every sheet a table, its first filled row the header, cells with the types the workbook gives them.

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use airbyte::protocol::AirbyteStream;
use calamine::{Data, DataRef, DataType, ExcelDateTime, Reader, SheetType, Xls, Xlsx};

use super::config::{Config, Format, Types};
use super::input::{self, Bounds};
use super::open::too_large;
use super::output::Output;
use super::spool::spool;
use super::table::{self, Columns, Writer};
use crate::fault::Fault;

/// A workbook is read from a copy on disk, and its texts are held in memory: both want a bound of their own.
const PACKED_BYTES: u64 = 256 * 1024 * 1024;
const UNPACKED_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Rows looked at to guess types.
const JUDGED_ROWS: usize = 10_000;

/// An open workbook.
pub struct Workbook {
    book: Book,
}

enum Book {
    New(Box<Xlsx<BufReader<File>>>),
    Old(Box<Xls<BufReader<File>>>),
}

/// A cell's value.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Empty,
    /// Boolean, number or date, spelled as the types of a table are.
    Typed(String),
    Text(String),
}

impl Cell {
    fn text(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Typed(text) | Self::Text(text) => text,
        }
    }
}

impl Workbook {
    /// Copies the file to disk and opens it.
    pub fn open(reader: impl Read, bounds: &Bounds) -> Result<Self, Fault> {
        let mut file = spool(reader, PACKED_BYTES, bounds)?;
        let mut magic = [0; 2];
        file.read_exact(&mut magic).map_err(input::fault)?;
        file.rewind().map_err(input::fault)?;
        let book = if magic == *b"PK" {
            check_unpacked(&file)?;
            Book::New(Box::new(
                Xlsx::new(BufReader::new(file)).map_err(|error| damaged(&error))?,
            ))
        } else {
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
                        .chain(row.iter().map(old_cell))
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
        let mut columns: Option<Columns> = None;
        let (mut headed, mut rows) = (Vec::new(), 0);
        workbook.rows(&sheet, &mut |cells| {
            let Some(columns) = &mut columns else {
                headed = cells
                    .iter()
                    .map(|cell| !cell.text().trim().is_empty())
                    .collect();
                columns = Some(Columns::named(table::names(cells.iter().map(Cell::text)))?);
                return Ok(Next::GoOn);
            };
            for (at, cell) in cells.iter().enumerate() {
                match cell {
                    Cell::Empty => {}
                    Cell::Typed(text) => columns.at(at)?.see(text.as_bytes()),
                    Cell::Text(_) => columns.at(at)?.see_text(),
                }
            }
            rows += 1;
            Ok(if rows < JUDGED_ROWS {
                Next::GoOn
            } else {
                Next::Stop
            })
        })?;
        streams.extend(columns.map(|columns| {
            columns.stream(&name, Types::Recognise, |at| headed.get(at) == Some(&true))
        }));
    }
    if streams.is_empty() {
        Err(Fault::data("The workbook has no filled sheet."))
    } else {
        Ok(streams)
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
    output.begin();
    let mut writer: Option<Writer> = None;
    workbook.rows(&sheet, &mut |cells| {
        match &writer {
            None => {
                writer = Some(Writer::new(
                    stream,
                    table::names(cells.iter().map(Cell::text)),
                ));
            }
            Some(writer) => output
                .record(|out| writer.write(cells.iter().map(|cell| cell.text().as_bytes()), out))?,
        }
        Ok(Next::GoOn)
    })?;
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
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        while row.len() <= column {
            row.push(Cell::Empty);
        }
        row[column] = new_cell(cell.get_value());
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

fn new_cell(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty | DataRef::Error(_) => Cell::Empty,
        DataRef::Int(number) => Cell::Typed(number.to_string()),
        DataRef::Float(number) => number_cell(*number),
        DataRef::Bool(truth) => Cell::Typed(truth.to_string()),
        DataRef::DateTime(moment) => moment_cell(moment),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            Cell::Text(text.clone())
        }
        DataRef::SharedString(text) => Cell::Text((*text).to_owned()),
    }
}

fn old_cell(value: &Data) -> Cell {
    match value {
        Data::Float(number) => number_cell(*number),
        Data::DateTime(moment) => moment_cell(moment),
        Data::Bool(truth) => Cell::Typed(truth.to_string()),
        Data::Int(number) => Cell::Typed(number.to_string()),
        Data::Empty | Data::Error(_) => Cell::Empty,
        other => other.as_string().map_or(Cell::Empty, Cell::Text),
    }
}

/// A workbook knows only fractions; whole ones are whole numbers to people.
fn number_cell(number: f64) -> Cell {
    if !number.is_finite() {
        return Cell::Empty;
    }
    let text = if number.fract() == 0.0 && number.abs() < 1e15 {
        format!("{number:.0}")
    } else {
        ryu::Buffer::new().format_finite(number).to_owned()
    };
    Cell::Typed(if text == "-0" { "0".to_owned() } else { text })
}

fn moment_cell(moment: &ExcelDateTime) -> Cell {
    if moment.is_duration() {
        return number_cell(moment.as_f64());
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    if moment.as_f64().fract() == 0.0 {
        return Cell::Typed(date);
    }
    let fraction = if milli > 0 {
        format!(".{milli:03}")
    } else {
        String::new()
    };
    Cell::Typed(format!(
        "{date} {hour:02}:{minute:02}:{second:02}{fraction}"
    ))
}

/// Refuses a small file that unpacks to a huge one, by the sizes its own directory states.
fn check_unpacked(file: &File) -> Result<(), Fault> {
    let mut archive =
        zip::ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
    let sizes = (0..archive.len()).map(|at| {
        archive
            .by_index_raw(at)
            .map(|entry| entry.size())
            .unwrap_or_default()
    });
    let unpacked = sizes.fold(0_u64, u64::saturating_add);
    let mut file = file;
    file.rewind().map_err(input::fault)?;
    if unpacked > UNPACKED_BYTES {
        Err(too_large(unpacked, UNPACKED_BYTES))
    } else {
        Ok(())
    }
}

fn damaged(error: &dyn std::fmt::Display) -> Fault {
    let text = error.to_string();
    if text.to_lowercase().contains("password") {
        return Fault::data("The workbook is protected by a password. Save it without one.")
            .with_detail(text);
    }
    Fault::data(
        "The workbook could not be read. Open it in a spreadsheet program and save it again.",
    )
    .with_detail(text)
}
