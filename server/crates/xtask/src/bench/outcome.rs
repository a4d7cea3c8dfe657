//! Contenders' times: medians, and ratios to the yardstick.

use std::time::Duration;

use serde_json::{Value, json};

use super::sheet::Sheet;

/// One contender's rounds.
pub struct Entry {
    pub name: String,
    pub times: Vec<Duration>,
    pub peak_memory: Option<u64>,
    /// What we want of it.
    pub goal: &'static str,
    /// Why there are no times.
    pub note: Option<String>,
}

impl Entry {
    pub fn new(name: &str, goal: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            times: Vec::new(),
            peak_memory: None,
            goal,
            note: None,
        }
    }

    /// Takes it out of the contest: what it did so far does not count either.
    pub fn disqualify(&mut self, why: String) {
        self.times.clear();
        self.note = Some(why);
    }

    /// One more round.
    pub fn add(&mut self, time: Duration, peak_memory: Option<u64>) {
        self.times.push(time);
        self.peak_memory = self.peak_memory.max(peak_memory);
    }
}

/// The middle one of some durations.
pub fn median(times: &[Duration]) -> Option<Duration> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

/// What a contender's ratio says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ratio {
    /// Its time over the yardstick's: less is better.
    Time,
    /// Its speed over the yardstick's: more is better.
    Speed,
}

/// What came out of one contest.
pub struct Outcome {
    pub title: String,
    pub records: u32,
    /// The contender the others are compared to.
    pub yardstick: usize,
    pub ratio: Ratio,
    pub entries: Vec<Entry>,
}

impl Outcome {
    /// The median of the rounds, each compared with the yardstick of its own round, because a machine is faster in one
    /// minute than in another.
    fn ratio(&self, entry: &Entry) -> Option<f64> {
        let yardstick = self.entries.get(self.yardstick)?;
        let mut ratios: Vec<f64> = entry
            .times
            .iter()
            .zip(&yardstick.times)
            .map(|(time, other)| (time.as_secs_f64(), other.as_secs_f64()))
            .map(|(time, other)| match self.ratio {
                Ratio::Time => time / other,
                Ratio::Speed => other / time,
            })
            .collect();
        ratios.sort_unstable_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied()
    }

    pub fn sheet(&self) -> Sheet {
        Sheet {
            title: self.title.clone(),
            heads: &["seconds", "rows/s", "ratio", "peak MB", "goal"],
            lines: self
                .entries
                .iter()
                .map(|entry| (entry.name.clone(), self.texts(entry)))
                .collect(),
            figures: self.figures(),
        }
    }

    fn texts(&self, entry: &Entry) -> Vec<String> {
        let Some(median) = median(&entry.times) else {
            return vec![entry.note.clone().unwrap_or_else(|| "not run".to_owned())];
        };
        let seconds = median.as_secs_f64();
        let ratio = self.ratio(entry).map(|ratio| format!("{ratio:.2}"));
        let memory = entry
            .peak_memory
            .map(|bytes| (bytes / 1_000_000).to_string());
        vec![
            format!("{seconds:.2}"),
            format!("{:.0}", f64::from(self.records) / seconds),
            ratio.unwrap_or_default(),
            memory.unwrap_or_default(),
            entry.goal.to_owned(),
        ]
    }

    fn figures(&self) -> Value {
        let entries: Vec<Value> = self
            .entries
            .iter()
            .map(|entry| {
                json!({
                    "name": entry.name,
                    "seconds": entry.times.iter().map(Duration::as_secs_f64).collect::<Vec<_>>(),
                    "median_seconds": median(&entry.times).map(|time| time.as_secs_f64()),
                    "ratio": self.ratio(entry),
                    "peak_memory_bytes": entry.peak_memory,
                    "goal": entry.goal,
                    "note": entry.note,
                })
            })
            .collect();
        let yardstick = self.entries.get(self.yardstick).map(|entry| &entry.name);
        json!({ "records": self.records, "yardstick": yardstick, "contenders": entries })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, seconds: &[u64]) -> Entry {
        let mut entry = Entry::new(name, "");
        for seconds in seconds {
            entry.add(Duration::from_secs(*seconds), None);
        }
        entry
    }

    #[test]
    fn a_ratio_compares_rounds_with_their_own_yardstick() {
        let outcome = Outcome {
            title: String::new(),
            records: 1,
            yardstick: 0,
            ratio: Ratio::Time,
            entries: vec![entry("csv", &[10, 20, 40]), entry("ours", &[8, 10, 30])],
        };
        assert_eq!(outcome.ratio(&outcome.entries[1]), Some(0.75));
        let speed = Outcome {
            ratio: Ratio::Speed,
            ..outcome
        };
        assert_eq!(speed.ratio(&speed.entries[1]), Some(4.0 / 3.0));
        let outcome = speed;
        assert_eq!(
            median(&outcome.entries[1].times),
            Some(Duration::from_secs(10))
        );
    }

    #[test]
    fn who_failed_once_has_no_figures() {
        let mut peer = entry("peer", &[3]);
        peer.disqualify("wrong rows".to_owned());
        let outcome = Outcome {
            title: String::new(),
            records: 1,
            yardstick: 0,
            ratio: Ratio::Time,
            entries: vec![entry("csv", &[1]), peer],
        };
        assert_eq!(outcome.texts(&outcome.entries[1]), ["wrong rows"]);
        assert_eq!(outcome.ratio(&outcome.entries[1]), None);
    }
}
