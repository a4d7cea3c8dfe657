//! Patterns in paths as the Python runtime matches them: `*` is any text, `?` one letter, `[a-z]` one of these, `[!a-z]` one
//! of the others. What opens a bracket and never closes it stands for itself.

/// Whether a part of a path may fit more than the one name it spells.
pub fn is_pattern(part: &str) -> bool {
    part.bytes().any(|byte| matches!(byte, b'*' | b'?' | b'['))
}

/// Whether a name fits a part of a path.
pub fn matches(pattern: &str, name: &str) -> bool {
    if !is_pattern(pattern) {
        return pattern == name;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut letter) = (0, 0);
    // Where to go on when what follows the last `*` does not fit: behind it, with one letter more for the star.
    let mut again = None;
    while letter < name.len() {
        if pattern.get(at) == Some(&'*') {
            at += 1;
            again = Some((at, letter));
        } else if let Some(length) = one(&pattern[at..], name[letter]) {
            at += length;
            letter += 1;
        } else if let Some((behind, taken)) = again {
            at = behind;
            letter = taken + 1;
            again = Some((behind, letter));
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

/// How much of the pattern stands for this one letter; nothing where it does not fit.
fn one(pattern: &[char], letter: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['[', rest @ ..] => match set(rest) {
            Some(set) => has(set, letter).then_some(set.len() + 2),
            None => (letter == '[').then_some(1),
        },
        [first, ..] => (*first == letter).then_some(1),
        [] => None,
    }
}

/// What stands between the brackets. A closing one that comes first is one of the letters.
fn set(pattern: &[char]) -> Option<&[char]> {
    let from = usize::from(pattern.first() == Some(&'!'));
    let from = from + usize::from(pattern.get(from) == Some(&']'));
    let end = pattern
        .get(from..)?
        .iter()
        .position(|found| *found == ']')?;
    Some(&pattern[..from + end])
}

fn has(set: &[char], letter: char) -> bool {
    match set {
        ['!', others @ ..] => !among(others, letter),
        letters => among(letters, letter),
    }
}

fn among(mut letters: &[char], letter: char) -> bool {
    loop {
        letters = match letters {
            [first, '-', last, rest @ ..] => {
                if (*first..=*last).contains(&letter) {
                    return true;
                }
                rest
            }
            [first, rest @ ..] => {
                if *first == letter {
                    return true;
                }
                rest
            }
            [] => return false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python's `fnmatch.fnmatchcase` says.
    #[test]
    fn names_fit_like_in_python() {
        let cases = [
            ("id", "id", true),
            ("id", "ID", false),
            ("", "", true),
            ("*", "", true),
            ("A*", "Address", true),
            ("A*", "address", false),
            ("*b?", "aabc", true),
            ("*b?", "aab", false),
            ("*a*b", "xaybzb", true),
            ("?", "é", true),
            ("?", "ab", false),
            ("[nz]", "z", true),
            ("[nz]", "nz", false),
            ("x[0-9]_*", "x7_y", true),
            ("x[0-9]_*", "xa_y", false),
            ("[!a]", "b", true),
            ("[!a]", "a", false),
            ("[^a]", "^", true),
            ("[^a]", "b", false),
            ("[]]", "]", true),
            ("[]", "[]", true),
            ("[!]", "[!]", true),
            ("a[", "a[", true),
            ("[z-a]", "b", false),
            ("[!z-a]", "b", true),
            ("[a-]", "-", true),
            ("[a-c-e]", "-", true),
            ("[a-c-e]", "d", false),
            ("[--a]", "Z", true),
            (r"[\]", r"\", true),
            ("price[eur]", "price[eur]", false),
            ("price[eur]", "pricee", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
