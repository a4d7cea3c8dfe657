//! Rehearsals of the router: a kind of failure, and what was done about it.

use serde::{Deserialize, Serialize};

use crate::{Class, Decision, Progress, RehearsalId};

/// What an operator has the router meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsal {
    pub id: RehearsalId,
    pub class: Class,
    /// Whether Airbyte's way meets it, too.
    pub both_ways: bool,
    /// `Passed`: rows came on one of the ways.
    pub state: Progress,
    pub decisions: Vec<Decision>,
    /// RFC 3339, UTC.
    pub created_at: String,
    pub finished_at: Option<String>,
}

impl Rehearsal {
    /// The kinds of failure that a source can be made to show.
    pub const CLASSES: [Class; 7] = [
        Class::Network,
        Class::Timeout,
        Class::RateLimited,
        Class::Auth,
        Class::Upstream,
        Class::Validation,
        Class::Forbidden,
    ];
}
