//! What the credentials may do on a platform, found out without changing anything.

use crate::{Client, Error};

/// What a platform offers to these credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Workspaces that the credentials see.
    pub workspaces: usize,
    /// Sources it can run; `None` when the account may not list them, and so can be asked for no specification either.
    pub sources: Option<usize>,
}

impl Client {
    /// Asks for what has to be known before a tenant is let in. An error says that nothing works.
    pub async fn probe(&self) -> Result<Capabilities, Error> {
        let workspaces = self.workspaces().await?;
        let sources = match workspaces.first() {
            None => None,
            Some(workspace) => match self.runnable_sources(workspace.workspace_id).await {
                Ok(sources) => Some(sources.len()),
                Err(
                    Error::Forbidden { .. } | Error::Unsupported { .. } | Error::NotFound { .. },
                ) => None,
                Err(error) => return Err(error),
            },
        };
        Ok(Capabilities {
            workspaces: workspaces.len(),
            sources,
        })
    }
}
