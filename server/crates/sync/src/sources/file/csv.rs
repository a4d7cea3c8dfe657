//! CSV: separator recognised, header made usable, rows of any width.

mod header;

use std::io::{BufRead, BufReader, Chain, Read};
use std::sync::atomic::Ordering;

use airbyte::protocol::AirbyteStream;
use csv::{ByteRecord, Reader, ReaderBuilder};

use super::config::{Config, CsvOptions};
use super::fit;
use super::input::{self, Text};
use super::oddities::{Head, Oddities};
use super::output::Output;
use super::table::{Columns, Writer};
use crate::fault::Fault;
use header::Header;

/// Separators that occur, the commonest first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Rows looked at to tell the separator.
const JUDGED_ROWS: usize = 100;
const JUDGED_BYTES: usize = 256 * 1024;

/// How values are set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Dialect {
    delimiter: u8,
    quote: Option<u8>,
    skip: usize,
}

/// The stream a CSV file makes, by its beginning, and remarks on what is odd there.
pub fn discover(input: &Text, config: &Config) -> Result<(AirbyteStream, Vec<String>), Fault> {
    let options = config.csv();
    let dialect = dialect(&input.prefix, &options)?;
    let end = if input.is_cut() {
        End::CutOff
    } else {
        End::OfFile
    };
    let mut rows = Rows::begin(dialect, input.prefix.as_slice(), end)?;
    let header = Header::read(&mut rows, &options)?;
    let mut columns = Columns::named(header.names.clone());
    let headed = columns.width();
    let mut oddities = Oddities::new(header.renamed(), options.header.then_some(headed));
    let mut row = ByteRecord::new();
    while rows.next(&mut row)? {
        oddities.see(row.len(), rows.line(&row));
        row.iter()
            .enumerate()
            .try_for_each(|(at, value)| columns.at(at).map(|guess| guess.see(value)))?;
    }
    if columns.width() == 0 {
        return Err(header::no_rows(&options));
    }
    if header.is_data(|at| columns.kind(at)) {
        oddities.judge(Head::Data);
    }
    let stream = columns.stream(&config.dataset_name, options.types, |at| at < headed);
    Ok((stream, oddities.remarks()))
}

/// Writes every row.
pub fn read(
    input: Text,
    config: &Config,
    stream: &AirbyteStream,
    mut output: Output,
) -> Result<(), Fault> {
    let options = config.csv();
    let dialect = dialect(&input.prefix, &options)?;
    let counter = input.reader.counter();
    let mut rows = Rows::begin(dialect, input.reader, End::OfFile)?;
    let names = Header::read(&mut rows, &options)?.names;
    if let Some(remark) = fit::header(stream, &names)? {
        output.remark(remark);
    }
    let writer = Writer::new(stream, names);
    output.begin();
    let mut row = ByteRecord::new();
    let (mut wide, mut first_wide) = (0_u64, 0);
    while rows.next(&mut row)? {
        counter.store(0, Ordering::Relaxed);
        if row.len() > writer.width() {
            first_wide = if wide == 0 {
                rows.line(&row)
            } else {
                first_wide
            };
            wide += 1;
        }
        output.record(|out| writer.write(row.iter().map(Some), out))?;
    }
    if wide > 0 {
        output.remark(format!("{wide} rows have more values than there are columns; the surplus was left out. The first is at line {first_wide}."));
    }
    output.finish()
}

/// A row that is put behind the last one. A quotation mark that is still open there swallows it.
const LAST: &[u8] = b"\n\x04\n";

/// What is behind the bytes that are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    OfFile,
    /// More of the file: the last row is cut itself, and is left out.
    CutOff,
}

/// The rows of a file, read one ahead, so that the last one is known before it is used.
struct Rows<R> {
    reader: Reader<BufReader<Chain<R, &'static [u8]>>>,
    ahead: ByteRecord,
    more: bool,
    end: End,
    skipped: u64,
}

impl<R: Read> Rows<R> {
    fn begin(dialect: Dialect, input: R, end: End) -> Result<Self, Fault> {
        let last: &'static [u8] = match end {
            End::OfFile => LAST,
            End::CutOff => &[],
        };
        let mut reader = reader(dialect, input.chain(last));
        let mut ahead = ByteRecord::new();
        let more = read_row(&mut reader, &mut ahead)?;
        Ok(Self {
            reader,
            ahead,
            more,
            end,
            skipped: u64::try_from(dialect.skip).unwrap_or_default(),
        })
    }

    /// Gives the next row, if there is one. A quotation mark that is still open behind the last row is told.
    fn next(&mut self, row: &mut ByteRecord) -> Result<bool, Fault> {
        if !self.more {
            return Ok(false);
        }
        std::mem::swap(row, &mut self.ahead);
        self.more = read_row(&mut self.reader, &mut self.ahead)?;
        if self.more {
            return Ok(true);
        }
        let complete = row.len() == 1 && row[0] == *LAST.trim_ascii();
        if complete || self.end == End::CutOff {
            Ok(false)
        } else {
            Err(self.open_quote(row))
        }
    }

    /// Where a row begins.
    fn line(&self, row: &ByteRecord) -> u64 {
        self.skipped + row.position().map_or(0, csv::Position::line)
    }

    /// The last value is the open one; values before it may have lines of their own.
    fn open_quote(&self, row: &ByteRecord) -> Fault {
        let before = row.iter().take(row.len().saturating_sub(1));
        let lines: usize = before
            .map(|value| memchr::memchr_iter(b'\n', value).count())
            .sum();
        let line = self.line(row) + u64::try_from(lines).unwrap_or_default();
        Fault::data(format!(
            "A quotation mark opens at line {line} of the file and is never closed, so that everything behind it is one value. Close it, or check the separator and the quote setting."
        ))
    }
}

fn reader<R: Read>(dialect: Dialect, input: R) -> Reader<BufReader<R>> {
    let mut input = BufReader::with_capacity(64 * 1024, input);
    let mut line = Vec::new();
    for _ in 0..dialect.skip {
        line.clear();
        // What cannot be read here cannot be read right after either, and is reported there.
        if input.read_until(b'\n', &mut line).is_err() {
            break;
        }
    }
    let mut builder = ReaderBuilder::new();
    builder
        .has_headers(false)
        .flexible(true)
        .delimiter(dialect.delimiter);
    match dialect.quote {
        Some(quote) => builder.quote(quote),
        None => builder.quoting(false),
    };
    builder.from_reader(input)
}

/// Reads one row that is not blank, as the parser sees it: a value that is still open where the file ends counts as closed.
fn read_row<R: Read>(reader: &mut Reader<R>, row: &mut ByteRecord) -> Result<bool, Fault> {
    reader
        .read_byte_record(row)
        .map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => input::fault(error),
            other => Fault::data("The file is not valid CSV.").with_detail(format!("{other:?}")),
        })
}

fn dialect(prefix: &[u8], options: &CsvOptions) -> Result<Dialect, Fault> {
    let quote = match options.quote.as_bytes() {
        b"none" | b"" => None,
        [quote] => Some(*quote),
        _ => return Err(Fault::config("The quote must be one character.").at_field("format.quote")),
    };
    // Spreadsheets may say their separator in a line of its own.
    let stated = prefix
        .strip_prefix(b"sep=")
        .filter(|rest| matches!(rest, [_, b'\n' | b'\r', ..]))
        .map(|rest| rest[0]);
    let skip = options.skip_rows + usize::from(stated.is_some());
    let delimiter = match options.delimiter.as_bytes() {
        b"auto" | b"" => stated.unwrap_or_else(|| likeliest(prefix, quote, skip)),
        b"tab" | b"\\t" => b'\t',
        [delimiter] => *delimiter,
        _ => {
            return Err(
                Fault::config("The separator must be one character.").at_field("format.delimiter")
            );
        }
    };
    Ok(Dialect {
        delimiter,
        quote,
        skip,
    })
}

/// The separator that cuts the most rows into the same number of columns, and into the most columns.
fn likeliest(prefix: &[u8], quote: Option<u8>, skip: usize) -> u8 {
    let sample = &prefix[..prefix.len().min(JUDGED_BYTES)];
    let score = |&delimiter: &u8| {
        let mut rows = reader(
            Dialect {
                delimiter,
                quote,
                skip,
            },
            sample,
        );
        let widths: Vec<usize> = rows
            .byte_records()
            .take(JUDGED_ROWS)
            .filter_map(|row| Some(row.ok()?.len()))
            .collect();
        let width = widths.first().copied().unwrap_or_default();
        let alike = widths.iter().filter(|other| **other == width).count();
        // One column alike everywhere is what every wrong separator gives.
        if width > 1 {
            alike * 100 / widths.len().max(1) * 1000 + width.min(999)
        } else {
            0
        }
    };
    // Of equals, the commonest: the first.
    SEPARATORS
        .iter()
        .rev()
        .copied()
        .max_by_key(|delimiter| score(delimiter))
        .unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_separator() {
        let cases: [(&str, u8); 7] = [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2,5\n", b';'),
            ("a\tb\n1\t2\n", b'\t'),
            ("a|b|c\n1|2|3\n", b'|'),
            ("name,text\nx,\"a;b;c\"\ny,\"d;e;f\"\n", b','),
            ("only\none\n", b','),
            ("", b','),
        ];
        for (text, expected) in cases {
            assert_eq!(
                char::from(likeliest(text.as_bytes(), Some(b'"'), 0)),
                char::from(expected),
                "{text}"
            );
        }
        let stated = dialect(b"sep=;\r\na,b;c\r\n", &CsvOptions::default()).unwrap();
        assert_eq!((stated.delimiter, stated.skip), (b';', 1));
    }

    /// How many rows there are, and what stopped them.
    fn rows(text: &str, skip: usize, end: End) -> Result<usize, String> {
        let dialect = Dialect {
            delimiter: b',',
            quote: Some(b'"'),
            skip,
        };
        let told = |fault: Fault| fault.message;
        let mut rows = Rows::begin(dialect, text.as_bytes(), end).map_err(told)?;
        let mut row = ByteRecord::new();
        let mut count = 0;
        while rows.next(&mut row).map_err(told)? {
            count += 1;
        }
        Ok(count)
    }

    #[test]
    fn a_quote_that_is_never_closed_is_told_with_its_line() {
        for (text, skip, line) in [
            ("a,b\n1,\"open\n2,3\n", 0, "line 2 "),
            ("# remark\na,b\n1,\"open\n2,3\n", 1, "line 3 "),
            ("a,b\n\"two\nlines\",\"open\n", 0, "line 3 "),
            ("a,\"b", 0, "line 1 "),
        ] {
            let fault = rows(text, skip, End::OfFile).unwrap_err();
            assert!(fault.contains(line), "{text}: {fault}");
        }
    }

    #[test]
    fn rows_end_where_the_file_does() {
        for (text, skip, count) in [
            ("a,b\n\"two\n\nlines\",x\n\"\"\"\",\"\"\n", 0, 3),
            ("a,b\n1,\"closed\"", 0, 2),
            ("a,b\r\n1,2\r\n\r\n", 0, 2),
            ("a\nb\n", 1, 1),
            ("a\n", 5, 0),
            ("", 0, 0),
        ] {
            assert_eq!(rows(text, skip, End::OfFile), Ok(count), "{text}");
        }
        assert_eq!(rows("a,b\n1,2\n3,\"cu", 0, End::CutOff), Ok(2));
    }
}
