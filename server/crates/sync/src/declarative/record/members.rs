//! An object that is still text, member by member. Its JSON is known to be valid.

/// One member, as it stands in the text.
#[derive(Debug, Clone, Copy)]
pub struct Member<'t> {
    /// Without its quotation marks, escapes as they are.
    pub key: &'t str,
    pub value: &'t str,
    /// Where it begins and ends in the object.
    pub from: usize,
    pub to: usize,
}

/// The members of an object, none of what is inside of them read.
#[derive(Debug)]
pub struct Members<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Members<'t> {
    /// Of a text that begins with a brace; others have none.
    pub const fn of(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// Passes the sign that stands here, and space around it.
    fn skip(&mut self, also: u8) {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at)
            && (*byte == also || byte.is_ascii_whitespace())
        {
            self.at += 1;
        }
    }
}

impl<'t> Iterator for Members<'t> {
    type Item = Member<'t>;

    fn next(&mut self) -> Option<Member<'t>> {
        let bytes = self.text.as_bytes();
        self.skip(if self.at == 0 { b'{' } else { b',' });
        let from = self.at;
        if bytes.get(from) != Some(&b'"') {
            return None;
        }
        self.at += string(&bytes[from..])?;
        let key = self.text.get(from + 1..self.at - 1)?;
        self.skip(b':');
        let begin = self.at;
        self.at += value(bytes.get(begin..)?)?;
        Some(Member {
            key,
            value: self.text.get(begin..self.at)?,
            from,
            to: self.at,
        })
    }
}

/// The length of a string, quotation marks included.
fn string(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The length of a value.
fn value(bytes: &[u8]) -> Option<usize> {
    match bytes.first()? {
        b'"' => string(bytes),
        b'{' | b'[' => {
            let (mut at, mut depth) = (0, 0_u32);
            loop {
                match bytes.get(at)? {
                    b'"' => at += string(&bytes[at..])?,
                    b'{' | b'[' => {
                        depth += 1;
                        at += 1;
                    }
                    b'}' | b']' => {
                        depth -= 1;
                        at += 1;
                        if depth == 0 {
                            return Some(at);
                        }
                    }
                    _ => at += 1,
                }
            }
        }
        _ => bytes
            .iter()
            .position(|byte| matches!(byte, b',' | b'}') || byte.is_ascii_whitespace()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_whatever_is_inside() {
        let text =
            "{ \"a\" : [\"]\", {\"b\":\"}\\\"\"}] ,\n\"c\\\"\":-1.5e3,\"d\":{}, \"é\": null }";
        let found: Vec<_> = Members::of(text)
            .map(|member| (member.key, member.value))
            .collect();
        assert_eq!(
            found,
            [
                ("a", r#"["]", {"b":"}\""}]"#),
                (r#"c\""#, "-1.5e3"),
                ("d", "{}"),
                ("é", "null")
            ]
        );
        let first = Members::of(text).next().unwrap();
        assert_eq!(&text[first.from..first.to], r#""a" : ["]", {"b":"}\""}]"#);
        for empty in ["{}", "{ }", "", "[1]", "7"] {
            assert!(Members::of(empty).next().is_none(), "{empty}");
        }
    }
}
