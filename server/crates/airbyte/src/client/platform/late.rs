//! Connectors that take longer than whoever stands between the platform and us waits: the call is over, the work is not.

use crate::{
    Error,
    extension::{Fault, FaultKind},
};

/// Whether it is not known what became of the question: the platform may still be at it.
pub(super) fn is_lost(error: &Error) -> bool {
    match error {
        Error::Interrupted(_) => true,
        Error::Upstream { status, .. } => matches!(status, 408 | 502 | 504 | 524),
        _ => false,
    }
}

/// That, for a person; `meanwhile` says what may go on there.
pub(super) fn unanswered(error: &Error, meanwhile: &str) -> Fault {
    tracing::warn!(%error, "Airbyte did not answer in time what a connector was asked");
    Fault {
        kind: FaultKind::Timeout,
        until: None,
        message: format!("Airbyte did not answer in time. {meanwhile} Try again in a few minutes."),
        detail: None,
        field: None,
        stream: None,
    }
}
