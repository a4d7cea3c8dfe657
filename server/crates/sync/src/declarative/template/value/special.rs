//! Values that only Jinja has: macros, loops, cyclers, joiners, blocks, and the views of a mapping.

use std::cell::{Cell, RefCell};

use super::super::ast::{Block, For, Macro};
use super::super::error::TemplateError;
use super::super::eval::Place;
use super::Val;

pub enum Special<'a> {
    /// A macro, or the body of a `call`.
    Macro(&'a Macro, Place),
    Loop(Loop<'a>),
    /// Hands out its items one after the other, again and again.
    Cycler(Vec<Val<'a>>, Cell<usize>),
    /// Nothing at the first call, its separator at every other.
    Joiner(Val<'a>, Cell<bool>),
    /// The template itself, which knows its blocks.
    Template(&'a [Block]),
    Block(&'a Block),
    /// What `items()`, `keys()` and `values()` answer: it follows its mapping.
    View(Val<'a>, Part),
}

/// What `loop` stands for.
pub struct Loop<'a> {
    pub each: &'a For,
    /// Where the loop stands: its rounds see what is known there.
    pub place: Place,
    /// How often the loop was called inside of itself.
    pub depth: usize,
    pub items: Vec<Val<'a>>,
    pub at: Cell<usize>,
    /// What `changed` was asked last.
    pub seen: RefCell<Option<Vec<Val<'a>>>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Items,
    Keys,
    Values,
}

impl Part {
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "items" => Some(Self::Items),
            "keys" => Some(Self::Keys),
            "values" => Some(Self::Values),
            _ => None,
        }
    }
}

impl<'a> Special<'a> {
    /// The name of the kind, as Python's messages have it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Macro(..) => "Macro",
            Self::Loop(_) => "LoopContext",
            Self::Cycler(..) => "Cycler",
            Self::Joiner(..) => "Joiner",
            Self::Template(_) => "TemplateReference",
            Self::Block(_) => "BlockReference",
            // headers are a mapping of Python's own, with views of its own
            Self::View(Val::Headers(_), Part::Items) => "ItemsView",
            Self::View(Val::Headers(_), Part::Keys) => "KeysView",
            Self::View(Val::Headers(_), Part::Values) => "ValuesView",
            Self::View(_, Part::Items) => "dict_items",
            Self::View(_, Part::Keys) => "dict_keys",
            Self::View(_, Part::Values) => "dict_values",
        }
    }

    pub fn len(&self) -> Option<usize> {
        match self {
            Self::Loop(each) => Some(each.items.len()),
            Self::View(mapping, _) => mapping.len(),
            _ => None,
        }
    }

    /// Its items, if it is a view.
    pub fn items(&self) -> Result<Vec<Val<'a>>, TemplateError> {
        let Self::View(mapping, part) = self else {
            return Err(TemplateError::kind(format!(
                "'{}' object is not iterable",
                self.kind()
            )));
        };
        let pairs = mapping.pairs().unwrap_or_default().into_iter();
        Ok(match part {
            Part::Items => pairs
                .map(|(key, value)| Val::tuple(vec![key, value]))
                .collect(),
            Part::Keys => pairs.map(|(key, _)| key).collect(),
            Part::Values => pairs.map(|(_, value)| value).collect(),
        })
    }

    pub fn is_callable(&self) -> bool {
        matches!(
            self,
            Self::Macro(..) | Self::Loop(_) | Self::Joiner(..) | Self::Block(_)
        )
    }

    /// Every value it holds.
    pub fn held(&self, see: &mut dyn FnMut(&Val<'a>)) {
        match self {
            Self::Loop(each) => {
                each.items.iter().for_each(&mut *see);
                each.seen.borrow().iter().flatten().for_each(see);
            }
            Self::Cycler(items, _) => items.iter().for_each(see),
            Self::Joiner(value, _) | Self::View(value, _) => see(value),
            Self::Macro(..) | Self::Template(_) | Self::Block(_) => {}
        }
    }
}
