//! CSV: separator recognised, header made usable, rows of any width.

use std::io::{BufRead, BufReader, Read};
use std::sync::atomic::Ordering;

use airbyte::protocol::AirbyteStream;
use csv::{ByteRecord, Reader, ReaderBuilder};

use super::config::{Config, CsvOptions};
use super::input::{self, PREFIX_BYTES, Text};
use super::output::Output;
use super::table::{self, Columns, Writer};
use crate::fault::Fault;

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

/// The stream a CSV file makes, by its beginning.
pub fn discover(input: &Text, config: &Config) -> Result<AirbyteStream, Fault> {
    let options = config.csv();
    let dialect = dialect(&input.prefix, &options)?;
    let cut = input.prefix.len() >= PREFIX_BYTES;
    let mut reader = reader(dialect, input.prefix.as_slice());
    let mut columns = Columns::named(header(&mut reader, &options)?)?;
    let headed = columns.width();
    let (mut row, mut next) = (ByteRecord::new(), ByteRecord::new());
    let mut any = read_row(&mut reader, &mut row)?;
    while any {
        let more = read_row(&mut reader, &mut next)?;
        // The last row of a cut beginning is cut itself.
        if more || !cut {
            row.iter()
                .enumerate()
                .try_for_each(|(at, value)| columns.at(at).map(|guess| guess.see(value)))?;
        }
        std::mem::swap(&mut row, &mut next);
        any = more;
    }
    Ok(columns.stream(&config.dataset_name, options.types, |at| at < headed))
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
    let mut reader = reader(dialect, input.reader);
    let writer = Writer::new(stream, header(&mut reader, &options)?);
    output.begin();
    let mut row = ByteRecord::new();
    let (mut wide, mut first_wide) = (0_u64, 0);
    while read_row(&mut reader, &mut row)? {
        counter.store(0, Ordering::Relaxed);
        if row.len() > writer.width() {
            first_wide = if wide == 0 {
                row.position().map_or(0, csv::Position::line)
            } else {
                first_wide
            };
            wide += 1;
        }
        output.record(|out| writer.write(row.iter(), out))?;
    }
    if wide > 0 {
        output.remark(format!("{wide} rows have more values than there are columns; the surplus was left out. The first is at line {first_wide}."));
    }
    output.finish()
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

/// Reads one row that is not blank.
fn read_row<R: Read>(reader: &mut Reader<R>, row: &mut ByteRecord) -> Result<bool, Fault> {
    reader
        .read_byte_record(row)
        .map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => input::fault(error),
            other => Fault::data("The file is not valid CSV.").with_detail(format!("{other:?}")),
        })
}

/// The columns' names: the first row, or numbers.
fn header<R: Read>(reader: &mut Reader<R>, options: &CsvOptions) -> Result<Vec<String>, Fault> {
    if !options.header {
        return Ok(Vec::new());
    }
    let mut row = ByteRecord::new();
    if !read_row(reader, &mut row)? {
        return Err(Fault::data("The file has no rows."));
    }
    let header: Vec<String> = row
        .iter()
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    Ok(table::names(header.iter().map(String::as_str)))
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
}
