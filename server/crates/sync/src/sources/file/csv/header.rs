//! The first row of a CSV file: the names of its columns; or, if the file has none, data that would be lost as names.

use std::io::Read;
use std::ops::RangeInclusive;

use csv::ByteRecord;

use super::Rows;
use crate::fault::Fault;
use crate::sources::file::config::CsvOptions;
use crate::sources::file::guess::Kind;
use crate::sources::file::table::{self, MOST_COLUMNS};

/// Numbers that are names of columns more often than they are values.
const YEARS: RangeInclusive<i64> = 1900..=2100;

/// What is above the rows; nothing where the columns only have numbers.
pub(super) struct Header {
    /// Usable names of columns.
    pub names: Vec<String>,
    /// What the file itself has there.
    own: Vec<String>,
}

impl Header {
    pub(super) fn read<R: Read>(rows: &mut Rows<R>, options: &CsvOptions) -> Result<Self, Fault> {
        let mut row = ByteRecord::new();
        if options.header && !rows.next(&mut row)? {
            return Err(no_rows(options));
        }
        let own: Vec<String> = row
            .iter()
            .take(MOST_COLUMNS + 1)
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect();
        let names = table::names(own.iter().map(String::as_str))?;
        Ok(Self { names, own })
    }

    /// The names that the file itself does not have.
    pub(super) fn renamed(&self) -> Vec<String> {
        self.names
            .iter()
            .zip(&self.own)
            .filter(|(name, own)| name.as_str() != own.trim())
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Whether most names could as well be values of their columns, as far as these have a type: all text could be a name.
    /// One alone beside names of text may be one that is a number by chance.
    pub(super) fn is_data(&self, kind: impl Fn(usize) -> Kind) -> bool {
        let own: Vec<&str> = self.own.iter().map(|name| name.trim()).collect();
        let (mut typed, mut alike) = (0_usize, 0_usize);
        for ((at, name), is_label) in own.iter().enumerate().zip(labels(&own)) {
            let kind = kind(at);
            if kind == Kind::Text || name.is_empty() || is_label {
                continue;
            }
            // The fraction among whole numbers may be the one that is lost.
            let kind = if kind == Kind::Integer {
                Kind::Number
            } else {
                kind
            };
            typed += 1;
            alike += usize::from(kind.fits(name.as_bytes()));
        }
        let all_typed = (0..own.len()).all(|at| kind(at) != Kind::Text);
        alike * 2 > typed && (alike >= 2 || all_typed)
    }
}

/// Which names are numbers and names all the same: years, and two and more that count on.
fn labels(own: &[&str]) -> Vec<bool> {
    let numbers: Vec<Option<i64>> = own.iter().map(|name| name.parse().ok()).collect();
    let mut labels: Vec<bool> = numbers
        .iter()
        .map(|number| number.is_some_and(|number| YEARS.contains(&number)))
        .collect();
    for (at, two) in numbers.windows(2).enumerate() {
        if let [Some(a), Some(b)] = *two
            && b.checked_sub(a) == Some(1)
        {
            labels[at..at + 2].fill(true);
        }
    }
    labels
}

/// What to say of a file without a row.
pub(super) fn no_rows(options: &CsvOptions) -> Fault {
    if options.skip_rows > 0 {
        let message = "The file has no rows behind the lines that are skipped. Skip fewer of them.";
        return Fault::data(message).at_field("format.skip_rows");
    }
    Fault::data("The file has no rows. Export it again, or choose another file.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_data(own: &[&str], kinds: &[Kind]) -> bool {
        let header = Header {
            names: Vec::new(),
            own: own.iter().map(|&name| name.to_owned()).collect(),
        };
        header.is_data(|at| kinds[at])
    }

    #[test]
    fn values_are_told_from_names() {
        use Kind::{Boolean, Date, Integer, Number, Text};
        let cases: [(&[&str], &[Kind]); 6] = [
            (&["1", "anna", "2024-01-02"], &[Integer, Text, Date]),
            (&["5", "12.50"], &[Integer, Integer]),
            (&["2023", " 5.5 "], &[Integer, Number]),
            (&["true", "x", "", "7"], &[Boolean, Text, Number, Integer]),
            (&["5"], &[Integer]),
            (&["7", "9", "total"], &[Integer, Integer, Integer]),
        ];
        for (own, kinds) in cases {
            assert!(is_data(own, kinds), "{own:?}");
        }
    }

    #[test]
    fn numbers_that_are_names_make_no_noise() {
        use Kind::{Boolean, Integer, Number, Text};
        let cases: [(&[&str], &[Kind]); 11] = [
            (&["id", "price"], &[Integer, Number]),
            (&["region", "2022", "2023"], &[Text, Number, Integer]),
            (&["id", "2023"], &[Integer, Integer]),
            (
                &["day", "0", "1", "2", "3"],
                &[Text, Integer, Integer, Integer, Integer],
            ),
            (&["id", "100"], &[Integer, Integer]),
            (&["city", "10"], &[Text, Integer]),
            (&["city", "true", ""], &[Text, Boolean, Number]),
            (&["week", "1", "2"], &[Text, Integer, Integer]),
            (&["7", "8", "total"], &[Integer, Integer, Integer]),
            (&["anna", "berlin"], &[Text, Text]),
            (&[], &[]),
        ];
        for (own, kinds) in cases {
            assert!(!is_data(own, kinds), "{own:?}");
        }
    }
}
