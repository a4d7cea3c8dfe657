//! The error document of the public API.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A problem in the manner of RFC 9457.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    pub status: u16,
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub detail: String,
    #[serde(rename = "documentationUrl", default)]
    pub documentation_url: Option<String>,
    /// Usually `{"message": …}`.
    #[serde(default)]
    pub data: Option<Value>,
}

impl Problem {
    /// The most telling text of the document.
    pub fn message(&self) -> &str {
        self.data
            .as_ref()
            .and_then(|data| data.get("message"))
            .and_then(Value::as_str)
            .filter(|message| !message.is_empty())
            .unwrap_or(if self.detail.is_empty() {
                &self.title
            } else {
                &self.detail
            })
    }
}
