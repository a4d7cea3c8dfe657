//! The names a template gives itself, in levels: each block with names of its own opens one on top of where it stands, and
//! a macro opens one on top of where it was written, not of where it is called.

use super::super::value::Val;

#[derive(Default)]
pub struct Locals<'a> {
    values: Vec<(&'a str, Val<'a>)>,
    /// Above the outermost level, which has no entry. Only the topmost gets new names, so each owns one stretch of values.
    levels: Vec<Level>,
    opened: usize,
}

struct Level {
    start: usize,
    /// The level it sees besides itself.
    outer: usize,
    /// Tells it from a later one of the same height.
    serial: usize,
}

/// A level, to come back to as long as it is open.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    level: usize,
    serial: usize,
}

impl Place {
    /// Where only the names of the whole template are known.
    pub const OUTERMOST: Self = Self {
        level: 0,
        serial: 0,
    };
}

impl<'a> Locals<'a> {
    pub fn find(&self, name: &str) -> Option<&Val<'a>> {
        let mut level = self.levels.len();
        loop {
            let here = self.values.get(self.start(level)..self.end(level))?;
            if let Some((_, value)) = here.iter().rev().find(|(found, _)| *found == name) {
                return Some(value);
            }
            level = self.levels.get(level.checked_sub(1)?)?.outer;
        }
    }

    /// Gives the name a value in the topmost level.
    pub fn define(&mut self, name: &'a str, value: Val<'a>) {
        let start = self.start(self.levels.len());
        let mut here = self.values[start..].iter_mut();
        match here.find(|(found, _)| *found == name) {
            Some((_, old)) => *old = value,
            None => self.values.push((name, value)),
        }
    }

    pub fn here(&self) -> Place {
        Place {
            level: self.levels.len(),
            serial: self.levels.last().map_or(0, |level| level.serial),
        }
    }

    pub fn is_open(&self, place: Place) -> bool {
        place.level.checked_sub(1).is_none_or(|at| {
            let level = self.levels.get(at);
            level.is_some_and(|level| level.serial == place.serial)
        })
    }

    /// A new level that sees this one.
    pub fn open(&mut self, outer: Place) {
        self.opened += 1;
        self.levels.push(Level {
            start: self.values.len(),
            outer: outer.level,
            serial: self.opened,
        });
    }

    /// Forgets the topmost level.
    pub fn close(&mut self) {
        if let Some(level) = self.levels.pop() {
            self.values.truncate(level.start);
        }
    }

    fn start(&self, level: usize) -> usize {
        let level = level.checked_sub(1).and_then(|at| self.levels.get(at));
        level.map_or(0, |level| level.start)
    }

    fn end(&self, level: usize) -> usize {
        let above = self.levels.get(level);
        above.map_or(self.values.len(), |above| above.start)
    }
}
