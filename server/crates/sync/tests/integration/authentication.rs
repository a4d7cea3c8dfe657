//! Every kind of authentication reaches the API as the API expects it, and asks a person for nothing but its secrets.

use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sync::declarative;
use sync::fault::Kind;
use sync::integration::{Direct, Integration};

use crate::harness::{Harbour, Reply, Request, column, manifest, read, rest, ships};

const ENDPOINTS: &str = "endpoints: [{ name: ships, path: /ships, fields: { name: string } }]";

/// Gives tokens to whoever has the client's secret, and ships to everybody: what was shown is looked at afterwards.
fn answer(request: &Request, _: &str) -> (Value, Option<String>) {
    if request.path == "/token" {
        let right = request
            .body
            .contains("client_secret=secret-of-client_secret");
        let token = if right { "fresh" } else { "none" };
        return (json!({"access_token": token, "expires_in": 3600}), None);
    }
    (Value::from(ships()), None)
}

/// Reads the ships and gives the requests for them, after those for tokens.
async fn shown(authentication: &str) -> (Vec<Request>, Vec<String>) {
    let harbour = Harbour::open(answer).await;
    let authentication = authentication.replace("HARBOUR", &harbour.url);
    let lines = format!("authentication: {authentication}\n{ENDPOINTS}");
    let integration = rest(&harbour, &lines);
    let (records, _) = read(&integration, &[]).await.unwrap();
    assert_eq!(records.len(), 7, "{authentication}");

    let spec = declarative::spec(&manifest(&integration).0).unwrap();
    let asked = spec.connection_specification;
    let properties = asked["properties"].as_object().unwrap();
    assert!(
        properties
            .values()
            .all(|field| field["airbyte_secret"] == true),
        "{asked}"
    );
    let names: Vec<String> = properties.keys().cloned().collect();
    assert_eq!(asked["required"], json!(names));
    assert_eq!(names, integration.secrets);
    (harbour.asked(), names)
}

#[tokio::test]
async fn without_authentication_nothing_is_shown_and_nothing_asked() {
    let (requests, secrets) = shown("none").await;
    assert!(!requests[0].headers.contains_key("authorization"));
    assert!(secrets.is_empty(), "{secrets:?}");
}

#[tokio::test]
async fn a_bearer_token_stands_in_the_header() {
    let (requests, secrets) = shown("{ type: bearer, secret_name: harbour_token }").await;
    assert_eq!(
        requests[0].headers["authorization"],
        "Bearer secret-of-harbour_token"
    );
    assert_eq!(secrets, ["harbour_token"]);
}

#[tokio::test]
async fn basic_joins_the_user_and_the_password() {
    for (username, sent, asked) in [
        ("anna", "anna", vec!["door"]),
        (
            "\"${secrets.user}\"",
            "secret-of-user",
            vec!["user", "door"],
        ),
    ] {
        let (requests, secrets) = shown(&format!(
            "{{ type: basic, username: {username}, secret_name: door }}"
        ))
        .await;
        let expected = BASE64_STANDARD.encode(format!("{sent}:secret-of-door"));
        assert_eq!(
            requests[0].headers["authorization"],
            format!("Basic {expected}")
        );
        let mut secrets = secrets;
        secrets.sort();
        let mut asked = asked;
        asked.sort_unstable();
        assert_eq!(secrets, asked);
    }
}

#[tokio::test]
async fn an_api_key_goes_into_a_header_or_a_parameter() {
    let (requests, _) = shown("{ type: api_key, header: X-Harbour, secret_name: key }").await;
    assert_eq!(requests[0].headers["x-harbour"], "secret-of-key");
    assert!(requests[0].query.is_empty(), "{requests:?}");

    let (requests, _) = shown("{ type: api_key, query: key, secret_name: key }").await;
    assert_eq!(requests[0].query["key"], "secret-of-key");
}

#[tokio::test]
async fn oauth_gets_a_token_with_the_clients_credentials_first() {
    let (requests, secrets) = shown(
        "{ type: oauth2, token_url: HARBOUR/token, client_id: hub, secret_name: client_secret, scopes: [ships.read, crew.read] }",
    )
    .await;
    assert_eq!(requests[0].path, "/token");
    assert_eq!(requests[0].method, "POST");
    let sent: Vec<&str> = requests[0].body.split('&').collect();
    for part in [
        "grant_type=client_credentials",
        "client_id=hub",
        "client_secret=secret-of-client_secret",
        "scope=ships.read+crew.read",
    ] {
        assert!(sent.contains(&part), "{part} is not in {sent:?}");
    }
    assert_eq!(requests[1].headers["authorization"], "Bearer fresh");
    assert_eq!(secrets, ["client_secret"]);
}

/// Gives tokens without a word of how long they live, and shows ships for those that the test takes for good: it is told the
/// number of the token and the page.
async fn forgetful(is_good: fn(usize, usize) -> bool) -> (Harbour, Integration) {
    let given = AtomicUsize::new(0);
    let harbour = Harbour::with(move |request, _| {
        if request.path == "/token" {
            let number = given.fetch_add(1, Ordering::SeqCst) + 1;
            return Reply::of(json!({"access_token": format!("token-{number}")}));
        }
        let shown = request.headers.get("authorization");
        let number: Option<usize> =
            shown.and_then(|shown| shown.strip_prefix("Bearer token-")?.parse().ok());
        let page = request.number("page").unwrap_or(1);
        if !number.is_some_and(|number| is_good(number, page)) {
            return Reply::refused();
        }
        let before = (page - 1) * 3;
        Reply::of(ships().into_iter().skip(before).take(3).collect())
    })
    .await;
    let lines = format!(
        "authentication: {{ type: oauth2, token_url: {}/token, client_id: hub, secret_name: client_secret }}\nendpoints: [{{ name: ships, path: /ships, paging: {{ type: page, size: 3 }}, fields: {{ id: integer }} }}]",
        harbour.url
    );
    let integration = rest(&harbour, &lines);
    (harbour, integration)
}

fn paths(requests: &[Request]) -> Vec<&str> {
    let paths = requests.iter();
    paths.map(|request| request.path.as_str()).collect()
}

#[tokio::test]
async fn a_token_that_ended_early_is_refused_once_and_another_one_is_asked_for() {
    // The first ends with the first page.
    let (harbour, integration) = forgetful(|token, page| token > 1 || page == 1).await;
    let (records, _) = read(&integration, &[]).await.unwrap();
    let ids: Vec<Value> = (1..=7).map(Value::from).collect();
    assert_eq!(column(&records, "id"), ids);
    let asked = harbour.asked();
    assert_eq!(
        paths(&asked),
        ["/token", "/ships", "/ships", "/token", "/ships", "/ships"]
    );
    assert_eq!(asked[2].query, asked[4].query, "the page that was refused");
}

#[tokio::test]
async fn a_client_that_may_not_read_is_the_credentials_fault_after_a_second_token() {
    let (harbour, integration) = forgetful(|_, _| false).await;
    let fault = read(&integration, &[]).await.unwrap_err();
    assert_eq!(fault.kind, Kind::Credentials, "{fault:?}");
    assert_eq!(
        paths(&harbour.asked()),
        ["/token", "/ships", "/token", "/ships"]
    );
}

/// One that is too old would refuse the whole manifest, and could read the API without.
#[tokio::test]
async fn an_airbyte_is_not_told_to_ask_for_another_token() {
    let (_harbour, integration) = forgetful(|_, _| true).await;
    let Direct::Manifest { manifest, .. } = integration.direct() else {
        panic!("{:?}", integration.direct())
    };
    let airbyte = integration.airbyte();
    let mut told = airbyte.source.manifest().unwrap().clone();
    assert_eq!(
        (&manifest["version"], &told["version"]),
        (&json!("7.8.0"), &json!("6.0.0"))
    );

    let handler = "/streams/0/retriever/requester/error_handler";
    assert_eq!(told.pointer(handler), None);
    let action = format!("{handler}/response_filters/0/action");
    let action = manifest.pointer(&action).and_then(Value::as_str);
    assert_eq!(action, Some("REFRESH_TOKEN_THEN_RETRY"));
    let notes = airbyte.notes.join(" ");
    assert!(notes.contains("asks for another token"), "{notes}");

    // Nothing else is another.
    told["version"] = manifest["version"].clone();
    told["streams"][0]["retriever"]["requester"]["error_handler"] =
        manifest["streams"][0]["retriever"]["requester"]["error_handler"].clone();
    assert_eq!(told, manifest);
}

#[tokio::test]
async fn secrets_may_stand_wherever_a_request_has_text() {
    let harbour = Harbour::open(answer).await;
    let lines = "headers: { X-Account: 'acc ${secrets.account}' }\nparameters: { lang: en, api_key: '${secrets.key}' }\nendpoints:\n  - name: ships\n    path: /of/${secrets.account}/ships\n    method: POST\n    parameters: { lang: de }\n    body: { filter: { owner: '${secrets.owner}', open: true } }\n    fields: { name: string }";
    let integration = rest(&harbour, lines);
    assert_eq!(integration.secrets, ["account", "key", "owner"]);
    read(&integration, &[]).await.unwrap();
    let asked = &harbour.asked()[0];
    assert_eq!(asked.path, "/of/secret-of-account/ships");
    assert_eq!(asked.headers["x-account"], "acc secret-of-account");
    assert_eq!(asked.query["api_key"], "secret-of-key");
    assert_eq!(asked.query["lang"], "de", "the endpoint's own comes first");
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(
        body,
        json!({"filter": {"owner": "secret-of-owner", "open": true}})
    );
}
