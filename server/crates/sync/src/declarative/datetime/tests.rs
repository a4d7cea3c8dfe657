//! Every table of `tests/cases.json` as the Python runtime (airbyte-cdk 7.39 with isodate and dateutil) made it.

use serde_json::Value;

use super::*;

fn cases() -> Value {
    serde_json::from_str(include_str!("tests/cases.json")).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Collects what differs from the table.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare(&mut self, what: &str, ours: Option<&str>, python: &Value) {
        if ours != python.as_str() {
            self.0.push(format!("{what}: {ours:?}, Python {python}"));
        }
    }

    fn none(&self) {
        assert!(
            self.0.is_empty(),
            "{} differ:\n{}",
            self.0.len(),
            self.0.join("\n")
        );
    }
}

#[test]
fn texts_are_read_as_python_reads_them() {
    let cases = cases();
    let mut differences = Differences::default();
    for row in list(&cases["parse"]) {
        let format = Format::compile(text(&row[0]));
        for (input, python) in list(&cases["texts"]).iter().zip(list(&row[1])) {
            let ours = format
                .parse(text(input))
                .ok()
                .map(|moment| moment.text(' '));
            differences.compare(&format!("{} {input}", row[0]), ours.as_deref(), python);
        }
    }
    differences.none();
}

#[test]
fn moments_are_written_as_python_writes_them() {
    let cases = cases();
    let mut differences = Differences::default();
    for row in list(&cases["format"]) {
        let format = Format::compile(text(&row[0]));
        for (input, python) in list(&cases["moments"]).iter().zip(list(&row[1])) {
            let moment = parse_iso(text(input)).unwrap();
            let ours = Some(format.format(&moment));
            differences.compare(&format!("{} {input}", row[0]), ours.as_deref(), python);
        }
    }
    differences.none();
}

#[test]
fn durations_and_what_they_move_are_those_of_isodate() {
    let cases = cases();
    let mut differences = Differences::default();
    for row in list(&cases["duration"]) {
        let ours = parse_duration(text(&row[0])).ok().map(|span| span.text());
        differences.compare(text(&row[0]), ours.as_deref(), &row[1]);
    }
    for row in list(&cases["shift"]) {
        let moment = parse_iso(text(&row[0])).unwrap();
        let span = parse_duration(text(&row[1])).unwrap();
        let forward = row[2] == 1;
        let moved = if forward {
            moment.plus(&span)
        } else {
            moment.minus(&span)
        };
        let ours = moved.ok().map(|moment| moment.text(' '));
        differences.compare(&format!("{row}"), ours.as_deref(), &row[3]);
    }
    differences.none();
}

#[test]
fn iso_dates_are_read_as_dateutil_reads_them() {
    let cases = cases();
    let mut differences = Differences::default();
    for row in list(&cases["iso"]) {
        let ours = parse_iso(text(&row[0])).ok().map(|moment| moment.text(' '));
        differences.compare(text(&row[0]), ours.as_deref(), &row[1]);
    }
    differences.none();
}

proptest::proptest! {
    #[test]
    fn random_texts_and_formats_never_crash(text in ".{0,30}", format in "(%[-_0^#EO]?[a-zA-Z%]|[-: T./a-z])*") {
        let compiled = Format::compile(&format);
        let _ = compiled.parse(&text);
        let _ = (parse_iso(&text), parse_duration(&text));
        let moment = Moment::EPOCH;
        // what is written is read again or refused, but never crashes
        let _ = compiled.parse(&compiled.format(&moment));
    }

    #[test]
    fn random_dates_never_crash(text in "[0-9]{4}[-W]?[0-9]{0,3}-?[0-9]{0,2}T?[0-9:.,]{0,12}[Z+-]?[0-9:]{0,6}", digits in "-?P?[0-9.,]{0,20}[YMWDTHS][0-9]{0,12}[YMWDTHS]?") {
        let _ = parse_iso(&text);
        for pattern in ["%Y-%m-%dT%H:%M:%S%z", "%Y%m%d", "%s", "%s_as_float", "%ms", "%epoch_microseconds"] {
            if let Ok(moment) = Format::compile(pattern).parse(&text) {
                let _ = parse_duration(&digits).map(|span| (moment.plus(&span), moment.minus(&span)));
            }
        }
    }
}
