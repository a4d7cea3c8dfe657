//! What one reader sees of a slice: the newest record, and which records are new at all.

use std::sync::Arc;

use serde_json::{Number, Value};

use super::definition::Definition;
use crate::declarative::datetime::Moment;
use crate::declarative::template::python_str;

/// The records of one slice, as far as the position is concerned.
#[derive(Debug)]
pub struct Watch {
    kind: Kind,
    /// The value looked at last: neighbours often have the same.
    last: String,
    /// The first value that told no position.
    odd: Option<String>,
}

#[derive(Debug)]
enum Kind {
    None,
    Datetime {
        definition: Arc<Definition>,
        newest: Option<Moment>,
        /// The greatest text of a moment, where texts are ordered otherwise than moments.
        top: Option<String>,
        tops: bool,
    },
    Count {
        highest: Option<Number>,
        mixed: bool,
    },
}

impl Watch {
    pub fn none() -> Self {
        Self::of(Kind::None)
    }

    pub(super) fn datetime(definition: &Arc<Definition>, tops: bool) -> Self {
        Self::of(Kind::Datetime {
            tops: tops && !definition.is_sortable(),
            definition: Arc::clone(definition),
            newest: None,
            top: None,
        })
    }

    pub(super) fn count() -> Self {
        Self::of(Kind::Count {
            highest: None,
            mixed: false,
        })
    }

    fn of(kind: Kind) -> Self {
        Self {
            kind,
            last: String::new(),
            odd: None,
        }
    }

    /// Looks at the cursor field of a record that is passed on.
    pub fn observe(&mut self, value: Option<&Value>) {
        match value {
            Some(Value::String(text)) => self.observe_text(text),
            None | Some(Value::Null) => self.note("no value"),
            Some(value) => self.look(value),
        }
    }

    /// The same for a text, as it stands in the record.
    pub fn observe_text(&mut self, text: &str) {
        if matches!(self.kind, Kind::None) || (!self.last.is_empty() && self.last == text) {
            return;
        }
        self.last.clear();
        self.last.push_str(text);
        let moment = match &self.kind {
            Kind::Datetime { definition, .. } => definition.moment_of_text(text).ok(),
            _ => None,
        };
        match (moment, &mut self.kind) {
            (Some(moment), _) => self.saw(moment),
            (None, Kind::Count { mixed, .. }) => *mixed = true,
            (None, _) => self.note(text),
        }
    }

    fn look(&mut self, value: &Value) {
        let moment = match &mut self.kind {
            Kind::None => return,
            Kind::Count { highest, mixed } => {
                return match value {
                    Value::Number(number) => count(highest, number),
                    _ => *mixed = true,
                };
            }
            Kind::Datetime { definition, .. } => definition.moment(value).ok(),
        };
        match moment {
            Some(moment) => self.saw(moment),
            None => self.note(&python_str(value)),
        }
    }

    fn saw(&mut self, moment: Moment) {
        let Kind::Datetime {
            definition,
            newest,
            top,
            tops,
        } = &mut self.kind
        else {
            return;
        };
        if *tops {
            let text = definition.text(&moment);
            if top.as_ref().is_none_or(|top| *top < text) {
                *top = Some(text);
            }
        }
        match newest {
            Some(old) if old.micros() >= moment.micros() => {}
            _ => *newest = Some(moment),
        }
    }

    fn note(&mut self, value: &str) {
        if self.odd.is_none() && !matches!(self.kind, Kind::None) {
            self.odd = Some(value.chars().take(64).collect());
        }
    }

    /// A value of the cursor field that told no position, for the log: such records never move it.
    pub fn odd(&self) -> Option<&str> {
        self.odd.as_deref()
    }

    pub(super) fn newest(&self) -> Option<Moment> {
        match &self.kind {
            Kind::Datetime { newest, .. } => *newest,
            _ => None,
        }
    }

    /// The greatest position seen, as text.
    pub(super) fn top(&self) -> Option<String> {
        match &self.kind {
            Kind::Datetime {
                definition,
                newest,
                top,
                tops,
            } if !tops => {
                debug_assert!(top.is_none(), "texts are kept only where they are needed");
                newest.as_ref().map(|moment| definition.text(moment))
            }
            Kind::Datetime { top, .. } => top.clone(),
            _ => None,
        }
    }

    /// The highest number seen; an error when there were values that are none.
    pub(super) fn highest(&self) -> Result<Option<&Number>, ()> {
        match &self.kind {
            Kind::Count { mixed: true, .. } => Err(()),
            Kind::Count { highest, .. } => Ok(highest.as_ref()),
            _ => Ok(None),
        }
    }
}

fn count(highest: &mut Option<Number>, number: &Number) {
    if highest
        .as_ref()
        .is_none_or(|old| order(old, number).is_lt())
    {
        *highest = Some(number.clone());
    }
}

/// Numbers in order, integers exactly.
pub(super) fn order(a: &Number, b: &Number) -> std::cmp::Ordering {
    let int = |number: &Number| {
        number
            .as_i64()
            .map(i128::from)
            .or(number.as_u64().map(i128::from))
    };
    match (int(a), int(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => {
            let float = |number: &Number| number.as_f64().unwrap_or(f64::NEG_INFINITY);
            float(a).total_cmp(&float(b))
        }
    }
}

/// Which records are new, for APIs that cannot tell.
#[derive(Debug, Clone)]
pub struct Filter {
    kind: Since,
}

#[derive(Debug, Clone)]
enum Since {
    Always,
    Moment(Moment, Arc<Definition>),
    Number(Number),
}

impl Filter {
    pub(super) fn all() -> Self {
        Self {
            kind: Since::Always,
        }
    }

    pub(super) fn since(lowest: Moment, definition: &Arc<Definition>) -> Self {
        Self {
            kind: Since::Moment(lowest, Arc::clone(definition)),
        }
    }

    pub(super) fn from(lowest: Number) -> Self {
        Self {
            kind: Since::Number(lowest),
        }
    }

    /// Whether a record with this cursor value is to be passed on. One without a position always is.
    pub fn lets_pass(&self, value: Option<&Value>) -> bool {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            return true;
        };
        match &self.kind {
            Since::Always => true,
            Since::Number(lowest) => match value {
                Value::Number(number) => order(lowest, number).is_le(),
                _ => true,
            },
            Since::Moment(lowest, definition) => match definition.moment(value) {
                Err(_) => true,
                Ok(moment) => {
                    let end = definition.end().map(|end| end.micros());
                    lowest.micros() <= moment.micros()
                        && end.is_ok_and(|end| moment.micros() <= end)
                }
            },
        }
    }
}
