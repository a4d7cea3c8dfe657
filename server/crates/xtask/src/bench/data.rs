//! The data set: one million records of three streams, the same on every machine, as Airbyte messages and as CSV.
//!
//! A tenth of the records repeat an earlier key with newer content, so that the same files serve for appending and for
//! deduplication.

mod random;
mod records;
mod row;
mod streams;

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    ops::Range,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

pub use random::Random;
pub use row::Row;
pub use streams::{STREAMS, Stream, users};

/// Bump when the content changes: files of another version are made anew.
const VERSION: u32 = 2;
/// Records of the delta.
const DELTA: u64 = 100_000;
/// Records between two states.
const STATE_EVERY: u64 = 10_000;
/// The first moment of the data, 2023-11-14, in milliseconds.
const EPOCH_MILLIS: u64 = 1_700_000_000_000;

/// Where the files are.
pub struct DataSet {
    dir: PathBuf,
}

impl DataSet {
    /// Makes the files unless they are there.
    pub fn ensure(dir: &Path) -> Result<Self> {
        let set = Self {
            dir: dir.join(format!("data-{VERSION}")),
        };
        let done = set.dir.join("complete");
        if !done.exists() {
            fs::create_dir_all(&set.dir)
                .with_context(|| format!("cannot make {}", set.dir.display()))?;
            set.make()?;
            File::create(done)?;
        }
        Ok(set)
    }

    /// The messages of a whole source.
    pub fn messages(&self) -> PathBuf {
        self.dir.join("messages.jsonl")
    }

    /// 100,000 later records of `users`: half of them keys that are there, half new.
    pub fn delta_messages(&self) -> PathBuf {
        self.dir.join("delta.jsonl")
    }

    pub fn csv(&self, stream: &str) -> PathBuf {
        self.dir.join(format!("{stream}.csv"))
    }

    pub fn delta_csv(&self) -> PathBuf {
        self.dir.join("delta.csv")
    }

    fn make(&self) -> Result<()> {
        let mut messages = BufWriter::with_capacity(1 << 20, File::create(self.messages())?);
        for stream in &STREAMS {
            let mut csv = BufWriter::with_capacity(1 << 20, File::create(self.csv(stream.name))?);
            let mut random = Random::new(stream.name);
            write_stream(
                stream,
                0..stream.records,
                key,
                &mut random,
                &mut messages,
                &mut csv,
            )?;
            csv.flush()?;
        }
        messages.flush()?;
        self.make_delta()
    }

    fn make_delta(&self) -> Result<()> {
        let users = users();
        let mut messages = BufWriter::new(File::create(self.delta_messages())?);
        let mut csv = BufWriter::new(File::create(self.delta_csv())?);
        let mut random = Random::new("delta");
        let keys = |random: &mut Random, n: u64| {
            if n.is_multiple_of(2) {
                1 + random.below(users.records)
            } else {
                users.records * 2 + n
            }
        };
        // Numbered on from the whole set: what is newer wins.
        let later = users.records..users.records + DELTA;
        write_stream(users, later, keys, &mut random, &mut messages, &mut csv)?;
        messages.flush()?;
        Ok(csv.flush()?)
    }
}

/// A new key nine times of ten.
fn key(random: &mut Random, n: u64) -> u64 {
    if n > 10 && random.below(10) == 0 {
        1 + random.below(n)
    } else {
        n + 1
    }
}

/// Writes the records with these numbers, in the order of their changes.
fn write_stream(
    stream: &Stream,
    numbers: Range<u64>,
    keys: impl Fn(&mut Random, u64) -> u64,
    random: &mut Random,
    messages: &mut impl Write,
    csv: &mut impl Write,
) -> Result<()> {
    let name = stream.name;
    let status = |status: &str| {
        format!(
            r#"{{"type":"TRACE","trace":{{"type":"STREAM_STATUS","emitted_at":1700000000000.0,"stream_status":{{"stream_descriptor":{{"name":"{name}"}},"status":"{status}"}}}}}}"#
        )
    };
    writeln!(messages, "{}", status("STARTED"))?;
    let mut row = Row::default();
    for n in numbers {
        row.clear();
        let key = keys(random, n);
        (stream.record)(random, key, n, &mut row);
        row.finish();
        let emitted_at = EPOCH_MILLIS + n / 50;
        writeln!(
            messages,
            r#"{{"type":"RECORD","record":{{"stream":"{name}","data":{},"emitted_at":{emitted_at}}}}}"#,
            row.json
        )?;
        writeln!(csv, "{}", row.csv)?;
        if (n + 1).is_multiple_of(STATE_EVERY) {
            writeln!(
                messages,
                r#"{{"type":"STATE","state":{{"type":"STREAM","stream":{{"stream_descriptor":{{"name":"{name}"}},"stream_state":{{"at":{n}}}}},"sourceStats":{{"recordCount":{STATE_EVERY}.0}}}}}}"#
            )?;
        }
    }
    Ok(writeln!(messages, "{}", status("COMPLETE"))?)
}
