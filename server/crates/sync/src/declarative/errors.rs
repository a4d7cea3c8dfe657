//! What to do with an answer that is not the one hoped for: filters, actions, retries.

mod backoff;
mod filter;
mod message;
mod wait;

use std::time::Duration;

use super::env::Env;
use super::manifest::Node;
use super::request::Page;
use super::text::Text;
use crate::fault::{Fault, Kind};
pub use backoff::Backoff;
use filter::Filter;
pub use message::error_text;
pub use wait::{after, named_pause, until};

const MAX_RETRIES: u64 = 5;
/// Longest time one request is tried, retries included.
pub const MAX_TIME: Duration = Duration::from_mins(10);

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Success,
    Retry,
    Fail,
    Ignore,
    ResetPagination,
    RateLimited,
    RefreshTokenThenRetry,
    ReducePageSize,
    SplitRequestWindow,
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    System,
    Config,
    Transient,
}

/// What a refusal means where its status does not tell, as in an answer that is a success otherwise. A word of ours, `means`
/// of a response filter, which Airbyte's runtime does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Who asks is not known, or no more.
    Credentials,
    /// Who asks is known, and may not.
    Forbidden,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    pub action: Action,
    pub blame: Blame,
    pub meaning: Option<Meaning>,
    pub message: Option<String>,
}

/// An answer, or why there is none.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'a> {
    Page(&'a Page),
    Fault(&'a Fault),
}

/// `DefaultErrorHandler` or `CompositeErrorHandler`.
#[derive(Debug)]
pub struct ErrorHandler {
    handlers: Vec<Handler>,
    composite: bool,
}

#[derive(Debug)]
struct Handler {
    filters: Vec<Filter>,
    max_retries: Option<Text>,
    backoffs: Vec<Backoff>,
}

impl ErrorHandler {
    /// The handler of a requester that names none.
    pub fn standard() -> Self {
        let handler = Handler {
            filters: Vec::new(),
            max_retries: None,
            backoffs: Vec::new(),
        };
        Self {
            handlers: vec![handler],
            composite: false,
        }
    }

    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        match node.kind() {
            "DefaultErrorHandler" => Ok(Self {
                handlers: vec![Handler::read(node)?],
                composite: false,
            }),
            "CompositeErrorHandler" => {
                let mut handlers = Vec::new();
                for child in node.children("error_handlers")? {
                    handlers.extend(Self::read(&child)?.handlers);
                }
                if handlers.is_empty() {
                    return Err(node.wrong("error_handlers", "is empty"));
                }
                Ok(Self {
                    handlers,
                    composite: true,
                })
            }
            _ => Err(node.unknown()),
        }
    }

    /// What the answer means. A composite takes the first handler that knows better than to fail.
    pub fn interpret(&self, outcome: Outcome<'_>, env: &Env) -> Result<Resolution, Fault> {
        let mut last = None;
        for handler in &self.handlers {
            let resolution = handler.interpret(outcome, env)?;
            let settled = !matches!(
                resolution.action,
                Action::Fail | Action::RateLimited | Action::RefreshTokenThenRetry
            );
            if settled || !self.composite {
                return Ok(resolution);
            }
            last = Some(resolution);
        }
        Ok(last.unwrap_or_else(|| fallback(outcome)))
    }

    pub fn max_retries(&self, env: &Env) -> Result<u64, Fault> {
        let Some(text) = self
            .handlers
            .first()
            .and_then(|first| first.max_retries.as_ref())
        else {
            return Ok(MAX_RETRIES);
        };
        let value = text.string(&env.scope(&serde_json::Value::Null))?;
        value.trim().parse().map_err(|_| {
            Fault::config(format!(
                "The number of retries is not a whole number: “{value}”."
            ))
        })
    }

    /// How long the first strategy that has an answer wants to wait.
    pub fn wait(
        &self,
        outcome: Outcome<'_>,
        attempt: u32,
        env: &Env,
    ) -> Result<Option<Duration>, Fault> {
        let strategies = self.handlers.iter().flat_map(|handler| &handler.backoffs);
        for strategy in strategies {
            let seconds = strategy.seconds(outcome, attempt, env)?;
            if let Some(seconds) = seconds.filter(|seconds| *seconds > 0.0) {
                return Ok(Some(
                    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX),
                ));
            }
        }
        Ok(None)
    }

    /// The fault of an answer that would be the end of pages, where it came instead of the first one.
    pub fn instead_of_a_page(&self, page: &Page) -> Option<Fault> {
        let mut filters = self.handlers.iter().flat_map(|handler| &handler.filters);
        filters.find(|filter| filter.needs_a_page(page))?;
        let status = page.status;
        let fault = Fault::data(format!(
            "The server answered with HTTP status {status}, which is an end only behind a page."
        ));
        Some(fault.or_detail(error_text(page).map(|text| shorten(&text))))
    }

    /// Whether the handler looks into the bodies of good answers.
    pub fn names(&self, action: Action) -> bool {
        self.handlers
            .iter()
            .flat_map(|handler| &handler.filters)
            .any(|filter| filter.action() == Some(action))
    }
}

impl Handler {
    fn read(node: &Node<'_>) -> Result<Self, Fault> {
        Ok(Self {
            filters: node
                .children("response_filters")?
                .iter()
                .map(Filter::read)
                .collect::<Result<_, _>>()?,
            max_retries: Text::read(node, "max_retries")?,
            backoffs: node
                .children("backoff_strategies")?
                .iter()
                .map(Backoff::read)
                .collect::<Result<_, _>>()?,
        })
    }

    fn interpret(&self, outcome: Outcome<'_>, env: &Env) -> Result<Resolution, Fault> {
        if let Outcome::Page(page) = outcome {
            for filter in &self.filters {
                if let Some(resolution) = filter.matches(page, env)? {
                    return Ok(resolution);
                }
            }
            if page.is_ok() {
                return Ok(Resolution {
                    action: Action::Success,
                    blame: Blame::System,
                    meaning: None,
                    message: None,
                });
            }
            if let Some(resolution) = by_status(page.status) {
                return Ok(resolution);
            }
        }
        Ok(fallback(outcome))
    }
}

/// What a status means when no filter says otherwise, in words for a person: what the API itself says stands beside them.
fn by_status(status: u16) -> Option<Resolution> {
    let (action, blame, text) = match status {
        400 => (
            Action::Fail,
            Blame::System,
            "The API did not accept the request as it is",
        ),
        401 => (Action::Fail, Blame::Config, "The API refused this sign-in"),
        403 => (
            Action::Fail,
            Blame::Config,
            "The API does not let this account see the data",
        ),
        404 => (Action::Fail, Blame::System, "The API knows no such address"),
        405 => (
            Action::Fail,
            Blame::System,
            "The API does not answer this method at the address",
        ),
        408 => (
            Action::Retry,
            Blame::Transient,
            "The API waited in vain for the end of the request",
        ),
        429 => (
            Action::RateLimited,
            Blame::Transient,
            "The API wants fewer requests",
        ),
        500 => (
            Action::Retry,
            Blame::Transient,
            "The API failed on its side",
        ),
        502 => (
            Action::Retry,
            Blame::Transient,
            "The server before the API got no answer it could use",
        ),
        503 => (
            Action::Retry,
            Blame::Transient,
            "The API is not available for now",
        ),
        504 => (
            Action::Retry,
            Blame::Transient,
            "The server before the API waited too long for an answer",
        ),
        _ => return None,
    };
    Some(Resolution {
        action,
        blame,
        meaning: None,
        message: Some(format!("{text} (HTTP status {status}).")),
    })
}

fn fallback(outcome: Outcome<'_>) -> Resolution {
    let (action, blame, message) = match outcome {
        Outcome::Page(page) => (
            Action::Retry,
            Blame::System,
            format!("The server answered with HTTP status {}.", page.status),
        ),
        // What no retry changes: a forbidden address, a wrong one.
        Outcome::Fault(fault) if !fault.is_transient() => {
            (Action::Fail, Blame::Config, fault.message.clone())
        }
        Outcome::Fault(fault) => (Action::Retry, Blame::Transient, fault.message.clone()),
    };
    Resolution {
        action,
        blame,
        meaning: None,
        message: Some(message),
    }
}

impl Resolution {
    /// The fault of a request that is given up.
    pub fn fault(&self, outcome: Outcome<'_>) -> Fault {
        let page = match outcome {
            Outcome::Fault(fault) if !fault.is_transient() => return fault.clone(),
            Outcome::Fault(fault) => {
                return Fault {
                    detail: fault.detail.clone(),
                    ..Fault::new(fault.kind.clone(), fault.message.clone())
                };
            }
            Outcome::Page(page) => page,
        };
        let fallback = || format!("The server answered with HTTP status {}.", page.status);
        let message = self.message.clone().filter(|text| !text.is_empty());
        let fault = Fault::new(self.kind(page), message.unwrap_or_else(fallback));
        match error_text(page) {
            Some(text) if !text.trim().is_empty() => fault.with_detail(shorten(&text)),
            _ => fault,
        }
    }

    /// What can be done about an answer that is given up. A refusal for now may have any status, that of success, too: the
    /// manifest knows it.
    fn kind(&self, page: &Page) -> Kind {
        let plainly = page.status == 429 && self.blame != Blame::Config;
        if self.action == Action::RateLimited || plainly {
            return Kind::RateLimited { until: until(page) };
        }
        match self.meaning {
            Some(Meaning::Credentials) => return Kind::Credentials,
            Some(Meaning::Forbidden) => return Kind::Forbidden,
            None => {}
        }
        match (page.status, self.blame) {
            (401, Blame::Config) => Kind::Credentials,
            (403, Blame::Config) => Kind::Forbidden,
            (_, Blame::Config) => Kind::Config,
            (_, Blame::Transient) => Kind::Upstream,
            // It understood the question, and cannot answer it: no other way of asking would change that.
            (400 | 404 | 405 | 409 | 410 | 422, Blame::System) => Kind::Data,
            (_, Blame::System) => Kind::Bug,
        }
    }
}

/// An API's words, not more than a screen of them.
fn shorten(text: &str) -> String {
    const MOST: usize = 500;
    let text = text.trim();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
