//! The error a person sees: a code we have words for, what is wrong with which field, and a reference for support.

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use model::FieldError;
use serde::{Deserialize, Serialize};

/// What went wrong, as far as the reader can act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    NotFound,
    Denied,
    SignedOut,
    Invalid,
    Conflict,
    TooMany,
    /// A system we depend on did not answer as it should.
    Upstream,
    /// The browser could not reach us.
    Offline,
    Internal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    pub code: Code,
    pub fields: Vec<FieldError>,
    /// The hub's own sentence, where it has one for people.
    pub detail: Option<String>,
    /// Finds this case in the log.
    pub request_id: Option<String>,
}

impl Error {
    pub fn new(code: Code) -> Self {
        Self {
            code,
            fields: Vec::new(),
            detail: None,
            request_id: None,
        }
    }

    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// One field and what is wrong with it.
    pub fn field(error: FieldError) -> Self {
        Self {
            fields: vec![error],
            ..Self::new(Code::Invalid)
        }
    }

    /// What happened, in a few words.
    pub fn title(&self) -> &'static str {
        match self.code {
            Code::NotFound => "There is nothing at this address",
            Code::Denied => "You may not do this",
            Code::SignedOut => "You are signed out",
            Code::Invalid => "Some answers need another look",
            Code::Conflict => "That is not possible right now",
            Code::TooMany => "Too many tries",
            Code::Upstream => "Another system did not answer as it should",
            Code::Offline => "The hub could not be reached",
            Code::Internal => "Something broke on our side",
        }
    }

    /// Why, and what to do about it.
    pub fn advice(&self) -> String {
        let plain = match self.code {
            Code::NotFound => "It may have been removed, or the address was cut short.",
            Code::Denied => {
                "Your role does not include it. An owner or admin of the workspace can."
            }
            Code::SignedOut => "Sign in and you come back to this page.",
            Code::Invalid => "Correct what is marked, then send it again.",
            Code::Conflict => "Load the page again to see what changed.",
            Code::TooMany => "Wait a minute, then try again.",
            Code::Upstream => "Nothing was changed. Try again in a moment.",
            Code::Offline => "Check the network, then try again. Nothing you typed is lost.",
            Code::Internal => {
                "Nothing was changed. Try again; if it stays, send us the reference below."
            }
        };
        self.detail.clone().unwrap_or_else(|| plain.to_owned())
    }

    /// What is wrong with one field.
    pub fn at(&self, field: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|error| error.field == field)
            .map(|error| error.detail.as_str())
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.title())
    }
}

impl std::error::Error for Error {}

impl FromServerFnError for Error {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        match value {
            ServerFnErrorErr::Request(_) => Self::new(Code::Offline),
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::new(Code::Invalid),
            _ => Self::new(Code::Internal),
        }
    }
}
