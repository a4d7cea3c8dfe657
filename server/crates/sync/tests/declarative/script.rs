//! The scripted service of a case: `api.yaml` as written.
//!
//! Routes are tried in order; the first that fits answers. `{…}` in paths binds a segment; `{…}` in answers is replaced by
//! facts of the request (`{query.page}`, `{path.id}`, `{header.x-key}`, `{form.code}`, `{body.a.b}`), by `{base}` (the
//! server's address), `{count}` (how often this route has answered, from 1) and by what `records` gives: `{records}`,
//! `{total}`, `{more}`, `{next_offset}`, `{next_page}`, `{next_cursor}`. A text with a `{next_…}` is null on the last page.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// A whole service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// What the case is about, in a line.
    pub about: String,
    /// What the case shows beside the components its manifest names.
    #[serde(default)]
    pub covers: Vec<String>,
    /// How many Airbyte's runtime works with at once; ours keeps to the manifest.
    #[serde(default = "one")]
    pub workers: usize,
    /// Facts every route demands, unless it is `open`; otherwise the answer is 401.
    #[serde(default)]
    pub require: BTreeMap<String, Value>,
    #[serde(default)]
    pub datasets: BTreeMap<String, Dataset>,
    pub routes: Vec<Route>,
    #[serde(default)]
    pub compare: Compare,
    #[serde(default)]
    pub expect: Expect,
    /// Where ours does something else on purpose, or what it does where Airbyte's is not asked.
    pub deviates: Option<Deviation>,
}

/// Something else that ours does when it reads.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    pub because: String,
    /// The verdict of `check`, when that is another one, too.
    pub check: Option<bool>,
    /// Whether `discover` answers, when that is another one, too.
    pub discover: Option<bool>,
    #[serde(default)]
    pub records: BTreeMap<String, usize>,
    #[serde(default)]
    pub failures: BTreeMap<String, Vec<String>>,
    /// Words that must stand in what a person is told.
    #[serde(default)]
    pub says: Vec<String>,
}

/// Rows, written out or made by a rule.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Dataset {
    Rows(Vec<Value>),
    Rule {
        count: usize,
        fields: Map<String, Value>,
    },
}

/// One answer of the service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// `*` is any.
    #[serde(default = "get")]
    pub method: String,
    pub path: String,
    /// Facts the request must show; null means absent, a list means any of these.
    #[serde(default)]
    pub when: BTreeMap<String, Value>,
    /// Fits only after this many requests that fitted otherwise.
    #[serde(default)]
    pub after: usize,
    /// Answers so often, then no more.
    pub times: Option<usize>,
    /// Answers without what the service requires elsewhere.
    #[serde(default)]
    pub open: bool,
    #[serde(default = "ok")]
    pub status: u16,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    pub records: Option<Selection>,
    pub json: Option<Value>,
    pub text: Option<String>,
    #[serde(default, rename = "as")]
    pub shape: Shape,
    pub pack: Option<Pack>,
    /// `{flood}` in the text is this many zeros.
    #[serde(default)]
    pub flood: usize,
    /// Refuses (409) while another such route is being answered.
    #[serde(default)]
    pub alone: bool,
    /// Milliseconds before it says anything.
    #[serde(default)]
    pub silent: u64,
}

/// Which rows of a dataset a request asks for. Every setting may be a `{…}`; what resolves to nothing does not count.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    pub of: String,
    /// `field = value` and the like with `>=`, `<=`, `>`, `<`.
    #[serde(default, rename = "where")]
    pub conditions: Vec<String>,
    #[serde(default)]
    pub size: Value,
    #[serde(default)]
    pub offset: Value,
    #[serde(default)]
    pub page: Value,
    /// The number of the first page.
    #[serde(default)]
    pub first: usize,
    #[serde(default)]
    pub cursor: Value,
    /// Only these fields, as a request with chosen fields gets them.
    #[serde(default)]
    pub only: Value,
}

/// How rows are written.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    #[default]
    Json,
    Jsonl,
    Csv,
}

/// How an answer is packed, as a file rather than by `Content-Encoding`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pack {
    Gzip,
    Zip,
}

/// What two runtimes may do in another order.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compare {
    /// Facts that, beside the path, tell the partitions of requests apart; order counts within one.
    #[serde(default)]
    pub requests: Vec<String>,
    /// Per stream, the fields that tell the partitions of records apart; order counts within one.
    #[serde(default)]
    pub records: BTreeMap<String, Vec<String>>,
    /// Paths that ours may ask for less often, as a client that remembers the answer does.
    #[serde(default)]
    pub fewer: Vec<String>,
    /// Only the last state of each stream counts: partitions that end in another order give others on the way.
    #[serde(default)]
    pub last_state_only: bool,
}

/// What Airbyte's runtime must do by itself for the case to be a case.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Records of each stream.
    #[serde(default)]
    pub records: BTreeMap<String, usize>,
    /// The read fails, with the types of failure told of each stream.
    #[serde(default)]
    pub failures: BTreeMap<String, Vec<String>>,
    /// The manifest or configuration is refused before anything is read.
    #[serde(default)]
    pub refused: bool,
    /// The verdict of `check`.
    #[serde(default = "yes")]
    pub check: bool,
    /// `discover` fails.
    #[serde(default)]
    pub undiscoverable: bool,
    /// Records of a second read that starts from the first one's states; not done when absent.
    pub again: Option<BTreeMap<String, usize>>,
}

fn get() -> String {
    "GET".to_owned()
}

fn ok() -> u16 {
    200
}

fn one() -> usize {
    1
}

fn yes() -> bool {
    true
}
