//! Backslashes in quoted text, as Python reads them: what it does not know stays as it is (`\d` of a pattern).

/// The text behind the escapes; `None` where Python refuses it.
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
            'u' => out.push(hex(&mut rest, 4)?),
            'U' => out.push(hex(&mut rest, 8)?),
            c @ '0'..='7' => out.push(octal(c, &mut rest)?),
            'N' => return None,
            c => out.extend(['\\', c]),
        }
    }
    Some(out)
}

fn hex(rest: &mut std::str::Chars, digits: usize) -> Option<char> {
    let mut code = 0;
    for _ in 0..digits {
        code = code * 16 + rest.next()?.to_digit(16)?;
    }
    char::from_u32(code)
}

fn octal(first: char, rest: &mut std::str::Chars) -> Option<char> {
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
            ("line\\\nnext", Some("linenext")),
            (r"\'\\", Some(r"'\")),
        ] {
            assert_eq!(unescape(text).as_deref(), expected, "{text}");
        }
    }
}
