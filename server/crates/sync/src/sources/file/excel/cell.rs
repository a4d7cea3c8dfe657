//! A cell's value, spelled as the types of a table are.

use calamine::{Data, DataRef, DataType, ExcelDateTime};

use crate::sources::file::guess::Kind;

/// A cell's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Empty,
    /// Boolean, number or a time of a day.
    Typed(String),
    /// A midnight, with its time: a day where the whole column holds days, and a moment where others have a time.
    Midnight(String),
    Text(String),
}

impl Cell {
    /// The value, a midnight as a day.
    pub fn text(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Typed(text) | Self::Text(text) => text,
            Self::Midnight(moment) => day(moment),
        }
    }

    /// The value as a column of this kind has it.
    pub fn text_in(&self, kind: Option<Kind>) -> &str {
        match self {
            Self::Midnight(moment) if kind == Some(Kind::Timestamp) => moment,
            cell => cell.text(),
        }
    }

    /// Of an .xlsx.
    pub fn new(value: &DataRef<'_>) -> Self {
        match value {
            DataRef::Empty | DataRef::Error(_) => Self::Empty,
            DataRef::Int(number) => Self::Typed(number.to_string()),
            DataRef::Float(number) => number_cell(*number),
            DataRef::Bool(truth) => Self::Typed(truth.to_string()),
            DataRef::DateTime(moment) => moment_cell(moment),
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                Self::Text(text.clone())
            }
            DataRef::SharedString(text) => Self::Text((*text).to_owned()),
        }
    }

    /// Of an .xls.
    pub fn old(value: &Data) -> Self {
        match value {
            Data::Float(number) => number_cell(*number),
            Data::DateTime(moment) => moment_cell(moment),
            Data::Bool(truth) => Self::Typed(truth.to_string()),
            Data::Int(number) => Self::Typed(number.to_string()),
            Data::Empty | Data::Error(_) => Self::Empty,
            other => other.as_string().map_or(Self::Empty, Self::Text),
        }
    }
}

fn day(moment: &str) -> &str {
    moment.split_once(' ').map_or(moment, |(day, _)| day)
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
        return Cell::Midnight(format!("{date} 00:00:00"));
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

/// The midnights of one column, which are judged when it is known whether others have a time.
#[derive(Debug, Clone, Default)]
pub struct Midnights {
    first: Option<String>,
    times: bool,
}

impl Midnights {
    /// Takes notice of a value; tells whether it waits.
    pub fn wait(&mut self, cell: &Cell) -> bool {
        match cell {
            Cell::Midnight(moment) => {
                self.first.get_or_insert_with(|| moment.clone());
                true
            }
            Cell::Typed(text) => {
                self.times |= text.contains(':');
                false
            }
            Cell::Empty | Cell::Text(_) => false,
        }
    }

    /// How they are spelled, if there are any: one stands for all.
    pub fn spelled(&self) -> Option<&str> {
        let moment = self.first.as_deref()?;
        Some(if self.times { moment } else { day(moment) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_midnight_is_a_day_among_days_and_a_moment_among_moments() {
        let midnight = Cell::Midnight("2024-01-01 00:00:00".to_owned());
        assert_eq!(midnight.text_in(Some(Kind::Date)), "2024-01-01");
        assert_eq!(midnight.text_in(Some(Kind::Text)), "2024-01-01");
        assert_eq!(midnight.text_in(None), "2024-01-01");
        assert_eq!(
            midnight.text_in(Some(Kind::Timestamp)),
            "2024-01-01 00:00:00"
        );

        let mut column = Midnights::default();
        assert!(!column.wait(&Cell::Typed("7".to_owned())));
        assert_eq!(column.spelled(), None);
        assert!(column.wait(&midnight));
        assert_eq!(column.spelled(), Some("2024-01-01"));
        assert!(!column.wait(&Cell::Typed("2024-01-02 10:00:00".to_owned())));
        assert_eq!(column.spelled(), Some("2024-01-01 00:00:00"));
    }
}
