//! Backslashes in quoted text, as Python reads them: what it does not know stays as it is (`\d` of a pattern).

use std::ops::Range;
use std::str::Chars;

/// The first and the second half of a character beyond the first 65,536, and where those begin.
const HIGH: Range<u32> = 0xd800..0xdc00;
const LOW: Range<u32> = 0xdc00..0xe000;
const BEYOND: u32 = 0x1_0000;

/// The text behind the escapes; `None` where Python refuses it, or where half a character stands alone.
pub fn unescape(text: &str) -> Option<String> {
    if !text.contains('\\') {
        return Some(text.to_owned());
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next()? {
            '\n' => {}
            c @ ('\\' | '\'' | '"') => out.push(c),
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'v' => out.push('\x0b'),
            'x' => out.push(hex(&mut rest, 2)?),
            'u' => out.push(utf16(&mut rest)?),
            'U' => out.push(hex(&mut rest, 8)?),
            c @ '0'..='7' => out.push(octal(c, &mut rest)?),
            'N' => return None,
            c => out.extend(['\\', c]),
        }
    }
    Some(out)
}

fn hex(rest: &mut Chars, digits: usize) -> Option<char> {
    char::from_u32(code(rest, digits)?)
}

fn code(rest: &mut Chars, digits: usize) -> Option<u32> {
    let mut code = 0;
    for _ in 0..digits {
        code = code * 16 + rest.next()?.to_digit(16)?;
    }
    Some(code)
}

/// JSON writes what has no room in four digits, such as an emoji, as two halves: `\ud83d\ude00`. Python keeps both in its
/// text and its JSON writes them again, so whoever receives it reads one character. Here they are one from the start,
/// because a half alone is no text.
fn utf16(rest: &mut Chars) -> Option<char> {
    let first = code(rest, 4)?;
    if !HIGH.contains(&first) {
        return char::from_u32(first);
    }
    let both = rest.as_str().strip_prefix("\\u")?;
    *rest = both.chars();
    let second = code(rest, 4).filter(|second| LOW.contains(second))?;
    char::from_u32(BEYOND + ((first - HIGH.start) << 10) + (second - LOW.start))
}

fn octal(first: char, rest: &mut Chars) -> Option<char> {
    let mut code = first.to_digit(8)?;
    for _ in 0..2 {
        let Some(digit) = rest.clone().next().and_then(|c| c.to_digit(8)) else {
            break;
        };
        rest.next();
        code = code * 8 + digit;
    }
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_escapes_are_read_and_others_stay() {
        for (text, expected) in [
            (r"a\nb", Some("a\nb")),
            (r"\d+\.", Some(r"\d+\.")),
            (r"\x41\u00e4\101", Some("AäA")),
            (r"\xZZ", None),
            (r"\ud83d\ude00 \uD83D\uDEA2\u00e4", Some("😀 🚢ä")),
            (r"\U0001f600", Some("😀")),
            (r"\ud83d", None),
            (r"\ud83d\u0041", None),
            (r"\ud83d\n", None),
            (r"\ude00\ud83d", None),
            ("line\\\nnext", Some("linenext")),
            (r"\'\\", Some(r"'\")),
        ] {
            assert_eq!(unescape(text).as_deref(), expected, "{text}");
        }
    }
}
