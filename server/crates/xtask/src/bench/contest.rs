//! What all contests of loading have in common: the same records, the same database, and the right rows.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use super::{
    data::{DataSet, STREAMS, Stream},
    destination::{Depth, Destination},
    loader::{Loader, Mode},
    outcome::Entry,
    peer::{self, Disposition},
};

/// Everything a contest needs.
pub struct Contest<'a> {
    pub destination: &'a Destination<'a>,
    pub data: &'a DataSet,
    pub loader: &'a Loader,
    /// Why there is no peer, if there is none.
    pub no_peer: Option<String>,
    pub rounds: usize,
}

impl Contest<'_> {
    /// Ours: loads the messages into a schema.
    pub fn write(
        &self,
        schema: &str,
        entry: &mut Entry,
        mode: Mode,
        streams: &[Stream],
        messages: &Path,
    ) -> Result<()> {
        let mut peak = 0;
        let time = timed(|| {
            peak = self.loader.write(schema, mode, streams, messages)?;
            Ok(())
        })?;
        entry.add(time, Some(peak));
        Ok(())
    }

    /// The peer, as an entry without times.
    pub fn peer_entry(&self) -> Entry {
        let mut entry = Entry::new(peer::NAME, "");
        entry.note.clone_from(&self.no_peer);
        entry
    }

    /// The peer loads the messages into a schema. When it cannot, it is out; the contest goes on.
    pub fn peer(
        &self,
        schema: &str,
        entry: &mut Entry,
        disposition: Disposition,
        messages: &Path,
        expected: &str,
    ) {
        if entry.note.is_some() {
            return;
        }
        let mut peak = 0;
        let load = || {
            peak = peer::load(self.destination, messages, schema, disposition)?;
            Ok(())
        };
        let done = timed(load).and_then(|time| {
            compare(expected, &self.contents(schema, Depth::Keys)?)?;
            Ok(time)
        });
        match done {
            Ok(time) => entry.add(time, Some(peak)),
            Err(error) => entry.disqualify(format!("{error:#}")),
        }
    }

    pub fn contents(&self, schema: &str, depth: Depth) -> Result<String> {
        self.destination.contents(schema, &STREAMS, depth)
    }

    /// A time counts only for the right rows.
    pub fn same(&self, entry: &Entry, schema: &str, expected: &str) -> Result<()> {
        compare(expected, &self.contents(schema, Depth::Columns)?)
            .map_err(|error| error.context(entry.name.clone()))
    }
}

pub fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed())
}

fn compare(expected: &str, found: &str) -> Result<()> {
    if expected != found {
        bail!("these are not the right rows.\nexpected:\n{expected}\nfound:\n{found}");
    }
    Ok(())
}
