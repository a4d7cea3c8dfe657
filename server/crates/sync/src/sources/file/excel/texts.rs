//! The texts that cells of an .xls share: how long each is. A cell names one by its number, and the library makes a copy for
//! every cell that does.

use super::compound::{u16_at, u32_at};

/// A spreadsheet program puts some 8 KB into each piece; the library needs ever longer for each of many.
const MOST_PIECES: usize = 40_000;
/// How many texts there are, before the first.
const HEAD: usize = 8;

const WIDE: u8 = 0x01;
const EXTENDED: u8 = 0x04;
const RICH: u8 = 0x08;
const RUN_BYTES: usize = 4;

/// The characters of each text in a table and what continues it, at most; nothing if the table is damaged.
pub fn lengths(table: &[u8], more: &[&[u8]]) -> Option<Vec<u16>> {
    if more.len() > MOST_PIECES {
        return None;
    }
    let mut pieces = Pieces {
        here: table.get(HEAD..)?,
        more: more.iter(),
    };
    let mut lengths = Vec::new();
    while !pieces.here.is_empty() || pieces.go_on() {
        lengths.push(pieces.text()?);
    }
    Some(lengths)
}

/// Where the reading stands.
struct Pieces<'a> {
    here: &'a [u8],
    more: std::slice::Iter<'a, &'a [u8]>,
}

impl Pieces<'_> {
    fn go_on(&mut self) -> bool {
        let next = self.more.next();
        self.here = next.copied().unwrap_or_default();
        next.is_some()
    }

    /// Passes one text with its formats, and says how long it is.
    fn text(&mut self) -> Option<u16> {
        if self.here.is_empty() {
            return Some(0);
        }
        let length = u16_at(self.here, 0)?;
        let flags = *self.here.get(2)?;
        self.here = &self.here[3..];
        let mut formats = 0;
        if flags & RICH != 0 {
            formats += usize::from(u16_at(self.here, 0)?) * RUN_BYTES;
            self.here = &self.here[2..];
        }
        if flags & EXTENDED != 0 {
            formats += usize::try_from(u32_at(self.here, 0)?).ok()?;
            self.here = &self.here[4..];
        }
        self.characters(length.into(), flags)?;
        self.skip(formats)?;
        Some(length)
    }

    /// Each further piece of a text says anew how wide its characters are.
    fn characters(&mut self, mut left: usize, mut flags: u8) -> Option<()> {
        loop {
            let width = if flags & WIDE == 0 { 1 } else { 2 };
            let here = left.min(self.here.len() / width);
            self.here = &self.here[here * width..];
            left -= here;
            if left == 0 {
                return Some(());
            }
            if !self.go_on() {
                return None;
            }
            (flags, self.here) = self
                .here
                .split_first()
                .map(|(flags, rest)| (*flags, rest))?;
        }
    }

    fn skip(&mut self, mut left: usize) -> Option<()> {
        loop {
            let here = left.min(self.here.len());
            self.here = &self.here[here..];
            left -= here;
            if left == 0 {
                return Some(());
            }
            if !self.go_on() {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_COUNT: [u8; HEAD] = [0; HEAD];

    fn table(rest: &[u8]) -> Vec<u8> {
        [&NO_COUNT, rest].concat()
    }

    #[test]
    fn texts_are_found_across_pieces_and_formats() {
        let plain = table(b"\x02\0\0ab\x01\0\x01c\0\0\0\0");
        assert_eq!(lengths(&plain, &[]).unwrap(), [2, 1, 0]);
        let rich = table(b"\x01\0\x0d\x01\0\x02\0\0\0a\0RUN_ex\x01\0\0b");
        assert_eq!(lengths(&rich, &[]).unwrap(), [1, 1]);
        let cut = table(b"\x04\0\x01a\0b\0");
        assert_eq!(lengths(&cut, &[b"\0cd\x01\0\0e"]).unwrap(), [4, 1]);
        let cut_format = table(b"\x01\0\x08\x01\0aRU");
        assert_eq!(
            lengths(&cut_format, &[b"N_", b"\x01\0\0b"]).unwrap(),
            [1, 1]
        );
    }

    #[test]
    fn a_damaged_table_has_none() {
        for (first, more) in [
            (&b"\x04\0\0ab"[..], &[][..]),
            (b"\x04\0\0ab", &[&b""[..]]),
            (b"\x04", &[]),
            (b"\x01\0\x08", &[]),
            (b"\x01\0\x04\xff\xff\xff\xffa", &[]),
        ] {
            assert_eq!(lengths(&table(first), more), None, "{first:?}");
        }
        assert_eq!(lengths(&table(b""), &vec![&b""[..]; MOST_PIECES + 1]), None);
    }
}
