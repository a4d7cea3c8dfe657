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
    pub tried: Option<Tried>,
    /// What was added, where that is not one integration alone.
    pub applied: Vec<Applied>,
    /// Why what was posted was refused.
    pub error: Option<Error>,
}

/// The first rows of one integration of the text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    pub name: String,
    pub samples: Vec<StreamSample>,
    pub error: Option<Error>,
}
