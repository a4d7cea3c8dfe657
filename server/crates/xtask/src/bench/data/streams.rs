//! The three streams: their columns with SQL types, and how their JSON Schemas declare them.

use super::{
    random::Random,
    records::{product, purchase, user},
    row::Row,
};

/// A stream: its columns with their SQL types, and how its JSON Schema declares them.
pub struct Stream {
    pub name: &'static str,
    pub records: u64,
    /// (column, SQL type, JSON Schema of the property)
    pub columns: &'static [(&'static str, &'static str, &'static str)],
    pub record: fn(&mut Random, u64, u64, &mut Row),
}

const INTEGER: &str = r#"{"type":["null","integer"]}"#;
const NUMBER: &str = r#"{"type":["null","number"]}"#;
const STRING: &str = r#"{"type":["null","string"]}"#;
const BOOLEAN: &str = r#"{"type":["null","boolean"]}"#;
const DATE: &str = r#"{"type":["null","string"],"format":"date"}"#;
const MOMENT: &str =
    r#"{"type":["null","string"],"format":"date-time","airbyte_type":"timestamp_with_timezone"}"#;
const OBJECT: &str = r#"{"type":["null","object"]}"#;

/// In the order a source sends them.
pub static STREAMS: [Stream; 3] = [
    Stream {
        name: "products",
        records: 100_000,
        columns: &[
            ("id", "BIGINT", INTEGER),
            ("make", "VARCHAR", STRING),
            ("model", "VARCHAR", STRING),
            ("year", "BIGINT", INTEGER),
            ("price", "NUMERIC", NUMBER),
            ("in_stock", "BOOLEAN", BOOLEAN),
            ("description", "VARCHAR", STRING),
            ("created_at", "TIMESTAMPTZ", MOMENT),
            ("updated_at", "TIMESTAMPTZ", MOMENT),
        ],
        record: product,
    },
    Stream {
        name: "users",
        records: 500_000,
        columns: &[
            ("id", "BIGINT", INTEGER),
            ("name", "VARCHAR", STRING),
            ("title", "VARCHAR", STRING),
            ("age", "BIGINT", INTEGER),
            ("email", "VARCHAR", STRING),
            ("telephone", "VARCHAR", STRING),
            ("gender", "VARCHAR", STRING),
            ("language", "VARCHAR", STRING),
            ("academic_degree", "VARCHAR", STRING),
            ("nationality", "VARCHAR", STRING),
            ("occupation", "VARCHAR", STRING),
            ("height", "NUMERIC", NUMBER),
            ("weight", "BIGINT", INTEGER),
            ("blood_type", "VARCHAR", STRING),
            ("birth_date", "DATE", DATE),
            ("is_active", "BOOLEAN", BOOLEAN),
            ("balance", "NUMERIC", NUMBER),
            ("address", "JSONB", OBJECT),
            ("created_at", "TIMESTAMPTZ", MOMENT),
            ("updated_at", "TIMESTAMPTZ", MOMENT),
        ],
        record: user,
    },
    Stream {
        name: "purchases",
        records: 400_000,
        columns: &[
            ("id", "BIGINT", INTEGER),
            ("product_id", "BIGINT", INTEGER),
            ("user_id", "BIGINT", INTEGER),
            ("quantity", "BIGINT", INTEGER),
            ("amount", "NUMERIC", NUMBER),
            ("currency", "VARCHAR", STRING),
            ("note", "VARCHAR", STRING),
            ("added_to_cart_at", "TIMESTAMPTZ", MOMENT),
            ("purchased_at", "TIMESTAMPTZ", MOMENT),
            ("returned_at", "TIMESTAMPTZ", MOMENT),
            ("created_at", "TIMESTAMPTZ", MOMENT),
            ("updated_at", "TIMESTAMPTZ", MOMENT),
        ],
        record: purchase,
    },
];

/// The stream the delta belongs to.
pub fn users() -> &'static Stream {
    &STREAMS[1]
}
