//! `authentication`: how requests show who asks.

use serde_json::{Value, json};

use super::manifest::Runner;
use super::session::{self, Session};
use super::{Rest, address};
use crate::integration::section::Section;
use crate::integration::{secrets, values};

#[derive(Debug, Clone, PartialEq)]
pub(in crate::integration) enum Authentication {
    None,
    Bearer {
        secret: String,
    },
    Basic {
        username: String,
        secret: String,
    },
    ApiKey {
        /// As a low-code manifest calls the place.
        place: &'static str,
        field: String,
        secret: String,
    },
    /// OAuth 2.0 with client credentials.
    OAuth2 {
        token_url: String,
        client_id: String,
        secret: String,
        scopes: Vec<String>,
    },
    Session(Box<Session>),
}

#[derive(Clone, Copy)]
enum Kind {
    None,
    Bearer,
    Basic,
    ApiKey,
    OAuth2,
    Session,
}

const KINDS: [(&str, Kind, &[&str]); 6] = [
    ("none", Kind::None, &[]),
    ("bearer", Kind::Bearer, &["secret_name"]),
    ("basic", Kind::Basic, &["username", "secret_name"]),
    ("api_key", Kind::ApiKey, &["header", "query", "secret_name"]),
    (
        "oauth2",
        Kind::OAuth2,
        &["token_url", "client_id", "secret_name", "scopes"],
    ),
    ("session_token", Kind::Session, session::KEYS),
];

impl Authentication {
    pub fn read(section: &Section<'_>) -> Self {
        let Some((kind, own)) = section.variant("authentication", &KINDS) else {
            return Self::None;
        };
        let secret = || own.secret_name("secret_name");
        match kind {
            Kind::None => Self::None,
            Kind::Bearer => Self::Bearer { secret: secret() },
            Kind::Basic => Self::Basic {
                username: own.need_text("username"),
                secret: secret(),
            },
            Kind::ApiKey => api_key(&own, secret()),
            Kind::OAuth2 => oauth2(&own, secret()),
            Kind::Session => Self::Session(Box::new(Session::read(&own))),
        }
    }

    /// The word that stands in `type`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bearer { .. } => "bearer",
            Self::Basic { .. } => "basic",
            Self::ApiKey { .. } => "api_key",
            Self::OAuth2 { .. } => "oauth2",
            Self::Session(_) => "session_token",
        }
    }

    /// The component of a low-code manifest. To sign in is a request as well: it has what all of them have.
    pub fn component(&self, rest: &Rest) -> Value {
        match self {
            Self::None => json!({"type": "NoAuth"}),
            Self::Bearer { secret } => {
                json!({"type": "BearerAuthenticator", "api_token": config(secret)})
            }
            Self::Basic { username, secret } => basic(username, secret),
            Self::ApiKey {
                place,
                field,
                secret,
            } => json!({
                "type": "ApiKeyAuthenticator",
                "api_token": config(secret),
                "inject_into": {"type": "RequestOption", "inject_into": place, "field_name": field},
            }),
            Self::OAuth2 {
                token_url,
                client_id,
                secret,
                scopes,
            } => {
                let mut component = json!({
                    "type": "OAuthAuthenticator",
                    "token_refresh_endpoint": secrets::templated(token_url),
                    "grant_type": "client_credentials",
                    "client_id": secrets::templated(client_id),
                    "client_secret": config(secret),
                });
                if !scopes.is_empty() {
                    // One text with spaces, as OAuth has it; the component's own `scopes` sends a list.
                    component["refresh_request_body"] = json!({"scope": scopes.join(" ")});
                }
                component
            }
            Self::Session(session) => session.component(rest),
        }
    }

    /// What of an answer says that credentials were refused, where requests then do more than to fail: they are sent once
    /// more, with another session or token. An Airbyte that is too old to know that refuses the whole manifest, so for OAuth,
    /// which older ones can do without, it is told to nobody else.
    pub fn renews(&self, runner: Runner) -> Option<Value> {
        let renews = match self {
            Self::Session(_) => true,
            Self::OAuth2 { .. } => runner == Runner::Here,
            Self::None | Self::Bearer { .. } | Self::Basic { .. } | Self::ApiKey { .. } => false,
        };
        renews.then(|| {
            json!({"type": "HttpResponseFilter", "http_codes": [401], "action": "REFRESH_TOKEN_THEN_RETRY"})
        })
    }

    /// What whoever sends it to an Airbyte should know.
    pub fn note(&self) -> Option<&'static str> {
        match self {
            Self::Session(_) => Some(
                "The definition needs an Airbyte whose low-code runtime is 7.8 or newer: an older one cannot ask for a session again, and refuses it.",
            ),
            Self::OAuth2 { .. } => Some(
                "Only what runs directly asks for another token where one is refused: an Airbyte whose low-code runtime is older than 7.8 would refuse a definition that says so. Where the token's answer has no expires_in, Airbyte takes it to live an hour.",
            ),
            Self::None | Self::Bearer { .. } | Self::Basic { .. } | Self::ApiKey { .. } => None,
        }
    }
}

/// A secret, as a low-code manifest has it.
fn config(secret: &str) -> String {
    secrets::templated(&secrets::reference(secret))
}

/// User and password in a header.
pub fn basic(username: &str, secret: &str) -> Value {
    json!({
        "type": "BasicHttpAuthenticator",
        "username": secrets::templated(username),
        "password": config(secret),
    })
}

fn api_key(own: &Section<'_>, secret: String) -> Authentication {
    let (header, query) = (values::header_name(own, "header"), own.word("query"));
    let (place, field) = match (header, query) {
        (Some(header), None) => ("header", header),
        (None, Some(query)) => ("request_parameter", query),
        _ => {
            let message = format!(
                "{} needs either header or query: where the key goes",
                own.path
            );
            own.found.problem(own.at, message);
            ("header", String::new())
        }
    };
    Authentication::ApiKey {
        place,
        field,
        secret,
    }
}

fn oauth2(own: &Section<'_>, secret: String) -> Authentication {
    Authentication::OAuth2 {
        token_url: address(own, "token_url"),
        client_id: own.need_text("client_id"),
        secret,
        scopes: own.words("scopes"),
    }
}
