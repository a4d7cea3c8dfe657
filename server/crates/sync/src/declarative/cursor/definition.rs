//! `DatetimeBasedCursor` as the manifest has it, worked out for one configuration.

use serde_json::Value;

use super::clamp::Clamp;
use super::{Setting, unreadable};
use crate::clock;
use crate::declarative::datetime::{DateError, Format, MinMax, Moment, Span, parse_duration};
use crate::declarative::manifest::Node;
use crate::declarative::template::{Scope, python_str};
use crate::declarative::text::Text;
use crate::fault::Fault;

/// Everything about a cursor that does not change while it moves.
#[derive(Debug)]
pub struct Definition {
    pub stream: String,
    pub field: String,
    /// How moments of records and states are read: the first that fits.
    inputs: Vec<Format>,
    output: Format,
    pub start_field: String,
    pub end_field: String,
    pub granularity: Option<Span>,
    /// Width of a slice; `None` is all at once.
    pub step: Option<Span>,
    pub lookback: Option<Span>,
    pub start: Moment,
    end: End,
    pub clamp: Option<Clamp>,
    /// The API refuses slices that end where they start.
    pub strict: bool,
}

/// Where the last slice ends.
#[derive(Debug)]
enum End {
    Now,
    Fixed(Moment),
    /// Worked out each time, since it asks for the present.
    Moving(Box<MinMax>, Value),
}

impl Definition {
    pub fn read(node: &Node<'_>, field: &str, setting: &Setting<'_>) -> Result<Self, Fault> {
        let config = setting.config;
        let format = node.need_str("datetime_format")?;
        let span = |name: &str| -> Result<Option<Span>, Fault> {
            let text = text(node, name, config)?.filter(|text| !text.is_empty());
            text.map(|text| duration(node, name, &text)).transpose()
        };
        let granularity = match node.str("cursor_granularity")? {
            Some(text) if !text.is_empty() => Some(duration(node, "cursor_granularity", text)?),
            _ => None,
        };
        let step = span("step")?;
        if node.get("step").is_some() != node.get("cursor_granularity").is_some() {
            return Err(
                node.broken("step and cursor_granularity need each other: either both or none.")
            );
        }
        let start = MinMax::read(node, "start_datetime", format)?
            .ok_or_else(|| node.wrong("start_datetime", "is missing"))?
            .moment(config)?;
        // Where old records are left out here, a lookback passes the last ones on in every run, changed or not.
        let looks_back = !(setting.appends && node.is("is_client_side_incremental")?);
        let mut inputs = Vec::new();
        for input in node.strs("cursor_datetime_formats")? {
            inputs.push(Format::compile(&input));
        }
        inputs.push(Format::compile(format));
        Ok(Self {
            stream: setting.stream.to_owned(),
            field: field.to_owned(),
            inputs,
            output: Format::compile(format),
            start_field: text(node, "partition_field_start", config)?
                .unwrap_or_else(|| "start_time".to_owned()),
            end_field: text(node, "partition_field_end", config)?
                .unwrap_or_else(|| "end_time".to_owned()),
            granularity: granularity.filter(|span| !span.is_zero()),
            step: step.filter(|span| !span.is_zero()),
            lookback: span("lookback_window")?.filter(|span| !span.is_zero() && looks_back),
            start,
            end: End::read(node, format, config)?,
            clamp: Clamp::read(node, config)?,
            strict: node.is("is_compare_strictly")?,
        })
    }

    /// The moment a value tells, in the first format that fits.
    pub fn moment(&self, value: &Value) -> Result<Moment, DateError> {
        match value {
            Value::String(text) => self.moment_of_text(text),
            Value::Number(number) => {
                // Python's `int` cuts a fraction off
                let whole = number
                    .as_f64()
                    .filter(|_| number.is_f64())
                    .map(|f| format!("{:.0}", f.trunc()));
                let text = number.to_string();
                let cut = whole.unwrap_or_else(|| text.clone());
                self.first(|format| match format {
                    Format::Seconds | Format::Millis | Format::Micros => format.parse(&cut),
                    _ => format.parse(&text),
                })
            }
            other => Err(DateError(format!("{} is no date", python_str(other)))),
        }
    }

    pub fn moment_of_text(&self, text: &str) -> Result<Moment, DateError> {
        self.first(|format| format.parse(text))
    }

    fn first(
        &self,
        parse: impl Fn(&Format) -> Result<Moment, DateError>,
    ) -> Result<Moment, DateError> {
        let mut error = DateError("no date".to_owned());
        for format in &self.inputs {
            match parse(format) {
                Ok(moment) => return Ok(moment),
                Err(failure) => error = failure,
            }
        }
        Err(error)
    }

    /// The moment of a saved state.
    pub fn saved(&self, value: &Value) -> Result<Moment, Fault> {
        self.moment(value)
            .map_err(|error| unreadable(&self.stream, &error.to_string()))
    }

    /// A moment as slices, requests and states have it.
    pub fn text(&self, moment: &Moment) -> String {
        self.output.format(moment)
    }

    /// Whether the texts of moments are ordered as the moments are.
    pub fn is_sortable(&self) -> bool {
        self.output.is_sortable()
    }

    /// Where the last slice ends, now.
    pub fn end(&self) -> Result<Moment, Fault> {
        let end = match &self.end {
            End::Now => Moment::utc(clock::utc()),
            End::Fixed(moment) => *moment,
            End::Moving(minmax, config) => minmax.moment(config)?,
        };
        let Some(clamp) = &self.clamp else {
            return Ok(end);
        };
        let granularity = self.granularity.clone().unwrap_or_else(|| clamp.unit());
        clamp
            .floor(&end)
            .and_then(|end| end.minus(&granularity))
            .map_err(|error| self.beyond(&error))
    }

    /// The smallest step between two moments: nearer ones count as touching.
    pub fn next(&self, moment: &Moment) -> Moment {
        let unit = Span::Exact(time::Duration::MILLISECOND);
        let next = moment.plus(self.granularity.as_ref().unwrap_or(&unit));
        next.unwrap_or(*moment)
    }

    pub fn clamped(&self, moment: &Moment) -> Result<Moment, Fault> {
        match &self.clamp {
            Some(clamp) => clamp.ceiling(moment).map_err(|error| self.beyond(&error)),
            None => Ok(*moment),
        }
    }

    /// The fault of a date before the year 1 or after 9999.
    pub fn beyond(&self, error: &DateError) -> Fault {
        Fault::config("The dates of this stream's cursor go beyond the calendar.")
            .with_detail(error.to_string())
            .in_stream(&self.stream)
    }
}

impl End {
    fn read(node: &Node<'_>, format: &str, config: &Value) -> Result<Self, Fault> {
        Ok(match MinMax::read(node, "end_datetime", format)? {
            None => Self::Now,
            Some(minmax) if minmax.is_fixed() => Self::Fixed(minmax.moment(config)?),
            Some(minmax) => {
                // a mistake in it shows now, not at the end
                minmax.moment(config)?;
                Self::Moving(Box::new(minmax), config.clone())
            }
        })
    }
}

/// A template of the cursor, worked out.
pub fn text(node: &Node<'_>, name: &str, config: &Value) -> Result<Option<String>, Fault> {
    let scope = Scope::new().json("config", config);
    let text = Text::read(node, name)?;
    text.map(|text| text.string(&scope)).transpose()
}

fn duration(node: &Node<'_>, name: &str, text: &str) -> Result<Span, Fault> {
    parse_duration(text).map_err(|error| {
        node.wrong(name, "is no ISO 8601 duration, like P1D")
            .with_detail(error.to_string())
    })
}
