//! Ids in a path: one that is malformed is answered like one that does not exist.

use std::str::FromStr;

use super::error::Problem;

/// Reads an id from a path segment.
pub fn id<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_malformed| Problem::not_found())
}
