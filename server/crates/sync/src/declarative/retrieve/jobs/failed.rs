//! What a person is told of a report that failed: which one, and at what.

use std::fmt;

use crate::fault::{Fault, Kind};

/// At what a report fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Creation,
    Polling,
    Download,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Creation => "Asking for the report",
            Self::Polling => "Waiting for the report",
            Self::Download => "Reading the report",
        })
    }
}

impl Step {
    /// Says where it happened. What a person has to mend before anything can be read is told in its own words alone.
    pub fn at(self, part: &str, mut fault: Fault) -> Fault {
        let alone = matches!(
            fault.kind,
            Kind::Credentials | Kind::Forbidden | Kind::Cancelled
        );
        if !alone {
            fault.message = format!("{self}{part}: {}", fault.message);
        }
        fault
    }
}

/// A try that came to nothing.
#[derive(Debug)]
pub struct Failed {
    step: Step,
    fault: Fault,
}

impl Failed {
    pub fn new(step: Step, fault: Fault) -> Self {
        Self { step, fault }
    }

    /// Whether asking for it anew may help. An API refuses a report also because others are not finished yet.
    pub fn may_pass(&self) -> bool {
        self.fault.is_transient()
            || self.fault.kind == Kind::Bug
            || (self.step == Step::Creation && self.fault.kind == Kind::Data)
    }

    /// The fault of the only try.
    pub fn once(self, part: &str) -> Fault {
        self.step.at(part, self.fault)
    }

    /// The fault of the last one of several.
    pub fn at_last(self, tries: u32, part: &str) -> Fault {
        let Self { step, fault } = self;
        let message = format!("{step}{part} failed {tries} times. {}", fault.message);
        let kind = match fault.kind {
            Kind::Data => Kind::Data,
            _ => Kind::Bug,
        };
        Fault::new(kind, message).or_detail(fault.detail)
    }

    /// For the log, when it is asked for again.
    pub fn remark(&self, part: &str) -> String {
        let Self { step, fault } = self;
        format!(
            "{step}{part} failed, and it is asked for again: {}",
            fault.message
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_which_report_and_at_what() {
        let part = " of year 2024";
        let refused = || Failed::new(Step::Creation, Fault::data("No.").with_detail("why"));
        assert!(refused().may_pass(), "another report may be in its way");
        let fault = refused().at_last(3, part);
        assert_eq!(
            (fault.message.as_str(), fault.detail.as_deref()),
            (
                "Asking for the report of year 2024 failed 3 times. No.",
                Some("why")
            )
        );
        let broken = Failed::new(Step::Polling, Fault::data("No."));
        assert!(!broken.may_pass());
        assert_eq!(
            broken.once(part).message,
            "Waiting for the report of year 2024: No."
        );
        let stranger = Failed::new(Step::Creation, Fault::credentials("Who?"));
        assert!(!stranger.may_pass());
        assert_eq!(stranger.once(part).message, "Who?");
    }
}
