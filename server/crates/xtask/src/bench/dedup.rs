//! The contest of keeping one row a key: the whole set first, then a later delta onto it.

use std::path::Path;

use anyhow::Result;

use super::{
    contest::{Contest, timed},
    data::{STREAMS, Stream, users},
    destination::{Depth, columns, create, path},
    loader::Mode,
    outcome::{Entry, Outcome, Ratio},
    peer::Disposition,
};
use crate::report;

/// Records of the whole set, and of the delta.
const RECORDS: u32 = 1_000_000;
const DELTA_RECORDS: u32 = 100_000;
const GOAL: &str = "at most 1.5 (aim 1.2), < 120 MB";

/// The schema of each contender: the delta goes onto what the whole set left there.
const MERGED: &str = "merged";
const OURS: &str = "ours";
const PEERS: &str = "peers";

/// One pass: what a careful person writes in SQL, ours, and the peer.
struct Pass {
    sql: Entry,
    ours: Entry,
    peer: Entry,
}

impl Contest<'_> {
    pub fn dedup(&self) -> Result<[Outcome; 2]> {
        let new = || Pass {
            sql: Entry::new("staging, DISTINCT ON, ON CONFLICT in SQL", ""),
            ours: Entry::new("tributary, deduplicated", GOAL),
            peer: self.peer_entry(),
        };
        let (mut whole, mut delta) = (new(), new());
        for round in 1..=self.rounds {
            report::step(
                &format!("Dedup, round {round} of {}", self.rounds),
                |step| {
                    step.busy_with("one million");
                    self.make_tables()?;
                    self.pass(&mut whole, &STREAMS, &self.data.messages(), |stream| {
                        self.data.csv(stream.name)
                    })?;
                    step.busy_with("the delta");
                    let users = std::slice::from_ref(users());
                    self.pass(&mut delta, users, &self.data.delta_messages(), |_| {
                        self.data.delta_csv()
                    })?;
                    Ok(String::new())
                },
            )?;
        }
        Ok([
            whole.outcome(
                "Deduplicating 1,000,000 records, a tenth of them repeated (ratio: to the merge in SQL)",
                RECORDS,
            ),
            delta.outcome(
                "Then 100,000 more, half of them known (ratio: to the merge in SQL)",
                DELTA_RECORDS,
            ),
        ])
    }

    /// Empty schemas, and the tables that the merge in SQL needs.
    fn make_tables(&self) -> Result<()> {
        for schema in [MERGED, OURS, PEERS] {
            self.destination.fresh(schema)?;
        }
        let table = |stream: &Stream| {
            create(MERGED, stream.name, stream)
                + &format!("ALTER TABLE {MERGED}.{} ADD PRIMARY KEY (id);", stream.name)
        };
        self.destination
            .sql(&STREAMS.iter().map(table).collect::<String>())
    }

    fn pass<P: AsRef<Path>>(
        &self,
        pass: &mut Pass,
        streams: &[Stream],
        messages: &Path,
        csv: impl Fn(&Stream) -> P,
    ) -> Result<()> {
        let scripts = streams
            .iter()
            .map(|stream| merge_script(stream, csv(stream).as_ref()));
        let script = scripts.collect::<Result<Vec<_>>>()?.concat();
        self.destination.settle()?;
        let time = timed(|| self.destination.script("merge", &script))?;
        pass.sql.add(time, None);
        let expected = self.contents(MERGED, Depth::Columns)?;
        let keys = self.contents(MERGED, Depth::Keys)?;
        self.destination.settle()?;
        self.write(OURS, &mut pass.ours, Mode::Dedup, streams, messages)?;
        self.same(&pass.ours, OURS, &expected)?;
        self.destination.settle()?;
        self.peer(PEERS, &mut pass.peer, Disposition::Merge, messages, &keys);
        Ok(())
    }
}

impl Pass {
    fn outcome(self, title: &str, records: u32) -> Outcome {
        Outcome {
            title: title.to_owned(),
            records,
            yardstick: 0,
            ratio: Ratio::Time,
            entries: vec![self.sql, self.ours, self.peer],
        }
    }
}

/// What a careful person writes: a staging table that is not logged, one row per key, one upsert.
fn merge_script(stream: &Stream, csv: &Path) -> Result<Vec<String>> {
    let name = stream.name;
    let set: Vec<_> = columns(stream)
        .iter()
        .filter(|column| **column != "id")
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    Ok(vec![
        "SET work_mem = '64MB';".to_owned(),
        format!("CREATE UNLOGGED TABLE {MERGED}.stage (LIKE {MERGED}.{name});"),
        format!(
            "\\copy {MERGED}.stage FROM '{}' WITH (FORMAT csv)",
            path(csv)?
        ),
        format!(
            "INSERT INTO {MERGED}.{name} SELECT DISTINCT ON (id) * FROM {MERGED}.stage ORDER BY id, updated_at DESC \
             ON CONFLICT (id) DO UPDATE SET {} WHERE excluded.updated_at >= {MERGED}.{name}.updated_at;",
            set.join(", ")
        ),
        format!("DROP TABLE {MERGED}.stage;"),
    ])
}
