//! What the pages of events are given to show.

use model::{WebhookMade, WebhookStatus};
use serde::{Deserialize, Serialize};

/// A connection's endpoint on a page of its own. Never printed: it may hold what is shown only once.
#[derive(Clone, Serialize, Deserialize)]
pub struct Events {
    /// Of the connection, as of the next.
    pub name: String,
    pub integration: String,
    pub status: WebhookStatus,
    /// The address or secret that was just made.
    pub made: Option<WebhookMade>,
}
