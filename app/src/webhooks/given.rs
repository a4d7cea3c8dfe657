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
    /// What came of the form that was posted to the page; `None` when the page was only opened.
    pub posted: Option<Posted>,
}

/// What came of a posted form.
#[derive(Clone, Serialize, Deserialize)]
pub enum Posted {
    /// The address or secret that was just made, or set.
    Made(Box<WebhookMade>),
    /// The same form was accepted before, and nothing was changed now: its page was loaded again.
    Repeated,
}
