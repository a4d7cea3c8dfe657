//! Reading the runs and the audit trail of the workspace.

use leptos::prelude::*;
use model::{AuditLine, Page, RunRow};
use serde::{Deserialize, Serialize};

use crate::error::Error;
#[cfg(feature = "ssr")]
use crate::server::{id, scope};
#[cfg(feature = "ssr")]
use model::RunState;

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

#[server]
pub async fn runs(query: RunsQuery) -> Result<RunsAnswer, Error> {
    let (hub, scope) = scope().await?;
    let connection = Some(&query.connection)
        .filter(|id| !id.is_empty())
        .map(|text| id(text))
        .transpose()?;
    let wanted = hub::runs::Filter {
        connection,
        state: RunState::parse(&query.state),
    };
    let after = Some(&query.after)
        .filter(|id| !id.is_empty())
        .map(|text| id(text))
        .transpose()?;
    let runs = hub::runs::list(&hub, &scope, &wanted, after).await?;
    let connections = names(&hub, &scope).await?;
    Ok(RunsAnswer {
        query,
        runs,
        connections,
    })
}

/// Ids and names of all connections.
#[cfg(feature = "ssr")]
async fn names(hub: &hub::Hub, scope: &hub::Scope) -> Result<Vec<(String, String)>, Error> {
    let mut names = Vec::new();
    let mut after = None;
    loop {
        let page =
            hub::connections::list(hub, scope, &hub::connections::Filter::default(), after).await?;
        names.extend(
            page.items
                .into_iter()
                .map(|row| (row.id.to_string(), row.name)),
        );
        let Some(next) = page.next else {
            return Ok(names);
        };
        after = Some(id(&next)?);
    }
}

/// Who changed what in the workspace, newest first.
#[server]
pub async fn changes(after: String) -> Result<Page<AuditLine>, Error> {
    let (hub, scope) = scope().await?;
    let wanted = hub::admin::AuditQuery {
        after: Some(after).filter(|after| !after.is_empty()),
        ..Default::default()
    };
    Ok(hub::admin::tenant_audit(&hub, &scope, &wanted).await?)
}
