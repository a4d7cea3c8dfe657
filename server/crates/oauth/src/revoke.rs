//! Giving back what was granted, where the provider has an endpoint for it.

use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::{
    Endpoint, Error, http,
    provider::{ClientAuth, RevokeStyle},
    words,
};

/// Whether the provider was told; `false` where it has no endpoint.
pub async fn revoke(at: Endpoint<'_>, token: &SecretString) -> Result<bool, Error> {
    let Endpoint {
        outbound,
        provider,
        words,
        client,
    } = at;
    let Some(revoke) = &provider.revoke else {
        return Ok(false);
    };
    let url = words::address(&revoke.url, words)?;
    let mut request = outbound.request(Method::POST, url);
    let mut fields = vec![("token", token.expose_secret())];
    if revoke.client {
        match provider.client_auth {
            ClientAuth::Basic => {
                request = request.basic_auth(&client.id, Some(client.secret.expose_secret()));
            }
            ClientAuth::Body => {
                fields.push(("client_id", &client.id));
                fields.push(("client_secret", client.secret.expose_secret()));
            }
        }
    }
    let request = with_body(request, revoke.style, &fields, token)
        .build()
        .map_err(|_| Error::Data("the revocation could not be built".to_owned()))?;
    let (status, _) = http::answer(outbound, request)
        .await
        .map_err(Error::Unreachable)?;
    if status.is_success() {
        Ok(true)
    } else {
        Err(Error::Refused {
            error: format!("HTTP {status}"),
            description: None,
        })
    }
}

fn with_body(
    request: RequestBuilder,
    style: RevokeStyle,
    fields: &[(&str, &str)],
    token: &SecretString,
) -> RequestBuilder {
    match style {
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
        RevokeStyle::Bearer => request.bearer_auth(token.expose_secret()),
    }
}
