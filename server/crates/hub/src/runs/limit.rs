//! How long Airbyte may take where it is no stopgap, by what earlier runs read.

use std::time::Duration;

use super::judge::Expected;

/// Fewer rows than these …
const FEW_ROWS: i64 = 100_000;
const SOME_ROWS: i64 = 5_000_000;
/// … take so many minutes.
const MINUTES: [u64; 3] = [30, 60, 120];

pub(super) fn by_rows(tables: &[Expected]) -> Duration {
    // Nobody knows yet where a table has never come, or nothing ever did.
    let known = most(tables).filter(|rows| *rows > 0);
    let minutes = match known.unwrap_or(i64::MAX) {
        rows if rows < FEW_ROWS => MINUTES[0],
        rows if rows < SOME_ROWS => MINUTES[1],
        _ => MINUTES[2],
    };
    Duration::from_mins(minutes)
}

/// What one run may have to read: of each table the most that one of the last runs did. `None`: one has never come.
fn most(tables: &[Expected]) -> Option<i64> {
    tables
        .iter()
        .map(|table| table.earlier.iter().copied().max())
        .sum()
}

#[cfg(test)]
mod tests {
    use model::SyncMode;

    use super::*;

    fn minutes(tables: &[&[i64]]) -> u64 {
        let table = |earlier: &&[i64]| Expected {
            namespace: String::new(),
            name: "orders".to_owned(),
            mode: SyncMode::IncrementalDedupedHistory,
            earlier: earlier.to_vec(),
        };
        let tables: Vec<Expected> = tables.iter().map(table).collect();
        by_rows(&tables).as_secs() / 60
    }

    #[test]
    fn the_limit_grows_with_the_rows_of_one_run() {
        let cases: [(&[&[i64]], u64); 6] = [
            (&[&[10, 20, 30]], 30),
            (&[&[99_999]], 30),
            (&[&[100_000]], 60),
            // Three runs of many rows are not one of very many.
            (&[&[4_000_000, 4_000_000, 4_000_000]], 60),
            // The first load was large, what came afterwards is little: as long as it is remembered it counts.
            (&[&[10, 10, 5_000_000]], 120),
            (&[&[3_000_000], &[2_000_000]], 120),
        ];
        for (tables, expected) in cases {
            assert_eq!(minutes(tables), expected, "{tables:?}");
        }
    }

    #[test]
    fn what_is_not_known_may_take_longest() {
        let cases: [&[&[i64]]; 4] = [
            // A table was added to those that came before.
            &[&[10, 20, 30], &[]],
            &[&[]],
            &[&[0, 0]],
            &[],
        ];
        for tables in cases {
            assert_eq!(minutes(tables), 120, "{tables:?}");
        }
    }
}
