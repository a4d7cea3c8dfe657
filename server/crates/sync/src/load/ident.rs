//! Names in the destination: made from what sources call things, safe to put into SQL.
//!
//! Names keep their case and are always quoted. What PostgreSQL or people would stumble over becomes an underscore;
//! names too long for PostgreSQL are cut and end in digits made from the whole name, so two long names that begin alike
//! stay apart.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// PostgreSQL cuts longer names without a word.
const LONGEST: usize = 63;
/// What a long name keeps of itself, before `_` and eight digits.
const KEPT: usize = 54;

/// A name in double quotes, whatever is in it.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('\0', "").replace('"', "\"\""))
}

/// `"schema"."name"`
pub fn qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", quote(schema), quote(name))
}

/// The destination's name for what a source calls `name`.
pub fn munge(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut in_space = false;
    for char in name.nfkd().filter(|char| !is_combining_mark(*char)) {
        let space = char.is_whitespace();
        if !(space && in_space) {
            out.push(if char.is_ascii_alphanumeric() || char == '_' {
                char
            } else {
                '_'
            });
        }
        in_space = space;
    }
    if out.is_empty() {
        out = format!("default_name_{}", digits(name));
    }
    if out.starts_with(|first: char| first.is_ascii_digit()) {
        out.insert(0, '_');
    }
    cut(out)
}

fn cut(name: String) -> String {
    if name.len() <= LONGEST {
        return name;
    }
    format!("{}_{}", name.get(..KEPT).unwrap_or(&name), digits(&name))
}

/// The last eight digits of the 31-polynomial hash over UTF-16 units that Java calls `hashCode`: the same names come out
/// as in Airbyte's own destination.
fn digits(name: &str) -> String {
    let hash = name.encode_utf16().fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    });
    let text = format!("{:08}", hash.unsigned_abs());
    text.get(text.len() - 8..).unwrap_or(&text).to_owned()
}

/// A short stable name for tables of our own, from parts that may hold anything.
pub fn fingerprint(parts: &[&str]) -> String {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// Names given out in one place: a second comer gets a number.
#[derive(Debug, Default)]
pub struct Taken(HashSet<String>);

impl Taken {
    pub fn with<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().map(str::to_owned).collect())
    }

    /// The name itself, or the first of `name_1`, `name_2`, … that is free and fits.
    pub fn claim(&mut self, name: &str) -> String {
        if self.0.insert(name.to_owned()) {
            return name.to_owned();
        }
        let mut number = 1_u32;
        loop {
            let suffix = format!("_{number}");
            let kept = name.get(..LONGEST - suffix.len()).unwrap_or(name);
            let candidate = format!("{kept}{suffix}");
            if self.0.insert(candidate.clone()) {
                return candidate;
            }
            number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_letters_digits_and_case() {
        for (name, expected) in [
            ("users", "users"),
            ("Order Lines", "Order_Lines"),
            ("a \t b", "a_b"),
            ("Crème Brûlée", "Creme_Brulee"),
            ("2024 sales", "_2024_sales"),
            ("price€", "price_"),
            ("quo\"te", "quo_te"),
            ("new\nline", "new_line"),
            ("😀", "_"),
            ("ﬁne", "fine"),
        ] {
            assert_eq!(munge(name), expected, "{name:?}");
        }
    }

    #[test]
    fn an_empty_name_is_the_same_every_time() {
        assert_eq!(munge(""), "default_name_00000000");
    }

    #[test]
    fn long_names_that_begin_alike_stay_apart() {
        let (one, two) = (
            munge(&format!("{}x", "a".repeat(70))),
            munge(&format!("{}y", "a".repeat(70))),
        );
        assert_eq!((one.len(), two.len()), (63, 63));
        assert_ne!(one, two);
        assert_eq!(munge(&"a".repeat(63)), "a".repeat(63));
    }

    #[test]
    fn names_that_collide_get_a_number() {
        let mut taken = Taken::with(["_airbyte_raw_id"]);
        let names = ["a b", "a-b", "a_b", "_airbyte_raw_id"].map(|name| taken.claim(&munge(name)));
        assert_eq!(names, ["a_b", "a_b_1", "a_b_2", "_airbyte_raw_id_1"]);
        let long = "x".repeat(63);
        assert_eq!(taken.claim(&long), long);
        assert_eq!(taken.claim(&long), format!("{}_1", "x".repeat(61)));
    }

    #[test]
    fn quoting_survives_quotes() {
        assert_eq!(qualified("s\"x", "t"), "\"s\"\"x\".\"t\"");
    }
}
