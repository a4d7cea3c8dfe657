//! Links that let somebody without an account connect one integration.

use serde::{Deserialize, Serialize};

use crate::{ConnectionId, LinkId};

/// How long a link works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkLife {
    Hour,
    Day,
    Week,
}

impl LinkLife {
    pub const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Week];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|life| life.name() == name)
    }
}

/// Where a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Nobody has opened it.
    Sent,
    /// Somebody has, and is not done.
    Opened,
    /// The test of the connection passed.
    Finished,
    Expired,
    Revoked,
}

impl LinkState {
    /// Can it still be used?
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Sent | Self::Opened)
    }
}

/// A link as its owner sees it; what stands in it is shown once, when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkView {
    pub id: LinkId,
    /// Slug.
    pub integration: String,
    pub connection: Option<ConnectionId>,
    /// For a connection that exists.
    pub renews: bool,
    /// Name of the connection.
    pub name: String,
    pub sent_to: String,
    pub state: LinkState,
    pub created_by: String,
    /// RFC 3339, as the others.
    pub created_at: String,
    pub expires_at: String,
    pub opened_at: Option<String>,
    pub finished_at: Option<String>,
}
