//! What can go wrong with keys and sealed records.

use std::path::PathBuf;

/// A record could not be opened. Which part was wrong is not told: a forger must not learn.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    #[error("the sealed record has a form this version does not know")]
    Form,
    #[error("the key {0} that sealed the record is not at hand")]
    UnknownKey(u32),
    #[error("the sealed record does not belong here or was changed")]
    Refused,
}

/// The key file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    #[error("the key file {path} can't be read or written")]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the key file {path} may be read by others: chmod 600 it")]
    Permissions { path: PathBuf },
    #[error(
        "the key file {path} is damaged ({why}): restore it from its backup, a new one opens nothing"
    )]
    Damaged { path: PathBuf, why: &'static str },
    #[error("the operating system gives no randomness")]
    Random,
}
