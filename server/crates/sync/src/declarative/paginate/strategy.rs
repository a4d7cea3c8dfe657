//! How the next token is found: counting records, counting pages, or reading it from the answer.

use serde_json::{Map, Value};

use super::Seen;
use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::declarative::request::slice_binding;
use crate::declarative::template::{Binding, Scope};
use crate::declarative::text::Text;
use crate::fault::Fault;

#[derive(Debug)]
pub enum Strategy {
    Offset {
        size: Option<Text>,
        on_first: bool,
    },
    Page {
        size: Option<u64>,
        start: i64,
        on_first: bool,
    },
    Cursor {
        value: Text,
        stop: Option<Text>,
        size: Option<u64>,
    },
}

impl Strategy {
    pub fn read(node: &Node<'_>, env: &Env) -> Result<Self, Fault> {
        let size = || {
            Text::read(node, "page_size").map(|text| text.filter(|text| !text.source().is_empty()))
        };
        let fixed = || match size()? {
            Some(size) => whole(&size, &env.scope(&Value::Null)).map(Some),
            None => Ok(None),
        };
        Ok(match node.kind() {
            "OffsetIncrement" => Self::Offset {
                size: size()?,
                on_first: node.is("inject_on_first_request")?,
            },
            "PageIncrement" => Self::Page {
                size: fixed()?,
                start: match node.get("start_from_page") {
                    Some(value) => value
                        .as_i64()
                        .ok_or_else(|| node.wrong("start_from_page", "is not a whole number"))?,
                    None => 0,
                },
                on_first: node.is("inject_on_first_request")?,
            },
            "CursorPagination" => {
                let strategy = Self::Cursor {
                    value: Text::need(node, "cursor_value")?,
                    stop: Text::read(node, "stop_condition")?,
                    size: fixed()?,
                };
                if matches!(strategy, Self::Cursor { size: None, .. }) && strategy.uses("page_size")
                {
                    return Err(node.broken("its templates use page_size, but it has none."));
                }
                strategy
            }
            _ => return Err(node.unknown()),
        })
    }

    pub fn first(&self) -> Option<Value> {
        match self {
            Self::Offset { on_first: true, .. } => Some(Value::from(0)),
            Self::Page {
                on_first: true,
                start,
                ..
            } => Some(Value::from(*start)),
            _ => None,
        }
    }

    pub fn page_size(&self, env: &Env) -> Result<Option<u64>, Fault> {
        match self {
            Self::Offset {
                size: Some(size), ..
            } => whole(size, &env.scope(&Value::Null)).map(Some),
            Self::Offset { size: None, .. } => Ok(None),
            Self::Page { size, .. } | Self::Cursor { size, .. } => Ok(*size),
        }
    }

    /// Its templates.
    pub fn texts(&self) -> Vec<&Text> {
        match self {
            Self::Cursor { value, stop, .. } => {
                [Some(value), stop.as_ref()].into_iter().flatten().collect()
            }
            Self::Offset { size, .. } => size.iter().collect(),
            Self::Page { .. } => Vec::new(),
        }
    }

    pub fn uses(&self, name: &str) -> bool {
        self.texts().iter().any(|text| text.uses(name))
    }

    pub fn reads_response(&self) -> bool {
        self.uses("response")
    }

    /// The token that comes after this one if the page is full; nothing where only the answer tells.
    pub fn foreseen(&self, last: Option<&Value>, env: &Env) -> Option<Value> {
        let (start, step) = match self {
            Self::Offset { size: Some(_), .. } if !self.reads_response() => {
                (0, i64::try_from(self.page_size(env).ok()??).ok()?)
            }
            Self::Page { start, .. } => (*start, 1),
            Self::Offset { .. } | Self::Cursor { .. } => return None,
        };
        let next = counted(last, start).ok()?.checked_add(step)?;
        (step > 0).then(|| Value::from(next))
    }

    pub fn next(&self, seen: &Seen<'_>, env: &Env) -> Result<Option<Value>, Fault> {
        match self {
            Self::Offset { size, .. } => {
                let wanted = match (seen.size, size) {
                    (Some(size), _) => Some(size),
                    (None, Some(size)) => {
                        let scope = env.scope(&Value::Null).json("response", seen.response);
                        Some(whole(size, &scope)?)
                    }
                    (None, None) => None,
                };
                if is_last(seen.extracted, wanted) {
                    return Ok(None);
                }
                let last = counted(seen.last_token, 0)?;
                let count = i64::try_from(seen.extracted).unwrap_or(i64::MAX);
                Ok(Some(Value::from(last.saturating_add(count))))
            }
            Self::Page { size, start, .. } => {
                if is_last(seen.extracted, *size) {
                    return Ok(None);
                }
                Ok(Some(Value::from(counted(seen.last_token, *start)? + 1)))
            }
            Self::Cursor { value, stop, size } => {
                cursor(value, stop.as_ref(), seen.size.or(*size), seen, env)
            }
        }
    }
}

fn cursor(
    value: &Text,
    stop: Option<&Text>,
    size: Option<u64>,
    seen: &Seen<'_>,
    env: &Env,
) -> Result<Option<Value>, Fault> {
    let mut headers: Map<String, Value> = seen.page.headers.clone();
    headers.insert("link".to_owned(), seen.page.links());
    let int = |count: u64| Binding::Int(i64::try_from(count).unwrap_or(i64::MAX));
    let scope = Scope::new()
        .json("config", &env.config)
        .json("response", seen.response)
        .with("headers", Binding::Headers(&headers))
        .with(
            "last_record",
            seen.last_record.map_or(Binding::None, Binding::Json),
        )
        .with("last_page_size", int(seen.records))
        .with("page_size", size.map_or(Binding::None, int))
        .with("stream_slice", slice_binding(seen.slice));
    if let Some(stop) = stop
        && stop.truth(&scope)?
    {
        return Ok(None);
    }
    value.value(&scope).map(Some)
}

/// A short or empty page is the last.
fn is_last(count: u64, wanted: Option<u64>) -> bool {
    count == 0 || wanted.is_some_and(|wanted| wanted > 0 && count < wanted)
}

fn counted(token: Option<&Value>, start: i64) -> Result<i64, Fault> {
    match token {
        None => Ok(start),
        Some(token) => token.as_i64().ok_or_else(|| {
            Fault::config(format!(
                "The last page's token is {token}, not a whole number."
            ))
        }),
    }
}

fn whole(text: &Text, scope: &Scope<'_>) -> Result<u64, Fault> {
    let value = text.value(scope)?;
    value
        .as_u64()
        .ok_or_else(|| Fault::config(format!("The page size is {value}, not a whole number.")))
}
