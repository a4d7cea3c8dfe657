//! Connections: one connected integration of a tenant, its state words, its test and its sample.

use serde::{Deserialize, Serialize};

use crate::{ConnectionId, Page, RunId, SampleId, StreamSample, StreamView, TestId};

/// The one vocabulary of states for pages, API and events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// Saved to be finished later; nothing was checked.
    Draft,
    /// A test is on its way.
    Checking,
    /// Checked; streams are not chosen yet or nothing ran yet.
    Ready,
    /// Its first run is on its way.
    FirstLoad,
    UpToDate,
    Running,
    Queued,
    /// Only a person can go on: credentials, permission, configuration.
    NeedsYou,
    Failing,
    Paused,
}

impl ConnectionState {
    pub const ALL: [Self; 10] = [
        Self::Draft,
        Self::Checking,
        Self::Ready,
        Self::FirstLoad,
        Self::UpToDate,
        Self::Running,
        Self::Queued,
        Self::NeedsYou,
        Self::Failing,
        Self::Paused,
    ];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == text)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Checking => "checking",
            Self::Ready => "ready",
            Self::FirstLoad => "first_load",
            Self::UpToDate => "up_to_date",
            Self::Running => "running",
            Self::Queued => "queued",
            Self::NeedsYou => "needs_you",
            Self::Failing => "failing",
            Self::Paused => "paused",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Checking => "checking",
            Self::Ready => "ready",
            Self::FirstLoad => "first load",
            Self::UpToDate => "up to date",
            Self::Running => "running",
            Self::Queued => "queued",
            Self::NeedsYou => "needs you",
            Self::Failing => "failing",
            Self::Paused => "paused",
        }
    }
}

/// One row of the connections list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ConnectionRow {
    pub id: ConnectionId,
    pub name: String,
    /// Slug of the catalogue entry.
    pub integration: String,
    pub integration_name: String,
    pub state: ConnectionState,
    /// Why it needs a person or fails, in one sentence.
    pub reason: Option<String>,
    pub tables: i64,
    pub rows: i64,
    /// RFC 3339, UTC.
    pub last_rows_at: Option<String>,
    pub created_at: String,
}

impl ConnectionRow {
    /// Are its tables known? The first test that passes tells them; they stay known while it is tested again.
    pub const fn is_known(&self) -> bool {
        match self.state {
            ConnectionState::Draft => false,
            ConnectionState::Checking => self.tables > 0 || self.last_rows_at.is_some(),
            _ => true,
        }
    }
}

/// Everything its page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ConnectionView {
    pub row: ConnectionRow,
    pub streams: Vec<StreamView>,
    pub last_test: Option<TestView>,
    pub last_run: Option<RunId>,
    /// The run on its way now, if any.
    pub active_run: Option<RunId>,
    /// Non-secret settings for display: title and value.
    pub settings: Vec<(String, String)>,
    /// Titles of secrets that are set, with the day they were.
    pub secrets_set: Vec<(String, String)>,
    /// Apps that read its tables.
    pub feeds: Vec<String>,
    /// When its runs start by themselves; nothing where somebody starts them.
    pub schedule: Option<ScheduleView>,
    /// Its description says that it sends events, and they are not turned on yet.
    pub awaits_events: bool,
}

impl ConnectionView {
    /// As [`ConnectionRow::is_known`]; here the tables that nobody has chosen count, too.
    pub fn is_known(&self) -> bool {
        let checking = self.row.state == ConnectionState::Checking;
        self.row.is_known() || (checking && !self.streams.is_empty())
    }
}

/// When runs start by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct ScheduleView {
    /// As it was written: `every hour`, or cron and time zone such as `0 6 * * * Europe/Berlin`.
    pub text: String,
    /// The next time; nothing where it is never due again.
    pub next_at: Option<String>,
    /// The next three times, beginning with `next_at`: fewer where it is over before.
    pub coming: Vec<String>,
}

/// Where a job that a page follows stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    Waiting,
    Running,
    Passed,
    Failed,
}

impl Progress {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Passed => "passed",
            Self::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Waiting, Self::Running, Self::Passed, Self::Failed]
            .into_iter()
            .find(|state| state.name() == text)
    }

    pub const fn is_over(self) -> bool {
        matches!(self, Self::Passed | Self::Failed)
    }
}

/// One named check: "Name resolves", "Port open", "Login accepted" …
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct CheckStep {
    pub name: String,
    pub state: Progress,
    /// What was seen, or the cause and one way to fix it.
    pub detail: String,
    /// The form field to go to, when one is to blame.
    pub field: Option<String>,
    pub millis: Option<i64>,
}

/// One test of a connection: check, then discovery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct TestView {
    pub id: TestId,
    pub connection: ConnectionId,
    pub state: Progress,
    pub steps: Vec<CheckStep>,
    /// Streams found, once discovery is done.
    pub streams: Option<i64>,
    /// What failed, in plain words.
    pub problem: Option<String>,
    /// The connector's own words, secrets removed.
    pub raw: Option<String>,
    pub started_at: String,
    pub finished_at: Option<String>,
}

/// One look at sample rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct SampleView {
    pub id: SampleId,
    pub connection: ConnectionId,
    pub state: Progress,
    pub streams: Vec<StreamSample>,
    /// Tables that the source has: more than `streams` where only some of them are read.
    pub tables: i64,
    /// Personal data was asked for and is readable.
    pub revealed: bool,
    pub problem: Option<String>,
}

pub type ConnectionPage = Page<ConnectionRow>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SyncMode;

    fn row(state: ConnectionState, tables: i64, last_rows_at: Option<&str>) -> ConnectionRow {
        ConnectionRow {
            id: ConnectionId::from_u128(1),
            name: "Elbe shop".to_owned(),
            integration: "postgresql".to_owned(),
            integration_name: "PostgreSQL".to_owned(),
            state,
            reason: None,
            tables,
            rows: 0,
            last_rows_at: last_rows_at.map(str::to_owned),
            created_at: "2026-11-20T08:00:00Z".to_owned(),
        }
    }

    #[test]
    fn a_connection_that_is_tested_again_stays_known() {
        use ConnectionState::{Checking, Draft, NeedsYou, Paused, Ready};
        let landed = Some("2026-11-20T09:00:00Z");
        for (state, tables, rows_at, known) in [
            (Draft, 0, None, false),
            (Draft, 2, landed, false),
            (Checking, 0, None, false),
            (Checking, 2, None, true),
            (Checking, 0, landed, true),
            (Ready, 0, None, true),
            (NeedsYou, 2, landed, true),
            (Paused, 0, None, true),
        ] {
            let row = row(state, tables, rows_at);
            assert_eq!(row.is_known(), known, "{row:?}");
        }
    }

    #[test]
    fn tables_that_nobody_has_chosen_are_known_too() {
        let stream = StreamView {
            namespace: None,
            name: "orders".to_owned(),
            table: "orders".to_owned(),
            selected: false,
            mode: SyncMode::FullRefreshOverwrite,
            modes: vec![],
            primary_key: vec![],
            key_fixed_by_source: false,
            cursor: None,
            cursor_fixed_by_source: false,
            fields: vec![],
        };
        let view = |state, streams| ConnectionView {
            row: row(state, 0, None),
            streams,
            last_test: None,
            last_run: None,
            active_run: None,
            settings: vec![],
            secrets_set: vec![],
            feeds: vec![],
            schedule: None,
            awaits_events: false,
        };
        assert!(view(ConnectionState::Checking, vec![stream]).is_known());
        assert!(!view(ConnectionState::Checking, vec![]).is_known());
        assert!(!view(ConnectionState::Draft, vec![]).is_known());
    }
}
