//! Cron as Unix writes it (five fields) and as Quartz does (six or seven, seconds first), always told as Quartz.

const WEEKDAYS: [&str; 8] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
/// The most days that each of them has.
const DAYS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// The fields of Quartz, and the numbers in each.
const FIELDS: [(&str, u32, u32); 7] = [
    ("seconds", 0, 59),
    ("minutes", 0, 59),
    ("hours", 0, 23),
    ("day of the month", 1, 31),
    ("month", 1, 12),
    ("weekday", 1, 7),
    ("year", 1970, 2199),
];

/// The expression as Quartz has it.
pub fn of(text: &str) -> Result<String, String> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let fields = match fields[..] {
        [minute, hour, day, month, weekday] => from_unix([minute, hour, day, month, weekday])?,
        [_, _, _, _, _, _] | [_, _, _, _, _, _, _] => {
            fields.iter().map(|field| (*field).to_owned()).collect()
        }
        _ => {
            return Err(format!(
                "{text:?} is no cron expression: five fields, or six and seven with the seconds first"
            ));
        }
    };
    for ((name, least, most), field) in FIELDS.into_iter().zip(&fields) {
        check(name, field, least, most)?;
    }
    if fields[0].parse::<u32>().is_err() {
        return Err("has no number for its seconds, which Airbyte wants".to_owned());
    }
    if (fields[3] == "?") == (fields[5] == "?") {
        return Err("needs ? in one of day of the month and weekday, and only in one".to_owned());
    }
    Ok(fields.join(" "))
}

/// Unix has no seconds, begins the week at 0, and needs no `?`.
fn from_unix([minute, hour, day, month, weekday]: [&str; 5]) -> Result<Vec<String>, String> {
    let (day, weekday) = match (day, weekday) {
        (day, "*" | "?") => (if day == "?" { "*" } else { day }, "?".to_owned()),
        ("*" | "?", weekday) => ("?", named(weekday)?),
        _ => {
            return Err(
                "says both a day of the month and a weekday, which Quartz cannot join".to_owned(),
            );
        }
    };
    Ok(["0", minute, hour, day, month, &weekday]
        .map(str::to_owned)
        .into())
}

/// Weekdays by name: their numbers differ between the two.
fn named(field: &str) -> Result<String, String> {
    let mut out = String::new();
    for (at, part) in field.split_inclusive([',', '-', '/']).enumerate() {
        let word = part.trim_end_matches([',', '-', '/']);
        let is_step = at > 0 && out.ends_with('/');
        match word.parse::<usize>() {
            Ok(day) if !is_step => {
                let name = WEEKDAYS
                    .get(day)
                    .ok_or_else(|| format!("has no weekday {day}"))?;
                out.push_str(name);
            }
            _ => out.push_str(word),
        }
        out.push_str(&part[word.len()..]);
    }
    Ok(out)
}

fn check(name: &str, field: &str, least: u32, most: u32) -> Result<(), String> {
    let strange = |letter: char| !letter.is_ascii_alphanumeric() && !"*?,-/#".contains(letter);
    if field.contains(strange) {
        return Err(format!("has {field:?} for its {name}, which is no cron"));
    }
    for part in field.split(',') {
        let (base, _step) = part.split_once(['/', '#']).unwrap_or((part, ""));
        for number in base.split('-').filter_map(|word| word.parse::<u32>().ok()) {
            if number < least || number > most {
                return Err(format!("has {number} for its {name}: {least} to {most}"));
            }
        }
    }
    Ok(())
}

/// Whether an expression of Quartz asks for a day that none of its months has, such as the 30th of February. What is not told by
/// numbers may be due.
pub fn is_never_due(expression: &str) -> bool {
    let fields: Vec<&str> = expression.split_whitespace().collect();
    let [_, _, _, day, month, ..] = fields[..] else {
        return false;
    };
    match (first_day(day), longest(month)) {
        (Some(first), Some(longest)) => first > longest,
        _ => false,
    }
}

/// The lowest number that stands for a day.
fn first_day(field: &str) -> Option<u32> {
    let parts = field.split(',').map(|part| {
        let (base, _step) = part.split_once('/').unwrap_or((part, ""));
        // `30W` is the weekday nearest to the 30th.
        let numbers = base
            .split('-')
            .map(|word| word.trim_end_matches('W').parse::<u32>());
        numbers
            .collect::<Result<Vec<u32>, _>>()
            .ok()?
            .into_iter()
            .min()
    });
    parts.collect::<Option<Vec<u32>>>()?.into_iter().min()
}

/// How many days the longest month of a list has. Ranges and steps take in more than one.
fn longest(field: &str) -> Option<u32> {
    let days = field.split(',').map(|word| {
        let at = match word.parse::<usize>() {
            Ok(number) => number.checked_sub(1)?,
            Err(_) => MONTHS
                .iter()
                .position(|name| word.eq_ignore_ascii_case(name))?,
        };
        DAYS.get(at).copied()
    });
    days.collect::<Option<Vec<u32>>>()?.into_iter().max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_become_quartz() {
        for (given, expected) in [
            ("*/15 * * * *", "0 */15 * * * ?"),
            ("0 6 1 * *", "0 0 6 1 * ?"),
            ("0 6 * * 0,6", "0 0 6 ? * SUN,SAT"),
            ("0 6 * * 7", "0 0 6 ? * SUN"),
            ("0 6 * * 1-5/2", "0 0 6 ? * MON-FRI/2"),
            ("0 6 * * mon", "0 0 6 ? * mon"),
            ("0 0 6 L * ?", "0 0 6 L * ?"),
            ("0 0 6 ? * 2#1 2030", "0 0 6 ? * 2#1 2030"),
        ] {
            assert_eq!(of(given).as_deref(), Ok(expected), "{given}");
        }
    }

    #[test]
    fn a_day_that_no_month_of_it_has_never_comes() {
        for never in [
            "0 0 0 30 2 ?",
            "0 0 6 30,31 FEB ?",
            "0 0 6 31 4,jun,9,NOV ?",
            "0 0 6 30-31 2 ?",
            "0 0 6 31W 2 ? 2030",
        ] {
            assert!(is_never_due(never), "{never}");
        }
        for due in [
            "0 0 6 29 2 ?",
            "0 0 6 31 * ?",
            "0 0 6 31 2-3 ?",
            "0 0 6 31 2,3 ?",
            "0 0 6 15,31 2 ?",
            "0 0 6 L 2 ?",
            "0 0 6 L-3 2 ?",
            "0 0 6 ? 2 MON",
            "0 0 6 1/30 2 ?",
        ] {
            assert!(!is_never_due(due), "{due}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for (given, why) in [
            ("60 * * * *", "60 for its minutes"),
            ("* 24 * * *", "24 for its hours"),
            ("0 6 1 * 1", "both a day of the month and a weekday"),
            ("0 6 * * 8", "no weekday 8"),
            ("* 0 6 * * ?", "number for its seconds"),
            ("0 0 6 * * *", "needs ?"),
            ("0 6 * * $(x)", "no cron"),
            ("* * *", "five fields"),
        ] {
            let said = of(given).unwrap_err();
            assert!(said.contains(why), "{given}: {said}");
        }
    }
}
