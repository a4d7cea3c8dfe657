//! Giving back what was granted, where the provider has an endpoint for it.

use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{ACCEPT, AUTHORIZATION},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sync::fault::Fault;
use time::OffsetDateTime;
use url::Url;

use crate::{
    Client, Endpoint, Error, exchange, http,
    provider::{ClientAuth, Provider, Revoke, RevokeMethod, RevokeStyle},
    words,
};

/// Names and values of a request's body.
type Fields<'a> = Vec<(&'a str, &'a str)>;

/// Whether the provider was told; `false` where it has no endpoint. `token` is what [`crate::Grant::token_in`] finds, or
/// the refresh token.
pub async fn revoke(at: Endpoint<'_>, token: &SecretString) -> Result<bool, Error> {
    let Some(revoke) = &at.provider.revoke else {
        return Ok(false);
    };
    let url = address(revoke, at)?;
    let fresh = if revoke.access_token {
        access_token(at, token).await?
    } else {
        None
    };
    let request = request(revoke, url, at, fresh.as_ref().unwrap_or(token))?;
    let (status, body) = http::answer(at.outbound, request)
        .await
        .map_err(Error::Unreachable)?;
    if status.is_success() && !says_no(&body) {
        return Ok(true);
    }
    let words = format!("HTTP {status}");
    Err(if passes(status) {
        Error::Unreachable(Fault::upstream(words))
    } else {
        Error::Refused {
            error: words,
            description: None,
        }
    })
}

/// It may take it in a while.
fn passes(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

/// Some say no with 200: `{"ok": false}`.
fn says_no(body: &[u8]) -> bool {
    let answer: Option<Value> = serde_json::from_slice(body).ok();
    answer.is_some_and(|answer| answer["ok"] == false)
}

/// Where to, with the client's id where the address names it.
fn address(revoke: &Revoke, at: Endpoint<'_>) -> Result<Url, Error> {
    let mut known = at.words.clone();
    if words::wanted(&revoke.url).any(|word| word == words::CLIENT_ID) {
        if !words::is_name(&at.client.id) {
            return Err(Error::Data(
                "the client's id is no part of an address".to_owned(),
            ));
        }
        known.insert(words::CLIENT_ID.to_owned(), at.client.id.clone());
    }
    words::address(&revoke.url, &known)
}

/// A new access token; `None` where the provider does not take what was kept for a refresh token: then it is the access
/// token itself.
async fn access_token(
    at: Endpoint<'_>,
    kept: &SecretString,
) -> Result<Option<SecretString>, Error> {
    // How long it lives does not matter.
    match exchange::refresh(at, kept, OffsetDateTime::UNIX_EPOCH).await {
        Ok(tokens) => Ok(Some(tokens.access)),
        Err(Error::InvalidGrant { .. } | Error::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn request(
    revoke: &Revoke,
    url: Url,
    at: Endpoint<'_>,
    token: &SecretString,
) -> Result<reqwest::Request, Error> {
    let method = match revoke.method {
        RevokeMethod::Post => Method::POST,
        RevokeMethod::Delete => Method::DELETE,
    };
    let request = at.outbound.request(method, url);
    let mut fields = vec![(revoke.field.as_str(), token.expose_secret())];
    let request = proven(request, &mut fields, revoke, at.provider, at.client);
    with_body(request, revoke, &fields, token)
        .header(ACCEPT, "application/json")
        .build()
        .map_err(|_| Error::Data("the revocation could not be built".to_owned()))
}

/// With the client's id and secret where the provider wants them.
fn proven<'a>(
    request: RequestBuilder,
    fields: &mut Fields<'a>,
    revoke: &Revoke,
    provider: &Provider,
    client: &'a Client,
) -> RequestBuilder {
    let secret = client.secret.expose_secret();
    if let Some(scheme) = &revoke.secret_scheme {
        fields.push(("client_id", &client.id));
        return request.header(AUTHORIZATION, format!("{scheme} {secret}"));
    }
    if !revoke.client {
        return request;
    }
    match revoke.client_auth.unwrap_or(provider.client_auth) {
        // Each escaped for itself, as the standard has it and as at the token URL (RFC 6749, 2.3.1).
        ClientAuth::Basic => request.basic_auth(escaped(&client.id), Some(escaped(secret))),
        ClientAuth::Body => {
            fields.extend([("client_id", client.id.as_str()), ("client_secret", secret)]);
            request
        }
    }
}

fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn with_body(
    request: RequestBuilder,
    revoke: &Revoke,
    fields: &Fields<'_>,
    token: &SecretString,
) -> RequestBuilder {
    match revoke.style {
        RevokeStyle::Token => {
            let body: String = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(fields)
                .finish();
            request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body)
        }
        RevokeStyle::TokenJson => {
            let body: serde_json::Map<_, _> = fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect();
            request.json(&body)
        }
        RevokeStyle::Bearer => match &revoke.token_header {
            Some(name) => request.header(name, token.expose_secret()),
            None => request.bearer_auth(token.expose_secret()),
        },
    }
}
