//! MySQL's types: what the server is asked to send for each, and what it becomes in JSON.

use serde_json::{Value, json};

/// How a value's text is read and written as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Zero or one.
    Bool,
    /// Digits, of integers and decimals: no digit is lost on the way.
    Number,
    Float,
    Double,
    Text,
    /// Base64.
    Bytes,
    Date,
    DateTime,
    /// A moment; sessions are in UTC.
    Timestamp,
    Json,
}

/// What a TINYINT(1) is: MySQL's only way to say BOOLEAN, and a number from -128 to 127 all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TinyInt {
    /// As Airbyte takes it, so that both ways fill the same column.
    Truth,
    Number,
}

/// A column's type as the catalogue tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MyType {
    /// `decimal`
    pub name: String,
    /// `decimal(10,2) unsigned`
    pub full: String,
    /// All digits, of a decimal; bits of a bit field.
    pub precision: Option<u32>,
    /// Digits after the point.
    pub scale: Option<u32>,
    /// Text that the table accepts only if it is JSON: MariaDB's `JSON`.
    pub is_json: bool,
    /// What it is if it is a TINYINT(1).
    pub tinyint: TinyInt,
}

/// The server's words for shapes on a plane or a globe.
const SHAPES: [&str; 9] = [
    "geometry",
    "point",
    "linestring",
    "polygon",
    "multipoint",
    "multilinestring",
    "multipolygon",
    "geometrycollection",
    "geomcollection",
];

impl MyType {
    pub fn kind(&self) -> Kind {
        match self.name.as_str() {
            "tinyint" if self.full == "tinyint(1)" && self.tinyint == TinyInt::Truth => Kind::Bool,
            "bit" if self.precision == Some(1) => Kind::Bool,
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" | "bit"
            | "decimal" => Kind::Number,
            "float" => Kind::Float,
            "double" => Kind::Double,
            "date" => Kind::Date,
            "datetime" => Kind::DateTime,
            "timestamp" => Kind::Timestamp,
            "json" => Kind::Json,
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" | "vector" => {
                Kind::Bytes
            }
            _ if self.is_json => Kind::Json,
            _ => Kind::Text,
        }
    }

    /// What to select for a column of this type.
    pub fn expression(&self, column: &str) -> String {
        match self.name.as_str() {
            // As text, a float has six digits; as a double all it holds.
            "float" => format!("{column} + 0e0"),
            "bit" => format!("{column} + 0"),
            name if SHAPES.contains(&name) => format!("ST_AsText({column})"),
            _ => column.to_owned(),
        }
    }

    /// Whether "everything after the last value" is a sensible question.
    pub fn is_cursor(&self) -> bool {
        match self.kind() {
            Kind::Number => self.name != "bit",
            Kind::Float | Kind::Double | Kind::Date | Kind::DateTime | Kind::Timestamp => true,
            Kind::Text => matches!(self.name.as_str(), "char" | "varchar" | "time"),
            Kind::Bool | Kind::Bytes | Kind::Json => false,
        }
    }

    /// Whether rows can be read on from a value of this type: it compares with its own text exactly as it sorts.
    pub fn is_place(&self) -> bool {
        match self.kind() {
            Kind::Number => self.name != "bit",
            Kind::Bool => self.name == "tinyint",
            Kind::Date | Kind::DateTime | Kind::Timestamp => true,
            Kind::Text => matches!(self.name.as_str(), "char" | "varchar" | "time"),
            Kind::Bytes => matches!(self.name.as_str(), "binary" | "varbinary"),
            Kind::Float | Kind::Double | Kind::Json => false,
        }
    }

    /// The JSON Schema of one value.
    pub fn schema(&self, nullable: bool) -> Value {
        let mut schema = self.plain_schema();
        if nullable && let Some(kind) = schema.get_mut("type") {
            match kind {
                Value::Array(kinds) => kinds.insert(0, "null".into()),
                kind => *kind = json!(["null", kind.take()]),
            }
        }
        schema
    }

    fn plain_schema(&self) -> Value {
        match self.kind() {
            Kind::Bool => json!({"type": "boolean"}),
            Kind::Number if self.fits_64_bits() => json!({"type": "integer"}),
            Kind::Number | Kind::Float | Kind::Double => json!({"type": "number"}),
            // A TIME reaches from -838 to 838 hours: a span, not a time of day.
            Kind::Text => json!({"type": "string"}),
            Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
            Kind::Date => json!({"type": "string", "format": "date"}),
            Kind::DateTime => {
                json!({"type": "string", "format": "date-time", "airbyte_type": "timestamp_without_timezone"})
            }
            Kind::Timestamp => {
                json!({"type": "string", "format": "date-time", "airbyte_type": "timestamp_with_timezone"})
            }
            Kind::Json => json!({"type": ["object", "array", "string", "number", "boolean"]}),
        }
    }

    /// Whether every value is a whole number of 64 bits with sign.
    fn fits_64_bits(&self) -> bool {
        match self.name.as_str() {
            "bigint" => !self.full.contains("unsigned"),
            "bit" => self.precision.is_some_and(|bits| bits < 64),
            "decimal" => self.scale == Some(0) && self.precision.is_some_and(|digits| digits <= 18),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, full: &str, precision: Option<u32>) -> MyType {
        MyType {
            name: name.to_owned(),
            full: full.to_owned(),
            precision,
            scale: Some(0),
            is_json: false,
            tinyint: TinyInt::Truth,
        }
    }

    #[test]
    fn whole_numbers_say_whether_they_fit() {
        for (kind, expected) in [
            (of("bigint", "bigint(20)", Some(19)), "integer"),
            (of("bigint", "bigint(20) unsigned", Some(20)), "number"),
            (of("int", "int(10) unsigned", Some(10)), "integer"),
            (of("bit", "bit(1)", Some(1)), "boolean"),
            (of("bit", "bit(63)", Some(63)), "integer"),
            (of("bit", "bit(64)", Some(64)), "number"),
            (of("decimal", "decimal(18,0)", Some(18)), "integer"),
            (of("decimal", "decimal(19,0)", Some(19)), "number"),
            (of("tinyint", "tinyint(1)", Some(3)), "boolean"),
            (of("tinyint", "tinyint(4)", Some(3)), "integer"),
            (of("tinyint", "tinyint(1) unsigned", Some(3)), "integer"),
            (of("year", "year(4)", None), "integer"),
        ] {
            assert_eq!(kind.schema(false)["type"], expected, "{}", kind.full);
        }
        let number = MyType {
            tinyint: TinyInt::Number,
            ..of("tinyint", "tinyint(1)", Some(3))
        };
        assert_eq!(number.schema(false)["type"], "integer");
    }
}
