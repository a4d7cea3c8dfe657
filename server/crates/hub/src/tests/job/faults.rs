//! What ends a test: an answer of the connector, or of whoever is asked to run it.

use ::airbyte::{
    Error,
    extension::{Fault, FaultKind},
};

use super::End;
use crate::engine;

/// A connector's refusal is an answer; everything else is ours to repeat.
pub(super) fn refused(error: Error) -> End {
    match error {
        Error::Connector(fault) => End::Failed(*fault),
        Error::Invalid { message } => End::Failed(Fault {
            kind: FaultKind::Config,
            until: None,
            message,
            detail: None,
            field: None,
            stream: None,
        }),
        // Asking again changes nothing: whoever runs the hub has to.
        error @ (Error::Credentials { .. }
        | Error::Forbidden { .. }
        | Error::Unsupported { .. }) => End::Failed(Fault {
            kind: FaultKind::Upstream,
            until: None,
            message: engine::silence(&error).to_owned(),
            detail: None,
            field: None,
            stream: None,
        }),
        other => End::Again(other.into()),
    }
}

pub(super) fn nothing_found() -> Fault {
    Fault {
        kind: FaultKind::Forbidden,
        until: None,
        message: "The login works, but it sees no tables. Give it the right to read them, or check which schemas or files are chosen.".to_owned(),
        detail: None,
        field: None,
        stream: None,
    }
}
