//! Which fields of a record a filter and transformations have to do with, where that can be told beforehand.

use super::transform::Transformation;
use crate::declarative::text::Text;

/// Names of a record's own fields.
#[derive(Debug, Default)]
pub struct Touch {
    reads: Vec<String>,
    changes: Vec<String>,
    /// Until all are known; then they are changes like the others.
    removes: Vec<String>,
}

impl Touch {
    /// Nothing when they may look at any field, or do what cannot be done without all of them.
    pub fn of(filter: Option<&Text>, transformations: &[Transformation]) -> Option<Self> {
        let mut touch = Self::default();
        if let Some(filter) = filter {
            touch.read(filter)?;
        }
        for transformation in transformations {
            transformation.touch(&mut touch)?;
        }
        // What is removed and added again goes to the end; here it would stay in its place.
        let returns = touch
            .changes
            .iter()
            .any(|name| touch.removes.contains(name));
        touch.changes.append(&mut touch.removes);
        (!returns).then_some(touch)
    }

    /// A template looks at the record.
    pub fn read(&mut self, text: &Text) -> Option<()> {
        let names = text.entries_of("record")?;
        self.reads.extend(names.into_iter().map(str::to_owned));
        Some(())
    }

    /// Something at the path is set.
    pub fn change(&mut self, path: &[String]) {
        self.changes.extend(path.first().cloned());
    }

    /// What is at the path goes.
    pub fn remove(&mut self, path: &[String]) -> Option<()> {
        match path {
            [first, ..] if first == "*" || first == "**" => None,
            [name] => {
                self.removes.push(name.clone());
                Some(())
            }
            _ => {
                self.change(path);
                Some(())
            }
        }
    }

    /// Whether a field has to be read.
    pub fn knows(&self, name: &str) -> bool {
        self.may_change(name) || self.reads.iter().any(|found| found == name)
    }

    pub fn may_change(&self, name: &str) -> bool {
        self.changes.iter().any(|found| found == name)
    }

    /// Whether records stay as they are.
    pub const fn only_reads(&self) -> bool {
        self.changes.is_empty()
    }
}
