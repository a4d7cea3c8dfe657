//! Asking a token endpoint, patiently: it answers small JSON.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Map, Value};
use tokio::time::Instant;
use url::Url;

use crate::declarative::env::Env;
use crate::declarative::errors::{error_text, named_pause, until};
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
        let answer = request::send_once(request, None, env, &Wire::usual(env)).await;
        let again = match &answer {
            Ok(page) => page.status == 429 || page.status >= 500,
            Err(fault) => fault.is_transient(),
        };
        if !again {
            return answer;
        }
        let named = answer.as_ref().ok().and_then(named_pause);
        let wait = pause.max(named.unwrap_or_default());
        let too_long = named
            .zip(env.cx.limits.patience)
            .is_some_and(|(named, longest)| named > longest);
        if too_long || begun.elapsed().saturating_add(wait) > PATIENCE {
            return Err(match answer {
                Ok(page) => given_up(&page, named.filter(|named| *named > pause)),
                Err(fault) => fault,
            });
        }
        tokio::time::sleep(wait).await;
        pause *= 2;
    }
}

/// The fault of an endpoint that is busy, or out of order. One that named a pause which nobody waits for here is asked
/// again when that is over.
fn given_up(page: &Page, named: Option<Duration>) -> Fault {
    let text = match page.status {
        429 => "The token endpoint refuses for now: too many requests.".to_owned(),
        status => format!("The token endpoint answered with HTTP status {status}."),
    };
    if page.status == 429 || named.is_some() {
        return Fault::new(Kind::RateLimited { until: until(page) }, text);
    }
    Fault::upstream(text)
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
