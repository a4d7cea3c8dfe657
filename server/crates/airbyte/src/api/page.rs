//! A slice of a list.

use serde::{Deserialize, Serialize};

use crate::protocol::null_as_default;

/// One page. `next` and `previous` are absolute addresses or empty texts, for some lists `null`; build offsets instead of following them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    #[serde(default, deserialize_with = "null_as_default")]
    pub previous: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub next: String,
    pub data: Vec<T>,
}
