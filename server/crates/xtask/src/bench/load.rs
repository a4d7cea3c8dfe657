//! The contest of loading one million records into empty tables.

use std::path::PathBuf;

use anyhow::Result;

use super::{
    contest::{Contest, timed},
    data::{DataSet, STREAMS, Stream},
    destination::{Depth, Destination, create, path, work_dir},
    loader::Mode,
    outcome::{Entry, Outcome, Ratio},
    peer::Disposition,
};
use crate::report;

const RECORDS: u32 = 1_000_000;
const SCHEMA: &str = "bench";
const GOAL: &str = "at most 1.0 (aim 0.85), < 120 MB";

impl Contest<'_> {
    /// PostgreSQL's own ways, ours, and the peer, in turn.
    pub fn load(&self) -> Result<Outcome> {
        prepare_binary(self.destination, self.data)?;
        let expected = self.contents("prepared", Depth::Columns)?;
        let keys = self.contents("prepared", Depth::Keys)?;
        let mut limit = Entry::new("COPY binary of prepared rows (the limit)", "");
        let mut csv = Entry::new("COPY CSV (psql \\copy)", "");
        let mut overwrite = Entry::new("tributary, overwrite", GOAL);
        let mut append = Entry::new("tributary, append", GOAL);
        let mut peer = self.peer_entry();
        for round in 1..=self.rounds {
            report::step(&format!("Load, round {round} of {}", self.rounds), |step| {
                step.busy_with("COPY");
                self.copy(&mut limit, Copy::Binary, &expected)?;
                self.copy(&mut csv, Copy::Csv, &expected)?;
                step.busy_with("tributary");
                self.write_fresh(&mut overwrite, Mode::Overwrite, &expected)?;
                self.write_fresh(&mut append, Mode::Append, &expected)?;
                step.busy_with("the peer");
                self.destination.fresh(SCHEMA)?;
                let messages = self.data.messages();
                self.peer(SCHEMA, &mut peer, Disposition::Append, &messages, &keys);
                Ok(String::new())
            })?;
        }
        Ok(Outcome {
            title: "Loading 1,000,000 records into typed tables (ratio: to COPY CSV)".to_owned(),
            records: RECORDS,
            yardstick: 1,
            ratio: Ratio::Time,
            entries: vec![limit, csv, overwrite, append, peer],
        })
    }

    fn copy(&self, entry: &mut Entry, kind: Copy, expected: &str) -> Result<()> {
        self.destination.fresh(SCHEMA)?;
        self.destination.sql(&tables(SCHEMA))?;
        let script = copy_script(SCHEMA, self.data, kind)?;
        entry.add(timed(|| self.destination.script("copy", &script))?, None);
        self.same(entry, SCHEMA, expected)
    }

    fn write_fresh(&self, entry: &mut Entry, mode: Mode, expected: &str) -> Result<()> {
        self.destination.fresh(SCHEMA)?;
        self.write(SCHEMA, entry, mode, &STREAMS, &self.data.messages())?;
        self.same(entry, SCHEMA, expected)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copy {
    Csv,
    Binary,
}

fn tables(schema: &str) -> String {
    STREAMS
        .iter()
        .map(|stream| create(schema, stream.name, stream))
        .collect()
}

fn copy_script(schema: &str, data: &DataSet, kind: Copy) -> Result<Vec<String>> {
    STREAMS
        .iter()
        .map(|stream| {
            let (file, format) = match kind {
                Copy::Csv => (data.csv(stream.name), "csv"),
                Copy::Binary => (binary(stream)?, "binary"),
            };
            Ok(format!(
                "\\copy {schema}.{} FROM '{}' WITH (FORMAT {format})",
                stream.name,
                path(&file)?
            ))
        })
        .collect()
}

fn binary(stream: &Stream) -> Result<PathBuf> {
    Ok(work_dir()?.join(format!("{}.bin", stream.name)))
}

/// The rows as PostgreSQL itself writes them, for the limit; and the contents everybody is compared to.
fn prepare_binary(destination: &Destination<'_>, data: &DataSet) -> Result<()> {
    report::step("Prepared rows", |_| {
        destination.fresh("prepared")?;
        destination.sql(&tables("prepared"))?;
        let mut script = copy_script("prepared", data, Copy::Csv)?;
        for stream in &STREAMS {
            script.push(format!(
                "\\copy prepared.{} TO '{}' WITH (FORMAT binary)",
                stream.name,
                path(&binary(stream)?)?
            ));
        }
        destination.script("prepare", &script)?;
        Ok(String::new())
    })
}
