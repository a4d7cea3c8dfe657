//! What the page of a workspace's own integration is given to show.

use model::{Applied, Reading, StreamSample};
use serde::{Deserialize, Serialize};

use crate::error::Error;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OwnPage {
    pub document: String,
    /// The integration whose text this is.
    pub of: Option<String>,
    /// What the text comes to, once somebody asked.
    pub reading: Option<Reading>,
    /// A mark of the text that was read; posted again by whoever has seen what it comes to.
    pub checked: String,
    /// What adding it would describe anew.
    pub replaced: Vec<Replaced>,
    pub tried: Option<Tried>,
    /// The text is another one than was seen when a button below it was pressed, which did nothing therefore.
    pub has_changed: bool,
    /// What was added, where that is not one integration alone.
    pub applied: Vec<Applied>,
    /// Why what was posted was refused.
    pub error: Option<Error>,
    /// The form that asks for an API, where it was refused.
    pub form: Option<Refused>,
}

/// One that stands in the catalogue and says something else there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    pub name: String,
    pub connections: i64,
    /// What it is now; posted again by whoever has seen it.
    pub seen: String,
}

/// A form as it was filled in, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub typed: Vec<(String, String)>,
    pub error: Error,
}

/// The first rows of one integration of the text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    pub name: String,
    pub tables: Vec<TriedTable>,
    pub error: Option<Error>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TriedTable {
    pub sample: StreamSample,
    /// What is most likely wrong with the description: what would become of the table, and what to write.
    pub warning: Option<String>,
    /// What else is good to know.
    pub hint: Option<String>,
    /// Columns of the rows that become no columns of the table.
    pub not_kept: Vec<String>,
}
