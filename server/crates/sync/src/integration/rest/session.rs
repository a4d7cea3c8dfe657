//! `type: session_token`: an API where one signs in first, and then shows what the answer gave.

mod login;

use serde_json::{Value, json};

use super::Rest;
use crate::declarative::datetime::{Span, parse_duration};
use crate::integration::section::Section;
use crate::integration::values;
use login::Login;

pub const KEYS: &[&str] = &[
    "login_path",
    "login_method",
    "login_parameters",
    "login_headers",
    "login_basic",
    "login_body",
    "login_form",
    "token_path",
    "header",
    "prefix",
    "expires_after",
];

#[derive(Debug, Clone, PartialEq)]
pub(in crate::integration) struct Session {
    login: Login,
    /// Where the answer to signing in has the token.
    token_path: Vec<String>,
    /// What shows the token afterwards. Without it the token is a bearer's.
    header: Option<Header>,
    /// How long a token is good for, as ISO 8601 writes it. Without it every request signs in anew.
    expires_after: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
struct Header {
    name: String,
    /// Stands before the token.
    prefix: String,
}

impl Session {
    pub fn read(own: &Section<'_>) -> Self {
        Self {
            login: Login::read(own),
            token_path: token_path(own),
            header: Header::read(own),
            expires_after: expires_after(own),
        }
    }

    /// The component of a low-code manifest.
    pub fn component(&self, rest: &Rest) -> Value {
        let mut component = json!({
            "type": "SessionTokenAuthenticator",
            "login_requester": self.login.component(rest),
            "session_token_path": self.token_path,
            "request_authentication": self.shown(),
        });
        if let Some(life) = &self.expires_after {
            component["expiration_duration"] = json!(life);
        }
        component
    }

    /// How requests show the token.
    fn shown(&self) -> Value {
        let Some(Header { name, prefix }) = &self.header else {
            return json!({"type": "Bearer"});
        };
        let mut shown = json!({
            "type": "ApiKey",
            "inject_into": {"type": "RequestOption", "inject_into": "header", "field_name": name},
        });
        if !prefix.is_empty() {
            shown["api_token"] = json!(format!("{prefix}{{{{ session_token }}}}"));
        }
        shown
    }
}

fn token_path(own: &Section<'_>) -> Vec<String> {
    let Some(value) = own.get("token_path") else {
        own.missing("token_path");
        return Vec::new();
    };
    let parts = own.path_of("token_path");
    if parts.as_ref().is_some_and(Vec::is_empty) {
        own.problem(value.at, "token_path", "is empty");
    }
    parts.unwrap_or_default()
}

impl Header {
    fn read(own: &Section<'_>) -> Option<Self> {
        if own.get("header").is_none()
            && let Some(value) = own.get("prefix")
        {
            let why = "needs header: a bearer token has a prefix of its own";
            own.problem(value.at, "prefix", why);
        }
        let prefix = own.word("prefix").map(apart).unwrap_or_default();
        Some(Self {
            name: values::header_name(own, "header")?,
            prefix,
        })
    }
}

/// A word stands apart from the token, anything else right before it: `Token abc`, `sid=abc`.
fn apart(mut prefix: String) -> String {
    if prefix.ends_with(char::is_alphanumeric) {
        prefix.push(' ');
    }
    prefix
}

/// Months and years are no certain time, so no token is held for one.
fn expires_after(own: &Section<'_>) -> Option<String> {
    let text = own.word("expires_after")?;
    let is_life = matches!(parse_duration(&text), Ok(Span::Exact(life)) if life.is_positive());
    if !is_life && let Some(value) = own.get("expires_after") {
        let why = "is no duration like PT1H (an hour) or P1D (a day)";
        own.problem(value.at, "expires_after", why);
    }
    Some(text)
}
