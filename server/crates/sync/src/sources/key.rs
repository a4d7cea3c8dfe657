//! The key by which a destination leaves one row: its columns, and the rows that lack a value in one of them.

use std::sync::atomic::{AtomicU64, Ordering};

use airbyte::protocol::{ConfiguredAirbyteStream, DestinationSyncMode};

use crate::connector::RunContext;

/// The key's columns; none where every row is kept.
pub fn columns(configured: &ConfiguredAirbyteStream) -> impl Iterator<Item = &str> {
    let is_deduplicated = matches!(
        configured.destination_sync_mode,
        DestinationSyncMode::AppendDedup | DestinationSyncMode::OverwriteDedup
    );
    let paths = if !is_deduplicated {
        &[][..]
    } else if configured.primary_key.is_empty() {
        &configured.stream.source_defined_primary_key[..]
    } else {
        &configured.primary_key[..]
    };
    paths.iter().filter_map(|path| Some(path.first()?.as_str()))
}

/// Counts the rows of a stream whose key is not whole. A chosen key may have such rows; a table's own has none.
#[derive(Debug)]
pub struct NullKeys {
    key: Vec<String>,
    rows: AtomicU64,
}

impl NullKeys {
    pub fn of(configured: &ConfiguredAirbyteStream) -> Self {
        Self {
            key: columns(configured).map(str::to_owned).collect(),
            rows: AtomicU64::new(0),
        }
    }

    /// Where the key's columns stand among those that are read.
    pub fn positions<'c>(&self, read: impl Iterator<Item = &'c str>) -> Vec<usize> {
        read.enumerate()
            .filter(|(_, name)| self.key.iter().any(|column| column == name))
            .map(|(at, _)| at)
            .collect()
    }

    pub fn add(&self, rows: u64) {
        self.rows.fetch_add(rows, Ordering::Relaxed);
    }

    /// Tells how many there were, if any: no row is the same as one of them, so that they grow more with every run.
    pub async fn tell(&self, cx: &RunContext, stream: &str) {
        let rows = self.rows.load(Ordering::Relaxed);
        if rows == 0 {
            return;
        }
        let (noun, verb) = if rows == 1 {
            ("row", "has")
        } else {
            ("rows", "have")
        };
        let key = self.key.join("”, “");
        let text = format!(
            "{rows} {noun} {verb} no value in a column of the key (“{key}”). Such rows replace no other and are all kept, those of earlier runs too."
        );
        cx.say("WARN", Some(stream), text).await;
    }
}

#[cfg(test)]
mod tests {
    use airbyte::protocol::{AirbyteStream, SyncMode};
    use serde_json::json;

    use super::*;

    fn stream(mode: DestinationSyncMode, chosen: &[&str]) -> ConfiguredAirbyteStream {
        let mut stream = AirbyteStream::new("t", json!({}));
        stream.source_defined_primary_key = vec![vec!["id".to_owned()]];
        ConfiguredAirbyteStream {
            stream,
            sync_mode: SyncMode::Incremental,
            destination_sync_mode: mode,
            cursor_field: Vec::new(),
            primary_key: chosen.iter().map(|&name| vec![name.to_owned()]).collect(),
            generation_id: 1,
            minimum_generation_id: 0,
            sync_id: 1,
            include_files: None,
            destination_object_name: None,
        }
    }

    #[test]
    fn a_chosen_key_goes_before_the_tables_own() {
        let key = |mode, chosen: &[&str]| {
            let stream = stream(mode, chosen);
            columns(&stream).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(key(DestinationSyncMode::AppendDedup, &[]), ["id"]);
        let chosen = ["a", "b"];
        assert_eq!(key(DestinationSyncMode::OverwriteDedup, &chosen), chosen);
        assert_eq!(key(DestinationSyncMode::Append, &chosen), [""; 0]);
        let nulls = NullKeys::of(&stream(DestinationSyncMode::AppendDedup, &chosen));
        assert_eq!(nulls.positions(["x", "b", "y", "a"].into_iter()), [1, 3]);
    }
}
