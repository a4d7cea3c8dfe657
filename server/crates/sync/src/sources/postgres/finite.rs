//! Values of a cursor's column that have no place among those that may still come: NaN and the infinities stand before or
//! behind all of them, so that nothing could be read on from there. JSON has no word for them either.

use super::catalog::TableColumn;
use super::ident::ident;
use super::types::Kind;

const INFINITY: &str = "infinity";
/// Behind all other numbers, infinity too.
const NOT_A_NUMBER: &str = "NaN";

/// The two ends of a column's type: its finite values lie between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    /// Quoted.
    column: String,
    low: Option<String>,
    high: String,
}

impl Ends {
    /// None: all values of the type are finite.
    pub fn of(column: &TableColumn) -> Option<Self> {
        let (kind, _) = column.pg_type.wire();
        let is_numeric = kind == Kind::Numeric;
        let has_ends = matches!(
            kind,
            Kind::Float4 | Kind::Float8 | Kind::Date | Kind::Timestamp | Kind::TimestampTz
        );
        if !is_numeric && !has_ends {
            return None;
        }
        let is_infinite = has_ends || column.infinite_numerics;
        // Not of the column's own type: a domain may not allow them.
        let value = |text: &str| format!("'{text}'::pg_catalog.{}", column.pg_type.name);
        Some(Self {
            column: ident(&column.name),
            low: is_infinite.then(|| value(&format!("-{INFINITY}"))),
            high: value(if is_infinite { INFINITY } else { NOT_A_NUMBER }),
        })
    }

    /// SQL for "rows with a finite value". Said as a range, which an index of the column can look up.
    pub fn within(&self) -> String {
        let Self { column, low, high } = self;
        let above = low.as_ref().map(|low| format!("{column} > {low} AND "));
        format!("{}{column} < {high}", above.unwrap_or_default())
    }

    /// SQL for "rows with another value", not counting those without any.
    pub fn beyond(&self) -> String {
        let Self { column, low, high } = self;
        let below = low.as_ref().map(|low| format!("{column} <= {low} OR "));
        format!("({}{column} >= {high})", below.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::postgres::types::PgType;

    fn column(name: &str, infinite_numerics: bool) -> TableColumn {
        let pg_type = PgType {
            name: name.to_owned(),
            kind: 'b',
            category: 'N',
            scale: None,
            precision: None,
            element: None,
        };
        TableColumn {
            name: "v".to_owned(),
            pg_type,
            sql_type: "some_domain".to_owned(),
            nullable: true,
            infinite_numerics,
            key_place: None,
        }
    }

    #[test]
    fn a_type_with_ends_is_asked_for_what_lies_between_them() {
        let ends = Ends::of(&column("timestamptz", false)).unwrap();
        assert_eq!(
            ends.within(),
            "\"v\" > '-infinity'::pg_catalog.timestamptz AND \"v\" < 'infinity'::pg_catalog.timestamptz"
        );
        let numbers = Ends::of(&column("numeric", true)).unwrap();
        assert_eq!(
            numbers.beyond(),
            "(\"v\" <= '-infinity'::pg_catalog.numeric OR \"v\" >= 'infinity'::pg_catalog.numeric)"
        );
        // Before version 14, a numeric knows no infinity.
        let older = Ends::of(&column("numeric", false)).unwrap();
        assert_eq!(older.within(), "\"v\" < 'NaN'::pg_catalog.numeric");
        assert_eq!(older.beyond(), "(\"v\" >= 'NaN'::pg_catalog.numeric)");
        assert_eq!(Ends::of(&column("int8", true)), None);
        assert_eq!(Ends::of(&column("text", true)), None);
    }
}
