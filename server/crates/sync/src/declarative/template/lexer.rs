//! From the text of a template to tokens, as Jinja cuts it: tags, comments, raw blocks, whitespace control.

use super::error::TemplateError;
use super::escape::unescape;

#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    Data(String),
    EmitBegin,
    EmitEnd,
    BlockBegin,
    BlockEnd,
    Name(String),
    Text(String),
    Int(i128),
    Float(f64),
    /// An operator or bracket.
    Op(&'static str),
}

/// Longest first, so that `**` is not two stars.
const OPERATORS: [&str; 26] = [
    "**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";",
];

/// Longest template, and most tokens in it: generous for a person, small for a machine.
const LONGEST: usize = 256 * 1024;
const MOST_TOKENS: usize = 20_000;
/// Most tokens in one tag.
const MOST_IN_TAG: usize = 4000;

pub fn tokens(source: &str) -> Result<Vec<Token>, TemplateError> {
    if source.len() > LONGEST {
        return Err(TemplateError::Limit("is too long"));
    }
    let normal = source.replace("\r\n", "\n").replace('\r', "\n");
    let text = normal.strip_suffix('\n').unwrap_or(&normal);
    let mut lexer = Lexer {
        rest: text,
        out: Vec::new(),
    };
    lexer.run()?;
    Ok(lexer.out)
}

struct Lexer<'a> {
    rest: &'a str,
    out: Vec<Token>,
}

impl Lexer<'_> {
    fn run(&mut self) -> Result<(), TemplateError> {
        while !self.rest.is_empty() {
            let Some(at) = next_tag(self.rest) else {
                self.data(self.rest);
                return Ok(());
            };
            let (before, tag) = self.rest.split_at(at);
            let (kind, after) = tag.split_at(2);
            let trims = after.starts_with('-');
            self.data(if trims { before.trim_end() } else { before });
            self.rest = after.strip_prefix(['-', '+']).unwrap_or(after);
            match kind {
                "{#" => self.comment()?,
                "{%" if self.raw_begin() => self.raw()?,
                "{%" => self.tag(Token::BlockBegin, "%}", Token::BlockEnd)?,
                _ => self.tag(Token::EmitBegin, "}}", Token::EmitEnd)?,
            }
        }
        Ok(())
    }

    fn data(&mut self, text: &str) {
        if !text.is_empty() {
            self.out.push(Token::Data(text.to_owned()));
        }
    }

    fn comment(&mut self) -> Result<(), TemplateError> {
        let end = self
            .rest
            .find("#}")
            .ok_or_else(|| TemplateError::syntax("a comment has no end"))?;
        let trims = self.rest[..end].ends_with('-');
        self.skip(end + 2, trims);
        Ok(())
    }

    fn skip(&mut self, bytes: usize, trims: bool) {
        let rest = &self.rest[bytes..];
        self.rest = if trims { rest.trim_start() } else { rest };
    }

    /// Consumes `raw %}` when it follows.
    fn raw_begin(&mut self) -> bool {
        let Some(after) = self.rest.trim_start().strip_prefix("raw") else {
            return false;
        };
        let after = after.trim_start();
        if let Some(rest) = after.strip_prefix("-%}") {
            self.rest = rest.trim_start();
            return true;
        }
        let Some(rest) = after.strip_prefix("%}") else {
            return false;
        };
        self.rest = rest;
        true
    }

    fn raw(&mut self) -> Result<(), TemplateError> {
        let mut from = 0;
        while let Some(found) = self.rest[from..].find("{%") {
            let start = from + found;
            if let Some((length, trims_before, trims_after)) = raw_end(&self.rest[start..]) {
                let text = &self.rest[..start];
                self.data(if trims_before { text.trim_end() } else { text });
                self.skip(start + length, trims_after);
                return Ok(());
            }
            from = start + 2;
        }
        Err(TemplateError::syntax("a raw block has no end"))
    }

    fn tag(&mut self, begin: Token, end: &str, end_token: Token) -> Result<(), TemplateError> {
        self.out.push(begin);
        let from = self.out.len();
        let mut open: Vec<&'static str> = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.is_empty() {
                return Err(TemplateError::syntax("the template ends inside of a tag"));
            }
            if open.is_empty() && self.tag_end(end) {
                self.out.push(end_token);
                return Ok(());
            }
            self.token(&mut open)?;
            if self.out.len() > MOST_TOKENS || self.out.len() - from > MOST_IN_TAG {
                return Err(TemplateError::Limit("is too long"));
            }
        }
    }

    fn tag_end(&mut self, end: &str) -> bool {
        if let Some(rest) = self
            .rest
            .strip_prefix('-')
            .and_then(|r| r.strip_prefix(end))
        {
            self.rest = rest.trim_start();
            return true;
        }
        let plain = self.rest.strip_prefix('+').unwrap_or(self.rest);
        let from = if end == "%}" { plain } else { self.rest };
        let Some(rest) = from.strip_prefix(end) else {
            return false;
        };
        self.rest = rest;
        true
    }

    fn token(&mut self, open: &mut Vec<&'static str>) -> Result<(), TemplateError> {
        let first = self.rest.chars().next().unwrap_or(' ');
        if first.is_ascii_digit() {
            return self.number();
        }
        if first.is_alphabetic() || first == '_' {
            let end = self
                .rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(self.rest.len());
            self.out.push(Token::Name(self.rest[..end].to_owned()));
            self.rest = &self.rest[end..];
            return Ok(());
        }
        if first == '\'' || first == '"' {
            return self.text(first);
        }
        let op = OPERATORS
            .into_iter()
            .find(|op| self.rest.starts_with(op))
            .ok_or_else(|| TemplateError::syntax(format!("unexpected character {first:?}")))?;
        self.rest = &self.rest[op.len()..];
        balance(op, open)?;
        self.out.push(Token::Op(op));
        Ok(())
    }

    fn text(&mut self, quote: char) -> Result<(), TemplateError> {
        let mut escaped = false;
        for (at, c) in self.rest.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if c == quote => {
                    let text = unescape(&self.rest[1..at])
                        .ok_or_else(|| TemplateError::syntax("a text has a broken escape"))?;
                    self.out.push(Token::Text(text));
                    self.rest = &self.rest[at + 1..];
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(TemplateError::syntax("a text has no closing quote"))
    }

    fn number(&mut self) -> Result<(), TemplateError> {
        let (token, length) = number(self.rest, self.out.last() == Some(&Token::Op(".")))
            .ok_or_else(|| TemplateError::syntax("a number is too large or misspelt"))?;
        self.out.push(token);
        self.rest = &self.rest[length..];
        Ok(())
    }
}

fn next_tag(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'{', bytes)
        .find(|at| matches!(bytes.get(at + 1), Some(b'{' | b'%' | b'#')))
}

/// Length of an `endraw` tag at the start, and whether it trims before and after.
fn raw_end(text: &str) -> Option<(usize, bool, bool)> {
    let inner = text.strip_prefix("{%")?;
    let trims_before = inner.starts_with('-');
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner).trim_start();
    let inner = inner.strip_prefix("endraw")?.trim_start();
    let trims_after = inner.starts_with('-');
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    let rest = inner.strip_prefix("%}")?;
    Some((text.len() - rest.len(), trims_before, trims_after))
}

fn balance(op: &'static str, open: &mut Vec<&'static str>) -> Result<(), TemplateError> {
    let expected = match op {
        "(" | "[" | "{" => {
            open.push(op);
            return Ok(());
        }
        ")" => "(",
        "]" => "[",
        "}" => "{",
        _ => return Ok(()),
    };
    if open.pop() == Some(expected) {
        return Ok(());
    }
    Err(TemplateError::syntax(format!("unexpected {op:?}")))
}

/// The number at the start and its length. Behind a dot only whole numbers are read: `items.0.1`.
fn number(text: &str, behind_dot: bool) -> Option<(Token, usize)> {
    let bytes = text.as_bytes();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if text.len() > 2
            && text
                .get(..2)
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        {
            let length = 2 + digits(&bytes[2..], radix);
            let plain = text[2..length].replace('_', "");
            return Some((
                Token::Int(i128::from_str_radix(&plain, radix).ok()?),
                length,
            ));
        }
    }
    let whole = digits(bytes, 10);
    if !behind_dot && let Some(length) = float_length(bytes, whole) {
        let value = text[..length].replace('_', "").parse().ok()?;
        return Some((Token::Float(value), length));
    }
    let plain = text[..whole].replace('_', "");
    let zeros = plain.bytes().all(|b| b == b'0');
    if plain.starts_with('0') && !zeros {
        return None;
    }
    Some((Token::Int(plain.parse().ok()?), whole))
}

fn digits(bytes: &[u8], radix: u32) -> usize {
    let good = |b: &u8| char::from(*b).is_digit(radix) || *b == b'_';
    let length = bytes.iter().take_while(|b| good(b)).count();
    length - usize::from(length > 0 && bytes[length - 1] == b'_')
}

/// Length of the float whose whole part has that length; `None` when it is an integer.
fn float_length(bytes: &[u8], whole: usize) -> Option<usize> {
    let mut length = whole;
    if bytes.get(length) == Some(&b'.') && bytes.get(length + 1).is_some_and(u8::is_ascii_digit) {
        length += 1 + digits(&bytes[length + 1..], 10);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let from = length + 1 + sign;
        if bytes.get(from).is_some_and(u8::is_ascii_digit) {
            length = from + digits(&bytes[from..], 10);
        }
    }
    (length > whole).then_some(length)
}
