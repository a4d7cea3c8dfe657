//! A cell's value, spelled as the types of a table are.

use calamine::{Data, DataRef, DataType, ExcelDateTime};

use super::duration;
use crate::sources::file::guess::{Guess, Kind};

/// A cell's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Empty,
    /// A formula's error: there should be a value, and there is none.
    Failed,
    /// Boolean, number or a moment of a day.
    Typed(String),
    /// A midnight, with its time: a day where the whole column holds days, and a moment where others have a time.
    Midnight(String),
    /// A time of day, with the day before all days that a workbook writes where there is none.
    Clock(String),
    /// The midnight of that day. It may be a time of day, or a day that was left empty.
    Zero(String),
    Duration {
        /// As the workbook holds it.
        days: String,
        text: String,
    },
    Text(String),
}

impl Cell {
    /// The value, a midnight as a day.
    pub fn text(&self) -> &str {
        match self {
            Self::Empty | Self::Failed => "",
            Self::Typed(text) | Self::Text(text) | Self::Duration { text, .. } => text,
            Self::Midnight(moment) | Self::Zero(moment) => day(moment),
            Self::Clock(moment) => clock(moment),
        }
    }

    /// The value as a column of this kind has it.
    pub fn text_in(&self, kind: Option<Kind>) -> &str {
        match (self, kind) {
            // A column may be older than the knowledge of times of day and durations.
            (
                Self::Midnight(moment) | Self::Clock(moment) | Self::Zero(moment),
                Some(Kind::Timestamp),
            ) => moment,
            (Self::Duration { days, .. }, Some(Kind::Integer | Kind::Number)) => days,
            (Self::Zero(moment), Some(Kind::Time)) => clock(moment),
            (cell, _) => cell.text(),
        }
    }

    /// The same; nothing for an error.
    pub fn value_in(&self, kind: Option<Kind>) -> Option<&[u8]> {
        match self {
            Self::Failed => None,
            cell => Some(cell.text_in(kind).as_bytes()),
        }
    }

    /// Whether it has something to say, be it that it has no value.
    pub fn is_filled(&self) -> bool {
        *self == Self::Failed || !self.text().trim().is_empty()
    }

    /// Lets its column know the value, unless it is a midnight, which waits for others.
    pub fn show(&self, guess: &mut Guess) {
        match self {
            Self::Empty | Self::Failed | Self::Midnight(_) | Self::Zero(_) => {}
            Self::Typed(text) => guess.see(text.as_bytes()),
            Self::Clock(_) => guess.see_time(),
            Self::Duration { .. } | Self::Text(_) => guess.see_text(),
        }
    }

    /// Of an .xlsx.
    pub fn new(value: &DataRef<'_>) -> Self {
        match value {
            DataRef::Empty => Self::Empty,
            DataRef::Error(_) => Self::Failed,
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
            Data::Empty => Self::Empty,
            Data::Error(_) => Self::Failed,
            other => other.as_string().map_or(Self::Empty, Self::Text),
        }
    }
}

fn day(moment: &str) -> &str {
    moment.split_once(' ').map_or(moment, |(day, _)| day)
}

fn clock(moment: &str) -> &str {
    moment.split_once(' ').map_or(moment, |(_, clock)| clock)
}

fn number_cell(number: f64) -> Cell {
    number_text(number).map_or(Cell::Empty, Cell::Typed)
}

/// A workbook knows only fractions; whole ones are whole numbers to people.
fn number_text(number: f64) -> Option<String> {
    if !number.is_finite() {
        return None;
    }
    let text = if number.fract() == 0.0 && number.abs() < 1e15 {
        format!("{number:.0}")
    } else {
        ryu::Buffer::new().format_finite(number).to_owned()
    };
    Some(if text == "-0" { "0".to_owned() } else { text })
}

fn duration_cell(days: f64) -> Cell {
    match (number_text(days), duration::iso(days)) {
        (Some(days), Some(text)) => Cell::Duration { days, text },
        (days, _) => days.map_or(Cell::Empty, Cell::Typed),
    }
}

fn moment_cell(moment: &ExcelDateTime) -> Cell {
    if moment.is_duration() {
        return duration_cell(moment.as_f64());
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    let has_no_day = (0.0..1.0).contains(&moment.as_f64());
    if moment.as_f64().fract() == 0.0 {
        let midnight = format!("{date} 00:00:00");
        return if has_no_day {
            Cell::Zero(midnight)
        } else {
            Cell::Midnight(midnight)
        };
    }
    let fraction = if milli > 0 {
        format!(".{milli:03}")
    } else {
        String::new()
    };
    let text = format!("{date} {hour:02}:{minute:02}:{second:02}{fraction}");
    if has_no_day {
        Cell::Clock(text)
    } else {
        Cell::Typed(text)
    }
}

/// The midnights of one column, which are judged when it is known whether others have a time.
#[derive(Debug, Clone, Default)]
pub struct Midnights {
    first: Option<String>,
    /// One of the day that is none.
    zero: Option<String>,
    /// Whether others are moments of days.
    times: bool,
    /// Whether others are times of day.
    clocks: bool,
}

impl Midnights {
    /// Takes notice of a value; tells whether it waits.
    pub fn wait(&mut self, cell: &Cell) -> bool {
        match cell {
            Cell::Midnight(moment) => {
                self.first.get_or_insert_with(|| moment.clone());
                true
            }
            Cell::Zero(moment) => {
                self.zero.get_or_insert_with(|| moment.clone());
                true
            }
            Cell::Typed(text) => {
                self.times |= text.contains(':');
                false
            }
            Cell::Clock(_) => {
                self.clocks = true;
                false
            }
            Cell::Empty | Cell::Failed | Cell::Duration { .. } | Cell::Text(_) => false,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.first.is_none() && self.zero.is_none()
    }

    /// Lets the column know what they are: one stands for all.
    pub fn settle(&self, guess: &mut Guess) {
        let spelled = |moment: &str| {
            if self.times {
                moment.to_owned()
            } else {
                day(moment).to_owned()
            }
        };
        if let Some(moment) = &self.first {
            guess.see(spelled(moment).as_bytes());
        }
        if let Some(moment) = &self.zero {
            let among_clocks = self.clocks && !self.times && self.first.is_none();
            if among_clocks {
                guess.see_time();
            } else {
                guess.see(spelled(moment).as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use calamine::{CellErrorType, ExcelDateTimeType};

    use super::*;

    /// What a column of these is.
    fn settled(cells: &[Cell]) -> Kind {
        let (mut column, mut guess) = (Midnights::default(), Guess::default());
        for cell in cells {
            if !column.wait(cell) {
                cell.show(&mut guess);
            }
        }
        column.settle(&mut guess);
        guess.kind()
    }

    fn moment(days: f64) -> Cell {
        moment_cell(&ExcelDateTime::new(
            days,
            ExcelDateTimeType::DateTime,
            false,
        ))
    }

    #[test]
    fn a_midnight_is_a_day_among_days_and_a_moment_among_moments() {
        let midnight = moment(45_292.0);
        assert_eq!(midnight.text_in(Some(Kind::Date)), "2024-01-01");
        assert_eq!(midnight.text_in(Some(Kind::Text)), "2024-01-01");
        assert_eq!(midnight.text_in(None), "2024-01-01");
        assert_eq!(
            midnight.text_in(Some(Kind::Timestamp)),
            "2024-01-01 00:00:00"
        );
        assert!(Midnights::default().is_empty());
        assert_eq!(settled(&[midnight.clone(), moment(0.0)]), Kind::Date);
        assert_eq!(settled(&[midnight, moment(45_293.5)]), Kind::Timestamp);
    }

    #[test]
    fn a_time_without_a_day_is_a_time_of_day() {
        let (half_past, midnight) = (moment(10.5 / 24.0), moment(0.0));
        assert_eq!(half_past.text(), "10:30:00");
        assert_eq!(half_past.text_in(Some(Kind::Time)), "10:30:00");
        assert_eq!(midnight.text_in(Some(Kind::Time)), "00:00:00");
        // As columns have it that were looked at before.
        assert_eq!(
            half_past.text_in(Some(Kind::Timestamp)),
            "1899-12-31 10:30:00"
        );
        assert_eq!(settled(&[midnight.clone(), half_past.clone()]), Kind::Time);
        assert_eq!(settled(&[half_past, moment(45_293.5)]), Kind::Text);
        assert_eq!(settled(&[midnight]), Kind::Date);
    }

    #[test]
    fn a_duration_is_text_and_a_number_where_the_column_is_one() {
        let hours = ExcelDateTime::new(1.5, ExcelDateTimeType::TimeDelta, false);
        let hours = Cell::new(&DataRef::DateTime(hours));
        assert_eq!(hours.text(), "PT36H");
        assert_eq!(hours.text_in(Some(Kind::Number)), "1.5");
        assert_eq!(settled(&[hours]), Kind::Text);
    }

    #[test]
    fn an_error_is_no_empty_cell() {
        let failed = Cell::new(&DataRef::Error(CellErrorType::NA));
        assert_eq!(failed, Cell::old(&Data::Error(CellErrorType::Div0)));
        assert_eq!(failed.value_in(Some(Kind::Number)), None);
        assert_eq!(Cell::Empty.value_in(None), Some(&b""[..]));
        assert!(failed.is_filled() && !Cell::Empty.is_filled());
    }
}
