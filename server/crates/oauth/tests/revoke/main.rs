//! Giving back what was granted, as each provider's documentation wants it: against a stand-in that keeps what it was sent.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod provider;

use axum::http::StatusCode;
use oauth::{Client, Endpoint, Error, Providers, revoke, words};
use provider::{Sent, start};
use serde_json::{Value, json};
use sync::outbound::{Outbound, Policy, Scheme};

const SHIPPED: &str = include_str!("../../data/providers.toml");

/// Gives back what a configuration holds at the shipped provider, moved from `host` to the stand-in.
async fn given_back(
    at: &str,
    host: &str,
    source_type: &str,
    config: &Value,
) -> Result<bool, Error> {
    given_back_by(at, host, source_type, config, ("app.1-a", "hush")).await
}

/// The same by another client.
async fn given_back_by(
    at: &str,
    host: &str,
    source_type: &str,
    config: &Value,
    (id, secret): (&str, &str),
) -> Result<bool, Error> {
    let moved = SHIPPED.replace(&format!("https://{host}"), at);
    assert_ne!(moved, SHIPPED, "{host} is no address there");
    let all = Providers::load(Some(&moved)).unwrap();
    let (provider, grant) = all.grant(source_type).unwrap();
    let outbound = Outbound::new(Policy {
        allow_private: vec!["127.0.0.0/8".parse().unwrap()],
        scheme: Scheme::HttpToo,
        ..Policy::default()
    })
    .unwrap();
    let client = Client {
        id: id.to_owned(),
        secret: secret.to_owned().into(),
    };
    let endpoint = Endpoint {
        outbound: &outbound,
        provider,
        words: &words(grant, config).unwrap(),
        client: &client,
    };
    let token = grant.token_in(config).unwrap().into();
    revoke(endpoint, &token).await
}

/// base64 of `app.1-a:hush`.
const BASIC: &str = "Basic YXBwLjEtYTpodXNo";

#[tokio::test]
async fn stripe_is_told_the_account_by_the_platform_itself() {
    let (at, provider) = start().await;
    let config = json!({"client_secret": "customer's", "account_id": "acct_1"});
    let told = given_back(&at, "connect.stripe.com", "stripe", &config).await;
    assert!(told.unwrap());
    let sent = provider.only();
    assert_eq!(sent.what, "POST /oauth/deauthorize");
    assert_eq!(sent.authorisation.as_deref(), Some("Bearer hush"));
    assert_eq!(
        sent.kind.as_deref(),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(sent.body, "stripe_user_id=acct_1&client_id=app.1-a");
}

#[tokio::test]
async fn square_takes_an_access_token_from_whoever_knows_the_secret() {
    let (at, provider) = start().await;
    *provider.refresh.lock().unwrap() = Some("kept");
    let config = json!({"credentials": {"refresh_token": "kept"}});
    let told = given_back(&at, "{host}", "square", &config).await;
    assert!(told.unwrap());
    let sent = provider.only();
    assert_eq!(sent.what, "POST /oauth2/revoke");
    assert_eq!(sent.authorisation.as_deref(), Some("Client hush"));
    assert_eq!(
        sent.json(),
        json!({"access_token": "fresh", "client_id": "app.1-a"})
    );
}

#[tokio::test]
async fn zendesk_deletes_the_token_it_is_shown() {
    for (refresh, shown) in [(None, "Bearer kept"), (Some("kept"), "Bearer fresh")] {
        let (at, provider) = start().await;
        *provider.refresh.lock().unwrap() = refresh;
        let config = json!({"subdomain": "acme", "credentials": {"access_token": "kept"}});
        let told = given_back(&at, "{subdomain}.zendesk.com", "zendesk-support", &config).await;
        assert!(told.unwrap());
        let sent = provider.only();
        assert_eq!(sent.what, "DELETE /api/v2/oauth/tokens/current.json");
        assert_eq!(sent.authorisation.as_deref(), Some(shown));
        assert_eq!(sent.body, "");
    }
}

#[tokio::test]
async fn github_deletes_a_token_of_the_client_that_proves_itself() {
    let (at, provider) = start().await;
    let config = json!({"credentials": {"access_token": "kept"}});
    let told = given_back(&at, "api.github.com", "github", &config).await;
    assert!(told.unwrap());
    let sent = provider.only();
    assert_eq!(sent.what, "DELETE /applications/app.1-a/token");
    assert_eq!(sent.authorisation.as_deref(), Some(BASIC));
    assert_eq!(sent.json(), json!({"access_token": "kept"}));
}

#[tokio::test]
async fn shopify_ends_the_app_s_installation_by_a_header_of_its_own() {
    let (at, provider) = start().await;
    let config = json!({"shop": "acme", "credentials": {"access_token": "kept"}});
    let told = given_back(&at, "{shop}.myshopify.com", "shopify", &config).await;
    assert!(told.unwrap());
    let sent = provider.only();
    assert_eq!(sent.what, "DELETE /admin/api_permissions/current.json");
    assert_eq!(sent.shopify.as_deref(), Some("kept"));
    assert_eq!((sent.authorisation, sent.body.as_str()), (None, ""));
}

#[tokio::test]
async fn a_client_s_odd_letters_are_escaped_before_its_proof_is_put_together() {
    let (at, provider) = start().await;
    let config = json!({"refresh_token": "r"});
    let odd = ("app: 1", "hu+sh");
    let host = "developer.api.intuit.com";
    let told = given_back_by(&at, host, "quickbooks", &config, odd).await;
    assert!(told.unwrap());
    // base64 of `app%3A+1:hu%2Bsh`.
    let proof = "Basic YXBwJTNBKzE6aHUlMkJzaA==";
    assert_eq!(provider.only().authorisation.as_deref(), Some(proof));
}

#[tokio::test]
async fn the_others_are_told_as_before() {
    let refresh = json!({"credentials": {"refresh_token": "r"}});
    for (host, source_type, config, what, authorisation, body) in [
        (
            "oauth2.googleapis.com",
            "google-sheets",
            &refresh,
            "POST /revoke",
            None,
            "token=r",
        ),
        (
            "api.hubapi.com",
            "hubspot",
            &refresh,
            "POST /oauth/2026-03/token/revoke",
            None,
            "token=r&client_id=app.1-a&client_secret=hush",
        ),
        (
            "{host}.salesforce.com",
            "salesforce",
            &json!({"refresh_token": "r"}),
            "POST /services/oauth2/revoke",
            None,
            "token=r",
        ),
        (
            "accounts.zoho.{region}",
            "zoho-crm",
            &json!({"refresh_token": "r"}),
            "POST /oauth/v2/token/revoke",
            None,
            "token=r",
        ),
        (
            "app.asana.com",
            "asana",
            &refresh,
            "POST /-/oauth_revoke",
            None,
            "token=r&client_id=app.1-a&client_secret=hush",
        ),
        (
            "oauth.pipedrive.com",
            "pipedrive",
            &refresh,
            "POST /oauth/revoke",
            Some(BASIC),
            "token=r",
        ),
        (
            "developer.api.intuit.com",
            "quickbooks",
            &json!({"refresh_token": "r"}),
            "POST /v2/oauth2/tokens/revoke",
            Some(BASIC),
            r#"{"token":"r"}"#,
        ),
    ] {
        let sent = sent_to(host, source_type, config).await;
        let authorised = sent.authorisation.as_deref();
        assert_eq!(
            (&*sent.what, authorised, &*sent.body),
            (what, authorisation, body),
            "{source_type}"
        );
    }
}

#[tokio::test]
async fn where_access_does_not_end_that_token_is_given_back() {
    let access = json!({"credentials": {"access_token": "a"}});
    for (host, source_type, what, authorisation, body) in [
        (
            "api.notion.com",
            "notion",
            "POST /v1/oauth/revoke",
            BASIC,
            r#"{"token":"a"}"#,
        ),
        (
            "slack.com",
            "slack",
            "POST /api/auth.revoke",
            "Bearer a",
            "",
        ),
    ] {
        let sent = sent_to(host, source_type, &access).await;
        assert_eq!(sent.what, what, "{source_type}");
        assert_eq!(sent.authorisation.as_deref(), Some(authorisation));
        assert_eq!(sent.body, body, "{source_type}");
    }
}

/// The one request that gives it back.
async fn sent_to(host: &str, source_type: &str, config: &Value) -> Sent {
    let (at, provider) = start().await;
    let told = given_back(&at, host, source_type, config).await;
    assert!(told.unwrap(), "{source_type}");
    provider.only()
}

#[tokio::test]
async fn a_refusal_is_told_and_no_endpoint_is_no_failure() {
    let (at, provider) = start().await;
    let config = json!({"credentials": {"access_token": "kept"}});
    for (status, passes) in [
        (StatusCode::UNAUTHORIZED, false),
        (StatusCode::TOO_MANY_REQUESTS, true),
        (StatusCode::SERVICE_UNAVAILABLE, true),
    ] {
        *provider.refuses.lock().unwrap() = Some(status);
        let refused = given_back(&at, "api.github.com", "github", &config).await;
        let error = refused.unwrap_err();
        assert_eq!(matches!(error, Error::Unreachable(_)), passes, "{error}");
        let words = error.to_string();
        assert!(
            words.contains(status.as_str()) && !words.contains("kept"),
            "{words}"
        );
    }
    *provider.refuses.lock().unwrap() = None;
    *provider.says.lock().unwrap() = r#"{"ok": false, "error": "invalid_auth"}"#;
    let refused = given_back(&at, "slack.com", "slack", &config).await;
    assert!(refused.is_err(), "a no with 200 is a no");
    let none = given_back(&at, "login.mailchimp.com", "mailchimp", &config).await;
    assert!(!none.unwrap());
    assert_eq!(
        provider.sent.lock().unwrap().len(),
        4,
        "no endpoint, no call"
    );
}
