//! How a trip ended that brought nothing: what went wrong, as its pages tell it.

use model::ConsentOutcome;
use oauth::{Elsewhere, Refusal, Unproven};

use super::trip::redirect_uri;
use crate::{Error, Hub};

pub(super) fn not_kept(error: Error) -> ConsentOutcome {
    let why = match error {
        Error::Conflict(words) | Error::Upstream(words) => words,
        other => {
            tracing::error!(error = %other, "a sign-in could not be used");
            "Something went wrong in this hub. Sign in again.".to_owned()
        }
    };
    ConsentOutcome::NotKept { why }
}

pub(super) fn elsewhere(Elsewhere { wanted, found }: Elsewhere) -> ConsentOutcome {
    ConsentOutcome::Elsewhere { wanted, found }
}

pub(super) fn why(unproven: Unproven) -> ConsentOutcome {
    match unproven {
        Unproven::Signature => ConsentOutcome::Unproven,
        Unproven::Elsewhere(other) => elsewhere(other),
    }
}

pub(super) fn refused(hub: &Hub, refusal: Refusal) -> ConsentOutcome {
    match refusal {
        Refusal::Denied { words } => ConsentOutcome::Denied { words },
        Refusal::Other { error, .. } if error.contains("redirect_uri") => {
            ConsentOutcome::WrongRedirect {
                uri: redirect_uri(hub),
            }
        }
        Refusal::Other { error, words } => ConsentOutcome::Refused { error, words },
        Refusal::WrongIssuer | Refusal::Empty => ConsentOutcome::NotUnderstood,
    }
}

pub(super) fn failed(hub: &Hub, error: oauth::Error) -> ConsentOutcome {
    tracing::warn!(%error, "a code could not be exchanged");
    match error {
        oauth::Error::WrongRedirect => ConsentOutcome::WrongRedirect {
            uri: redirect_uri(hub),
        },
        oauth::Error::InvalidGrant { description } => ConsentOutcome::Refused {
            error: "invalid_grant".to_owned(),
            words: description,
        },
        oauth::Error::Refused { error, description } => ConsentOutcome::Refused {
            error,
            words: description,
        },
        oauth::Error::Client { .. } => ConsentOutcome::WrongClient,
        oauth::Error::Unreachable(_) => ConsentOutcome::Unreachable,
        oauth::Error::Answer(_) | oauth::Error::Word { .. } | oauth::Error::Data(_) => {
            ConsentOutcome::NotUnderstood
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_outcome_is_kept_as_json_that_reads_back() {
        let outcome = ConsentOutcome::WrongAccount {
            signed_in: "b@example.com".to_owned(),
            expected: "a@example.com".to_owned(),
        };
        let kept = serde_json::to_value(&outcome).unwrap();
        assert_eq!(
            kept,
            json!({"outcome": "wrong_account", "signed_in": "b@example.com", "expected": "a@example.com"})
        );
        assert_eq!(
            serde_json::from_value::<ConsentOutcome>(kept).unwrap(),
            outcome
        );
    }
}
