//! Where an integration runs, and whether that is possible on this installation.

use serde::{Deserialize, Serialize};

/// Whether the engine in use can open a provider's consent window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    Offered,
    NotOffered,
}

/// Whether a real Airbyte is configured besides the embedded engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RemoteAirbyte {
    Configured,
    Absent,
}

/// Which engine can run an integration, said honestly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Runs {
    /// Built in; nothing is installed.
    Directly,
    /// The embedded engine installs the connector once and runs it here.
    Embedded,
    /// Only a configured Airbyte can run it.
    AirbyteOnly,
    /// Whoever connects it describes it first: it becomes a tool of the workspace's own.
    Described,
    /// No engine of this installation can run it today.
    Nowhere { why: String },
}

impl Runs {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Directly => "directly",
            Self::Embedded => "embedded",
            Self::AirbyteOnly => "airbyte_only",
            Self::Described => "described",
            Self::Nowhere { .. } => "nowhere",
        }
    }

    pub const fn label(&self) -> &'static str {
        match self {
            Self::Directly => "Runs here, built in",
            Self::Embedded => "Runs here, embedded engine",
            Self::AirbyteOnly => "With Airbyte only",
            Self::Described => "Runs here, as you describe it",
            Self::Nowhere { .. } => "Cannot run today",
        }
    }

    /// Whether it can be connected now.
    pub const fn availability(&self, remote: RemoteAirbyte) -> Availability {
        match (self, remote) {
            (Self::Directly | Self::Embedded | Self::Described, _)
            | (Self::AirbyteOnly, RemoteAirbyte::Configured) => Availability::Ready,
            (Self::AirbyteOnly, RemoteAirbyte::Absent) => Availability::NeedsAirbyte,
            (Self::Nowhere { .. }, _) => Availability::Unavailable,
        }
    }
}

/// Whether an integration can be connected on this installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    Ready,
    /// It would run if the operator configured an Airbyte.
    NeedsAirbyte,
    Unavailable,
}

/// The catalogue's filter on where an integration runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunsFilter {
    /// Directly, embedded or described: no Airbyte needed.
    Here,
    Directly,
    Embedded,
    AirbyteOnly,
    Nowhere,
}

impl RunsFilter {
    pub const ALL: [Self; 5] = [
        Self::Here,
        Self::Directly,
        Self::Embedded,
        Self::AirbyteOnly,
        Self::Nowhere,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Directly => "directly",
            Self::Embedded => "embedded",
            Self::AirbyteOnly => "airbyte_only",
            Self::Nowhere => "nowhere",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.name() == text)
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Here => "Runs here",
            Self::Directly => "Built in",
            Self::Embedded => "Embedded engine",
            Self::AirbyteOnly => "With Airbyte only",
            Self::Nowhere => "Cannot run today",
        }
    }

    pub const fn accepts(self, runs: &Runs) -> bool {
        match self {
            Self::Here => matches!(runs, Runs::Directly | Runs::Embedded | Runs::Described),
            Self::Directly => matches!(runs, Runs::Directly),
            Self::Embedded => matches!(runs, Runs::Embedded),
            Self::AirbyteOnly => matches!(runs, Runs::AirbyteOnly),
            Self::Nowhere => matches!(runs, Runs::Nowhere { .. }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_configured_airbyte_makes_airbyte_only_ready() {
        assert_eq!(
            Runs::AirbyteOnly.availability(RemoteAirbyte::Absent),
            Availability::NeedsAirbyte
        );
        assert_eq!(
            Runs::AirbyteOnly.availability(RemoteAirbyte::Configured),
            Availability::Ready
        );
        assert_eq!(
            Runs::Nowhere { why: String::new() }.availability(RemoteAirbyte::Configured),
            Availability::Unavailable
        );
    }

    #[test]
    fn what_people_describe_runs_here_without_an_airbyte() {
        assert_eq!(
            Runs::Described.availability(RemoteAirbyte::Absent),
            Availability::Ready
        );
        let accepting = RunsFilter::ALL.map(|filter| filter.accepts(&Runs::Described));
        assert_eq!(
            accepting,
            RunsFilter::ALL.map(|filter| filter == RunsFilter::Here)
        );
    }

    #[test]
    fn filters_read_back_and_accept_their_own() {
        assert!(
            RunsFilter::ALL
                .into_iter()
                .all(|filter| RunsFilter::parse(filter.name()) == Some(filter))
        );
        for runs in [
            Runs::Directly,
            Runs::Embedded,
            Runs::AirbyteOnly,
            Runs::Nowhere { why: String::new() },
        ] {
            let own = RunsFilter::parse(runs.name()).expect("each has a filter of its name");
            assert!(own.accepts(&runs));
            assert_eq!(
                RunsFilter::Here.accepts(&runs),
                matches!(runs, Runs::Directly | Runs::Embedded)
            );
        }
    }
}
