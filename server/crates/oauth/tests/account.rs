//! Who signed in, asked at stand-ins that answer as the vendors' documentation says, and only to whoever asks so.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stand;

use axum::http::StatusCode;
use oauth::{Account, Tokens, account};
use serde_json::{Map, Value, json};
use stand::{Answers, Sent, Stand, client};

/// Whoever holds this token, as far as the provider says.
async fn of(
    host: &str,
    source_type: &str,
    token: &str,
    answers: Answers,
) -> (Option<Account>, Sent) {
    let stand = Stand::start(answers).await;
    let (all, client) = (stand.moved(host), client("app", "hush"));
    let words = Stand::words(&all, source_type, &json!({}));
    let at = stand.endpoint(&all, source_type, &words, &client);
    let tokens = Tokens {
        access: token.to_owned().into(),
        refresh: None,
        expires_at: None,
        scopes: None,
        rest: Map::new(),
    };
    let found = account(at, &tokens, &[]).await.unwrap();
    let sent = stand.only();
    assert!(
        !sent.what.contains(token),
        "no token in an address: {sent:?}"
    );
    (found, sent)
}

fn is(id: &str, name: &str) -> Account {
    Account {
        id: id.to_owned(),
        name: name.to_owned(),
    }
}

fn hubspot(sent: &Sent) -> (StatusCode, Value) {
    let known = match sent.authorisation.as_deref() {
        Some("Bearer anna") => 62_515,
        Some("Bearer ben") => 62_516,
        _ => {
            return (
                StatusCode::UNAUTHORIZED,
                json!({"status": "error", "category": "INVALID_AUTHENTICATION"}),
            );
        }
    };
    let details = json!({"portalId": known, "accountType": "STANDARD", "timeZone": "Europe/Berlin", "companyCurrency": "EUR",
        "uiDomain": "app.hubspot.com", "dataHostingLocation": "eu1"});
    (StatusCode::OK, details)
}

#[tokio::test]
async fn hubspot_tells_the_account_by_its_number() {
    let host = "api.hubapi.com";
    let (anna, sent) = of(host, "hubspot", "anna", hubspot).await;
    assert_eq!(anna, Some(is("62515", "62515")));
    assert_eq!(sent.what, "GET /account-info/v3/details");
    assert_eq!(
        of(host, "hubspot", "ben", hubspot).await.0,
        Some(is("62516", "62516"))
    );
    assert_eq!(of(host, "hubspot", "nobody", hubspot).await.0, None);
}

fn mailchimp(sent: &Sent) -> (StatusCode, Value) {
    match sent.authorisation.as_deref() {
        Some("OAuth anna") => {
            let said = json!({"dc": "us6", "role": "owner", "accountname": "Acme Ltd", "user_id": 8_704,
                "login": {"email": "anna@example.com", "login_id": 2, "login_name": "anna"}, "api_endpoint": "https://us6.api.example.com"});
            (StatusCode::OK, said)
        }
        // It says “no” with 200.
        _ => (StatusCode::OK, json!({"error": "invalid_token"})),
    }
}

#[tokio::test]
async fn mailchimp_tells_the_account_to_its_own_kind_of_authorisation() {
    let host = "login.mailchimp.com";
    let (anna, sent) = of(host, "mailchimp", "anna", mailchimp).await;
    assert_eq!(anna, Some(is("8704", "Acme Ltd")));
    assert_eq!(sent.what, "GET /oauth2/metadata");
    assert_eq!(of(host, "mailchimp", "nobody", mailchimp).await.0, None);
}

fn monday(sent: &Sent) -> (StatusCode, Value) {
    let asked: Value = serde_json::from_str(&sent.body).unwrap();
    let query = asked["query"].as_str().unwrap();
    let is_json = sent.kind.as_deref() == Some("application/json");
    if sent.authorisation.as_deref() != Some("anna") {
        let errors = json!({"errors": ["Not Authenticated"]});
        return (StatusCode::UNAUTHORIZED, errors);
    }
    assert!(
        is_json
            && query
                .split_whitespace()
                .eq("query { me { account { id name } } }".split(' '))
    );
    (
        StatusCode::OK,
        json!({"data": {"me": {"account": {"id": "17", "name": "Acme"}}}, "account_id": 17}),
    )
}

#[tokio::test]
async fn monday_answers_a_question_to_the_bare_token() {
    let (anna, sent) = of("api.monday.com", "monday", "anna", monday).await;
    assert_eq!(anna, Some(is("17", "Acme")));
    assert_eq!(sent.what, "POST /v2");
    assert_eq!(
        of("api.monday.com", "monday", "nobody", monday).await.0,
        None
    );
}

/// Whoever signed in at a provider that is asked nothing more: its token answer said this besides.
async fn said(host: &str, source_type: &str, settings: &Value, rest: Value) -> Option<Account> {
    let stand = Stand::start(hubspot).await;
    let (all, client) = (stand.moved(host), client("app", "hush"));
    let words = Stand::words(&all, source_type, settings);
    let at = stand.endpoint(&all, source_type, &words, &client);
    let tokens = Tokens {
        access: "anna".to_owned().into(),
        refresh: None,
        expires_at: None,
        scopes: None,
        rest: serde_json::from_value(rest).unwrap(),
    };
    account(at, &tokens, &[]).await.unwrap()
}

#[tokio::test]
async fn a_zendesk_is_known_by_its_subdomain() {
    let settings = json!({"subdomain": "acme", "credentials": {"credentials": "oauth2.0"}});
    let host = "{subdomain}.zendesk.com";
    let found = said(host, "zendesk-support", &settings, json!({})).await;
    assert_eq!(found, Some(is("acme", "acme")));
}

#[tokio::test]
async fn a_colleague_s_salesforce_is_the_same_and_another_organisation_s_is_not() {
    let host = "{host}.salesforce.com";
    let (ours, others) = ("00Dx0000000BV7z", "00Dx0000000CW8y");
    let signed_in = async |domain: &str, organisation: &str, person: &str| {
        let place = format!("https://{domain}.my.salesforce.com");
        let identity = format!("https://login.salesforce.com/id/{organisation}/{person}");
        let rest = json!({"id": identity, "instance_url": place, "issued_at": "1"});
        said(host, "salesforce", &json!({}), rest).await
    };
    let anna = signed_in("acme", ours, "005x00000012Q9P").await;
    assert_eq!(anna, Some(is(ours, "https://acme.my.salesforce.com")));
    assert_eq!(anna, signed_in("acme", ours, "005x00000099Q9P").await);
    // It has given itself another domain.
    let renamed = signed_in("acme-group", ours, "005x00000012Q9P").await;
    assert_eq!(
        renamed,
        Some(is(ours, "https://acme-group.my.salesforce.com"))
    );
    let other = signed_in("acme", others, "005x00000012Q9P").await;
    assert_eq!(other.unwrap().id, others);
}

#[tokio::test]
async fn zoho_names_a_data_centre_which_is_nobody_s_account() {
    let rest = json!({"api_domain": "https://www.zohoapis.com", "token_type": "Bearer"});
    let found = said("accounts.zoho.{region}", "zoho-crm", &json!({}), rest).await;
    assert_eq!(found, None);
}
