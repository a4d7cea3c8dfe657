//! What the values of a field are, and the schema that holds them all.

use serde_json::{Value, json};

/// A type, as far as columns can tell types apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Null,
    Boolean,
    /// Whole or not: drivers store 5 and 5.5 of one field as different types.
    Number,
    Text,
    Id,
    Binary,
    Date,
    Object,
    Array,
}

/// The types that were met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kinds(u16);

const fn bit(kind: Kind) -> u16 {
    match kind {
        Kind::Null => 0,
        Kind::Boolean => 1,
        Kind::Number => 1 << 1,
        Kind::Text => 1 << 2,
        Kind::Id => 1 << 3,
        Kind::Binary => 1 << 4,
        Kind::Date => 1 << 5,
        Kind::Object => 1 << 6,
        Kind::Array => 1 << 7,
    }
}

const STRINGS: u16 = bit(Kind::Text) | bit(Kind::Id) | bit(Kind::Binary) | bit(Kind::Date);

impl Kinds {
    pub fn add(&mut self, kind: Kind) {
        self.0 |= bit(kind);
    }

    /// Whether the values are of one type, so that "everything after the last value" is a sensible question.
    pub fn is_cursor(self) -> bool {
        let ordered = [Kind::Number, Kind::Date, Kind::Id, Kind::Text].map(bit);
        ordered.contains(&self.0)
    }

    pub fn is_date(self) -> bool {
        self.0 == bit(Kind::Date)
    }

    /// The schema of a field. Any may be missing from a document.
    pub fn schema(self) -> Value {
        let mut schema = self.plain();
        match schema.get_mut("type") {
            Some(Value::Array(kinds)) => kinds.insert(0, "null".into()),
            Some(kind) => *kind = json!(["null", kind.take()]),
            None => {}
        }
        schema
    }

    /// The schema of the key, which every document has. Of an empty collection it is taken for the usual one.
    pub fn key_schema(self) -> Value {
        if self.0 == 0 {
            json!({"type": "string"})
        } else {
            self.plain()
        }
    }

    fn plain(self) -> Value {
        match self.0 {
            kinds if kinds == bit(Kind::Boolean) => json!({"type": "boolean"}),
            kinds if kinds == bit(Kind::Number) => json!({"type": "number"}),
            kinds if kinds == bit(Kind::Date) => {
                json!({"type": "string", "format": "date-time", "airbyte_type": "timestamp_with_timezone"})
            }
            kinds if kinds == bit(Kind::Binary) => {
                json!({"type": "string", "contentEncoding": "base64"})
            }
            kinds if kinds == bit(Kind::Object) => json!({"type": "object"}),
            kinds if kinds == bit(Kind::Array) => json!({"type": "array"}),
            kinds if kinds != 0 && kinds & !STRINGS == 0 => json!({"type": "string"}),
            // Several types, or nothing but nulls: anything.
            _ => json!({"type": ["object", "array", "string", "number", "boolean"]}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_schema_holds_all_values() {
        let kinds = |all: &[Kind]| {
            let mut kinds = Kinds::default();
            for kind in all {
                kinds.add(*kind);
            }
            kinds
        };
        let any = json!(["null", "object", "array", "string", "number", "boolean"]);
        for (all, expected, is_cursor) in [
            (
                &[Kind::Number, Kind::Null][..],
                json!(["null", "number"]),
                true,
            ),
            (&[Kind::Id], json!(["null", "string"]), true),
            (
                &[Kind::Id, Kind::Text, Kind::Date],
                json!(["null", "string"]),
                false,
            ),
            (&[Kind::Text, Kind::Number], any.clone(), false),
            (&[Kind::Object], json!(["null", "object"]), false),
            (&[Kind::Null], any, false),
        ] {
            let kinds = kinds(all);
            assert_eq!(kinds.schema()["type"], expected, "{all:?}");
            assert_eq!(kinds.is_cursor(), is_cursor, "{all:?}");
        }
        assert_eq!(kinds(&[Kind::Date]).schema()["format"], "date-time");
        assert_eq!(
            kinds(&[Kind::Date, Kind::Text]).schema().get("format"),
            None
        );
        assert_eq!(kinds(&[Kind::Id]).key_schema(), json!({"type": "string"}));
        assert_eq!(Kinds::default().key_schema(), json!({"type": "string"}));
    }
}
