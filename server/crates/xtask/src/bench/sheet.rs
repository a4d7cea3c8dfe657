//! A table of figures: printed for people, kept as JSON for programs.

use std::fs;

use serde_json::{Value, json};

use crate::report;

/// Room for the names in the first column.
const NAMES: usize = 46;

/// What one part of the bench found out.
pub struct Sheet {
    pub title: String,
    /// Of the columns after the first.
    pub heads: &'static [&'static str],
    /// A name, and a text for each head or one remark instead.
    pub lines: Vec<(String, Vec<String>)>,
    /// The same as numbers.
    pub figures: Value,
}

impl Sheet {
    pub fn print(&self) {
        report::heading(&self.title);
        let heads = self.heads.iter().copied();
        report::note(&line("", heads));
        for (name, texts) in &self.lines {
            report::note(&line(name, texts.iter().map(String::as_str)));
        }
    }
}

/// The last column is text and takes what room there is; the others are numbers.
fn line<'a>(name: &str, texts: impl ExactSizeIterator<Item = &'a str>) -> String {
    let last = texts.len().saturating_sub(1);
    let texts = texts.enumerate().map(|(at, text)| {
        if at == last {
            format!("  {text}")
        } else {
            format!(" {text:>9}")
        }
    });
    let line = format!("{name:<NAMES$}{}", texts.collect::<String>());
    line.trim_end().to_owned()
}

/// All sheets of one run, and how busy the machine was with other things when it began.
pub fn json(sheets: &[Sheet], load_at_start: &str) -> String {
    let tables: Vec<Value> = sheets
        .iter()
        .map(|sheet| json!({ "title": sheet.title, "figures": sheet.figures }))
        .collect();
    format!(
        "{:#}\n",
        json!({ "machine_load_at_start": load_at_start, "tables": tables })
    )
}

/// The machine's load over the last 1, 5 and 15 minutes.
pub fn machine_load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace()
        .take(3)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_under_their_heads() {
        let head = line("", ["ms", "goal"].into_iter());
        let row = line("page", ["12.5", "< 100"].into_iter());
        assert_eq!(
            head.find("ms").map(|at| at + 2),
            row.find("12.5").map(|at| at + 4)
        );
        assert_eq!(head.find("goal"), row.find("< 100"));
    }
}
