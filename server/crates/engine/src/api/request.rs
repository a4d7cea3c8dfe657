//! Reading requests: JSON bodies, query parameters with lists, pages. What is wrong is answered as a problem document.

use airbyte::api::Page;
use axum::extract::{FromRequest, FromRequestParts, OriginalUri, Query, Request};
use axum::http::header::HOST;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::Engine;
use crate::problem::{ApiError, ApiResult};

/// Bodies larger than this are refused; a catalogue of ten thousand tables fits.
const LARGEST_BODY: usize = 10 * 1024 * 1024;
const DEFAULT_LIMIT: i64 = 20;
const LARGEST_LIMIT: i64 = 100;

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Engine> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Engine) -> ApiResult<Self> {
        let bytes = axum::body::to_bytes(request.into_body(), LARGEST_BODY)
            .await
            .map_err(|_| ApiError::bad_request("The body is too large or broke off."))?;
        // serde's own words name fields and types; with a body of secrets they must not quote values.
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| ApiError::bad_request(&without_values(&error)))
    }
}

/// The error without what it quotes from the body.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let harmless = [
        "missing field",
        "expected",
        "EOF",
        "key must be",
        "trailing",
        "control character",
        "duplicate field",
    ];
    if text.starts_with("invalid")
        || text.starts_with("unknown")
        || !harmless.iter().any(|start| text.starts_with(start))
    {
        return format!(
            "A value has the wrong type at line {} column {}.",
            error.line(),
            error.column()
        );
    }
    text
}

/// Query parameters. Lists come as repeated keys or separated by commas.
pub struct Params {
    pairs: Vec<(String, String)>,
    /// Where this list is, for the addresses of its pages.
    here: String,
}

impl FromRequestParts<Engine> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> ApiResult<Self> {
        let Query(pairs) = Query::<Vec<(String, String)>>::from_request_parts(parts, engine)
            .await
            .map_err(|_| ApiError::bad_request("The query is not readable."))?;
        let path = parts
            .extensions
            .get::<OriginalUri>()
            .map_or_else(|| parts.uri.path(), |uri| uri.path());
        let host = parts
            .headers
            .get(HOST)
            .and_then(|host| host.to_str().ok())
            .unwrap_or("localhost");
        Ok(Self {
            here: format!("http://{host}{path}"),
            pairs,
        })
    }
}

impl Params {
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// One word of a known list.
    pub fn word(&self, name: &str, known: &[&str]) -> ApiResult<Option<&str>> {
        match self.get(name) {
            Some(word) if !known.contains(&word) => Err(ApiError::bad_request(&format!(
                "{name} is one of: {}.",
                known.join(", ")
            ))),
            word => Ok(word),
        }
    }

    pub fn uuid(&self, name: &str) -> ApiResult<Option<Uuid>> {
        self.get(name)
            .map(|text| parse_uuid(name, text))
            .transpose()
    }

    pub fn required_uuid(&self, name: &str) -> ApiResult<Uuid> {
        self.uuid(name)?.ok_or_else(|| {
            ApiError::bad_request(&format!("The query parameter {name} is missing."))
        })
    }

    pub fn uuids(&self, name: &str) -> ApiResult<Vec<Uuid>> {
        let values = self
            .pairs
            .iter()
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','));
        values
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(|text| parse_uuid(name, text))
            .collect()
    }

    pub fn time(&self, name: &str) -> ApiResult<Option<OffsetDateTime>> {
        let wrong = |_| {
            ApiError::bad_request(&format!(
                "{name} is no date and time like 2026-01-31T08:00:00Z."
            ))
        };
        // A plus sign of the zone often arrives as a space.
        self.get(name)
            .map(|text| OffsetDateTime::parse(&text.replace(' ', "+"), &Rfc3339).map_err(wrong))
            .transpose()
    }

    pub fn limit(&self) -> ApiResult<i64> {
        let limit = self.number("limit", DEFAULT_LIMIT)?;
        if (1..=LARGEST_LIMIT).contains(&limit) {
            return Ok(limit);
        }
        Err(ApiError::bad_request(&format!(
            "limit must be between 1 and {LARGEST_LIMIT}."
        )))
    }

    pub fn offset(&self) -> ApiResult<i64> {
        let offset = self.number("offset", 0)?;
        if offset < 0 {
            Err(ApiError::bad_request("offset must not be negative."))
        } else {
            Ok(offset)
        }
    }

    pub fn number(&self, name: &str, default: i64) -> ApiResult<i64> {
        let wrong = |_| ApiError::bad_request(&format!("{name} is no number."));
        self.get(name)
            .map_or(Ok(default), |text| text.parse().map_err(wrong))
    }

    /// A page of this list. `next` stands there whenever the page is not empty, as Airbyte has it.
    pub fn page<T>(&self, data: Vec<T>) -> ApiResult<Page<T>> {
        let (limit, offset) = (self.limit()?, self.offset()?);
        let at = |offset: i64| format!("{}?limit={limit}&offset={offset}", self.here);
        Ok(Page {
            previous: if offset > 0 {
                at((offset - limit).max(0))
            } else {
                String::new()
            },
            next: if data.is_empty() {
                String::new()
            } else {
                at(offset + limit)
            },
            data,
        })
    }
}

fn parse_uuid(name: &str, text: &str) -> ApiResult<Uuid> {
    text.parse()
        .map_err(|_| ApiError::bad_request(&format!("{name} is no UUID.")))
}

/// RFC 3339 to the second, as the API writes times.
pub fn timestamp(at: OffsetDateTime) -> String {
    let whole = at.replace_nanosecond(0).unwrap_or(at);
    whole.format(&Rfc3339).unwrap_or_default()
}
