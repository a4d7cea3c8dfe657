//! From a stream's JSON Schema to column types.

use serde_json::Value;

use super::value::ColumnType;

/// The type of the column for a property of this schema. Unions and everything unknown become JSONB.
pub fn column_type(schema: &Value) -> ColumnType {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return well_known(reference);
    }
    if let Some(options) = ["oneOf", "anyOf"]
        .iter()
        .find_map(|word| schema.get(word)?.as_array())
    {
        return union(
            options
                .iter()
                .filter(|option| !is_null(option))
                .map(column_type),
        );
    }
    match schema.get("type") {
        Some(Value::String(name)) => named(name, schema),
        Some(Value::Array(names)) => union(
            names
                .iter()
                .filter_map(Value::as_str)
                .filter(|name| *name != "null")
                .map(|name| named(name, schema)),
        ),
        _ => ColumnType::Jsonb,
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}

/// One type if all agree, else JSONB.
fn union(mut options: impl Iterator<Item = ColumnType>) -> ColumnType {
    match options.next() {
        Some(first) if options.all(|other| other == first) => first,
        _ => ColumnType::Jsonb,
    }
}

fn named(name: &str, schema: &Value) -> ColumnType {
    let airbyte_type = schema
        .get("airbyte_type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match name {
        "string" => string(
            schema
                .get("format")
                .and_then(Value::as_str)
                .unwrap_or_default(),
            airbyte_type,
        ),
        "boolean" => ColumnType::Boolean,
        "integer" => ColumnType::BigInt,
        "number" if matches!(airbyte_type, "integer" | "big_integer") => ColumnType::BigInt,
        "number" => ColumnType::Numeric,
        _ => ColumnType::Jsonb,
    }
}

fn string(format: &str, airbyte_type: &str) -> ColumnType {
    match (format, airbyte_type) {
        ("date", _) => ColumnType::Date,
        ("date-time" | "", "timestamp_without_timezone") => ColumnType::Timestamp,
        ("date-time", _) | ("", "timestamp_with_timezone") => ColumnType::TimestampTz,
        ("time" | "", "time_without_timezone") => ColumnType::Time,
        ("time", _) | ("", "time_with_timezone") => ColumnType::TimeTz,
        _ => ColumnType::Varchar,
    }
}

/// The shared definitions of the protocol's never finished version 1.
fn well_known(reference: &str) -> ColumnType {
    match reference.rsplit('/').next().unwrap_or_default() {
        "String" | "BinaryData" => ColumnType::Varchar,
        "Boolean" => ColumnType::Boolean,
        "Integer" => ColumnType::BigInt,
        "Number" => ColumnType::Numeric,
        "Date" => ColumnType::Date,
        "TimestampWithTimezone" => ColumnType::TimestampTz,
        "TimestampWithoutTimezone" => ColumnType::Timestamp,
        "TimeWithTimezone" => ColumnType::TimeTz,
        "TimeWithoutTimezone" => ColumnType::Time,
        _ => ColumnType::Jsonb,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_declared_type_has_its_column() {
        for (schema, expected) in [
            (r#"{"type":"string"}"#, ColumnType::Varchar),
            (r#"{"type":["null","string"]}"#, ColumnType::Varchar),
            (r#"{"type":"string","format":"date"}"#, ColumnType::Date),
            (
                r#"{"type":["string","null"],"format":"date-time"}"#,
                ColumnType::TimestampTz,
            ),
            (
                r#"{"type":"string","format":"date-time","airbyte_type":"timestamp_without_timezone"}"#,
                ColumnType::Timestamp,
            ),
            (
                r#"{"type":"string","format":"time","airbyte_type":"time_without_timezone"}"#,
                ColumnType::Time,
            ),
            (r#"{"type":"string","format":"time"}"#, ColumnType::TimeTz),
            (r#"{"type":"string","format":"email"}"#, ColumnType::Varchar),
            (r#"{"type":"boolean"}"#, ColumnType::Boolean),
            (r#"{"type":"integer"}"#, ColumnType::BigInt),
            (
                r#"{"type":["null","number"],"airbyte_type":"integer"}"#,
                ColumnType::BigInt,
            ),
            (r#"{"type":"number"}"#, ColumnType::Numeric),
            (
                r#"{"type":"array","items":{"type":"string"}}"#,
                ColumnType::Jsonb,
            ),
            (r#"{"type":["null","object"]}"#, ColumnType::Jsonb),
            (r#"{"type":["string","integer"]}"#, ColumnType::Jsonb),
            (
                r#"{"oneOf":[{"type":"null"},{"type":"integer"}]}"#,
                ColumnType::BigInt,
            ),
            (
                r#"{"oneOf":[{"type":"string"},{"type":"integer"}]}"#,
                ColumnType::Jsonb,
            ),
            (
                r#"{"$ref":"WellKnownTypes.json#/definitions/TimestampWithTimezone"}"#,
                ColumnType::TimestampTz,
            ),
            ("{}", ColumnType::Jsonb),
            ("true", ColumnType::Jsonb),
            (r#"{"type":"null"}"#, ColumnType::Jsonb),
        ] {
            assert_eq!(
                column_type(&serde_json::from_str(schema).unwrap()),
                expected,
                "{schema}"
            );
        }
    }
}
