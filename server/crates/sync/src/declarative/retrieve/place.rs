//! Which part of a stream it is, for messages.

use serde_json::{Map, Value};

use crate::declarative::slice::Slice;
use crate::declarative::text::plain;

/// The partition, as ` of year 2024`; empty where there is none.
pub fn partition(slice: &Slice) -> String {
    let told = simple(&slice.partition);
    let told: Vec<String> = told
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    if told.is_empty() {
        return String::new();
    }
    format!(" of {}", told.join(", "))
}

/// The stretch of the cursor, as ` from 2024-01-01 to 2024-01-31`; empty where there is none.
pub fn stretch(slice: &Slice) -> String {
    let bounds: Vec<String> = simple(&slice.cursor).map(|(_, value)| value).collect();
    match &bounds[..] {
        [start, end] => format!(" from {start} to {end}"),
        _ => String::new(),
    }
}

/// Fields that can be told in a line.
fn simple(fields: &Map<String, Value>) -> impl Iterator<Item = (&String, String)> {
    let fields = fields.iter();
    fields
        .filter(|(_, value)| value.is_string() || value.is_number())
        .map(|(name, value)| (name, plain(value)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(partition: &Value, cursor: &Value) -> String {
        let fields = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let slice = Slice {
            partition: fields(partition),
            cursor: fields(cursor),
            ..Slice::default()
        };
        self::partition(&slice) + &stretch(&slice)
    }

    #[test]
    fn a_part_is_told_by_its_partition_and_its_stretch() {
        let cases = [
            (json!({}), json!({}), ""),
            (
                json!({"year": 2024, "parent_slice": {}, "port": "Oslo"}),
                json!({}),
                " of year 2024, port Oslo",
            ),
            (
                json!({}),
                json!({"start_time": "2024-01-01", "end_time": "2024-01-31"}),
                " from 2024-01-01 to 2024-01-31",
            ),
            (
                json!({"year": 2024}),
                json!({"start_time": "a", "end_time": "b"}),
                " of year 2024 from a to b",
            ),
        ];
        for (partition, cursor, expected) in cases {
            assert_eq!(told(&partition, &cursor), expected, "{partition} {cursor}");
        }
    }
}
