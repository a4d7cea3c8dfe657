//! The contests: who loads what, in which order, and what the result must be.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::report;

use super::{
    Peer,
    data::{DataSet, STREAMS, Stream, users},
    destination::{Depth, Destination, columns, create, path, work_dir},
    loader::{Loader, Mode},
    outcome::{Entry, Table},
    peer,
};

/// Records of the whole set, and of the delta.
const RECORDS: u32 = 1_000_000;
const DELTA_RECORDS: u32 = 100_000;

/// Everything a contest needs.
pub struct Contest<'a> {
    pub destination: &'a Destination<'a>,
    pub data: &'a DataSet,
    pub loader: &'a Loader,
    pub rounds: usize,
}

impl Contest<'_> {
    /// Loads one million records into empty tables.
    pub fn load(&self, with_peer: Peer) -> Result<Table> {
        prepare_binary(self.destination, self.data)?;
        let expected = self.contents("prepared", Depth::Columns)?;
        let keys = self.contents("prepared", Depth::Keys)?;
        let names = [
            "COPY binary of prepared rows (the limit)",
            "COPY CSV (psql \\copy)",
            "tributary, overwrite",
            "tributary, append",
            "dlt from dicts",
        ];
        let mut entries = names.map(Entry::new);
        let [limit, csv, overwrite, append, dlt] = &mut entries;
        if with_peer == Peer::LeftOut {
            dlt.note = Some("left out".to_owned());
        } else if let Err(error) = peer::install(self.destination) {
            dlt.note = Some(format!("cannot be installed: {error:#}"));
        }
        for round in 1..=self.rounds {
            report::step(&format!("Load, round {round} of {}", self.rounds), |step| {
                step.busy_with("COPY");
                self.copy(limit, Copy::Binary, &expected)?;
                self.copy(csv, Copy::Csv, &expected)?;
                step.busy_with("tributary");
                self.write(overwrite, Mode::Overwrite, &expected)?;
                self.write(append, Mode::Append, &expected)?;
                if dlt.note.is_none() {
                    step.busy_with("dlt");
                    self.peer(dlt, &keys)?;
                }
                Ok(String::new())
            })?;
        }
        Ok(Table {
            title: "Loading 1,000,000 records into typed tables (ratio: to COPY CSV)".to_owned(),
            records: RECORDS,
            yardstick: 1,
            entries: entries.into(),
        })
    }

    fn copy(&self, entry: &mut Entry, kind: Copy, expected: &str) -> Result<()> {
        self.destination.fresh("bench")?;
        let tables: String = STREAMS
            .iter()
            .map(|stream| create("bench", stream.name, stream))
            .collect();
        self.destination.sql(&tables)?;
        let script = copy_script("bench", self.data, kind)?;
        entry
            .times
            .push(timed(|| self.destination.script("copy", &script))?);
        self.same(entry, "bench", expected)
    }

    fn write(&self, entry: &mut Entry, mode: Mode, expected: &str) -> Result<()> {
        self.destination.fresh("bench")?;
        self.write_into("bench", entry, mode, &STREAMS, &self.data.messages())?;
        self.same(entry, "bench", expected)
    }

    fn write_into(
        &self,
        schema: &str,
        entry: &mut Entry,
        mode: Mode,
        streams: &[Stream],
        messages: &Path,
    ) -> Result<()> {
        let mut peak = 0;
        entry.times.push(timed(|| {
            peak = self.loader.write(schema, mode, streams, messages)?;
            Ok(())
        })?);
        entry.peak_memory = entry.peak_memory.max(Some(peak));
        Ok(())
    }

    fn peer(&self, entry: &mut Entry, keys: &str) -> Result<()> {
        self.destination.fresh("bench")?;
        entry.times.push(timed(|| {
            peer::load(self.destination, &self.data.messages(), "bench")
        })?);
        compare(&entry.name, keys, &self.contents("bench", Depth::Keys)?)
    }

    /// Loads the same records with one row per key, then a delta of 100,000 onto them.
    pub fn dedup(&self) -> Result<[Table; 2]> {
        let mut whole = [
            "staging, DISTINCT ON, ON CONFLICT in SQL",
            "tributary, deduplicated",
        ]
        .map(Entry::new);
        let mut delta = [
            "staging, DISTINCT ON, ON CONFLICT in SQL",
            "tributary, deduplicated",
        ]
        .map(Entry::new);
        for round in 1..=self.rounds {
            report::step(
                &format!("Dedup, round {round} of {}", self.rounds),
                |step| {
                    step.busy_with("one million");
                    self.merge_whole(&mut whole)?;
                    step.busy_with("the delta");
                    self.merge_delta(&mut delta)?;
                    Ok(String::new())
                },
            )?;
        }
        let table = |title: &str, records: u32, entries: [Entry; 2]| Table {
            title: title.to_owned(),
            records,
            yardstick: 0,
            entries: entries.into(),
        };
        Ok([
            table(
                "Deduplicating 1,000,000 records, a tenth of them repeated (ratio: to the merge in SQL)",
                RECORDS,
                whole,
            ),
            table(
                "Then 100,000 more, half of them known (ratio: to the merge in SQL)",
                DELTA_RECORDS,
                delta,
            ),
        ])
    }

    fn merge_whole(&self, [sql, ours]: &mut [Entry; 2]) -> Result<()> {
        self.destination.fresh("merged")?;
        let table = |stream: &Stream| {
            create("merged", stream.name, stream)
                + &format!("ALTER TABLE merged.{} ADD PRIMARY KEY (id);", stream.name)
        };
        self.destination
            .sql(&STREAMS.iter().map(table).collect::<String>())?;
        let scripts = STREAMS
            .iter()
            .map(|stream| merge_script(stream, &self.data.csv(stream.name)));
        let script = scripts.collect::<Result<Vec<_>>>()?.concat();
        sql.times
            .push(timed(|| self.destination.script("merge", &script))?);
        let expected = self.contents("merged", Depth::Columns)?;
        self.destination.fresh("ours")?;
        self.write_into("ours", ours, Mode::Dedup, &STREAMS, &self.data.messages())?;
        self.same(ours, "ours", &expected)
    }

    fn merge_delta(&self, [sql, ours]: &mut [Entry; 2]) -> Result<()> {
        let users = std::slice::from_ref(users());
        self.destination.sql("CHECKPOINT")?;
        let script = merge_script(&users[0], &self.data.delta_csv())?;
        sql.times
            .push(timed(|| self.destination.script("delta", &script))?);
        let expected = self.contents("merged", Depth::Columns)?;
        self.destination.sql("CHECKPOINT")?;
        self.write_into(
            "ours",
            ours,
            Mode::Dedup,
            users,
            &self.data.delta_messages(),
        )?;
        self.same(ours, "ours", &expected)
    }

    fn contents(&self, schema: &str, depth: Depth) -> Result<String> {
        self.destination.contents(schema, &STREAMS, depth)
    }

    fn same(&self, entry: &Entry, schema: &str, expected: &str) -> Result<()> {
        compare(
            &entry.name,
            expected,
            &self.contents(schema, Depth::Columns)?,
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copy {
    Csv,
    Binary,
}

fn copy_script(schema: &str, data: &DataSet, kind: Copy) -> Result<Vec<String>> {
    STREAMS
        .iter()
        .map(|stream| {
            Ok(match kind {
                Copy::Csv => format!(
                    "\\copy {schema}.{} FROM '{}' WITH (FORMAT csv)",
                    stream.name,
                    path(&data.csv(stream.name))?
                ),
                Copy::Binary => format!(
                    "\\copy {schema}.{} FROM '{}' WITH (FORMAT binary)",
                    stream.name,
                    path(&binary(stream)?)?
                ),
            })
        })
        .collect()
}

fn binary(stream: &Stream) -> Result<std::path::PathBuf> {
    Ok(work_dir()?.join(format!("{}.bin", stream.name)))
}

/// The rows as PostgreSQL itself writes them, for the limit; and the contents everybody is compared to.
fn prepare_binary(destination: &Destination<'_>, data: &DataSet) -> Result<()> {
    report::step("Prepared rows", |_| {
        destination.fresh("prepared")?;
        destination.sql(
            &STREAMS
                .iter()
                .map(|stream| create("prepared", stream.name, stream))
                .collect::<String>(),
        )?;
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

/// What a careful person writes: a staging table that is not logged, one row per key, one upsert.
fn merge_script(stream: &Stream, csv: &std::path::Path) -> Result<Vec<String>> {
    let name = stream.name;
    let set: Vec<_> = columns(stream)
        .iter()
        .filter(|column| **column != "id")
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    Ok(vec![
        "SET work_mem = '64MB';".to_owned(),
        format!("CREATE UNLOGGED TABLE merged.stage (LIKE merged.{name});"),
        format!(
            "\\copy merged.stage FROM '{}' WITH (FORMAT csv)",
            path(csv)?
        ),
        format!(
            "INSERT INTO merged.{name} SELECT DISTINCT ON (id) * FROM merged.stage ORDER BY id, updated_at DESC ON CONFLICT (id) DO UPDATE SET {} WHERE excluded.updated_at >= merged.{name}.updated_at;",
            set.join(", ")
        ),
        "DROP TABLE merged.stage;".to_owned(),
    ])
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed())
}

/// A time counts only for the right rows.
fn compare(name: &str, expected: &str, found: &str) -> Result<()> {
    if expected != found {
        bail!("{name} did not load the right rows.\nexpected:\n{expected}\nfound:\n{found}");
    }
    Ok(())
}
