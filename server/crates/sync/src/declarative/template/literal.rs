//! Python literals in text. The Python runtime reads each rendered text as one, if it is one: `"5"` becomes 5, `"[1]"` a
//! list, `"true"` stays what it is.

use serde_json::{Map, Number, Value};

use super::escape::unescape;
use super::value::int_json;

/// Deeper texts stay texts.
const DEEPEST: usize = 90;

/// A value that a text spells.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    pub value: Value,
    /// The array is a tuple of Python: `1, 2`.
    pub tuple: bool,
}

/// The value the text spells, if it spells one that JSON has.
pub fn literal(text: &str) -> Option<Literal> {
    if !may_be_literal(text) {
        return None;
    }
    let mut reader = Reader {
        rest: text
            .trim_start_matches([' ', '\t'])
            .trim_start_matches('\n'),
        depth: 0,
        tuple: false,
    };
    let mut value = reader.value()?;
    let mut tuple = reader.tuple && value.is_array();
    reader.spaces();
    if reader.rest.starts_with(',') {
        value = Value::Array(reader.more(value, "")?);
        tuple = true;
    }
    reader.end()?;
    Some(Literal { value, tuple })
}

/// A quick look at the first character: most texts are none.
fn may_be_literal(text: &str) -> bool {
    let rest = text.trim_start_matches([' ', '\t', '\n']);
    match rest.as_bytes() {
        [
            b'0'..=b'9' | b'\'' | b'"' | b'[' | b'(' | b'{' | b'-' | b'+' | b'.',
            ..,
        ] => true,
        [b'N' | b'T' | b'F', ..] => ["None", "True", "False"]
            .iter()
            .any(|word| rest.starts_with(word)),
        [prefix, quote, ..] => b"rRuU".contains(prefix) && b"'\"".contains(quote),
        _ => false,
    }
}

struct Reader<'t> {
    rest: &'t str,
    depth: usize,
    /// Whether the array read last was a tuple.
    tuple: bool,
}

impl Reader<'_> {
    /// Spaces; inside of brackets lines and comments, too.
    fn spaces(&mut self) {
        loop {
            let rest = self.rest.trim_start_matches([' ', '\t', '\u{c}']);
            self.rest = if self.depth > 0 {
                rest.trim_start_matches(['\n', '\r'])
            } else {
                rest
            };
            if self.depth > 0 && self.rest.starts_with('#') {
                self.comment();
                continue;
            }
            if self.rest.len() == rest.len() {
                return;
            }
        }
    }

    fn comment(&mut self) {
        let end = self.rest.find('\n').unwrap_or(self.rest.len());
        self.rest = &self.rest[end..];
    }

    fn end(&mut self) -> Option<()> {
        loop {
            self.rest = self
                .rest
                .trim_start_matches([' ', '\t', '\u{c}', '\n', '\r']);
            if !self.rest.starts_with('#') {
                break;
            }
            self.comment();
        }
        self.rest.is_empty().then_some(())
    }

    fn take(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self) -> Option<Value> {
        self.spaces();
        let first = self.rest.chars().next()?;
        match first {
            '-' | '+' => self.signed(first == '-'),
            '0'..='9' | '.' => self.number(),
            '[' => {
                self.rest = &self.rest[1..];
                self.nested(Self::list)
            }
            '(' => {
                self.rest = &self.rest[1..];
                self.nested(Self::parentheses)
            }
            '{' => {
                self.rest = &self.rest[1..];
                self.nested(Self::dict)
            }
            '\'' | '"' => self.texts(),
            _ => self.word(),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Option<Value>) -> Option<Value> {
        if self.depth == DEEPEST {
            return None;
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn word(&mut self) -> Option<Value> {
        let end = self
            .rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(self.rest.len());
        let quoted = self.rest[end..].starts_with(['\'', '"']);
        let word = &self.rest[..end];
        if quoted && matches!(word, "r" | "R" | "u" | "U") {
            return self.texts();
        }
        self.rest = &self.rest[end..];
        match word {
            "None" => Some(Value::Null),
            "True" => Some(Value::Bool(true)),
            "False" => Some(Value::Bool(false)),
            _ => None,
        }
    }

    fn signed(&mut self, negative: bool) -> Option<Value> {
        self.rest = &self.rest[1..];
        self.spaces();
        if self.rest.starts_with(['+', '-']) {
            return None;
        }
        let value = self.value()?;
        let Value::Number(number) = &value else {
            return None;
        };
        if !negative {
            return Some(value);
        }
        match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => Number::from_f64(-float).map(Value::Number),
            None => int_json(
                -number
                    .as_i64()
                    .map(i128::from)
                    .or(number.as_u64().map(i128::from))?,
            ),
        }
    }

    fn number(&mut self) -> Option<Value> {
        let bytes = self.rest.as_bytes();
        let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'.';
        let mut end = bytes.iter().take_while(|b| word(b)).count();
        let lower = self.rest[..end].to_ascii_lowercase();
        let exponent = lower.ends_with('e') && !lower.starts_with("0x");
        if exponent && matches!(bytes.get(end), Some(b'+' | b'-')) {
            end += 1 + bytes[end + 1..].iter().take_while(|b| word(b)).count();
        }
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        number(&text.to_ascii_lowercase())
    }

    /// One text or several side by side.
    fn texts(&mut self) -> Option<Value> {
        let mut out = self.text()?;
        loop {
            self.spaces();
            let rest = self.rest.trim_start_matches(['r', 'R', 'u', 'U']);
            if self.rest.len() - rest.len() > 1 || !rest.starts_with(['\'', '"']) {
                return Some(Value::String(out));
            }
            out.push_str(&self.text()?);
        }
    }

    fn text(&mut self) -> Option<String> {
        let raw = self.rest.starts_with(['r', 'R']);
        self.rest = self.rest.trim_start_matches(['r', 'R', 'u', 'U']);
        let quote = &self.rest[..1];
        let triple = quote.repeat(3);
        let fence = if self.rest.starts_with(&triple) {
            triple.as_str()
        } else {
            quote
        };
        self.rest = &self.rest[fence.len()..];
        let end = self.text_end(fence)?;
        let (inner, rest) = self.rest.split_at(end);
        self.rest = &rest[fence.len()..];
        if fence.len() == 1 && inner.contains('\n') && !inner.contains("\\\n") {
            return None;
        }
        if raw {
            Some(inner.to_owned())
        } else {
            unescape(inner)
        }
    }

    fn text_end(&self, fence: &str) -> Option<usize> {
        let mut escaped = false;
        for (at, c) in self.rest.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if self.rest[at..].starts_with(fence) => return Some(at),
                _ => {}
            }
        }
        None
    }

    fn list(&mut self) -> Option<Value> {
        self.spaces();
        let items = if self.rest.starts_with(']') {
            Vec::new()
        } else {
            let first = self.value()?;
            self.more(first, "]")?
        };
        self.tuple = false;
        self.take("]").then_some(Value::Array(items))
    }

    fn parentheses(&mut self) -> Option<Value> {
        self.spaces();
        if self.take(")") {
            self.tuple = true;
            return Some(Value::Array(Vec::new()));
        }
        let first = self.value()?;
        self.spaces();
        if self.take(")") {
            return Some(first);
        }
        let items = self.more(first, ")")?;
        self.tuple = true;
        self.take(")").then_some(Value::Array(items))
    }

    /// The items behind the first, up to the closing bracket, which stays.
    fn more(&mut self, first: Value, close: &str) -> Option<Vec<Value>> {
        let mut items = vec![first];
        loop {
            self.spaces();
            if !self.take(",") {
                return Some(items);
            }
            self.spaces();
            if self.rest.is_empty() || (!close.is_empty() && self.rest.starts_with(close)) {
                return Some(items);
            }
            items.push(self.value()?);
        }
    }

    fn dict(&mut self) -> Option<Value> {
        let mut map = Map::new();
        loop {
            self.spaces();
            if self.take("}") {
                return Some(Value::Object(map));
            }
            let key = match self.value()? {
                Value::String(text) => text,
                // a dict or list is no key
                Value::Array(_) | Value::Object(_) => return None,
                scalar => scalar.to_string(),
            };
            self.spaces();
            // a set has no colon, and JSON has no sets
            if !self.take(":") {
                return None;
            }
            map.insert(key, self.value()?);
            self.spaces();
            if !self.take(",") {
                self.spaces();
                return self.take("}").then_some(Value::Object(map));
            }
        }
    }
}

/// A number of Python: prefixes, underscores, no leading zeros of integers.
fn number(text: &str) -> Option<Value> {
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let digits = digits.strip_prefix('_').unwrap_or(digits);
            let plain = well_spaced(digits)?;
            return int_json(i128::from_str_radix(&plain, radix).ok()?);
        }
    }
    let plain = well_spaced_number(text)?;
    if plain.bytes().all(|b| b.is_ascii_digit()) {
        let zeros = plain.bytes().all(|b| b == b'0');
        if plain.starts_with('0') && !zeros {
            return None;
        }
        return int_json(plain.parse().ok()?);
    }
    let good = plain
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'+' | b'-'));
    if !good || !plain.bytes().any(|b| b.is_ascii_digit()) || plain.starts_with('e') {
        return None;
    }
    Number::from_f64(plain.parse().ok()?).map(Value::Number)
}

/// Without underscores, if each stands between two digits.
fn well_spaced_number(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    let good = bytes
        .iter()
        .enumerate()
        .filter(|(_, b)| **b == b'_')
        .all(|(at, _)| digit(at.checked_sub(1)) && digit(Some(at + 1)));
    good.then(|| text.replace('_', ""))
}

fn well_spaced(digits: &str) -> Option<String> {
    let bad = digits.is_empty()
        || digits.starts_with('_')
        || digits.ends_with('_')
        || digits.contains("__");
    (!bad).then(|| digits.replace('_', ""))
}
