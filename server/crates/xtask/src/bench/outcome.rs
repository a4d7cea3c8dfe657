//! Times, medians, ratios; as a table for people and as JSON for programs.

use std::time::Duration;

use serde_json::{Value, json};

use crate::report;

/// One contender's rounds.
pub struct Entry {
    pub name: String,
    pub times: Vec<Duration>,
    pub peak_memory: Option<u64>,
    /// Why there are no times.
    pub note: Option<String>,
}

impl Entry {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            times: Vec::new(),
            peak_memory: None,
            note: None,
        }
    }

    fn median(&self) -> Option<Duration> {
        let mut sorted = self.times.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }
}

/// One contest.
pub struct Table {
    pub title: String,
    pub records: u32,
    /// The contender the others are compared to.
    pub yardstick: usize,
    pub entries: Vec<Entry>,
}

impl Table {
    /// Time over the yardstick's: the median of the rounds, each compared with the yardstick of its own round, because
    /// a machine is faster in one minute than in another.
    fn ratio(&self, entry: &Entry) -> Option<f64> {
        let yardstick = self.entries.get(self.yardstick)?;
        let mut ratios: Vec<f64> = entry
            .times
            .iter()
            .zip(&yardstick.times)
            .map(|(time, other)| time.as_secs_f64() / other.as_secs_f64())
            .collect();
        ratios.sort_unstable_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied()
    }

    pub fn print(&self) {
        report::heading(&self.title);
        report::note(&format!(
            "{:<44} {:>8} {:>10} {:>7} {:>9}",
            "contender", "seconds", "rows/s", "ratio", "peak MB"
        ));
        for entry in &self.entries {
            let Some(median) = entry.median() else {
                report::note(&format!(
                    "{:<44} {}",
                    entry.name,
                    entry.note.as_deref().unwrap_or("not run")
                ));
                continue;
            };
            let seconds = median.as_secs_f64();
            let ratio = self
                .ratio(entry)
                .map(|ratio| format!("{ratio:.2}"))
                .unwrap_or_default();
            let memory = entry
                .peak_memory
                .map(|bytes| (bytes / 1_000_000).to_string())
                .unwrap_or_default();
            report::note(&format!(
                "{:<44} {seconds:>8.2} {:>10.0} {ratio:>7} {memory:>9}",
                entry.name,
                f64::from(self.records) / seconds
            ));
        }
    }
}

pub fn json(tables: &[Table]) -> String {
    let tables: Vec<Value> = tables
        .iter()
        .map(|table| {
            let entries: Vec<Value> = table
                .entries
                .iter()
                .map(|entry| {
                    json!({
                        "name": entry.name, "seconds": entry.times.iter().map(Duration::as_secs_f64).collect::<Vec<_>>(),
                        "median_seconds": entry.median().map(|time| time.as_secs_f64()), "ratio": table.ratio(entry), "peak_memory_bytes": entry.peak_memory, "note": entry.note
                    })
                })
                .collect();
            json!({ "title": table.title, "records": table.records, "yardstick": table.entries.get(table.yardstick).map(|entry| &entry.name), "contenders": entries })
        })
        .collect();
    format!("{:#}\n", Value::from(tables))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, seconds: &[u64]) -> Entry {
        Entry {
            times: seconds
                .iter()
                .map(|seconds| Duration::from_secs(*seconds))
                .collect(),
            ..Entry::new(name)
        }
    }

    #[test]
    fn a_ratio_compares_rounds_with_their_own_yardstick() {
        let table = Table {
            title: String::new(),
            records: 1,
            yardstick: 0,
            entries: vec![entry("csv", &[10, 20, 40]), entry("ours", &[8, 10, 30])],
        };
        assert_eq!(table.ratio(&table.entries[1]), Some(0.75));
        assert_eq!(table.entries[1].median(), Some(Duration::from_secs(10)));
    }
}
