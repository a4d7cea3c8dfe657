//! `authentication`: how requests show who asks.

use serde_json::{Value, json};

use super::check_address;
use crate::integration::secrets;
use crate::integration::section::Section;

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
}

#[derive(Clone, Copy)]
enum Kind {
    None,
    Bearer,
    Basic,
    ApiKey,
    OAuth2,
}

const KINDS: [(&str, Kind, &[&str]); 5] = [
    ("none", Kind::None, &[]),
    ("bearer", Kind::Bearer, &["secret_name"]),
    ("basic", Kind::Basic, &["username", "secret_name"]),
    ("api_key", Kind::ApiKey, &["header", "query", "secret_name"]),
    (
        "oauth2",
        Kind::OAuth2,
        &["token_url", "client_id", "secret_name", "scopes"],
    ),
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
        }
    }

    /// The component of a low-code manifest.
    pub fn component(&self) -> Value {
        let config = |secret: &String| secrets::templated(&secrets::reference(secret));
        match self {
            Self::None => json!({"type": "NoAuth"}),
            Self::Bearer { secret } => {
                json!({"type": "BearerAuthenticator", "api_token": config(secret)})
            }
            Self::Basic { username, secret } => json!({
                "type": "BasicHttpAuthenticator",
                "username": secrets::templated(username),
                "password": config(secret),
            }),
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
        }
    }
}

fn api_key(own: &Section<'_>, secret: String) -> Authentication {
    let (header, query) = (own.word("header"), own.word("query"));
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
    let token_url = own.need_text("token_url");
    if let Some(value) = own.get("token_url")
        && let Err(why) = check_address(&token_url)
    {
        own.problem(value.at, "token_url", why);
    }
    Authentication::OAuth2 {
        token_url,
        client_id: own.need_text("client_id"),
        secret,
        scopes: own.words("scopes"),
    }
}
