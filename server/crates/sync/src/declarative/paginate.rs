//! From one page to the next.

mod circle;
mod strategy;

use serde_json::Value;

use super::env::Env;
use super::manifest::{Node, is_true};
use super::request::{Extras, Page, RequestOption};
use super::slice::Slice;
use super::text::{Text, plain};
use crate::fault::Fault;
pub use circle::{Circle, Print};
use strategy::Strategy;

/// `DefaultPaginator` or none.
#[derive(Debug)]
pub enum Paginator {
    None,
    Default {
        strategy: Strategy,
        size: Option<RequestOption>,
        token: Option<TokenPlace>,
    },
}

/// Where the token goes.
#[derive(Debug)]
pub enum TokenPlace {
    /// It is the next path or the next address.
    Path,
    Option(RequestOption),
}

/// What was seen of a page.
#[derive(Debug)]
pub struct Seen<'a> {
    pub page: &'a Page,
    /// The page as templates see it.
    pub response: &'a Value,
    /// Records that came out, after filters.
    pub records: u64,
    /// Records the answer held.
    pub extracted: u64,
    pub last_record: Option<&'a Value>,
    pub last_token: Option<&'a Value>,
    /// The page size in effect, when it was reduced.
    pub size: Option<u64>,
    pub slice: &'a Slice,
}

impl Paginator {
    pub fn read(node: &Node<'_>, env: &Env) -> Result<Self, Fault> {
        match node.kind() {
            "NoPagination" => Ok(Self::None),
            "DefaultPaginator" => {
                let strategy = Strategy::read(&node.need_child("pagination_strategy")?, env)?;
                let size = match node.child("page_size_option")? {
                    Some(option) => Some(RequestOption::read(&option)?),
                    None => None,
                };
                if size.is_some() && strategy.page_size(env)?.is_none() {
                    return Err(node.broken("page_size_option needs a page_size in its strategy."));
                }
                let token = match node.child("page_token_option")? {
                    Some(option) if option.kind() == "RequestPath" => Some(TokenPlace::Path),
                    Some(option) => Some(TokenPlace::Option(RequestOption::read(&option)?)),
                    None => None,
                };
                Ok(Self::Default {
                    strategy,
                    size,
                    token,
                })
            }
            _ => Err(node.unknown()),
        }
    }

    /// The token of the first page, if it has one.
    pub fn first(&self) -> Option<Value> {
        match self {
            Self::None => None,
            Self::Default { strategy, .. } => strategy.first(),
        }
    }

    pub fn page_size(&self, env: &Env) -> Result<Option<u64>, Fault> {
        match self {
            Self::None => Ok(None),
            Self::Default { strategy, .. } => strategy.page_size(env),
        }
    }

    /// The token of the next page; nothing at the end.
    pub fn next(&self, seen: &Seen<'_>, env: &Env) -> Result<Option<Value>, Fault> {
        match self {
            Self::None => Ok(None),
            Self::Default { strategy, .. } => Ok(strategy.next(seen, env)?.filter(is_true)),
        }
    }

    /// The token that comes after this one if the page is full; nothing where only the answer tells.
    pub fn foreseen(&self, last: Option<&Value>, env: &Env) -> Option<Value> {
        match self {
            Self::Default {
                strategy,
                token: Some(TokenPlace::Option(_)),
                ..
            } => strategy.foreseen(last, env),
            Self::Default { .. } | Self::None => None,
        }
    }

    /// The token as a path, when that is where it goes.
    pub fn path(&self, token: Option<&Value>) -> Option<String> {
        match (self, token) {
            (
                Self::Default {
                    token: Some(TokenPlace::Path),
                    ..
                },
                Some(token),
            ) if is_true(token) => Some(plain(token)),
            _ => None,
        }
    }

    /// What goes into the request of a page.
    pub fn extras(
        &self,
        token: Option<&Value>,
        size_now: Option<u64>,
        env: &Env,
    ) -> Result<Extras, Fault> {
        let mut extras = Extras::default();
        let Self::Default {
            strategy,
            size,
            token: place,
        } = self
        else {
            return Ok(extras);
        };
        if let (Some(TokenPlace::Option(option)), Some(token)) = (place, token) {
            extras.add(option, token.clone(), env)?;
        }
        if let Some(option) = size {
            let count = match size_now {
                Some(size) => Some(size),
                None => strategy.page_size(env)?,
            };
            if let Some(count) = count.filter(|count| *count > 0) {
                extras.add(option, Value::from(count), env)?;
            }
        }
        Ok(extras)
    }

    /// Whether the next token depends on the content of the answer.
    pub fn reads_response(&self) -> bool {
        matches!(self, Self::Default { strategy, .. } if strategy.reads_response())
    }

    /// The templates that find it.
    pub fn texts(&self) -> Vec<&Text> {
        match self {
            Self::None => Vec::new(),
            Self::Default { strategy, .. } => strategy.texts(),
        }
    }

    /// Whether it depends on the last record.
    pub fn reads_last_record(&self) -> bool {
        matches!(self, Self::Default { strategy, .. } if strategy.uses("last_record"))
    }

    /// Page numbers cannot change their size midway.
    pub const fn can_reduce(&self) -> bool {
        matches!(
            self,
            Self::Default {
                size: Some(_),
                strategy: Strategy::Offset { .. } | Strategy::Cursor { .. },
                ..
            }
        )
    }
}
