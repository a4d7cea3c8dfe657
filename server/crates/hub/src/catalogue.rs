//! The catalogue: every integration a business can look for, parsed once from the data file.

mod search;

use std::sync::LazyLock;

use model::Integration;
use serde::Deserialize;

pub use search::{Found, Query, search};

const FILE: &str = include_str!("../data/catalogue.toml");

static CATALOGUE: LazyLock<Vec<Integration>> =
    LazyLock::new(|| parse(FILE).expect("the catalogue file is checked by a test"));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    integration: Vec<Integration>,
}

fn parse(text: &str) -> Result<Vec<Integration>, toml::de::Error> {
    toml::from_str::<File>(text).map(|file| file.integration)
}

/// Every integration, shelf by shelf.
pub fn all() -> &'static [Integration] {
    &CATALOGUE
}

/// The integration with this slug.
pub fn find(slug: &str) -> Option<&'static Integration> {
    all().iter().find(|entry| entry.slug == slug)
}

/// The integration a program means by a `sourceType`: a slug, or Airbyte's name of the connector.
pub fn find_source_type(source_type: &str) -> Option<&'static Integration> {
    let by_type = || {
        all()
            .iter()
            .find(|entry| entry.source_type.as_deref() == Some(source_type))
    };
    find(source_type).or_else(by_type)
}

#[cfg(test)]
mod tests;
