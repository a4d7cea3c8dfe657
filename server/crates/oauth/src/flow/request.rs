//! The request that turns a code into tokens.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use url::Url;

use super::{
    Flow, cannot, template,
    values::{CODE, SECRET, Values},
};
use crate::{Client, Endpoint, Error, Tokens, Words, http as provider};

const FORM: &str = "application/x-www-form-urlencoded";
/// What the way out says itself.
const OURS: [&str; 4] = ["host", "content-length", "transfer-encoding", "connection"];

/// Holds secrets: no `Debug`.
pub struct Request {
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Flow {
    /// Turns a code into tokens.
    pub async fn exchange(
        &self,
        at: Endpoint<'_>,
        redirect: &Url,
        code: &str,
        verifier: Option<&SecretString>,
        now: OffsetDateTime,
    ) -> Result<Tokens, Error> {
        let request = self.request(at.words, at.client, redirect, code, verifier)?;
        let request = at
            .outbound
            .request(Method::POST, request.url)
            .headers(request.headers)
            .body(request.body)
            .build()
            .map_err(|_| cannot("describes no request that could be sent"))?;
        let (status, answer) = provider::answer(at.outbound, request)
            .await
            .map_err(Error::Unreachable)?;
        self.tokens(status, answer, now)
    }

    pub(super) fn request(
        &self,
        answers: &Words,
        client: &Client,
        redirect: &Url,
        code: &str,
        verifier: Option<&SecretString>,
    ) -> Result<Request, Error> {
        let keys = &self.keys;
        let verifier = verifier.map_or("", |verifier| verifier.expose_secret());
        let values = self.values(answers, &client.id, redirect);
        let values = self
            .with_state(values, verifier)
            .part(
                "client_secret",
                &keys.client_secret,
                client.secret.expose_secret(),
            )
            .part("auth_code", &keys.code, code);
        let mut headers = self.headers(&values)?;
        let mut fields = self.fields(&values)?;
        let is_form = headers
            .get(header::CONTENT_TYPE)
            .map_or(fields.is_empty(), is_form);
        let mut url = self.token_address(&values)?;
        if self.address_is_secret()? {
            // An address is kept in logs: what it would carry goes into the body, where the standard has it.
            for (name, value) in url.query_pairs() {
                fields.insert(name.into_owned(), value.into_owned().into());
            }
            url.set_query(None);
        }
        headers
            .entry(header::ACCEPT)
            .or_insert(HeaderValue::from_static("application/json"));
        headers
            .entry(header::CONTENT_TYPE)
            .or_insert(HeaderValue::from_static(if is_form {
                FORM
            } else {
                "application/json"
            }));
        let body = if is_form {
            as_form(&fields)
        } else {
            Value::Object(fields).to_string()
        };
        Ok(Request {
            url,
            headers,
            body: body.into_bytes(),
        })
    }

    /// Where the code and the client's secret go.
    pub(super) fn token_address(&self, values: &Values) -> Result<Url, Error> {
        let text = template::render("access_token_url", &self.access_token_url, values)?;
        let url = Url::parse(&text).ok().filter(Url::has_host);
        url.ok_or_else(|| cannot("has no address in its access_token_url"))
    }

    fn address_is_secret(&self) -> Result<bool, Error> {
        let template = template::read("access_token_url", &self.access_token_url)?;
        let mut names = SECRET.iter().chain(&CODE);
        Ok(names.any(|name| template.uses(name)))
    }

    fn headers(&self, values: &Values) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
        for (name, value) in rendered("access_token_headers", &self.access_token_headers, values)? {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            let name = HeaderName::try_from(&name)
                .ok()
                .filter(|name| !OURS.contains(&name.as_str()));
            let (Some(name), Ok(mut value)) = (name, HeaderValue::try_from(text)) else {
                return Err(cannot(
                    "has a header in its access_token_headers that cannot be sent",
                ));
            };
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(headers)
    }

    fn fields(&self, values: &Values) -> Result<Map<String, Value>, Error> {
        rendered("access_token_params", &self.access_token_params, values)
    }
}

fn rendered(
    place: &str,
    pairs: &Map<String, Value>,
    values: &Values,
) -> Result<Map<String, Value>, Error> {
    let one = |(name, value): (&String, &Value)| {
        let name = template::render(place, name, values)?;
        let value = match value {
            Value::String(text) => template::render(place, text, values)?.into(),
            other => other.clone(),
        };
        Ok((name, value))
    };
    pairs.iter().map(one).collect()
}

fn is_form(kind: &HeaderValue) -> bool {
    kind.to_str().is_ok_and(|kind| {
        kind.trim()
            .get(..FORM.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(FORM))
    })
}

fn as_form(fields: &Map<String, Value>) -> String {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let pairs = fields.iter().map(|(name, value)| (name, text(value)));
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}
