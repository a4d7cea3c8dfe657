//! Descriptions as connectors write them, and what is sent because of them.

mod refused;

use std::collections::BTreeMap;

use http::{StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use time::OffsetDateTime;
use url::Url;

use super::{Flow, request::Request};
use crate::{Client, Connector, Consent, Error, Grant, Provider, Tokens, described};

const STATE: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

/// What one connector says, beside its flow.
fn section(flow: &Value) -> Value {
    json!({
        "auth_flow_type": "oauth2.0",
        "predicate_key": ["credentials", "kind"],
        "predicate_value": "sign_in",
        "oauth_config_specification": {
            "oauth_connector_input_specification": flow,
            "oauth_user_input_from_connector_config_specification": { "properties": {
                "is_sandbox": { "type": "boolean", "path_in_connector_config": ["sandbox"] },
                "quay": { "type": "string", "path_in_connector_config": ["place", "quay"] },
                "region": { "path_in_connector_config": ["region"] },
            } },
            "complete_oauth_output_specification": { "required": ["refresh_token"], "properties": {
                "refresh_token": { "path_in_connector_config": ["credentials", "refresh_token"] },
                "token_expiry_date": { "path_in_connector_config": ["credentials", "ends"] },
                "harbour_id": {
                    "path_in_connector_config": ["harbour"],
                    "path_in_oauth_response": ["data", "harbour", "id"],
                },
            } },
            "complete_oauth_server_output_specification": { "properties": {
                "client_id": { "path_in_connector_config": ["credentials", "client_id"] },
                "client_secret": { "path_in_connector_config": ["credentials", "client_secret"] },
            } },
        },
    })
}

fn read(section: &Value) -> Option<Result<(Provider, Grant), Error>> {
    let settings = json!({ "properties": { "region": { "enum": ["eu", "us"] } } });
    described(Connector {
        definition: "0b9d5c0a-0000-4000-8000-000000000001",
        name: "The Harbour",
        source_type: "harbour",
        settings: &settings,
        advanced_auth: section,
    })
}

fn known(flow: &Value) -> (Provider, Grant) {
    read(&section(flow)).expect("a flow").unwrap()
}

fn refused(flow: &Value) -> String {
    match read(&section(flow)) {
        Some(Err(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

fn redirect() -> Url {
    Url::parse("https://hub.example.com/oauth/callback").unwrap()
}

fn left(flow: &Value, config: &Value) -> Result<Consent, Error> {
    let (provider, grant) = known(flow);
    let words = crate::words(&grant, config)?;
    crate::consent(&provider, &grant, &words, "app 1", &redirect(), STATE)
}

fn query(consent: &Consent) -> BTreeMap<String, String> {
    consent.url.query_pairs().into_owned().collect()
}

fn asked(flow: &Value, config: &Value, verifier: &str) -> Request {
    let (provider, grant) = known(flow);
    let words = crate::words(&grant, config).unwrap();
    let client = Client {
        id: "app 1".to_owned(),
        secret: "1.10&hush".to_owned().into(),
    };
    let (flow, verifier) = (provider.flow.unwrap(), SecretString::from(verifier));
    let request = flow.request(&words, &client, &redirect(), "c/1", Some(&verifier));
    request.unwrap()
}

fn text(request: &Request) -> &str {
    std::str::from_utf8(&request.body).unwrap()
}

fn form(request: &Request) -> BTreeMap<String, String> {
    let kind = request.headers[header::CONTENT_TYPE].to_str().unwrap();
    assert_eq!(kind, "application/x-www-form-urlencoded");
    url::form_urlencoded::parse(&request.body)
        .into_owned()
        .collect()
}

fn config() -> Value {
    json!({ "place": { "quay": "north" }, "region": "eu" })
}

/// One that says all that the standard does.
fn plain() -> Value {
    json!({
        "scopes": [{ "scope": "ships:read" }, { "scope": "crew read" }],
        "optional_scopes": [{ "scope": "cargo" }],
        "consent_url": "https://login.harbour.example/authorize?{{client_id_param}}&{{ redirect_uri_param }}&response_type=code&{{scopes_param}}&{{state_param}}",
        "access_token_url": "https://login.harbour.example/token",
        "access_token_headers": { "Content-Type": "application/x-www-form-urlencoded" },
        "access_token_params": {
            "grant_type": "authorization_code",
            "{{ auth_code_key }}": "{{ auth_code_value }}",
            "client_id": "{{ client_id_value }}",
            "client_secret": "{{ client_secret_value }}",
            "redirect_uri": "{{ redirect_uri_value }}",
        },
        "extract_output": ["refresh_token"],
    })
}

fn with(changes: &[(&str, Value)]) -> Value {
    let mut flow = plain();
    for (key, value) in changes {
        flow[*key] = value.clone();
    }
    flow
}

#[test]
fn a_person_is_sent_away_and_a_code_is_exchanged_as_it_is_written() {
    let consent = left(&plain(), &config()).unwrap();
    let said = query(&consent);
    assert_eq!(consent.url.host_str(), Some("login.harbour.example"));
    assert_eq!(said["scope"], "ships:read crew read cargo");
    assert_eq!(
        (said["client_id"].as_str(), said["state"].as_str()),
        ("app 1", STATE)
    );
    assert_eq!(said["redirect_uri"], redirect().as_str());
    let request = asked(&plain(), &config(), STATE);
    assert_eq!(request.url.as_str(), "https://login.harbour.example/token");
    assert_eq!(request.headers[header::ACCEPT], "application/json");
    let sent = form(&request);
    assert_eq!(sent["client_secret"], "1.10&hush", "text stays text");
    assert_eq!(
        (sent["code"].as_str(), sent["client_id"].as_str()),
        ("c/1", "app 1")
    );
    assert_eq!(sent.len(), 5);
}

#[test]
fn without_a_form_s_header_the_body_is_json() {
    let flow = with(&[
        (
            "access_token_headers",
            json!({ "Authorization": "Basic {{ {{client_id_value}}:{{client_secret_value}} | base64Encoder }}" }),
        ),
        (
            "access_token_params",
            json!({ "code": "{{ auth_code_value }}", "long": true }),
        ),
    ]);
    let request = asked(&flow, &config(), STATE);
    let sent: Value = serde_json::from_str(text(&request)).unwrap();
    assert_eq!(sent, json!({ "code": "c/1", "long": true }));
    assert_eq!(request.headers[header::CONTENT_TYPE], "application/json");
    let proof = &request.headers[header::AUTHORIZATION];
    assert_eq!(proof, "Basic YXBwIDE6MS4xMCZodXNo");
    assert!(proof.is_sensitive());
}

#[test]
fn what_a_token_address_would_carry_goes_into_the_body() {
    let flow = with(&[
        (
            "access_token_url",
            json!(
                "https://login.harbour.example/token?{{client_id_param}}&{{client_secret_param}}&{{auth_code_param}}"
            ),
        ),
        ("access_token_params", json!({})),
        ("access_token_headers", json!({})),
    ]);
    let request = asked(&flow, &config(), STATE);
    assert_eq!(request.url.query(), None);
    let sent = form(&request);
    assert_eq!(
        (sent["client_secret"].as_str(), sent["code"].as_str()),
        ("1.10&hush", "c/1")
    );
}

#[test]
fn the_verifier_is_not_the_state_that_travels_in_the_address() {
    let flow = with(&[
        (
            "consent_url",
            json!(
                "https://{% if is_sandbox %}test{% else %}login{% endif %}.harbour.example/authorize?{{client_id_param}}&{{redirect_uri_param}}&{{state_param}}&code_challenge={{ state_value | codechallengeS256 | replace('+', '-') | replace('=', '') }}&code_challenge_method=S256"
            ),
        ),
        (
            "access_token_url",
            json!(
                "https://{% if is_sandbox %}test{% else %}login{% endif %}.harbour.example/token"
            ),
        ),
        (
            "access_token_params",
            json!({ "code_verifier": "{{ state_value }}" }),
        ),
        ("state", json!({ "min": 43, "max": 128 })),
    ]);
    let mut config = config();
    config["sandbox"] = json!(true);
    let consent = left(&flow, &config).unwrap();
    assert_eq!(consent.url.host_str(), Some("test.harbour.example"));
    let verifier = consent.verifier.as_ref().unwrap().expose_secret();
    assert!(verifier != STATE && !consent.url.as_str().contains(verifier));
    let challenge = oauth2::PkceCodeChallenge::from_code_verifier_sha256(
        &oauth2::PkceCodeVerifier::new(verifier.to_owned()),
    );
    assert_eq!(query(&consent)["code_challenge"], challenge.as_str());
    let request = asked(&flow, &config, verifier);
    assert_eq!(request.url.host_str(), Some("test.harbour.example"));
    assert_eq!(form(&request)["code_verifier"], verifier);
    config["sandbox"] = Value::Null;
    let consent = left(&flow, &config).unwrap();
    assert_eq!(consent.url.host_str(), Some("login.harbour.example"));
}

#[test]
fn keys_states_and_scopes_are_as_the_provider_wants_them() {
    let flow = with(&[
        ("client_id_key", json!("app_id")),
        ("auth_code_key", json!("auth_code")),
        ("scopes_join_strategy", json!("plus")),
        ("state", json!({ "min": 7, "max": 27 })),
    ]);
    let consent = left(&flow, &config()).unwrap();
    assert!(
        consent
            .url
            .as_str()
            .contains("&scope=ships%3Aread+crew%20read+cargo&"),
        "{}",
        consent.url
    );
    assert_eq!(query(&consent)["app_id"], "app 1");
    assert_eq!(form(&asked(&flow, &config(), STATE))["auth_code"], "c/1");
    let (provider, grant) = known(&flow);
    assert_eq!(
        (provider.state_length(), provider.code_param.as_str()),
        (27, "auth_code")
    );
    assert_eq!(grant.permissions, ["ships:read", "crew read", "cargo"]);
    let one_text = with(&[("scopes", json!([])), ("scope", json!("ships:read,crew"))]);
    let consent = left(&one_text, &config()).unwrap();
    assert_eq!(query(&consent)["scope"], "ships:read,crew");
}

#[test]
fn a_caller_asks_for_some_of_what_is_offered() {
    let (mut provider, grant) = known(&plain());
    let offered = ["ships:read", "crew read", "cargo"];
    assert_eq!(provider.offers(&grant), offered);
    let words = crate::words(&grant, &config()).unwrap();
    for (scopes, optional, asked) in [
        (vec!["ships:read"], vec![], "ships:read"),
        (vec!["crew read"], vec!["cargo"], "crew read cargo"),
        (vec!["cargo"], vec![], "cargo"),
    ] {
        let [scopes, optional] =
            [scopes, optional].map(|list| list.into_iter().map(str::to_owned).collect::<Vec<_>>());
        provider.ask_for(&scopes, &optional);
        let consent = crate::consent(&provider, &grant, &words, "app 1", &redirect(), STATE);
        assert_eq!(query(&consent.unwrap())["scope"], asked);
    }
}

fn tokens(flow: &Value, status: u16, answer: &Value) -> Result<Tokens, Error> {
    let flow = known(flow).0.flow.unwrap();
    let status = StatusCode::from_u16(status).unwrap();
    let body = answer.to_string().into_bytes();
    Flow::tokens(&flow, status, body, OffsetDateTime::UNIX_EPOCH)
}

#[test]
fn what_was_granted_lands_where_the_connector_wants_it() {
    let (_, grant) = known(&plain());
    let answer = json!({
        "access_token": "a", "refresh_token": "r", "expires_in": 3600, "scope": "ships:read cargo",
        "data": { "harbour": { "id": 7 } },
    });
    let tokens = tokens(&plain(), 200, &answer).unwrap();
    assert_eq!(tokens.scopes.as_ref().map(Vec::len), Some(2));
    let client = Client {
        id: "app".to_owned(),
        secret: "hush".to_owned().into(),
    };
    let mut config = json!({ "start": "2026-01-01" });
    crate::fill(&mut config, &grant, &client, &tokens, None);
    assert_eq!(
        config,
        json!({
            "start": "2026-01-01",
            "harbour": 7,
            "credentials": {
                "kind": "sign_in", "refresh_token": "r", "ends": "1970-01-01T01:00:00Z",
                "client_id": "app", "client_secret": "hush",
            },
        })
    );
}

#[test]
fn an_answer_without_what_is_needed_is_none() {
    let deep = with(&[("extract_output", json!(["data.refresh_token"]))]);
    let answer = json!({ "data": { "refresh_token": "r" } });
    assert!(tokens(&deep, 200, &answer).is_ok());
    let missing = tokens(&plain(), 200, &json!({ "access_token": "a" }));
    let said = missing.unwrap_err().to_string();
    assert!(said.contains("“refresh_token”"), "{said}");
    for (status, answer) in [
        (400, json!({ "error": "invalid_grant" })),
        (200, json!({ "error": "invalid_grant" })),
    ] {
        let refused = tokens(&plain(), status, &answer);
        assert!(
            matches!(refused, Err(Error::InvalidGrant { .. })),
            "{refused:?}"
        );
    }
    let refused = tokens(&plain(), 502, &json!("down"));
    assert!(matches!(refused, Err(Error::Unreachable(_))), "{refused:?}");
}

#[test]
fn a_provider_is_one_server_of_one_connector() {
    let (provider, grant) = known(&plain());
    assert_eq!(provider.id, grant.provider);
    assert_eq!(
        crate::connector_of(&provider.id),
        Some("0b9d5c0a-0000-4000-8000-000000000001")
    );
    let same = with(&[(
        "access_token_url",
        json!("https://login.harbour.example/v2/token"),
    )]);
    assert_eq!(known(&same).0.id, provider.id);
    let moved = with(&[(
        "access_token_url",
        json!("https://login.harbour.test/token"),
    )]);
    assert_ne!(known(&moved).0.id, provider.id);
    for other in ["google", "connector-", "connector"] {
        assert_eq!(crate::connector_of(other), None, "{other}");
    }
}

#[test]
fn only_what_describes_a_flow_is_read() {
    assert!(read(&json!(null)).is_none());
    assert!(read(&section(&Value::Null)).is_none());
    let mut wrapped = section(&json!({ "type": "object", "properties": plain() }));
    assert!(read(&wrapped).unwrap().is_ok());
    let of_client =
        &mut wrapped["oauth_config_specification"]["complete_oauth_server_output_specification"];
    of_client["properties"]["developer_token"] = json!({ "path_in_connector_config": ["token"] });
    let said = read(&wrapped).unwrap().unwrap_err().to_string();
    assert!(said.contains("“developer_token”"), "{said}");
}
