//! Which fields of a record a filter and transformations have to do with, where that can be told beforehand.

use super::glob;
use super::transform::Transformation;
use crate::declarative::text::Text;

/// Names of an object's own fields.
#[derive(Debug, Default)]
pub struct Touch {
    reads: Vec<String>,
    changes: Vec<String>,
    /// Until all are known; then they are changes like the others.
    removes: Vec<String>,
    /// Fields that only lose something inside of them.
    inside: Vec<(String, Touch)>,
    /// The lengths of all these names, a bit for each: most fields of a record are told from them by that alone.
    lengths: u64,
}

/// What has to be known of one field.
#[derive(Debug, Clone, Copy)]
pub enum Need<'t> {
    Nothing,
    /// Its value, which stays as it is.
    Value,
    /// Its value, which may be replaced or removed.
    Change,
    /// What is named of the values inside of it, which may be removed.
    Inside(&'t Touch),
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
        (!returns).then(|| touch.settled())
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
            [first, ..] if glob::is_pattern(first) => return None,
            [] => {}
            [name] => self.removes.push(name.clone()),
            [name, rest @ ..] => {
                if self.inner(name).remove(rest).is_none() {
                    self.change(path);
                }
            }
        }
        Some(())
    }

    fn inner(&mut self, name: &str) -> &mut Self {
        let found = self.inside.iter().position(|(found, _)| found == name);
        let at = found.unwrap_or_else(|| {
            self.inside.push((name.to_owned(), Self::default()));
            self.inside.len() - 1
        });
        &mut self.inside[at].1
    }

    /// A field that something else is done with, too, is needed as a whole.
    fn settled(mut self) -> Self {
        self.changes.append(&mut self.removes);
        let mut inside = Vec::new();
        for (name, inner) in self.inside {
            if self.reads.contains(&name) || self.changes.contains(&name) {
                self.changes.push(name);
            } else {
                inside.push((name, inner.settled()));
            }
        }
        let names = self.reads.iter().chain(&self.changes);
        let names = names.chain(inside.iter().map(|(name, _)| name));
        let lengths = names.fold(0, |lengths, name| lengths | length_of(name));
        Self {
            inside,
            lengths,
            ..self
        }
    }

    pub fn need(&self, name: &str) -> Need<'_> {
        if self.lengths & length_of(name) == 0 {
            return Need::Nothing;
        }
        if self.may_change(name) {
            return Need::Change;
        }
        if self.reads.iter().any(|found| found == name) {
            return Need::Value;
        }
        let inside = self.inside.iter().find(|(found, _)| found == name);
        inside.map_or(Need::Nothing, |(_, inner)| Need::Inside(inner))
    }

    /// Whether the field may be set, replaced or removed.
    pub fn may_change(&self, name: &str) -> bool {
        self.changes.iter().any(|found| found == name)
    }

    /// Whether records stay as they are.
    pub const fn only_reads(&self) -> bool {
        self.changes.is_empty() && self.inside.is_empty()
    }
}

/// One bit of 64; longer names share them with shorter ones.
const fn length_of(name: &str) -> u64 {
    1 << (name.len() % 64)
}
