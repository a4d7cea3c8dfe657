//! Reading the runs and the audit trail of the workspace.

use leptos::prelude::*;
use model::{AuditLine, Page, RunRow};
use serde::{Deserialize, Serialize};

use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::server;

/// Which runs: empty texts mean all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunsQuery {
    pub state: String,
    pub connection: String,
    pub after: String,
}

/// A page of runs, with the connections one can narrow it to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunsAnswer {
    pub query: RunsQuery,
    pub runs: Page<RunRow>,
    pub connections: Vec<(String, String)>,
}
