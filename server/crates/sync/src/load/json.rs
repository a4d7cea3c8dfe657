//! Walks JSON text without building a tree: finds where each value begins and ends, and refuses what is not JSON.
//!
//! The loader copies most bytes as they are, so all it wants to know of a value is its kind, its place and whether it
//! holds anything PostgreSQL reads differently (`\u` escapes, huge numbers, absurd depth).

use std::ops::BitOrAssign;

/// Deeper values become NULL: PostgreSQL's own reader recurses and has a stack limit.
const DEEPEST: usize = 1000;
/// A number longer than this, or with a five-digit exponent, may not fit into `numeric`.
const LONGEST_NUMBER: usize = 6000;
const LONGEST_EXPONENT: usize = 4;

/// Not JSON, from this byte on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    pub at: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The key is not there at all.
    Absent,
    Null,
    True,
    False,
    Number,
    String,
    Array,
    Object,
}

/// What a value holds that a plain copy would get wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks(u8);

impl Marks {
    pub const NONE: Self = Self(0);
    /// A string with a backslash in it.
    pub const ESCAPED: Self = Self(1);
    /// A `\u` escape: may be a NUL or half of a surrogate pair.
    pub const UNICODE: Self = Self(2);
    /// A number beyond `numeric`.
    pub const HUGE: Self = Self(4);
    /// Nested beyond what PostgreSQL reads.
    pub const DEEP: Self = Self(8);

    pub fn has(self, mark: Self) -> bool {
        self.0 & mark.0 != 0
    }
}

impl BitOrAssign for Marks {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// Where a value stands in its line. Strings include their quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    pub kind: Kind,
    pub marks: Marks,
}

impl Span {
    pub const ABSENT: Self = Self {
        start: 0,
        end: 0,
        kind: Kind::Absent,
        marks: Marks::NONE,
    };

    /// The value's text.
    pub fn text<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        line.get(self.start..self.end).unwrap_or_default()
    }

    /// The inside of a string.
    pub fn inner<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        line.get(self.start + 1..self.end.saturating_sub(1))
            .unwrap_or_default()
    }
}

/// A cursor over one line of JSON.
#[derive(Debug)]
pub struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub fn at(&self) -> usize {
        self.at
    }

    fn broken<T>(&self) -> Result<T, Broken> {
        Err(Broken { at: self.at })
    }

    /// The next byte that is not white space, without passing it.
    pub fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                _ => return Some(byte),
            }
        }
        None
    }

    /// Passes this byte, or says the text is broken.
    pub fn expect(&mut self, byte: u8) -> Result<(), Broken> {
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        self.broken()
    }

    /// Passes this byte if it comes next.
    pub fn accept(&mut self, byte: u8) -> bool {
        let next = self.peek() == Some(byte);
        if next {
            self.at += 1;
        }
        next
    }

    /// Inside an object: the next key, or None at the closing brace. `first` is true until a key was read.
    pub fn key(&mut self, first: &mut bool) -> Result<Option<Span>, Broken> {
        if self.accept(b'}') {
            return Ok(None);
        }
        if !*first {
            self.expect(b',')?;
            self.peek();
        }
        *first = false;
        let key = self.string()?;
        self.expect(b':')?;
        Ok(Some(key))
    }

    /// Passes any value.
    pub fn value(&mut self) -> Result<Span, Broken> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'{' | b'[') => self.container(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal(b"true", Kind::True),
            Some(b'f') => self.literal(b"false", Kind::False),
            Some(b'n') => self.literal(b"null", Kind::Null),
            _ => self.broken(),
        }
    }

    /// Nothing but white space may follow.
    pub fn finish(&mut self) -> Result<(), Broken> {
        match self.peek() {
            None => Ok(()),
            Some(_) => self.broken(),
        }
    }

    fn literal(&mut self, word: &[u8], kind: Kind) -> Result<Span, Broken> {
        let (start, end) = (self.at, self.at + word.len());
        if self.bytes.get(start..end) != Some(word) {
            return self.broken();
        }
        self.at = end;
        Ok(Span {
            start,
            end,
            kind,
            marks: Marks::NONE,
        })
    }

    fn digits(&mut self) -> Result<usize, Broken> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start {
            self.broken()
        } else {
            Ok(self.at - start)
        }
    }

    fn number(&mut self) -> Result<Span, Broken> {
        let start = self.at;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        let zero = self.bytes.get(self.at) == Some(&b'0');
        if self.digits()? > 1 && zero {
            return self.broken();
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        let mut marks = Marks::NONE;
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits()? > LONGEST_EXPONENT {
                marks |= Marks::HUGE;
            }
        }
        if self.at - start > LONGEST_NUMBER {
            marks |= Marks::HUGE;
        }
        Ok(Span {
            start,
            end: self.at,
            kind: Kind::Number,
            marks,
        })
    }

    /// Passes a string, eight bytes at a time while nothing special is in them.
    fn string(&mut self) -> Result<Span, Broken> {
        let start = self.at;
        if self.bytes.get(start) != Some(&b'"') {
            return self.broken();
        }
        self.at += 1;
        let mut marks = Marks::NONE;
        loop {
            self.plain_run();
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Span {
                        start,
                        end: self.at,
                        kind: Kind::String,
                        marks,
                    });
                }
                Some(b'\\') => marks |= self.escape()?,
                Some(&byte) if byte >= 0x20 => self.at += 1,
                _ => return self.broken(),
            }
        }
    }

    fn plain_run(&mut self) {
        while let Some(chunk) = self
            .bytes
            .get(self.at..)
            .and_then(|rest| rest.first_chunk::<8>())
        {
            let special = special_bytes(u64::from_le_bytes(*chunk));
            if special != 0 {
                self.at += usize::try_from(special.trailing_zeros() / 8).unwrap_or_default();
                return;
            }
            self.at += 8;
        }
    }

    fn escape(&mut self) -> Result<Marks, Broken> {
        let mut marks = Marks::ESCAPED;
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let hex = self.bytes.get(self.at + 2..self.at + 6);
                if !hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
                    return self.broken();
                }
                marks |= Marks::UNICODE;
                self.at += 6;
            }
            _ => return self.broken(),
        }
        Ok(marks)
    }

    /// Passes an array or object without recursion: depth costs heap, not stack.
    fn container(&mut self) -> Result<Span, Broken> {
        let start = self.at;
        let kind = if self.bytes.get(start) == Some(&b'{') {
            Kind::Object
        } else {
            Kind::Array
        };
        let (mut open, mut marks) = (Vec::new(), Marks::NONE);
        loop {
            // Here: at the start of a value.
            match self.peek() {
                Some(bracket @ (b'{' | b'[')) => {
                    self.at += 1;
                    open.push(bracket);
                    if open.len() > DEEPEST {
                        marks |= Marks::DEEP;
                    }
                    if self.inside(bracket, &mut marks)? {
                        continue;
                    }
                    open.pop();
                }
                _ => marks |= self.value()?.marks,
            }
            if self.after_value(&mut open, &mut marks)? {
                return Ok(Span {
                    start,
                    end: self.at,
                    kind,
                    marks,
                });
            }
        }
    }

    /// Just behind an opening bracket. False if the container was empty and is closed.
    fn inside(&mut self, bracket: u8, marks: &mut Marks) -> Result<bool, Broken> {
        if self.accept(closing(bracket)) {
            return Ok(false);
        }
        if bracket == b'{' {
            self.member(marks)?;
        }
        Ok(true)
    }

    fn member(&mut self, marks: &mut Marks) -> Result<(), Broken> {
        self.peek();
        *marks |= self.string()?.marks;
        self.expect(b':')
    }

    /// Just behind a value: closes what ends here. True when the outermost container is closed.
    fn after_value(&mut self, open: &mut Vec<u8>, marks: &mut Marks) -> Result<bool, Broken> {
        while let Some(&bracket) = open.last() {
            if self.accept(b',') {
                if bracket == b'{' {
                    self.member(marks)?;
                }
                return Ok(false);
            }
            self.expect(closing(bracket))?;
            open.pop();
        }
        Ok(true)
    }
}

fn closing(bracket: u8) -> u8 {
    if bracket == b'{' { b'}' } else { b']' }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Sets the high bit of each byte that is a quote, a backslash or a control character. Only the lowest set bit is
/// exact: a borrow may mark bytes behind it.
fn special_bytes(word: u64) -> u64 {
    let quote = word ^ (ONES * 0x22);
    let backslash = word ^ (ONES * 0x5c);
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    ((quote.wrapping_sub(ONES) & !quote) | (backslash.wrapping_sub(ONES) & !backslash) | control)
        & HIGHS
}

#[cfg(test)]
mod tests;
