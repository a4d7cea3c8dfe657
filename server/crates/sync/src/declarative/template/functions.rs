//! Functions every template can call: the low-code language's own and what is left of Jinja's.

use std::cell::Cell;
use std::fmt::Write as _;
use std::rc::Rc;

use time::{Duration, UtcOffset};

use super::error::TemplateError;
use super::eval::{Arguments, Frame, Result, compare_values, int_of, text_of};
use super::number::to_int;
use super::value::{Special, Val};
use crate::declarative::datetime::{
    Format, Moment, Span, parse_duration, parse_iso, seconds, strftime, strftime_date, strptime,
};

const NAMES: [&str; 19] = [
    "now_utc",
    "today_utc",
    "timestamp",
    "max",
    "min",
    "day_delta",
    "duration",
    "format_datetime",
    "today_with_timezone",
    "str_to_datetime",
    "sanitize_url",
    "camel_case_to_snake_case",
    "generate_uuid",
    "dict",
    "namespace",
    "cycler",
    "joiner",
    "lipsum",
    "range",
];

/// Whether there is a function of this name. `range` is known only to be refused with a clear word.
pub fn exists(name: &str) -> bool {
    NAMES.contains(&name) && name != "range"
}

pub fn call<'a>(frame: &mut Frame<'a>, name: &str, args: Arguments<'a>) -> Result<Val<'a>> {
    match name {
        "now_utc" => args.none().map(|()| Val::Time(Moment::utc(frame.now()))),
        "today_utc" => args
            .none()
            .map(|()| Val::Date(Moment::utc(frame.now()).local.date())),
        "today_with_timezone" => today(frame, &args.one("timezone")?),
        "timestamp" => timestamp(&args.one("dt")?),
        "str_to_datetime" => str_to_datetime(&args.one("s")?).map(Val::Time),
        "max" => extreme(frame, args, ">"),
        "min" => extreme(frame, args, "<"),
        "day_delta" => day_delta(frame, args),
        "duration" => {
            let text = args.one("datestring")?;
            Ok(Val::Span(parse_duration(text_of(&text)?)?))
        }
        "format_datetime" => format_datetime(frame, args),
        "sanitize_url" => {
            let text = args.one("string")?;
            let quoted = quote_plus(&super::value::text(&text));
            frame.text(quoted)
        }
        "camel_case_to_snake_case" => {
            let text = args.one("value")?;
            let snake = snake_case(text_of(&text)?);
            frame.text(snake)
        }
        "generate_uuid" => {
            args.none()?;
            Ok(Val::owned(uuid_v4()))
        }
        "dict" => dict(args),
        "namespace" => match dict(args)? {
            Val::Dict(pairs) => Ok(Val::Namespace(pairs)),
            other => Ok(other),
        },
        "cycler" => cycler(frame, args),
        "joiner" => {
            let [separator] = args.bind(["sep"], 0)?;
            let separator = separator.unwrap_or_else(|| Val::owned(", "));
            frame.admit(&separator, None)?;
            let joiner = Special::Joiner(separator, Cell::new(false));
            Ok(Val::Special(Rc::new(joiner)))
        }
        "lipsum" => Err(TemplateError::Unsupported(
            "the function \"lipsum\"".to_owned(),
        )),
        _ => Err(TemplateError::Undeclared(name.to_owned())),
    }
}

fn cycler<'a>(frame: &mut Frame<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    if !args.named.is_empty() {
        return Err(TemplateError::kind("got an unexpected keyword argument"));
    }
    if args.positional.is_empty() {
        return Err(TemplateError::value("at least one item has to be provided"));
    }
    frame.spend(args.positional.len())?;
    let cycler = Special::Cycler(args.positional, Cell::new(0));
    Ok(Val::Special(Rc::new(cycler)))
}

fn dict(args: Arguments<'_>) -> Result<Val<'_>> {
    let mut pairs = Vec::new();
    if let Some(first) = args.positional.first() {
        match first.pairs() {
            Some(found) => pairs = found,
            None => {
                for pair in first.items()? {
                    let [key, value] = <[Val<'_>; 2]>::try_from(pair.items()?).map_err(|_| {
                        TemplateError::value("dictionary update sequence element is no pair")
                    })?;
                    super::value::insert(&mut pairs, key, value);
                }
            }
        }
    }
    for (name, value) in args.named {
        super::value::insert(&mut pairs, Val::Text(name), value);
    }
    Ok(Val::dict(pairs))
}

fn today<'a>(frame: &Frame<'a>, zone: &Val<'a>) -> Result<Val<'a>> {
    let name = text_of(zone)?;
    let zone = jiff::tz::TimeZone::get(name)
        .map_err(|_| TemplateError::value(format!("there is no time zone named {name:?}")))?;
    let now = frame.now();
    let at = jiff::Timestamp::from_second(now.unix_timestamp())
        .map_err(|error| TemplateError::value(error.to_string()))?;
    let offset = UtcOffset::from_whole_seconds(zone.to_offset(at).seconds())
        .map_err(|error| TemplateError::value(error.to_string()))?;
    Ok(Val::Date(now.to_offset(offset).date()))
}

fn timestamp<'a>(value: &Val<'a>) -> Result<Val<'a>> {
    match value {
        Val::Float(number) => to_int(*number)
            .map(Val::Int)
            .ok_or_else(|| TemplateError::value("cannot convert float to integer")),
        other => match other.as_int() {
            Some(number) => Ok(Val::Int(number)),
            None => Ok(Val::Float(seconds(str_to_datetime(other)?.micros()))),
        },
    }
}

fn str_to_datetime(value: &Val<'_>) -> Result<Moment> {
    if let Some(missing) = value.missing() {
        return Err(missing);
    }
    let Val::Text(text) = value else {
        return Err(TemplateError::kind(
            "Parser must be a string or character stream",
        ));
    };
    Ok(parse_iso(text)?.aware().to_utc()?)
}

fn extreme<'a>(frame: &mut Frame<'a>, args: Arguments<'a>, sign: &'static str) -> Result<Val<'a>> {
    if !args.named.is_empty() {
        return Err(TemplateError::kind("got an unexpected keyword argument"));
    }
    let items = match args.positional.as_slice() {
        [] => {
            return Err(TemplateError::kind("expected at least 1 argument, got 0"));
        }
        [only] => {
            if let Some(missing) = only.missing() {
                return Err(missing);
            }
            only.items()?
        }
        _ => args.positional,
    };
    let mut items = items.into_iter();
    let mut best = items
        .next()
        .ok_or_else(|| TemplateError::value("arg is an empty sequence"))?;
    for item in items {
        frame.spend(1)?;
        if compare_values(sign, &item, &best)? {
            best = item;
        }
    }
    Ok(best)
}

fn day_delta<'a>(frame: &mut Frame<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [days, format] = args.bind(["num_days", "format"], 1)?;
    let days = days.unwrap_or(Val::None);
    let seconds = match days.as_float() {
        Some(days) => days * 86_400.0,
        None => {
            int_of(&days)?;
            0.0
        }
    };
    let shift = Duration::checked_seconds_f64(seconds)
        .ok_or_else(|| TemplateError::value("date value out of range"))?;
    let moment = Moment::utc(frame.now()).plus(&Span::Exact(shift))?;
    let format = match &format {
        Some(format) => text_of(format)?.to_owned(),
        None => "%Y-%m-%dT%H:%M:%S.%f%z".to_owned(),
    };
    frame.text(strftime(&moment, &format))
}

fn format_datetime<'a>(frame: &mut Frame<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [value, format, input] = args.bind(["dt", "format", "input_format"], 2)?;
    let value = value.unwrap_or(Val::None);
    let format = format.unwrap_or(Val::None);
    let input = match &input {
        Some(Val::None) | None => None,
        Some(input) => Some(text_of(input)?).filter(|text| !text.is_empty()),
    };
    if let Val::Time(moment) = &value {
        let text = strftime(moment, text_of(&format)?);
        return frame.text(text);
    }
    let moment = match (value.as_int(), input) {
        (Some(number), input) => {
            Format::compile(input.unwrap_or("%s")).parse(&number.to_string())?
        }
        (None, Some(input)) => strptime(text_of(&value)?, input)?,
        (None, None) => str_to_datetime(&value)?,
    };
    let text = Format::compile(text_of(&format)?).format(&moment.aware());
    frame.text(text)
}

/// What a date or time answers to `strftime`.
pub fn formatted(value: &Val<'_>, format: &str) -> Option<String> {
    match value {
        Val::Time(moment) => Some(strftime(moment, format)),
        Val::Date(date) => Some(strftime_date(*date, format)),
        _ => None,
    }
}

/// `urllib.parse.quote_plus`.
pub fn quote_plus(text: &str) -> String {
    quote(text, "").replace("%20", "+")
}

/// `urllib.parse.quote`, sparing also these characters.
pub fn quote(text: &str, safe: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "_.-~".contains(c) || (byte.is_ascii() && safe.contains(c))
        {
            out.push(c);
        } else {
            _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn snake_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (at, c) in text.chars().enumerate() {
        if at > 0 && c.is_ascii_uppercase() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

fn uuid_v4() -> String {
    let mut bytes = rand::random::<[u8; 16]>();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    uuid::Uuid::from_bytes(bytes).to_string()
}
