//! Asking a token endpoint, patiently: it answers small JSON.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Map, Value};
use tokio::time::Instant;
use url::Url;

use crate::declarative::env::Env;
use crate::declarative::errors::error_text;
use crate::declarative::request::{self, Page, Prepared, Wire};
use crate::fault::{Fault, Kind};

/// Longest time a token endpoint is tried.
const PATIENCE: Duration = Duration::from_mins(5);

/// Posts a form and gives the page, whatever its status. Overload and outages are waited out.
pub async fn post(
    url: &str,
    query: &Map<String, Value>,
    form: &Map<String, Value>,
    headers: &Map<String, Value>,
    env: &Env,
) -> Result<Page, Fault> {
    let mut request = Prepared {
        method: Method::POST,
        url: address(&request::with_query(url, query))?,
        headers: header_map(headers)?,
        body: None,
    };
    if !form.is_empty() {
        request
            .headers
            .entry(CONTENT_TYPE)
            .or_insert(HeaderValue::from_static(
                "application/x-www-form-urlencoded",
            ));
        request.body = Some(request::form(form).into_bytes());
    }
    patiently(&request, env).await
}

async fn patiently(request: &Prepared, env: &Env) -> Result<Page, Fault> {
    let begun = Instant::now();
    let mut pause = Duration::from_secs(1);
    loop {
        let answer = request::send_once(request, env, &Wire::usual(env)).await;
        let again = match &answer {
            Ok(page) => page.status == 429 || page.status >= 500,
            Err(fault) => fault.is_transient(),
        };
        if !again || begun.elapsed() + pause > PATIENCE {
            return match answer {
                Ok(page) if page.status >= 500 => Err(Fault::upstream(format!(
                    "The token endpoint answered with HTTP status {}.",
                    page.status
                ))),
                Ok(page) if page.status == 429 => Err(Fault::new(
                    Kind::RateLimited { until: None },
                    "The token endpoint refuses for now: too many requests.",
                )),
                answer => answer,
            };
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

/// The fault of an endpoint that refused.
pub fn refused(what: &str, page: &Page) -> Fault {
    let fault = Fault::credentials(format!("{what} (HTTP status {}).", page.status));
    match error_text(page) {
        Some(text) if !text.is_empty() && text.len() < 200 => fault.with_detail(text),
        _ => fault,
    }
}

pub fn address(url: &str) -> Result<Url, Fault> {
    Url::parse(url).map_err(|error| {
        Fault::config("The address to get tokens from is none.").with_detail(error.to_string())
    })
}

pub fn header_map(headers: &Map<String, Value>) -> Result<HeaderMap, Fault> {
    let texts = headers
        .iter()
        .map(|(name, value)| (name.as_str(), crate::declarative::text::plain(value)));
    request::header_map(texts)
}

/// Looks a key up at any depth, the shallowest first in each branch.
pub fn find<'v>(value: &'v Value, key: &str, depth: u8) -> Option<&'v Value> {
    const DEEPEST: u8 = 5;
    if depth > DEEPEST {
        return None;
    }
    match value {
        Value::Object(fields) => match fields.get(key) {
            Some(found) => Some(found).filter(|found| !found.is_null()),
            None => fields
                .values()
                .find_map(|inner| find(inner, key, depth + 1)),
        },
        Value::Array(items) => items.iter().find_map(|inner| find(inner, key, depth + 1)),
        _ => None,
    }
}
