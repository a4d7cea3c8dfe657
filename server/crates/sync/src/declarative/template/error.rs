//! What can go wrong in a template, kept apart as the Python runtime keeps it apart: it answers each in its own way.

use thiserror::Error;

/// Why a template has no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// The text is no template at all.
    #[error("the template cannot be read: {0}")]
    Syntax(String),
    /// It names something that is not at hand in this place.
    #[error("the template uses {0:?}, which is not known in this place")]
    Undeclared(String),
    /// It looks inside of something that is not there.
    #[error("{0}")]
    Undefined(String),
    /// An operation does not fit the kind of its values. The Python runtime then hands out the template's own text.
    #[error("{0}")]
    Type(String),
    /// A value is out of what the operation takes.
    #[error("{0}")]
    Value(String),
    /// The sandbox forbids it.
    #[error("the template reaches for {0:?}, which is not allowed")]
    Unsafe(String),
    /// It would run too long or grow too large.
    #[error("the template {0}")]
    Limit(&'static str),
    /// Known to Jinja, not to this runtime.
    #[error("the template uses {0}, which is not supported")]
    Unsupported(String),
    /// The variable was taken out of the language.
    #[error(
        "`stream_state` is no longer supported for interpolation; use `stream_interval` instead"
    )]
    StreamState,
}

/// Longest cause in a sentence: names in a template have no bounds of their own.
const LONGEST_CAUSE: usize = 160;

impl TemplateError {
    /// Why the template cannot be used at all, whatever it is given. It has nothing in it but the template's own words;
    /// nothing where values have a part in it.
    pub fn cause(&self) -> Option<String> {
        let cause = match self {
            Self::Syntax(what) => what.clone(),
            Self::Undeclared(name) => format!("it uses {name:?}, which is not known in this place"),
            Self::Limit(what) => format!("it {what}"),
            Self::Unsupported(what) => format!("it uses {what}, which is not supported"),
            Self::Undefined(_)
            | Self::Type(_)
            | Self::Value(_)
            | Self::Unsafe(_)
            | Self::StreamState => return None,
        };
        match cause.char_indices().nth(LONGEST_CAUSE) {
            Some((end, _)) => Some(format!("{}…", &cause[..end])),
            None => Some(cause),
        }
    }

    pub(super) fn kind(message: impl Into<String>) -> Self {
        Self::Type(message.into())
    }

    pub(super) fn value(message: impl Into<String>) -> Self {
        Self::Value(message.into())
    }

    pub(super) fn syntax(message: impl Into<String>) -> Self {
        Self::Syntax(message.into())
    }
}
