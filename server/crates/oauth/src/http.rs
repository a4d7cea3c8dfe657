//! The provider's endpoints through the guarded way out, with the differences between providers evened out.

use std::pin::Pin;

use http::{HeaderValue, StatusCode, header};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::Url;
use serde_json::{Map, Value, json};
use sync::{
    fault::Fault,
    outbound::{Outbound, Purpose},
};

use crate::{Endpoint, provider::Body};

/// A token answer is small.
const LARGEST: usize = 256 * 1024;

/// Sends requests of the OAuth library.
pub struct Sender<'a> {
    outbound: &'a Outbound,
    body: Body,
}

impl<'a> Sender<'a> {
    pub fn of(at: Endpoint<'a>) -> Self {
        Self {
            outbound: at.outbound,
            body: at.provider.body,
        }
    }
}

impl<'c> AsyncHttpClient<'c> for Sender<'_> {
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Fault>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(send(self.outbound, self.body, request))
    }
}

async fn send(
    outbound: &Outbound,
    body: Body,
    request: HttpRequest,
) -> Result<HttpResponse, Fault> {
    let (parts, mut content) = request.into_parts();
    let url = Url::parse(&parts.uri.to_string())
        .map_err(|_| Fault::config("The provider's address is not valid."))?;
    let mut headers = parts.headers;
    if body == Body::Json {
        content = as_json(&content);
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
    }
    let request = outbound
        .request(parts.method, url)
        .headers(headers)
        .body(content)
        .build()
        .map_err(|_| Fault::bug("The request to the provider could not be built."))?;
    let (status, bytes) = answer(outbound, request).await?;
    Ok(evened(status, bytes))
}

/// Sends any request and reads its whole, small answer.
pub async fn answer(
    outbound: &Outbound,
    request: reqwest::Request,
) -> Result<(StatusCode, Vec<u8>), Fault> {
    let mut response = outbound.send(request, Purpose::Api).await?;
    let status = response.status();
    let mut bytes = Vec::new();
    loop {
        let chunk = response
            .chunk()
            .await
            .map_err(|_| Fault::upstream("The provider's answer broke off."))?;
        let Some(chunk) = chunk else { break };
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST {
            return Err(Fault::upstream("The provider's answer is too large."));
        }
    }
    Ok((status, bytes))
}

fn as_json(form: &[u8]) -> Vec<u8> {
    let fields: Map<String, Value> = url::form_urlencoded::parse(form)
        .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
        .collect();
    Value::Object(fields).to_string().into_bytes()
}

/// Our word for a provider that cannot answer now.
pub(crate) const NO_ANSWER: &str = "no_answer";

/// Whether it may answer otherwise in a while, as it says by its status or by its word.
fn passes(status: StatusCode, error: &Value) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
        || status.is_server_error()
        || ["temporarily_unavailable", "server_error"]
            .contains(&error["error"].as_str().unwrap_or_default())
}

/// Some say "no" with 200, some in words of their own: both become the standard's error.
pub(crate) fn evened(status: StatusCode, bytes: Vec<u8>) -> HttpResponse {
    let known: Option<Map<String, Value>> = serde_json::from_slice(&bytes).ok();
    let (status, bytes) = match known {
        Some(answer) if answer.contains_key("access_token") && status.is_success() => {
            (StatusCode::OK, bytes)
        }
        Some(answer) => {
            let mut error = error_of(&answer);
            if passes(status, &error) {
                error["error"] = NO_ANSWER.into();
            }
            (StatusCode::BAD_REQUEST, error.to_string().into_bytes())
        }
        None if status.is_success() => (status, bytes),
        None => (
            status,
            json!({"error": NO_ANSWER, "error_description": format!("HTTP {status}")})
                .to_string()
                .into_bytes(),
        ),
    };
    let mut response = HttpResponse::new(bytes);
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

fn error_of(answer: &Map<String, Value>) -> Value {
    let text = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| answer.get(*name).and_then(Value::as_str))
            .map(crate::callback::plain)
    };
    let error = text(&["error", "status", "code"]).unwrap_or_else(|| "no_token".to_owned());
    let description = text(&["error_description", "message", "error_message"]);
    json!({"error": error, "error_description": description})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn even(status: u16, body: &str) -> (u16, Value) {
        let response = evened(
            StatusCode::from_u16(status).unwrap(),
            body.as_bytes().to_vec(),
        );
        (
            response.status().as_u16(),
            serde_json::from_slice(response.body()).unwrap(),
        )
    }

    #[test]
    fn a_no_with_200_is_a_no() {
        let (status, body) = even(200, r#"{"ok": false, "error": "invalid_code"}"#);
        assert_eq!(
            (status, body["error"].as_str()),
            (400, Some("invalid_code"))
        );
    }

    #[test]
    fn words_of_their_own_become_the_standard_s() {
        let (_, body) = even(
            400,
            r#"{"status": "BAD_AUTH_CODE", "message": "missing or unknown auth code"}"#,
        );
        assert_eq!(
            body,
            json!({"error": "BAD_AUTH_CODE", "error_description": "missing or unknown auth code"})
        );
        let (status, body) = even(502, "<html>");
        assert_eq!((status, body["error"].as_str()), (502, Some("no_answer")));
    }

    #[test]
    fn a_provider_that_is_out_of_order_says_nothing_of_the_grant() {
        for (status, body) in [
            (503, r#"{"error": "temporarily_unavailable"}"#),
            (
                429,
                r#"{"error": "invalid_request", "message": "slow down"}"#,
            ),
            (500, r#"{"code": "internal"}"#),
            (400, r#"{"error": "server_error"}"#),
        ] {
            let (_, said) = even(status, body);
            assert_eq!(said["error"], NO_ANSWER, "{status} {body}");
        }
    }

    #[test]
    fn a_form_becomes_json() {
        assert_eq!(
            as_json(b"code=a%2Fb&grant_type=x"),
            br#"{"code":"a/b","grant_type":"x"}"#
        );
    }
}
