//! `airbyte_destination`: the type of destination that Airbyte writes to, or one that is there already.

use serde_json::{Value, json};
use uuid::Uuid;

use super::section::Section;

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
        let postgres = Self::Type(TYPES[0]);
        let Some(text) = section.word("airbyte_destination") else {
            return postgres;
        };
        if let Ok(id) = Uuid::parse_str(&text) {
            return Self::Id(id);
        }
        let alias = ALIASES.iter().find(|(name, _)| *name == text);
        let wanted = alias.map_or(text.as_str(), |(_, name)| *name);
        match TYPES.iter().find(|name| **name == wanted) {
            Some(name) => Self::Type(name),
            None => {
                let at = section
                    .get("airbyte_destination")
                    .map_or(section.at, |value| value.at);
                let why = format!(
                    "is {text:?}: the id of a destination, or one of {}",
                    TYPES.join(", ")
                );
                section.problem(at, "airbyte_destination", &why);
                postgres
            }
        }
    }

    /// As the public API names it.
    pub fn api(&self) -> Value {
        match self {
            Self::Type(name) => json!({"destinationType": name}),
            Self::Id(id) => json!({"destinationId": id}),
        }
    }
}
