//! `HttpResponseFilter`: recognises an answer by status, message or condition.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Action, Blame, Meaning, Resolution, by_status, message};
use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::declarative::request::Page;
use crate::declarative::template::{Binding, Scope};
use crate::declarative::text::{Text, plain};
use crate::fault::Fault;

#[derive(Debug)]
pub struct Filter {
    action: Option<Action>,
    blame: Option<Blame>,
    meaning: Option<Meaning>,
    statuses: Vec<u64>,
    contains: Option<String>,
    predicate: Option<Text>,
    message: Option<Text>,
    /// Only behind a page: a word of ours, which Airbyte's runtime does not read.
    after_page: bool,
}

impl Filter {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        if node.kind() != "HttpResponseFilter" {
            return Err(node.unknown());
        }
        let action = node.str("action")?.map(|name| action(node, name));
        let blame = node.str("failure_type")?.map(|name| match name {
            "system_error" => Ok(Blame::System),
            "config_error" => Ok(Blame::Config),
            "transient_error" => Ok(Blame::Transient),
            _ => Err(node.wrong("failure_type", "is not known")),
        });
        let meaning = node.str("means")?.map(|name| match name {
            "credentials" => Ok(Meaning::Credentials),
            "forbidden" => Ok(Meaning::Forbidden),
            _ => Err(node.wrong("means", "is neither credentials nor forbidden")),
        });
        let statuses = node.list("http_codes").into_iter().map(|code| {
            code.as_u64()
                .ok_or_else(|| node.wrong("http_codes", "holds something that is no status"))
        });
        Ok(Self {
            action: action.transpose()?,
            blame: blame.transpose()?,
            meaning: meaning.transpose()?,
            statuses: statuses.collect::<Result<_, _>>()?,
            contains: node.str("error_message_contains")?.map(str::to_owned),
            predicate: Text::read(node, "predicate")?.filter(|text| !text.source().is_empty()),
            message: Text::read(node, "error_message")?.filter(|text| !text.source().is_empty()),
            after_page: node.is("after_page")?,
        })
    }

    pub const fn action(&self) -> Option<Action> {
        self.action
    }

    /// Whether this answer is the end of pages, and nothing else where there was none.
    pub fn needs_a_page(&self, page: &Page) -> bool {
        self.after_page && self.statuses.contains(&u64::from(page.status))
    }

    /// What the filter says about the answer, if it is the one it looks for.
    pub fn matches(&self, page: &Page, env: &Env) -> Result<Option<Resolution>, Fault> {
        let Some(action) = self.action else {
            return Ok(None);
        };
        if !self.recognises(page, env)? {
            return Ok(None);
        }
        let known = by_status(page.status);
        let blame = match (&known, self.blame) {
            (_, Some(blame)) if action == Action::Fail => blame,
            (Some(known), _) => known.blame,
            (None, _) => Blame::System,
        };
        let message = match &self.message {
            Some(text) => with_scope(page, env, text, |scope| text.value(scope))?,
            None => Value::Null,
        };
        let message = match message {
            Value::Null => known.and_then(|known| known.message),
            value => Some(plain(&value)),
        };
        Ok(Some(Resolution {
            action,
            blame,
            meaning: self.meaning,
            message,
        }))
    }

    fn recognises(&self, page: &Page, env: &Env) -> Result<bool, Fault> {
        if self.statuses.contains(&u64::from(page.status)) {
            return Ok(true);
        }
        if let Some(predicate) = &self.predicate
            && with_scope(page, env, predicate, |scope| predicate.truth(scope))?
        {
            return Ok(true);
        }
        Ok(match &self.contains {
            Some(part) if !part.is_empty() => {
                message::error_text(page).is_some_and(|text| text.contains(part))
            }
            _ => false,
        })
    }
}

/// Runs a template that sees the answer.
pub fn with_scope<T>(page: &Page, env: &Env, text: &Text, work: impl FnOnce(&Scope<'_>) -> T) -> T {
    let response = page.json_for(&[text]);
    let response = response.unwrap_or_else(|| Cow::Owned(Value::Object(Map::new())));
    let address = page.address();
    let scope = Scope::new()
        .json("config", &env.config)
        .json("response", &response)
        .with("headers", Binding::Headers(&page.headers))
        .with("request_url", Binding::Text(&address));
    work(&scope)
}

fn action(node: &Node<'_>, name: &str) -> Result<Action, Fault> {
    Ok(match name {
        "SUCCESS" => Action::Success,
        "RETRY" => Action::Retry,
        "FAIL" => Action::Fail,
        "IGNORE" => Action::Ignore,
        "RESET_PAGINATION" => Action::ResetPagination,
        "RATE_LIMITED" => Action::RateLimited,
        "REFRESH_TOKEN_THEN_RETRY" => Action::RefreshTokenThenRetry,
        "REDUCE_PAGE_SIZE" => Action::ReducePageSize,
        "SPLIT_REQUEST_WINDOW" => Action::SplitRequestWindow,
        _ => return Err(node.wrong("action", "is not known")),
    })
}
