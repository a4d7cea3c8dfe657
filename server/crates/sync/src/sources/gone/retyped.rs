//! Columns that were chosen with another type than they have now: their table holds the old one, until somebody takes over
//! the new one.

use airbyte::protocol::ConfiguredAirbyteStream;
use serde_json::Value;

use crate::load::{ColumnType, column_type};

/// What is to be said of each column whose values may lose something in its table. `live` gives the schema of a column as
/// the source has it now.
pub fn remarks(
    configured: &ConfiguredAirbyteStream,
    live: impl Fn(&str) -> Option<Value>,
) -> Vec<String> {
    let wanted = configured.stream.json_schema.get("properties");
    let columns = wanted.and_then(Value::as_object).into_iter().flatten();
    columns
        .filter_map(|(name, schema)| {
            let (now, held) = (column_type(&live(name)?), column_type(schema));
            let loss = loss(now, held)?;
            let (now, held) = (words(now), words(held));
            Some(format!(
                "“{name}” is now {now} in the source; its table holds {held}. {loss} Test the connection again to take over the new type."
            ))
        })
        .collect()
}

/// What becomes of values of one type in a column of another one; none where all of them fit.
fn loss(now: ColumnType, held: ColumnType) -> Option<&'static str> {
    use ColumnType::{BigInt, Date, Jsonb, Numeric, Time, TimeTz, Timestamp, TimestampTz, Varchar};
    match (now, held) {
        (_, Varchar | Jsonb)
        | (BigInt, Numeric)
        | (Date | Timestamp | TimestampTz, Timestamp | TimestampTz)
        | (Time, TimeTz) => None,
        (now, held) if now == held => None,
        (Timestamp | TimestampTz, Date) => Some("Their times of day are left out."),
        (Timestamp | TimestampTz, Time | TimeTz) => Some("Their days are left out."),
        (TimeTz, Time) => Some("Their zones are left out."),
        _ => Some("Values that do not fit become empty."),
    }
}

fn words(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Boolean => "yes or no",
        ColumnType::BigInt => "whole numbers",
        ColumnType::Numeric => "numbers",
        ColumnType::Varchar => "text",
        ColumnType::Jsonb => "lists, objects or mixed values",
        ColumnType::Date => "dates",
        ColumnType::Time => "times",
        ColumnType::TimeTz => "times with a zone",
        ColumnType::Timestamp => "dates and times",
        ColumnType::TimestampTz => "dates and times with a zone",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::ColumnType::{
        BigInt, Boolean, Date, Jsonb, Numeric, Time, TimeTz, Timestamp, TimestampTz, Varchar,
    };

    #[test]
    fn only_what_may_be_lost_is_told() {
        for kind in [BigInt, Boolean, Date, Jsonb, TimeTz, TimestampTz] {
            assert_eq!(loss(kind, kind), None, "{kind:?}");
            assert_eq!(loss(kind, Varchar), None, "text takes everything");
        }
        for (now, held) in [(BigInt, Numeric), (Date, TimestampTz), (Time, TimeTz)] {
            assert_eq!(loss(now, held), None, "{now:?} in {held:?}");
        }
        for (now, held) in [
            (Varchar, BigInt),
            (Numeric, BigInt),
            (Jsonb, Numeric),
            (BigInt, Boolean),
            (Varchar, TimestampTz),
        ] {
            let told = loss(now, held).unwrap();
            assert!(told.contains("become empty"), "{now:?} in {held:?}");
        }
        assert!(loss(Timestamp, Date).unwrap().contains("times of day"));
        assert!(loss(TimeTz, Time).unwrap().contains("zones"));
    }
}
