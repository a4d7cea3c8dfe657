//! Kinds of values a place accepts.

use serde_json::Value;

/// A set of kinds. Values of other kinds stay the text they were rendered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Types(u8);

impl Types {
    /// Nothing but text: literals stay what was written.
    pub const TEXT: Self = Self(0);
    pub const STR: Self = Self(1);
    pub const INT: Self = Self(2);
    pub const FLOAT: Self = Self(4);
    pub const BOOL: Self = Self(8);
    pub const LIST: Self = Self(16);
    pub const DICT: Self = Self(32);
    pub const NONE: Self = Self(64);
    pub const TUPLE: Self = Self(128);
    pub const ANY: Self = Self(255);
    /// What a query parameter may be.
    pub const REQUEST: Self = Self(1 | 16);

    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the value is of one of the kinds. For Python a boolean is an integer, too.
    pub fn allow(self, value: &Value, tuple: bool) -> bool {
        let kinds = match value {
            Value::Null => Self::NONE,
            Value::Bool(_) => Self::BOOL.or(Self::INT),
            Value::Number(number) if number.is_f64() => Self::FLOAT,
            Value::Number(_) => Self::INT,
            Value::String(_) => Self::STR,
            Value::Array(_) if tuple => Self::TUPLE,
            Value::Array(_) => Self::LIST,
            Value::Object(_) => Self::DICT,
        };
        self.0 & kinds.0 != 0
    }
}
