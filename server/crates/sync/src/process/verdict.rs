//! How a connector's run ended, in words for a person: from its own error, its exit code, its last lines.

use std::process::ExitStatus;

use airbyte::{extension::FaultKind, protocol::Trace};

use super::launcher::NOT_STARTED;
use super::redact::Redactor;
use super::stderr::Stderr;
use crate::fault::{Failures, Fault, Kind};

/// Lines of standard error shown with a failure.
const TAIL_LINES: usize = 20;

/// What is known when the output has ended.
#[derive(Debug, Default)]
pub struct Ending {
    /// `None`: it did not exit by itself.
    pub status: Option<ExitStatus>,
    /// The connector's own errors, first one first.
    errors: Vec<Fault>,
}

impl Ending {
    /// Remembers an error the connector reported.
    pub fn note(&mut self, trace: &Trace, redactor: &Redactor) {
        let Trace::Error { error } = trace else {
            return;
        };
        let message = redactor.clean(&error.message);
        let kind = FaultKind::of_connector(error.failure_type, &message);
        let mut fault = Fault::new(told(kind), sentence(&message));
        fault.detail = error
            .internal_message
            .as_deref()
            .map(|text| redactor.clean(text))
            .filter(|text| *text != message);
        fault.stream = error
            .stream_descriptor
            .as_ref()
            .map(|stream| stream.name.clone());
        self.errors.push(fault);
    }
}

/// The verdict of a whole run.
pub fn judge(ending: Ending, stderr: &mut Stderr, redactor: &Redactor) -> Result<(), Fault> {
    if let Some(refusal) = stderr
        .report
        .as_ref()
        .and_then(|report| report.refused.clone())
    {
        return Err(Fault::forbidden(
            "The connector was not started, because it could not be contained on this machine.",
        )
        .with_detail(refusal));
    }
    let mut failed = Failures::default();
    for error in ending.errors {
        failed.add(error);
    }
    if let Some(fault) = failed.whole() {
        return Err(fault.or_detail(stderr.tail(TAIL_LINES, redactor)));
    }
    let Some(status) = ending.status else {
        return Err(Fault::upstream(
            "The connector finished writing but never exited, so it was stopped. It is unknown whether it was done.",
        ));
    };
    if status.success() {
        return Ok(());
    }
    Err(exit_fault(status).or_detail(stderr.tail(TAIL_LINES, redactor)))
}

/// A check that the connector answered with no.
pub fn refused(message: &str) -> Fault {
    Fault::new(told(FaultKind::of_refusal(message)), sentence(message))
}

fn exit_fault(status: ExitStatus) -> Fault {
    // The launcher passes a signal's end on as 128 and the number, as shells do.
    match status.code() {
        Some(code) if code == i32::from(NOT_STARTED) => {
            Fault::bug("The connector's program could not be started.")
        }
        Some(152) => {
            Fault::timeout("The connector used all the processor time it may and was stopped.")
        }
        Some(153) => {
            Fault::upstream("The connector wrote a larger file than it may and was stopped.")
        }
        Some(code) if code > 128 => {
            Fault::upstream(format!("The connector was ended by signal {}.", code - 128))
        }
        Some(code) => Fault::upstream(format!(
            "The connector failed with exit code {code} and gave no reason."
        )),
        None => Fault::upstream("The connector was ended from outside."),
    }
}

/// What the caller can do, by what the connector said.
fn told(kind: FaultKind) -> Kind {
    match kind {
        FaultKind::Credentials => Kind::Credentials,
        FaultKind::Forbidden => Kind::Forbidden,
        FaultKind::Config => Kind::Config,
        FaultKind::RateLimited => Kind::RateLimited { until: None },
        FaultKind::Upstream => Kind::Upstream,
        _ => Kind::Bug,
    }
}

/// An empty message still has to say something.
fn sentence(message: &str) -> String {
    let message = message.trim();
    if message.is_empty() {
        "The connector reported an error without saying which.".to_owned()
    } else {
        message.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_check_tells_whose_turn_it_is() {
        let cases = [
            ("Unauthorized: invalid API key", Kind::Credentials),
            ("403: missing scope read:orders", Kind::Forbidden),
            ("The start date is after today", Kind::Config),
        ];
        for (message, kind) in cases {
            assert_eq!(refused(message).kind, kind, "{message}");
        }
    }
}
