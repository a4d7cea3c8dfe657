//! The pieces of a packet, each taken off the front of what is left of it.

use super::Error;

/// The mark of SQL's NULL in a row of text.
const NULL: u8 = 0xFB;

pub fn bytes<'a>(rest: &mut &'a [u8], count: usize) -> Result<&'a [u8], Error> {
    let (taken, left) = rest.split_at_checked(count).ok_or(Error::CUT)?;
    *rest = left;
    Ok(taken)
}

pub fn array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Error> {
    let (taken, left) = rest.split_first_chunk::<N>().ok_or(Error::CUT)?;
    *rest = left;
    Ok(*taken)
}

/// Bytes up to a zero, or to the end.
pub fn until_zero<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = memchr::memchr(0, rest).unwrap_or(rest.len());
    let taken = &rest[..end];
    *rest = rest.get(end + 1..).unwrap_or_default();
    taken
}

/// A number of one to nine bytes; `None` where a row has NULL.
pub fn number(rest: &mut &[u8]) -> Result<Option<u64>, Error> {
    let [first] = array(rest)?;
    let number = match first {
        0..NULL => u64::from(first),
        NULL => return Ok(None),
        0xFC => u64::from(u16::from_le_bytes(array(rest)?)),
        0xFD => {
            let [a, b, c] = array(rest)?;
            u64::from(u32::from_le_bytes([a, b, c, 0]))
        }
        0xFE => u64::from_le_bytes(array(rest)?),
        0xFF => return Err(Error::Nonsense("a length is no length")),
    };
    Ok(Some(number))
}

/// How many bytes the next value of a row has; `None` for NULL.
pub fn length(rest: &mut &[u8]) -> Result<Option<usize>, Error> {
    number(rest)?
        .map(|length| usize::try_from(length).map_err(|_| Error::CUT))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_size() {
        let cases: [(&[u8], Option<u64>); 6] = [
            (&[0], Some(0)),
            (&[250], Some(250)),
            (&[0xFB], None),
            (&[0xFC, 1, 2], Some(0x0201)),
            (&[0xFD, 1, 2, 3], Some(0x0003_0201)),
            (
                &[0xFE, 255, 255, 255, 255, 255, 255, 255, 255],
                Some(u64::MAX),
            ),
        ];
        for (mut raw, expected) in cases {
            assert_eq!(number(&mut raw).unwrap(), expected);
            assert!(raw.is_empty());
        }
        for mut raw in [&[][..], &[0xFC, 1], &[0xFE, 1, 2], &[0xFF]] {
            assert!(number(&mut raw).is_err());
        }
    }

    #[test]
    fn nothing_is_taken_beyond_the_end() {
        let mut rest: &[u8] = b"ab\0c";
        assert_eq!(until_zero(&mut rest), b"ab");
        assert!(bytes(&mut rest, 2).is_err());
        assert_eq!(until_zero(&mut rest), b"c");
        assert_eq!(until_zero(&mut rest), b"");
    }
}
