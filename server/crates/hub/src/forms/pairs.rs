//! Posted names and values, looked up by name; a name may carry several values.

use std::collections::{BTreeMap, BTreeSet};

use super::name::Name;

#[derive(Debug, Clone, Default)]
pub struct Pairs(BTreeMap<String, Vec<String>>);

impl Pairs {
    pub fn new(posted: &[(String, String)]) -> Self {
        let mut pairs = Self::default();
        for (name, value) in posted {
            pairs.push(name, value.clone());
        }
        pairs
    }

    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        self.0
            .entry(name.to_owned())
            .or_default()
            .push(value.into());
    }

    /// The last value: a check box after its hidden "false" wins.
    pub fn last(&self, name: &Name) -> Option<&str> {
        self.0.get(name.as_str())?.last().map(String::as_str)
    }

    pub fn all(&self, name: &Name) -> &[String] {
        self.0.get(name.as_str()).map_or(&[], Vec::as_slice)
    }

    /// The row numbers posted below a name, in order; they may have holes.
    pub fn indices(&self, name: &Name) -> Vec<usize> {
        let prefix = format!("{name}.");
        let numbers: BTreeSet<usize> = self
            .0
            .range(prefix.clone()..)
            .take_while(|(key, _)| key.starts_with(&prefix))
            .filter_map(|(key, _)| key[prefix.len()..].split('.').next()?.parse().ok())
            .collect();
        numbers.into_iter().collect()
    }
}
