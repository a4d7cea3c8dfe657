//! PostgreSQL's types: how each travels, and what it becomes in JSON.

use serde_json::{Value, json};

/// How a column's value is read from the wire and written as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    /// Text, also of every type the server writes as text for us.
    Text,
    /// Base64.
    Bytea,
    Date,
    Time,
    TimeTz,
    Timestamp,
    TimestampTz,
    Uuid,
    /// JSON as it is, also of arrays and composites the server writes as JSON for us.
    Json,
    /// JSON with the version byte of the binary form before it.
    Jsonb,
}

/// What the server is asked to send for a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Its own binary form.
    Binary,
    Text,
    Json,
}

/// A column's type as the catalogue tells it; of a domain, the type below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgType {
    /// The bare name of one of the server's own; of others with their schema.
    pub name: String,
    /// `pg_type.typtype`: b base, c composite, d domain, e enum, r range, m multirange, p pseudo.
    pub kind: char,
    /// `pg_type.typcategory`: A for arrays.
    pub category: char,
    /// Digits after the point, of a numeric that fixes them.
    pub scale: Option<i32>,
    /// All digits, of a numeric that fixes them.
    pub precision: Option<i32>,
    /// Of an array, the type of its elements.
    pub element: Option<String>,
}

/// Types that are ordered and grow, so that "everything after the last value" is a sensible question.
const CURSORS: [&str; 13] = [
    "int2",
    "int4",
    "int8",
    "numeric",
    "float4",
    "float8",
    "date",
    "timestamp",
    "timestamptz",
    "text",
    "varchar",
    "oid",
    "time",
];

impl PgType {
    pub fn wire(&self) -> (Kind, Sent) {
        let kind = match (self.kind, self.category, self.name.as_str()) {
            (_, 'A', _) | ('c', ..) => return (Kind::Json, Sent::Json),
            ('b', _, name) => base(name),
            _ => None,
        };
        kind.map_or((Kind::Text, Sent::Text), |kind| (kind, Sent::Binary))
    }

    /// Whether the column can be a cursor.
    pub fn is_cursor(&self) -> bool {
        self.kind == 'b' && CURSORS.contains(&self.name.as_str())
    }

    /// The JSON Schema of one value.
    pub fn schema(&self, nullable: bool) -> Value {
        let mut schema = if self.category == 'A' {
            json!({"type": "array", "items": element(self.element.as_deref().unwrap_or_default())})
        } else {
            self.plain_schema()
        };
        if nullable && let Some(kind) = schema.get_mut("type") {
            match kind {
                Value::Array(kinds) => kinds.insert(0, "null".into()),
                kind => *kind = json!(["null", kind.take()]),
            }
        }
        schema
    }

    fn plain_schema(&self) -> Value {
        match self.wire().0 {
            Kind::Bool => json!({"type": "boolean"}),
            Kind::Int2 | Kind::Int4 | Kind::Int8 | Kind::Oid => json!({"type": "integer"}),
            Kind::Numeric if self.is_whole() => json!({"type": "integer"}),
            Kind::Float4 | Kind::Float8 | Kind::Numeric => json!({"type": "number"}),
            Kind::Text | Kind::Uuid => json!({"type": "string"}),
            Kind::Bytea => json!({"type": "string", "contentEncoding": "base64"}),
            Kind::Date => json!({"type": "string", "format": "date"}),
            Kind::Time => {
                json!({"type": "string", "format": "time", "airbyte_type": "time_without_timezone"})
            }
            Kind::TimeTz => {
                json!({"type": "string", "format": "time", "airbyte_type": "time_with_timezone"})
            }
            Kind::Timestamp => {
                json!({"type": "string", "format": "date-time", "airbyte_type": "timestamp_without_timezone"})
            }
            Kind::TimestampTz => {
                json!({"type": "string", "format": "date-time", "airbyte_type": "timestamp_with_timezone"})
            }
            Kind::Json if self.kind == 'c' => json!({"type": "object"}),
            Kind::Json | Kind::Jsonb => {
                json!({"type": ["object", "array", "string", "number", "boolean"]})
            }
        }
    }

    /// A numeric without fraction that fits 64 bits.
    fn is_whole(&self) -> bool {
        self.scale == Some(0) && self.precision.is_some_and(|digits| digits <= 18)
    }
}

/// Base types whose binary form is read here.
fn base(name: &str) -> Option<Kind> {
    Some(match name {
        "bool" => Kind::Bool,
        "int2" => Kind::Int2,
        "int4" => Kind::Int4,
        "int8" => Kind::Int8,
        "oid" => Kind::Oid,
        "float4" => Kind::Float4,
        "float8" => Kind::Float8,
        "numeric" => Kind::Numeric,
        "text" | "varchar" | "bpchar" | "name" => Kind::Text,
        "bytea" => Kind::Bytea,
        "date" => Kind::Date,
        "time" => Kind::Time,
        "timetz" => Kind::TimeTz,
        "timestamp" => Kind::Timestamp,
        "timestamptz" => Kind::TimestampTz,
        "uuid" => Kind::Uuid,
        "json" => Kind::Json,
        "jsonb" => Kind::Jsonb,
        _ => return None,
    })
}

/// The schema of an array's elements. Nested arrays have no type of their own in PostgreSQL, so any depth is possible.
fn element(name: &str) -> Value {
    match base(name) {
        Some(Kind::Bool) => json!({"type": ["null", "boolean", "array"]}),
        Some(Kind::Int2 | Kind::Int4 | Kind::Int8) => json!({"type": ["null", "integer", "array"]}),
        Some(Kind::Json | Kind::Jsonb) => json!({}),
        Some(
            Kind::Text
            | Kind::Uuid
            | Kind::Date
            | Kind::Timestamp
            | Kind::TimestampTz
            | Kind::Time
            | Kind::TimeTz,
        ) => {
            json!({"type": ["null", "string", "array"]})
        }
        // Floats and numerics may be written as "NaN".
        Some(Kind::Float4 | Kind::Float8 | Kind::Numeric) => {
            json!({"type": ["null", "number", "string", "array"]})
        }
        _ => json!({"type": ["null", "string", "object", "array"]}),
    }
}
