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

impl TemplateError {
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
