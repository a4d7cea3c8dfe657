//! What is wrong with one field of a form, in words for the person who typed it.

use serde::{Deserialize, Serialize};

/// One field and what to do about it. Also the `errors[]` of a problem document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field's name; nested fields as a path with dots (`tunnel.port`).
    pub field: String,
    /// One sentence: what is wrong and what would be right.
    pub detail: String,
}

impl FieldError {
    pub fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            detail: detail.into(),
        }
    }
}
