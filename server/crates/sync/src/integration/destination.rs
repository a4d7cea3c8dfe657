//! `airbyte_destination`: the type of destination that Airbyte writes to, or one that is there already.
//!
//! It is what an Airbyte of somebody else's is told. Whoever lands all rows in one place refuses the others.

use serde_json::{Value, json};
use uuid::Uuid;

use super::section::Section;

const KEY: &str = "airbyte_destination";
/// The destination types of Airbyte's public API.
const TYPES: [&str; 19] = [
    "postgres",
    "azure-blob-storage",
    "bigquery",
    "clickhouse",
    "databricks",
    "dev-null",
    "duckdb",
    "gcs",
    "google-sheets",
    "hubspot",
    "mongodb",
    "motherduck",
    "mssql",
    "mysql",
    "redshift",
    "s3",
    "s3-data-lake",
    "salesforce",
    "snowflake",
];
/// Other names people know them by.
const ALIASES: [(&str, &str); 3] = [
    ("postgresql", "postgres"),
    ("sqlserver", "mssql"),
    ("google-cloud-storage", "gcs"),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    Type(&'static str),
    Id(Uuid),
}

impl Destination {
    pub(super) fn read(section: &Section<'_>) -> Self {
        let said = Self::said(section);
        if section.found.reader.lands_rows()
            && said != Self::postgres()
            && let Some(value) = section.get(KEY)
        {
            let why = "leads elsewhere, and here rows land in PostgreSQL by whichever way they come: say postgres, or leave it out";
            section.problem(value.at, KEY, why);
        }
        said
    }

    fn postgres() -> Self {
        Self::Type(TYPES[0])
    }

    fn said(section: &Section<'_>) -> Self {
        let Some(text) = section.word(KEY) else {
            return Self::postgres();
        };
        if let Ok(id) = Uuid::parse_str(&text) {
            return Self::Id(id);
        }
        let alias = ALIASES.iter().find(|(name, _)| *name == text);
        let wanted = alias.map_or(text.as_str(), |(_, name)| *name);
        match TYPES.iter().find(|name| **name == wanted) {
            Some(name) => Self::Type(name),
            None => {
                let at = section.get(KEY).map_or(section.at, |value| value.at);
                let why = format!(
                    "is {text:?}: the id of a destination, or one of {}",
                    TYPES.join(", ")
                );
                section.problem(at, KEY, &why);
                Self::postgres()
            }
        }
    }

    /// What whoever sends it to an Airbyte should know.
    pub(super) fn note(&self) -> Option<&'static str> {
        (*self != Self::postgres()).then_some(
            "The destination is for whoever makes the connection there: what moves the data directly knows PostgreSQL only.",
        )
    }

    /// As the public API names it.
    pub fn api(&self) -> Value {
        match self {
            Self::Type(name) => json!({"destinationType": name}),
            Self::Id(id) => json!({"destinationId": id}),
        }
    }
}
