//! A slice of a list.

use serde::{Deserialize, Serialize};

/// One page. `next` and `previous` are absolute addresses or empty texts; build offsets instead of following them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    #[serde(default)]
    pub previous: String,
    #[serde(default)]
    pub next: String,
    pub data: Vec<T>,
}
