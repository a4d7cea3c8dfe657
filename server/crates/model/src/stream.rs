//! Streams of a connection: what the source offers, and what a person chose of it.

use serde::{Deserialize, Serialize};

/// How rows arrive, in the words of Airbyte's public API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SyncMode {
    FullRefreshOverwrite,
    FullRefreshAppend,
    IncrementalAppend,
    IncrementalDedupedHistory,
}

impl SyncMode {
    pub const ALL: [Self; 4] = [
        Self::IncrementalDedupedHistory,
        Self::IncrementalAppend,
        Self::FullRefreshOverwrite,
        Self::FullRefreshAppend,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::FullRefreshOverwrite => "full_refresh_overwrite",
            Self::FullRefreshAppend => "full_refresh_append",
            Self::IncrementalAppend => "incremental_append",
            Self::IncrementalDedupedHistory => "incremental_deduped_history",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == text)
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::FullRefreshOverwrite => "Replace the table each time",
            Self::FullRefreshAppend => "Add a full copy each time",
            Self::IncrementalAppend => "Add new rows only",
            Self::IncrementalDedupedHistory => "Update changed rows, add new ones",
        }
    }

    pub const fn needs_cursor(self) -> bool {
        matches!(
            self,
            Self::IncrementalAppend | Self::IncrementalDedupedHistory
        )
    }

    pub const fn needs_key(self) -> bool {
        matches!(self, Self::IncrementalDedupedHistory)
    }
}

/// One top-level field of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct FieldView {
    pub name: String,
    /// Plain type word: text, whole number, number, yes/no, date, time, date and time, list, object, mixed.
    pub kind: String,
    pub selected: bool,
    /// Holds personal data by its name (e-mail, phone, address …): masked in samples.
    pub personal: bool,
}

/// One stream and the choice made for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct StreamView {
    pub namespace: Option<String>,
    pub name: String,
    /// The table it lands in.
    pub table: String,
    pub selected: bool,
    pub mode: SyncMode,
    /// What source and destination allow together.
    pub modes: Vec<SyncMode>,
    /// Chosen or source-defined primary key; each part a top-level field.
    pub primary_key: Vec<String>,
    pub key_fixed_by_source: bool,
    pub cursor: Option<String>,
    pub cursor_fixed_by_source: bool,
    pub fields: Vec<FieldView>,
}

/// What the form for one stream posts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct StreamChoice {
    #[serde(default)]
    pub namespace: Option<String>,
    pub name: String,
    pub selected: bool,
    pub mode: SyncMode,
    #[serde(default)]
    pub primary_key: Vec<String>,
    #[serde(default)]
    pub cursor: Option<String>,
    /// Top-level fields to keep; empty means all.
    #[serde(default)]
    pub fields: Vec<String>,
}

/// One-click choices for all streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Incremental with dedup where possible, else replace.
    ExactCopy,
    /// Append only: every version of a row is kept.
    KeepHistory,
}

/// Sample rows of one stream: read through the connector, never stored as data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct StreamSample {
    pub namespace: Option<String>,
    pub name: String,
    pub columns: Vec<String>,
    /// Cell texts by row, aligned with `columns`; `None` is null. Personal data comes masked unless asked for.
    pub rows: Vec<Vec<Option<String>>>,
    /// Columns whose values are masked.
    pub masked: Vec<String>,
    /// Columns without null or double value in the sample.
    pub unique: Vec<String>,
    /// Why this stream gave no rows, in words.
    pub problem: Option<String>,
}
