//! What is really sent to get tokens: how the client proves itself and how the body is written, as each provider wants it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stand;

use axum::http::StatusCode;
use base64::{Engine, prelude::BASE64_STANDARD};
use oauth::{Tokens, exchange, refresh};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use stand::{Sent, Stand, client};
use time::OffsetDateTime;
use url::Url;

/// With letters that mean something in forms, in JSON, and between the halves of a Basic authorisation.
const CLIENT: (&str, &str) = ("app: 1+\"", "h&ush=%/ü:\\");
/// The same as a form writes it.
const ESCAPED: (&str, &str) = ("app%3A+1%2B%22", "h%26ush%3D%25%2F%C3%BC%3A%5C");

fn gives(_: &Sent) -> (StatusCode, Value) {
    let tokens = json!({"access_token": "new", "refresh_token": "next", "token_type": "bearer", "expires_in": 60});
    (StatusCode::OK, tokens)
}

/// Turns a code into tokens at a shipped provider; what was sent, and what came of it.
async fn exchanged(
    host: &str,
    source_type: &str,
    config: &Value,
    verifier: Option<&str>,
) -> (Sent, Tokens) {
    let stand = Stand::start(gives).await;
    let (all, client) = (stand.moved(host), client(CLIENT.0, CLIENT.1));
    let words = Stand::words(&all, source_type, config);
    let at = stand.endpoint(&all, source_type, &words, &client);
    let redirect = Url::parse("https://hub.example.com/oauth/callback").unwrap();
    let verifier = verifier.map(SecretString::from);
    let code = "c/1 &2".to_owned();
    let tokens = exchange(
        at,
        &redirect,
        code,
        verifier.as_ref(),
        OffsetDateTime::UNIX_EPOCH,
    );
    let tokens = tokens.await.unwrap();
    (stand.only(), tokens)
}

/// The same with a refresh token.
async fn refreshed(host: &str, source_type: &str, config: &Value) -> Sent {
    let stand = Stand::start(gives).await;
    let (all, client) = (stand.moved(host), client(CLIENT.0, CLIENT.1));
    let words = Stand::words(&all, source_type, config);
    let at = stand.endpoint(&all, source_type, &words, &client);
    let kept = SecretString::from("kept&1");
    let tokens = refresh(at, &kept, OffsetDateTime::UNIX_EPOCH)
        .await
        .unwrap();
    assert_eq!(tokens.access.expose_secret(), "new");
    stand.only()
}

/// Names and values of a form, in the order of their names.
fn form(sent: &Sent) -> Vec<(String, String)> {
    let kind = sent.kind.as_deref();
    assert_eq!(kind, Some("application/x-www-form-urlencoded"));
    let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(sent.body.as_bytes())
        .into_owned()
        .collect();
    pairs.sort();
    pairs
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    of.iter().map(owned).collect()
}

fn json_of(sent: &Sent) -> Value {
    assert_eq!(sent.kind.as_deref(), Some("application/json"));
    serde_json::from_str(&sent.body).unwrap()
}

fn basic() -> String {
    let both = format!("{}:{}", ESCAPED.0, ESCAPED.1);
    format!("Basic {}", BASE64_STANDARD.encode(both))
}

const CODE: (&str, &str) = ("code", "c/1 &2");
const GRANT: (&str, &str) = ("grant_type", "authorization_code");
const REDIRECT: (&str, &str) = ("redirect_uri", "https://hub.example.com/oauth/callback");

#[tokio::test]
async fn hubspot_reads_the_client_in_the_form() {
    let (sent, tokens) = exchanged("api.hubapi.com", "hubspot", &json!({}), None).await;
    assert_eq!(sent.what, "POST /oauth/2026-03/token");
    assert_eq!(sent.authorisation, None);
    let proof = [("client_id", CLIENT.0), ("client_secret", CLIENT.1)];
    let all = [proof[0], proof[1], CODE, GRANT, REDIRECT];
    let mut all = pairs(&all);
    all.sort();
    assert_eq!(form(&sent), all);
    assert_eq!(tokens.access.expose_secret(), "new");
    assert_eq!(tokens.refresh.unwrap().expose_secret(), "next");

    let sent = refreshed("api.hubapi.com", "hubspot", &json!({})).await;
    assert_eq!(sent.what, "POST /oauth/2026-03/token");
    let renewal = [("grant_type", "refresh_token"), ("refresh_token", "kept&1")];
    assert_eq!(
        form(&sent),
        pairs(&[proof[0], proof[1], renewal[0], renewal[1]])
    );
}

#[tokio::test]
async fn airtable_reads_the_client_in_the_header_and_the_verifier_in_the_form() {
    let verifier = Some("a-verifier-of-this-trip");
    let (sent, _) = exchanged("airtable.com", "airtable", &json!({}), verifier).await;
    assert_eq!(sent.what, "POST /oauth2/v1/token");
    assert_eq!(sent.authorisation, Some(basic()));
    let proof = ("code_verifier", "a-verifier-of-this-trip");
    assert_eq!(form(&sent), pairs(&[CODE, proof, GRANT, REDIRECT]));

    let sent = refreshed("airtable.com", "airtable", &json!({})).await;
    assert_eq!(sent.authorisation, Some(basic()));
    let renewal = [("grant_type", "refresh_token"), ("refresh_token", "kept&1")];
    assert_eq!(form(&sent), pairs(&renewal), "the client is nowhere else");
}

#[tokio::test]
async fn notion_reads_the_client_in_the_header_and_the_rest_as_json() {
    let (sent, _) = exchanged("api.notion.com", "notion", &json!({}), None).await;
    assert_eq!(sent.what, "POST /v1/oauth/token");
    assert_eq!(sent.authorisation, Some(basic()));
    assert_eq!(
        json_of(&sent),
        json!({"grant_type": GRANT.1, "code": CODE.1, "redirect_uri": REDIRECT.1})
    );
}

#[tokio::test]
async fn atlassian_reads_everything_as_json() {
    let config = json!({"domain": "acme.example.net"});
    let (sent, _) = exchanged("auth.atlassian.com", "jira", &config, None).await;
    assert_eq!(sent.what, "POST /oauth/token");
    assert_eq!(sent.authorisation, None);
    assert_eq!(
        json_of(&sent),
        json!({"grant_type": GRANT.1, "code": CODE.1, "redirect_uri": REDIRECT.1, "client_id": CLIENT.0, "client_secret": CLIENT.1})
    );
    let sent = refreshed("auth.atlassian.com", "jira", &config).await;
    assert_eq!(
        json_of(&sent),
        json!({"grant_type": "refresh_token", "refresh_token": "kept&1", "client_id": CLIENT.0, "client_secret": CLIENT.1})
    );
}
