//! Recognises personal data by what a text holds, whatever its field is called: e-mail addresses, phone numbers in
//! international form, bank accounts (IBAN) and payment cards.
//!
//! Numbers, dates, ids and prices must stay readable, so each kind has proof of its own: a domain, a plus sign, check digits.

/// Fewest and most digits of a phone number with its country's code, as E.164 allows them.
const PHONE: std::ops::RangeInclusive<usize> = 8..=15;
/// How many characters an IBAN has, by country.
const IBAN: [(&str, usize); 88] = [
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HN", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
];

/// Most digits of a payment card.
const LONGEST_CARD: usize = 19;

/// Whether such data stands anywhere in a text.
pub fn holds_personal(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    (0..letters.len()).any(|at| match letters[at] {
        '@' => is_email(&letters, at),
        '+' => begins(&letters, at) && is_phone(&letters, at),
        '0'..='9' => begins(&letters, at) && is_card(&letters[at..]),
        letter if letter.is_ascii_alphabetic() => begins(&letters, at) && is_iban(&letters[at..]),
        _ => false,
    })
}

/// Whether something of its own may begin here: not in the middle of a word or of a number.
fn begins(letters: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| letters[before]);
    before.is_none_or(|before| !before.is_alphanumeric() && !matches!(before, '.' | '_'))
}

/// Whether something of its own may end before what follows.
fn ends(rest: &[char]) -> bool {
    match rest {
        [] => true,
        ['.' | ',', next, ..] => !next.is_ascii_digit(),
        [next, ..] => !next.is_alphanumeric() && *next != '_',
    }
}

/// A name in front of the sign, and behind it a domain whose last part is letters.
fn is_email(letters: &[char], at: usize) -> bool {
    let named = at.checked_sub(1).is_some_and(|before| {
        letters[before].is_alphanumeric() || "_-.+".contains(letters[before])
    });
    let domain: String = letters[at + 1..]
        .iter()
        .take_while(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '-'))
        .collect();
    let domain = domain.trim_end_matches(['.', '-']);
    let Some((host, last)) = domain.rsplit_once('.') else {
        return false;
    };
    let is_last = last.starts_with("xn--") || last.chars().all(char::is_alphabetic);
    named && is_last && last.chars().count() >= 2 && host.split('.').all(|part| !part.is_empty())
}

/// A plus, the code of a country, which never starts with a zero, and digits that may be set apart. A dot sets apart only
/// where there are several: one makes a decimal.
fn is_phone(letters: &[char], plus: usize) -> bool {
    let behind = &letters[plus + 1..];
    if !matches!(behind, ['1'..='9', ..] | ['(', '1'..='9', ..]) {
        return false;
    }
    let apart = |letter: char| {
        letter.is_ascii_digit() || " -./()\u{a0}\u{2010}\u{2011}\u{2013}\u{202f}".contains(letter)
    };
    let long = behind.iter().take_while(|letter| apart(**letter)).count();
    let last = behind[..long].iter().rposition(char::is_ascii_digit);
    let number = &behind[..last.map_or(0, |last| last + 1)];
    let digits = number
        .iter()
        .filter(|letter| letter.is_ascii_digit())
        .count();
    let dots = number.iter().filter(|letter| **letter == '.').count();
    let others = number.len() - digits - dots;
    let is_decimal = dots == 1 || (dots > 1 && others > 0);
    PHONE.contains(&digits) && !is_decimal && ends(&behind[number.len()..])
}

/// A country's code, its number of letters and digits, in groups or not, and check digits that are right.
fn is_iban(letters: &[char]) -> bool {
    let [one, two, '0'..='9', '0'..='9', ..] = letters else {
        return false;
    };
    let country: String = [one, two].map(char::to_ascii_uppercase).iter().collect();
    let Some((_, length)) = IBAN.iter().find(|(known, _)| *known == country) else {
        return false;
    };
    let mut account = Vec::with_capacity(*length);
    let mut rest = letters;
    while let [letter, behind @ ..] = rest
        && account.len() < *length
    {
        match letter {
            letter if letter.is_ascii_alphanumeric() => account.push(*letter),
            ' ' | '\u{a0}' => {}
            _ => break,
        }
        rest = behind;
    }
    account.len() == *length && ends(rest) && checks_out(&account)
}

/// The first four at the end, letters as two digits: what is left of dividing by 97 is one.
fn checks_out(account: &[char]) -> bool {
    let (head, tail) = account.split_at(4);
    let left = tail.iter().chain(head).fold(0_u32, |left, letter| {
        let value = letter.to_digit(36).unwrap_or_default();
        let shift = if value < 10 { 10 } else { 100 };
        (left * shift + value) % 97
    });
    left == 1
}

/// As many digits as cards have, in groups or not, of a range that is given out for cards, and a check digit that is right.
fn is_card(letters: &[char]) -> bool {
    let mut digits = Vec::new();
    let mut rest = letters;
    while let [letter, behind @ ..] = rest
        && digits.len() <= LONGEST_CARD
    {
        match (letter.to_digit(10), behind) {
            (Some(digit), _) => digits.push(digit),
            (None, ['0'..='9', ..]) if matches!(letter, ' ' | '-' | '\u{a0}') => {}
            _ => break,
        }
        rest = behind;
    }
    ends(rest) && is_of_cards(&digits) && sums_up(&digits, 2) && !is_article(&digits)
}

/// Where the digits begin says who gave the card out, and so how long it is. Times and most ids begin with others.
fn is_of_cards(digits: &[u32]) -> bool {
    let begin = digits
        .iter()
        .take(4)
        .fold(0_u32, |begin, digit| begin * 10 + digit);
    match digits.len() {
        13 => matches!(begin, 4000..=4999),
        14 => matches!(begin, 3000..=3059 | 3600..=3699 | 3800..=3999),
        15 => matches!(begin, 3400..=3499 | 3700..=3799),
        16..=LONGEST_CARD => matches!(
            begin,
            2200..=2204 | 2221..=2720 | 3528..=3589 | 3600..=3699 | 3800..=3999 | 4000..=6999
        ),
        _ => false,
    }
}

/// The sum of the digits, every second one from the right times `factor`, ends with a zero. A product of two digits counts as
/// the sum of them.
fn sums_up(digits: &[u32], factor: u32) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| if at % 2 == 1 { digit * factor } else { *digit })
        .map(|product| {
            if factor == 2 {
                product / 10 + product % 10
            } else {
                product
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Numbers of articles (EAN, GTIN) have 13 digits and a check digit, too, and are far commoner than cards of that length.
fn is_article(digits: &[u32]) -> bool {
    digits.len() == 13 && sums_up(digits, 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_is_known_by_what_it_is() {
        for text in [
            "kim@x.example",
            "Kim <kim.lee+shop@mail.x.example>, second floor",
            "mailto:ö@bücher.example",
            "+49 151 23456789",
            "+4915123456789",
            "(+1) 555-010-9999",
            "+1 (555) 010-9999",
            "+49.151.2345678",
            "call +49 151/2345678.",
            "DE89 3704 0044 0532 0130 00",
            "gb29nwbk60161331926819",
            "IBAN: FR1420041010050500013M02606.",
            "4111 1111 1111 1111",
            "5555-5555-5555-4444",
            "378282246310005",
            "paid with 4012888888881881, twice",
            r#"{"to":"ana@x.example"}"#,
        ] {
            assert!(holds_personal(text), "{text}");
        }
    }

    #[test]
    fn numbers_dates_and_ids_stay_readable() {
        for text in [
            "",
            "42",
            "1234567890123456",
            "1767139200000",
            "1767139200000000",
            "+1234567.89",
            "+53.5510846",
            "+53.5511 9.9937",
            "+0200",
            "2026-01-31",
            "2026-01-31 10:15:00 +0200",
            "2026-01-31T10:15:00.000+02:00",
            "20260131101500",
            "2026-01-31 2026-02-01",
            "550e8400-e29b-41d4-a716-446655440000",
            "12345678-1234-4234-8234-123456789012",
            "1,234,567,890.50 EUR",
            "12.50",
            "4006381330060",
            "0.4111111111111111",
            "DE89 3704 0044 0532 0130 01",
            "DE89",
            "AB12CDEF34567890",
            "vue@3.5.13",
            "@handle",
            "10 @ 2.50 each",
            "a + 12345678",
            "4111 1111 1111 1112",
            "order_4111111111111111",
            "Größe M",
        ] {
            assert!(!holds_personal(text), "{text}");
        }
    }
}
