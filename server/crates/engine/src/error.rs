//! What can go wrong with the engine itself, as opposed to a call or a connector.

use std::path::PathBuf;

use sync::fault::Fault;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the engine's database failed")]
    Database(#[from] sqlx::Error),
    #[error("the queue failed")]
    Queue(#[from] queue::Error),
    /// The key does not fit, or the row was changed by hand.
    #[error("a sealed {what} can't be opened")]
    Sealed {
        what: &'static str,
        #[source]
        source: seal::Error,
    },
    #[error("the row of {table} can't be read: its {column} is not what this version writes")]
    Corrupt {
        table: &'static str,
        column: &'static str,
        #[source]
        source: serde_json::Error,
    },
    #[error("the folder {path} can't be made")]
    Folder {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the list of connectors is wrong: {0}")]
    Definitions(String),
    #[error("workspace {0} does not exist")]
    NoWorkspace(uuid::Uuid),
}

/// Why an operation did not come to its end: the connector's side, or ours.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(transparent)]
    Engine(#[from] Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Engine(error.into())
    }
}

impl Failure {
    /// For people: our own failures are told without their cause, which is logged.
    pub fn into_fault(self) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            Self::Engine(Error::Database(error)) if queue::is_passing(&error) => {
                tracing::warn!(%error, "the engine's database was away");
                Fault::unreachable("This server's own database was away for a moment.")
            }
            Self::Engine(error) => {
                let cause: &dyn std::error::Error = &error;
                tracing::error!(error = cause, "an operation failed on our side");
                Fault::bug(
                    "Something went wrong on this server. Its log holds the cause; trying again may help.",
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_broke_is_worth_another_attempt() {
        let broken = sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());
        assert!(Failure::from(broken).into_fault().is_transient());
        assert!(
            !Failure::from(sqlx::Error::RowNotFound)
                .into_fault()
                .is_transient()
        );
    }
}
