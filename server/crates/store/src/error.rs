//! What a statement of the control database can come to.

/// Named for what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such row for this tenant.
    #[error("there is no such row")]
    NotFound,
    /// Another row has this name or key already.
    #[error("another row is in the way ({constraint})")]
    Conflict { constraint: String },
    /// The row changed or is in another state than the statement needs.
    #[error("the row is not in the state this needs")]
    Stale,
    /// A row no longer reads as what it must be.
    #[error("{table}.{column} of {id} can't be read")]
    Corrupt {
        table: &'static str,
        column: &'static str,
        id: String,
    },
    /// The tenant has no data key (yet, or any more).
    #[error("the tenant has no encryption key")]
    NoKey,
    #[error("a secret can't be opened")]
    Seal(#[from] seal::Error),
    #[error("a key can't be made")]
    Key(#[from] seal::RingError),
    #[error("the control database failed")]
    Database(#[source] sqlx::Error),
    #[error("the database can't be migrated")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The database is not set up as it must be; the text says what to do.
    #[error("{0}")]
    SetUp(String),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::Database(cause) if cause.is_unique_violation() => Self::Conflict {
                constraint: cause.constraint().unwrap_or("unique").to_owned(),
            },
            _ => Self::Database(error),
        }
    }
}

/// Every change of one row checks that one row changed.
pub fn one_row(changed: &sqlx::postgres::PgQueryResult) -> Result<(), Error> {
    match changed.rows_affected() {
        1 => Ok(()),
        _ => Err(Error::NotFound),
    }
}
