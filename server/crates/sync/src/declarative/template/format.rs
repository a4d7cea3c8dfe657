//! Python's two ways to put values into a text: `'%s' % x` and `'{}'.format(x)`.

use super::error::TemplateError;
use super::eval::{Result, int_of};
use super::number::{float_text, to_int};
use super::value::{Val, repr, text};

/// Widest field: more is a mistake or an attack.
const WIDEST: usize = 4096;

/// How one value is written.
#[derive(Debug, Default, Clone)]
pub struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    width: usize,
    thousands: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// `pattern % value`.
pub fn percent(pattern: &str, value: &Val<'_>) -> Result<String> {
    let mut values = match value {
        Val::Tuple(items) => items.to_vec(),
        other => vec![other.clone()],
    }
    .into_iter();
    let mut out = String::new();
    let mut rest = pattern;
    let mut named = false;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let mut item = None;
        if let Some(inner) = rest.strip_prefix('(') {
            let (key, after) = inner
                .split_once(')')
                .ok_or_else(|| TemplateError::value("incomplete format key"))?;
            if value.pairs().is_none() {
                return Err(TemplateError::kind("format requires a mapping"));
            }
            let found = value.entry(&Val::owned(key));
            item = Some(found.ok_or_else(|| TemplateError::value(format!("'{key}'")))?);
            rest = after;
            named = true;
        }
        let (spec, after) = percent_spec(rest, &mut values)?;
        rest = after;
        if spec.kind == Some('%') {
            out.push('%');
            continue;
        }
        let item = match item {
            Some(item) => item,
            None => values
                .next()
                .ok_or_else(|| TemplateError::kind("not enough arguments for format string"))?,
        };
        out.push_str(&percent_one(&spec, &item)?);
    }
    out.push_str(rest);
    if !named && values.next().is_some() && value.pairs().is_none() {
        return Err(TemplateError::kind(
            "not all arguments converted during string formatting",
        ));
    }
    Ok(out)
}

fn percent_spec<'t, 'a>(
    text: &'t str,
    values: &mut impl Iterator<Item = Val<'a>>,
) -> Result<(Spec, &'t str)> {
    let mut spec = Spec::default();
    let mut rest = text;
    while let Some(flag) = rest.chars().next().filter(|c| "-+ #0".contains(*c)) {
        match flag {
            '-' => spec.align = Some('<'),
            '0' => spec.fill = Some('0'),
            '#' => spec.alternate = true,
            sign => spec.sign = Some(sign),
        }
        rest = &rest[1..];
    }
    let mut number = |rest: &mut &'t str| -> Result<usize> {
        if let Some(after) = rest.strip_prefix('*') {
            *rest = after;
            let value = values.next().unwrap_or(Val::None);
            return super::eval::size_of(&value);
        }
        Ok(take_number(rest))
    };
    spec.width = number(&mut rest)?;
    if let Some(after) = rest.strip_prefix('.') {
        rest = after;
        spec.precision = Some(number(&mut rest)?);
    }
    rest = rest.trim_start_matches(['h', 'l', 'L']);
    let kind = rest.chars().next();
    spec.kind = Some(kind.ok_or_else(|| TemplateError::value("incomplete format"))?);
    bounded(&spec)?;
    Ok((spec, &rest[kind.map_or(0, char::len_utf8)..]))
}

fn bounded(spec: &Spec) -> Result<()> {
    if spec.width > WIDEST || spec.precision.is_some_and(|p| p > WIDEST) {
        return Err(TemplateError::Limit("formats a field that is too wide"));
    }
    Ok(())
}

fn take_number(rest: &mut &str) -> usize {
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let number = rest[..end]
        .parse()
        .unwrap_or(if end == 0 { 0 } else { usize::MAX });
    *rest = &rest[end..];
    number
}

fn percent_one(spec: &Spec, value: &Val<'_>) -> Result<String> {
    let cut = |text: String| match spec.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text,
    };
    let plain = match spec.kind {
        Some('s') => cut(text(value)),
        Some('r' | 'a') => cut(repr(value)),
        Some('c') => match value {
            Val::Text(text) => text.to_string(),
            other => character(int_of(other)?)?,
        },
        Some('d' | 'i' | 'u') => {
            let whole = match value {
                Val::Float(float) => to_int(*float),
                other => other.as_int(),
            };
            let whole = whole.ok_or_else(|| not_a_number('d', value))?;
            return Ok(numeric(spec, whole < 0, &whole.unsigned_abs().to_string()));
        }
        Some('x' | 'X' | 'o') => {
            let whole = int_of(value)?;
            let digits = radix(spec, whole.unsigned_abs());
            return Ok(numeric(spec, whole < 0, &digits));
        }
        Some('f' | 'F' | 'e' | 'E' | 'g' | 'G') => {
            let float = value.as_float().ok_or_else(|| not_a_number('f', value))?;
            return Ok(numeric(
                spec,
                float.is_sign_negative(),
                &float_digits(spec, float.abs()),
            ));
        }
        other => {
            return Err(TemplateError::value(format!(
                "unsupported format character {other:?}"
            )));
        }
    };
    Ok(aligned(&plain, spec.width, spec.align.unwrap_or('>'), ' '))
}

fn character(code: i128) -> Result<String> {
    u32::try_from(code)
        .ok()
        .and_then(char::from_u32)
        .map(String::from)
        .ok_or_else(|| TemplateError::value("%c arg not in range(0x110000)"))
}

fn not_a_number(kind: char, value: &Val<'_>) -> TemplateError {
    value.missing().unwrap_or_else(|| {
        TemplateError::kind(format!(
            "%{kind} format: a real number is required, not {}",
            value.kind()
        ))
    })
}

fn radix(spec: &Spec, value: u128) -> String {
    match (spec.kind, spec.alternate) {
        (Some('X'), true) => format!("0X{value:X}"),
        (Some('X'), false) => format!("{value:X}"),
        (Some('x'), true) => format!("{value:#x}"),
        (Some('x'), false) => format!("{value:x}"),
        (Some('b'), true) => format!("{value:#b}"),
        (Some('b'), false) => format!("{value:b}"),
        (_, true) => format!("{value:#o}"),
        (_, false) => format!("{value:o}"),
    }
}

fn float_digits(spec: &Spec, value: f64) -> String {
    let precision = spec.precision.unwrap_or(6);
    let text = match spec.kind {
        Some('f' | 'F' | '%') => format!("{value:.precision$}"),
        Some('e' | 'E') => exponent(&format!("{value:.precision$e}")),
        _ => general(value, precision.max(1)),
    };
    if matches!(spec.kind, Some('E' | 'G' | 'F')) {
        text.to_uppercase()
    } else {
        text
    }
}

/// Rust writes `1e5` where Python writes `1e+05`.
fn exponent(text: &str) -> String {
    let Some((digits, exponent)) = text.split_once('e') else {
        return text.to_owned();
    };
    let (sign, digits_of) = match exponent.strip_prefix('-') {
        Some(rest) => ('-', rest),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{digits_of:0>2}")
}

fn general(value: f64, precision: usize) -> String {
    let scientific = format!("{value:.*e}", precision - 1);
    let power: i64 = scientific
        .split_once('e')
        .and_then(|(_, e)| e.parse().ok())
        .unwrap_or(0);
    let limit = i64::try_from(precision).unwrap_or(i64::MAX);
    let trim = |text: &str| {
        let cut = if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.')
        } else {
            text
        };
        cut.to_owned()
    };
    if power < -4 || power >= limit {
        let (digits, e) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        return exponent(&format!("{}e{e}", trim(digits)));
    }
    let places = usize::try_from(limit - 1 - power).unwrap_or(0);
    trim(&format!("{value:.places$}"))
}

/// Sign, digits and padding.
fn numeric(spec: &Spec, negative: bool, digits: &str) -> String {
    let sign = match (negative, spec.sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        _ => "",
    };
    let digits = match spec.thousands {
        Some(separator) => grouped(digits, separator),
        None => digits.to_owned(),
    };
    let plain = format!("{sign}{digits}");
    let zeros = spec.fill == Some('0') && matches!(spec.align, None | Some('='));
    if zeros || spec.align == Some('=') {
        let fill = spec.fill.unwrap_or(' ');
        let missing = spec.width.saturating_sub(plain.chars().count());
        return format!("{sign}{}{digits}", fill.to_string().repeat(missing));
    }
    aligned(
        &plain,
        spec.width,
        spec.align.unwrap_or('>'),
        spec.fill.unwrap_or(' '),
    )
}

fn grouped(digits: &str, separator: char) -> String {
    let end = digits.find(['.', 'e']).unwrap_or(digits.len());
    let (whole, rest) = digits.split_at(end);
    let mut out = String::new();
    for (at, c) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(c);
    }
    out + rest
}

fn aligned(text: &str, width: usize, align: char, fill: char) -> String {
    let missing = width.saturating_sub(text.chars().count());
    let pad = |count: usize| fill.to_string().repeat(count);
    match align {
        '<' => format!("{text}{}", pad(missing)),
        '^' => format!("{}{text}{}", pad(missing / 2), pad(missing - missing / 2)),
        _ => format!("{}{text}", pad(missing)),
    }
}

/// `format(value, spec)`.
pub fn with_spec(value: &Val<'_>, source: &str) -> Result<String> {
    if let Some(text) = super::functions::formatted(value, source).filter(|_| !source.is_empty()) {
        return Ok(text);
    }
    if source.is_empty() {
        return Ok(text(value));
    }
    let spec = parse_spec(source)?;
    match (value, spec.kind) {
        (Val::Text(_), None | Some('s')) => {
            let text = text(value);
            let text: String = text
                .chars()
                .take(spec.precision.unwrap_or(usize::MAX))
                .collect();
            let align = spec.align.unwrap_or('<');
            Ok(aligned(&text, spec.width, align, spec.fill.unwrap_or(' ')))
        }
        (Val::Float(float), None) => {
            let digits = match spec.precision {
                Some(precision) => general(float.abs(), precision.max(1)),
                None => float_text(float.abs()),
            };
            Ok(numeric(&spec, float.is_sign_negative(), &digits))
        }
        (_, Some('%')) => {
            let float = value.as_float().ok_or_else(|| not_a_number('%', value))? * 100.0;
            let digits = float_digits(&spec, float.abs()) + "%";
            Ok(numeric(&spec, float.is_sign_negative(), &digits))
        }
        (_, None | Some('d' | 'n')) if value.as_int().is_some() => {
            let whole = int_of(value)?;
            Ok(numeric(&spec, whole < 0, &whole.unsigned_abs().to_string()))
        }
        (_, Some('x' | 'X' | 'o' | 'b')) => {
            let whole = int_of(value)?;
            Ok(numeric(
                &spec,
                whole < 0,
                &radix(&spec, whole.unsigned_abs()),
            ))
        }
        (_, Some('f' | 'F' | 'e' | 'E' | 'g' | 'G')) if value.as_float().is_some() => {
            let float = value.as_float().unwrap_or_default();
            Ok(numeric(
                &spec,
                float.is_sign_negative(),
                &float_digits(&spec, float.abs()),
            ))
        }
        _ => Err(TemplateError::value(format!(
            "Unknown format code in '{source}' for object of type '{}'",
            value.kind()
        ))),
    }
}

fn parse_spec(source: &str) -> Result<Spec> {
    let mut spec = Spec::default();
    let mut rest = source;
    let chars: Vec<char> = source.chars().take(2).collect();
    let is_align = |c: &char| "<>=^".contains(*c);
    if chars.get(1).is_some_and(is_align) {
        spec.fill = Some(chars[0]);
        spec.align = Some(chars[1]);
        rest = &rest[chars[0].len_utf8() + 1..];
    } else if chars.first().is_some_and(is_align) {
        spec.align = Some(chars[0]);
        rest = &rest[1..];
    }
    if let Some(sign) = rest.chars().next().filter(|c| "+- ".contains(*c)) {
        spec.sign = Some(sign);
        rest = &rest[1..];
    }
    if let Some(after) = rest.strip_prefix('#') {
        spec.alternate = true;
        rest = after;
    }
    if rest.starts_with('0') && spec.fill.is_none() {
        spec.fill = Some('0');
        rest = &rest[1..];
    }
    spec.width = take_number(&mut rest);
    if let Some(separator) = rest.chars().next().filter(|c| ",_".contains(*c)) {
        spec.thousands = Some(separator);
        rest = &rest[1..];
    }
    if let Some(after) = rest.strip_prefix('.') {
        rest = after;
        spec.precision = Some(take_number(&mut rest));
    }
    spec.kind = rest.chars().next();
    if rest.chars().count() > 1 {
        return Err(TemplateError::value("Invalid format specifier"));
    }
    bounded(&spec)?;
    Ok(spec)
}
