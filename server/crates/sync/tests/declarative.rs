//! The declarative runtime against Airbyte's own: the same manifests, the same local services, the same requests and
//! messages.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "declarative/addresses.rs"]
mod addresses;
#[path = "declarative/ahead.rs"]
mod ahead;
#[path = "declarative/answer.rs"]
mod answer;
#[path = "declarative/arrivals.rs"]
mod arrivals;
#[path = "declarative/case.rs"]
mod case;
#[path = "declarative/compare.rs"]
mod compare;
#[path = "declarative/dataset.rs"]
mod dataset;
#[path = "declarative/detail.rs"]
mod detail;
#[path = "declarative/difference.rs"]
mod difference;
#[path = "declarative/ends.rs"]
mod ends;
#[path = "declarative/expected.rs"]
mod expected;
#[path = "declarative/facts.rs"]
mod facts;
#[path = "declarative/goes_on.rs"]
mod goes_on;
#[path = "declarative/hostile.rs"]
mod hostile;
#[path = "declarative/jwt.rs"]
mod jwt;
#[path = "declarative/keys.rs"]
mod keys;
#[path = "declarative/meaning.rs"]
mod meaning;
#[path = "declarative/other_host.rs"]
mod other_host;
#[path = "declarative/ours.rs"]
mod ours;
#[path = "declarative/outcome.rs"]
mod outcome;
#[path = "declarative/outside.rs"]
mod outside;
#[path = "declarative/parity.rs"]
mod parity;
#[path = "declarative/python.rs"]
mod python;
#[path = "declarative/reading.rs"]
mod reading;
#[path = "declarative/report.rs"]
mod report;
#[path = "declarative/reports.rs"]
mod reports;
#[path = "declarative/schema_files.rs"]
mod schema_files;
#[path = "declarative/script.rs"]
mod script;
#[path = "declarative/server.rs"]
mod server;
#[path = "declarative/sharing.rs"]
mod sharing;
#[path = "declarative/verdict.rs"]
mod verdict;
#[path = "declarative/waits.rs"]
mod waits;
#[path = "declarative/wire.rs"]
mod wire;
