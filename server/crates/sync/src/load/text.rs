//! JSON strings as PostgreSQL can hold them: escapes resolved, NUL left out, lone surrogates replaced.

/// What stands for half of a surrogate pair, which is no character.
const REPLACEMENT: char = '\u{fffd}';

/// One piece of a JSON string.
enum Piece<'a> {
    /// Bytes that mean themselves.
    Plain(&'a [u8]),
    /// A resolved `\n`, `\"`, …, with how it was written.
    Short(u8, &'a [u8]),
    /// A resolved `\uXXXX` or pair of them, with how it was written.
    Unicode(char, &'a [u8]),
    /// `\u0000`: PostgreSQL has no place for it.
    Nul,
    /// Half of a pair.
    Lone,
}

/// Splits text that the scanner has accepted.
struct Pieces<'a>(&'a [u8]);

impl<'a> Pieces<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        head
    }

    /// The character of a surrogate pair and how many bytes it is written in.
    fn pair(&self, high: u32) -> Option<(char, usize)> {
        let low = hex(self.0.get(6..).filter(|rest| rest.starts_with(b"\\u"))?)?;
        let is_pair = (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&low);
        let code = 0x1_0000 + (high.checked_sub(0xd800)? << 10) + low.checked_sub(0xdc00)?;
        char::from_u32(code)
            .filter(|_| is_pair)
            .map(|char| (char, 12))
    }

    fn unicode(&mut self) -> Piece<'a> {
        match hex(self.0) {
            Some(0) => {
                self.take(6);
                Piece::Nul
            }
            Some(code) => {
                let pair_or_one = self.pair(code).or_else(|| Some((char::from_u32(code)?, 6)));
                if let Some((char, length)) = pair_or_one {
                    return Piece::Unicode(char, self.take(length));
                }
                self.take(6);
                Piece::Lone
            }
            None => Piece::Plain(self.take(2)),
        }
    }
}

/// The code of a `\uXXXX` at the start of the text.
fn hex(text: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(text.get(2..6)?).ok()?;
    u32::from_str_radix(digits, 16).ok()
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.0.is_empty() {
            return None;
        }
        let plain = memchr::memchr(b'\\', self.0).unwrap_or(self.0.len());
        if plain > 0 {
            return Some(Piece::Plain(self.take(plain)));
        }
        let byte = match self.0.get(1) {
            Some(b'u') => return Some(self.unicode()),
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(&other) => other,
            None => b'\\',
        };
        Some(Piece::Short(byte, self.take(2)))
    }
}

/// Whether PostgreSQL can hold all of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    Whole,
    /// A NUL was left out, or half of a pair was replaced.
    InPart,
}

/// Appends what the inside of a JSON string means.
pub fn unescape(inner: &[u8], out: &mut Vec<u8>) -> Kept {
    let mut kept = Kept::Whole;
    for piece in Pieces(inner) {
        match piece {
            Piece::Plain(bytes) => out.extend_from_slice(bytes),
            Piece::Short(byte, _) => out.push(byte),
            Piece::Unicode(char, _) => push_char(char, out),
            Piece::Nul => kept = Kept::InPart,
            Piece::Lone => {
                push_char(REPLACEMENT, out);
                kept = Kept::InPart;
            }
        }
    }
    kept
}

/// Appends JSON text with only those escapes changed that `jsonb` refuses. Backslashes stand only inside strings, so
/// the text need not be parsed again.
pub fn clean_json(text: &[u8], out: &mut Vec<u8>) -> Kept {
    let mut kept = Kept::Whole;
    for piece in Pieces(text) {
        match piece {
            Piece::Plain(bytes) | Piece::Short(_, bytes) | Piece::Unicode(_, bytes) => {
                out.extend_from_slice(bytes);
            }
            Piece::Nul => kept = Kept::InPart,
            Piece::Lone => {
                push_char(REPLACEMENT, out);
                kept = Kept::InPart;
            }
        }
    }
    kept
}

fn push_char(char: char, out: &mut Vec<u8>) {
    out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

/// The meaning of the inside of a name as a value of its own: names are compared, so it does not matter what they lose.
pub fn unescaped(inner: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(inner.len());
    unescape(inner, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(inner: &str) -> String {
        String::from_utf8(unescaped(inner.as_bytes())).unwrap()
    }

    #[test]
    fn escapes_become_characters() {
        assert_eq!(plain(r#"a\n\t\r\b\f\"\\\/z"#), "a\n\t\r\u{8}\u{c}\"\\/z");
        assert_eq!(plain(r"\u00e9 \ud83d\ude00"), "é 😀");
    }

    #[test]
    fn what_postgresql_cannot_hold_is_left_out_or_replaced() {
        assert_eq!(plain(r"a\u0000b"), "ab");
        assert_eq!(plain(r"a\ud83db"), "a\u{fffd}b");
        assert_eq!(plain(r"\ude00\ud83d"), "\u{fffd}\u{fffd}");
        assert_eq!(plain(r"\ud83d\u0041"), "\u{fffd}A");
        let kept = |inner: &str| unescape(inner.as_bytes(), &mut Vec::new());
        assert_eq!(kept(r"\ud83d\ude00 \u00e9\n"), Kept::Whole);
        assert_eq!(kept(r"a\u0000"), Kept::InPart);
        assert_eq!(kept(r"\ud83d"), Kept::InPart);
    }

    #[test]
    fn json_keeps_its_escapes_and_loses_only_the_refused_ones() {
        let mut out = Vec::new();
        let kept = clean_json(
            br#"{"a\u0000":"x\n\u0000\ud83d\ude00\ud83d\\u0000"}"#,
            &mut out,
        );
        assert_eq!(kept, Kept::InPart);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"a\":\"x\\n\\ud83d\\ude00\u{fffd}\\\\u0000\"}"
        );
    }
}
