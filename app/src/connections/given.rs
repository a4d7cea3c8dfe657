//! What the pages of connections are given to show, and one row of what they post.

use model::{
    ConnectionId, ConnectionRow, ConnectionState, ConnectionView, ConsentView, FormState,
    IntegrationCard, Page, Routes, RunRow, SampleView, TestView, WebhookStatus,
};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A connector's form, and what was wrong with it when it was just posted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectForm {
    pub card: IntegrationCard,
    pub state: FormState,
    pub error: Option<Error>,
    /// A trip to a provider that did not end well.
    pub trip: Option<ConsentView>,
}

/// The form of a new connection, and the connections of the same tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewForm {
    pub form: ConnectForm,
    /// Whose form it is: answers that a browser keeps are for nobody else.
    pub workspace: String,
    /// The newest first.
    pub same: Vec<Same>,
}

/// A connection of the same tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Same {
    pub id: ConnectionId,
    pub name: String,
    pub state: ConnectionState,
}

impl From<ConnectionRow> for Same {
    fn from(row: ConnectionRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            state: row.state,
        }
    }
}

/// The form of a connection that exists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EditForm {
    pub form: ConnectForm,
    pub name: String,
    pub connection_state: ConnectionState,
}

/// A row of the list with the logo of its integration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    pub row: ConnectionRow,
    pub logo: Option<String>,
}

/// A connection with the card of its integration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    pub view: ConnectionView,
    pub card: IntegrationCard,
    /// Its latest runs; asked for by the tab that shows them.
    pub runs: Option<Page<RunRow>>,
    /// The ways to its rows; the same.
    pub routes: Option<Routes>,
    /// Whether it takes events in; the same.
    pub events: Option<WebhookStatus>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Test {
    pub view: TestView,
    pub name: String,
    pub state: ConnectionState,
    pub card: IntegrationCard,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub view: SampleView,
    pub name: String,
}

/// What removing a connection means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    pub name: String,
    pub tables: Vec<String>,
    pub rows: i64,
    pub apps: Vec<String>,
}

/// One row of the tables form, as a browser posts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostedStream {
    #[serde(default)]
    pub namespace: String,
    pub name: String,
    /// Absent when the box is not ticked.
    #[serde(default)]
    pub selected: Option<String>,
    #[serde(default)]
    pub mode: String,
    #[serde(default)]
    pub primary_key: Vec<String>,
    #[serde(default)]
    pub cursor: String,
    #[serde(default)]
    pub fields: Vec<String>,
}
