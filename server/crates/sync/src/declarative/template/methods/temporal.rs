//! Methods and properties of times, dates and spans.

use time::{Date, Month, PrimitiveDateTime, Time, UtcOffset};

use super::super::error::TemplateError;
use super::super::eval::{Arguments, Result, int_of, text_of};
use super::super::functions::formatted;
use super::super::number::to_float;
use super::super::value::Val;
use super::unknown;
use crate::declarative::datetime::{
    Moment, Span, date_text, from_float, parse_iso, seconds, strptime,
};

pub const TIME: [&str; 16] = [
    "astimezone",
    "date",
    "fromisoformat",
    "fromtimestamp",
    "isocalendar",
    "isoformat",
    "isoweekday",
    "now",
    "replace",
    "strftime",
    "strptime",
    "timestamp",
    "toordinal",
    "utcfromtimestamp",
    "utcoffset",
    "weekday",
];
pub const DATE: [&str; 8] = [
    "fromisoformat",
    "isocalendar",
    "isoformat",
    "isoweekday",
    "replace",
    "strftime",
    "toordinal",
    "weekday",
];
/// The first day of the year 1, as the calendar of `time` counts days.
const FIRST_DAY: i32 = 1_721_426;

fn date_of(object: &Val<'_>) -> Option<Date> {
    match object {
        Val::Time(moment) => Some(moment.local.date()),
        Val::Date(date) => Some(*date),
        _ => None,
    }
}

pub fn property<'a>(object: &Val<'a>, name: &str) -> Option<Val<'a>> {
    if let Val::Span(span) = object {
        return span_property(span, name);
    }
    let date = date_of(object)?;
    match name {
        "year" => return Some(Val::Int(date.year().into())),
        "month" => return Some(Val::Int(u8::from(date.month()).into())),
        "day" => return Some(Val::Int(date.day().into())),
        _ => {}
    }
    let Val::Time(moment) = object else {
        return None;
    };
    let (hour, minute, second, micro) = moment.local.time().as_hms_micro();
    Some(match name {
        "hour" => Val::Int(hour.into()),
        "minute" => Val::Int(minute.into()),
        "second" => Val::Int(second.into()),
        "microsecond" => Val::Int(micro.into()),
        "tzinfo" => match moment.offset {
            Some(_) => Val::owned("UTC"),
            None => Val::None,
        },
        _ => return None,
    })
}

fn span_property<'a>(span: &Span, name: &str) -> Option<Val<'a>> {
    let (days, seconds, micros) = span.parts();
    Some(Val::Int(match (name, span) {
        ("days", _) => days.into(),
        ("seconds", _) => seconds.into(),
        ("microseconds", _) => micros.into(),
        ("years", Span::Calendar { years, .. }) => (*years).into(),
        ("months", Span::Calendar { months, .. }) => (*months).into(),
        _ => return None,
    }))
}

pub fn call<'a>(object: &Val<'a>, name: &str, args: Arguments<'a>) -> Result<Val<'a>> {
    if let Val::Span(span) = object {
        args.none()?;
        return match name {
            "total_seconds" => {
                let micros = span.exact().whole_microseconds();
                Ok(Val::Float(to_float(micros) / 1e6))
            }
            _ => Err(unknown(object, name)),
        };
    }
    let date = date_of(object).ok_or_else(|| unknown(object, name))?;
    match name {
        "strftime" => {
            let format = args.one("format")?;
            let text = formatted(object, text_of(&format)?);
            text.map(Val::owned).ok_or_else(|| unknown(object, name))
        }
        "isoformat" => isoformat(object, args),
        "weekday" => args
            .none()
            .map(|()| Val::Int(date.weekday().number_days_from_monday().into())),
        "isoweekday" => args
            .none()
            .map(|()| Val::Int(date.weekday().number_from_monday().into())),
        "isocalendar" => args.none().map(|()| {
            let (year, week, weekday) = date.to_iso_week_date();
            let day = i128::from(weekday.number_from_monday());
            Val::tuple(vec![
                Val::Int(year.into()),
                Val::Int(week.into()),
                Val::Int(day),
            ])
        }),
        "toordinal" => args
            .none()
            .map(|()| Val::Int((date.to_julian_day() - FIRST_DAY + 1).into())),
        "replace" => replace(object, args),
        "fromisoformat" => {
            let text = args.one("date_string")?;
            let moment = parse_iso(text_of(&text)?)?;
            Ok(match object {
                Val::Date(_) => Val::Date(moment.local.date()),
                _ => Val::Time(moment),
            })
        }
        _ => match object {
            Val::Time(moment) => time_call(object, *moment, name, args),
            _ => Err(unknown(object, name)),
        },
    }
}

fn time_call<'a>(
    object: &Val<'a>,
    moment: Moment,
    name: &str,
    args: Arguments<'a>,
) -> Result<Val<'a>> {
    match name {
        "timestamp" => args.none().map(|()| Val::Float(seconds(moment.micros()))),
        "date" => args.none().map(|()| Val::Date(moment.local.date())),
        "utcoffset" => args.none().map(|()| match moment.offset {
            Some(offset) => Val::Span(Span::Exact(time::Duration::seconds(
                offset.whole_seconds().into(),
            ))),
            None => Val::None,
        }),
        // the only zone a template can name is UTC, as in `now_utc().tzinfo`
        "astimezone" => args
            .bind(["tz"], 0)
            .and_then(|_| Ok(Val::Time(moment.to_utc()?))),
        "strptime" => {
            let [text, format] = args.bind(["date_string", "format"], 2)?;
            let (text, format) = (text.unwrap_or(Val::None), format.unwrap_or(Val::None));
            Ok(Val::Time(strptime(text_of(&text)?, text_of(&format)?)?))
        }
        "fromtimestamp" | "utcfromtimestamp" => {
            let [at, zone] = args.bind(["timestamp", "tz"], 1)?;
            let at = at.and_then(|at| at.as_float());
            let at = at.ok_or_else(|| TemplateError::kind("a number is required"))?;
            let mut moment = from_float(at)?;
            if zone.is_none() {
                moment.offset = None;
            }
            Ok(Val::Time(moment))
        }
        _ => Err(unknown(object, name)),
    }
}

fn isoformat<'a>(object: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let Val::Time(moment) = object else {
        args.none()?;
        return Ok(Val::owned(
            date_of(object).map(date_text).unwrap_or_default(),
        ));
    };
    let [separator, timespec] = args.bind(["sep", "timespec"], 0)?;
    let separator = match &separator {
        Some(separator) => text_of(separator)?.chars().next().unwrap_or('T'),
        None => 'T',
    };
    let spec = match &timespec {
        Some(spec) => text_of(spec)?,
        None => "auto",
    };
    let clock = match spec {
        "auto" => return Ok(Val::owned(moment.text(separator))),
        "hours" => "%H",
        "minutes" => "%H:%M",
        "seconds" => "%H:%M:%S",
        "milliseconds" | "microseconds" => "%H:%M:%S.%f",
        _ => return Err(TemplateError::value("Unknown timespec value")),
    };
    let mut text = formatted(object, &format!("%Y-%m-%d{separator}{clock}")).unwrap_or_default();
    if spec == "milliseconds" {
        text.truncate(text.len() - 3);
    }
    if let Some(offset) = moment.offset {
        text.push_str(&crate::declarative::datetime::offset_text(offset, ":"));
    }
    Ok(Val::owned(text))
}

fn replace<'a>(object: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [year, month, day, hour, minute, second, micro, zone] = args.bind(
        [
            "year",
            "month",
            "day",
            "hour",
            "minute",
            "second",
            "microsecond",
            "tzinfo",
        ],
        0,
    )?;
    let bad = || TemplateError::value("date or time value out of range");
    let number = |given: Option<Val<'a>>, old: i128| given.map_or(Ok(old), |value| int_of(&value));
    let date = date_of(object).ok_or_else(bad)?;
    let month = number(month, u8::from(date.month()).into())?;
    let month = u8::try_from(month)
        .ok()
        .and_then(|m| Month::try_from(m).ok())
        .ok_or_else(bad)?;
    let year = i32::try_from(number(year, date.year().into())?).map_err(|_| bad())?;
    let day = u8::try_from(number(day, date.day().into())?).map_err(|_| bad())?;
    let date = Date::from_calendar_date(year, month, day).map_err(|_| bad())?;
    let Val::Time(moment) = object else {
        return Ok(Val::Date(date));
    };
    let (h, m, s, u) = moment.local.time().as_hms_micro();
    let small = |value: i128| u8::try_from(value).map_err(|_| bad());
    let (hour, minute) = (
        small(number(hour, h.into())?)?,
        small(number(minute, m.into())?)?,
    );
    let second = small(number(second, s.into())?)?;
    let micro = u32::try_from(number(micro, u.into())?).map_err(|_| bad())?;
    let time = Time::from_hms_micro(hour, minute, second, micro).map_err(|_| bad())?;
    let offset = match zone {
        None => moment.offset,
        Some(Val::None) => None,
        Some(_) => Some(UtcOffset::UTC),
    };
    Ok(Val::Time(Moment::new(
        PrimitiveDateTime::new(date, time),
        offset,
    )))
}
