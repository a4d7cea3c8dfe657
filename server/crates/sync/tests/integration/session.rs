//! An API where one signs in first: what is sent there, how the session is shown, and what becomes of one that ended.

use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sync::fault::Kind;
use sync::integration::{Direct, Integration};

use crate::harness::{
    Harbour, Reply, Request, column, manifest, one, read, read_with, rest, ships,
};

pub const SHIPS: &str = "endpoints: [{ name: ships, path: /ships, paging: { type: page, size: 3 }, fields: { name: string } }]";
const NAMES: [&str; 7] = ["Elbe", "Weser", "Ems", "Oder", "Spree", "Havel", "Isar"];

/// Opens a session, with a number of its own, for whoever knows the password, and shows ships to whoever shows one. The
/// first sessions, as many as `ended`, are over before they are used.
async fn harbour(ended: usize) -> Harbour {
    let opened = AtomicUsize::new(0);
    Harbour::with(move |request, _| {
        if request.path == "/login" {
            if !request.body.contains("secret-of-door") {
                return Reply::refused();
            }
            let number = opened.fetch_add(1, Ordering::SeqCst) + 1;
            return Reply::of(json!({"session": {"id": format!("session-{number}")}}));
        }
        if number(request).is_none_or(|number| number <= ended) {
            return Reply::refused();
        }
        let before = request.number("page").map_or(0, |page| (page - 1) * 3);
        Reply::of(ships().into_iter().skip(before).take(3).collect())
    })
    .await
}

/// What a request shows.
fn shown(request: &Request) -> Option<&str> {
    let mut headers = ["x-session", "authorization"].into_iter();
    let shown = headers.find_map(|name| request.headers.get(name));
    shown.map(String::as_str)
}

/// The number of the session that a request shows.
fn number(request: &Request) -> Option<usize> {
    shown(request)?.rsplit_once("session-")?.1.parse().ok()
}

/// Signs in at the harbour; `more` is what else the authentication says.
fn integration(harbour: &Harbour, more: &str) -> Integration {
    let authentication =
        format!("{{ type: session_token, login_path: /login, token_path: session.id, {more} }}");
    rest(
        harbour,
        &format!("authentication: {authentication}\n{SHIPS}"),
    )
}

#[tokio::test]
async fn one_signs_in_as_the_document_says_and_shows_the_session_as_it_says() {
    let json = "login_body: { name: anna, password: '${secrets.door}', stay: true }";
    let form = "login_form: { user: anna, pass: '${secrets.door}' }";
    for (body, header, expected) in [
        (json, "", "Bearer session-1"),
        (form, "header: X-Session,", "session-1"),
        (
            json,
            "header: Authorization, prefix: Token,",
            "Token session-1",
        ),
        (form, "header: X-Session, prefix: 'sid=',", "sid=session-1"),
    ] {
        let harbour = harbour(0).await;
        let integration = integration(&harbour, &format!("{body}, {header} expires_after: PT1H"));
        assert_eq!(integration.secrets, ["door"]);
        let (records, _) = read(&integration, &[]).await.unwrap();
        assert_eq!(column(&records, "name"), NAMES);

        let asked = harbour.asked();
        let paths: Vec<&str> = asked.iter().map(|request| request.path.as_str()).collect();
        assert_eq!(paths, ["/login", "/ships", "/ships", "/ships"], "{header}");
        assert_eq!(asked[0].method, "POST");
        if body == form {
            assert_eq!(asked[0].body, "user=anna&pass=secret-of-door");
        } else {
            let sent: Value = serde_json::from_str(&asked[0].body).unwrap();
            let expected = json!({"name": "anna", "password": "secret-of-door", "stay": true});
            assert_eq!(sent, expected);
        }
        assert_eq!(shown(&asked[0]), None);
        for request in &asked[1..] {
            assert_eq!(shown(request), Some(expected));
        }
    }
}

#[tokio::test]
async fn without_a_known_end_every_request_signs_in() {
    let harbour = harbour(0).await;
    let integration = integration(&harbour, "login_body: { password: '${secrets.door}' }");
    let (records, _) = read(&integration, &[]).await.unwrap();
    assert_eq!(column(&records, "name"), NAMES);
    let asked = harbour.asked();
    let shown: Vec<Option<usize>> = asked.iter().map(number).collect();
    assert_eq!(shown, [None, Some(1), None, Some(2), None, Some(3)]);
}

#[tokio::test]
async fn a_session_that_ended_is_refused_once_and_another_one_is_asked_for() {
    for life in ["", ", expires_after: PT1S", ", expires_after: PT1H"] {
        let harbour = harbour(1).await;
        let more = format!("login_body: {{ password: '${{secrets.door}}' }}{life}");
        let (records, _) = read(&integration(&harbour, &more), &[]).await.unwrap();
        assert_eq!(column(&records, "name"), NAMES, "{life}");
        let asked = harbour.asked();
        let shown: Vec<usize> = asked.iter().filter_map(number).collect();
        assert_eq!(shown.len(), 4, "three pages, one of them twice: {shown:?}");
        assert_eq!(shown.iter().filter(|number| **number == 1).count(), 1);
        assert_eq!(asked[1].query, asked[3].query, "{life}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_the_credentials_fault_and_asks_once() {
    let harbour = harbour(0).await;
    let integration = integration(
        &harbour,
        "login_body: { password: '${secrets.wrong}' }, expires_after: PT1H",
    );
    let fault = read(&integration, &[]).await.unwrap_err();
    assert_eq!(fault.kind, Kind::Credentials, "{fault:?}");
    assert!(!format!("{fault:?}").contains("secret-of"), "{fault:?}");
    assert_eq!(harbour.asked().len(), 1);
}

#[tokio::test]
async fn digits_quotes_and_emoji_arrive_as_they_were_typed() {
    let harbour = Harbour::with(|request, _| {
        if request.path == "/login" {
            return Reply::of(json!({"session": {"id": "session-1"}}));
        }
        Reply::of(json!([]))
    })
    .await;
    let integration = integration(
        &harbour,
        "login_body: { user: '4711', pin: '${secrets.pin}', password: '${secrets.door}' }, expires_after: PT1H",
    );
    let (manifest, _) = manifest(&integration);
    let password = "'ä\"<\\n>' {{ 1 }} 😀🚢";
    let configuration = json!({"pin": "1234", "door": password});
    read_with(manifest, &configuration, &[]).await.unwrap();
    let sent: Value = serde_json::from_str(&harbour.asked()[0].body).unwrap();
    assert_eq!(
        sent,
        json!({"user": "4711", "pin": "1234", "password": password})
    );
}

/// Opens a session for whoever asks for one by GET with this header, or posts it, and shows ships to whoever shows that.
async fn gate(name: &'static str, value: String) -> Harbour {
    Harbour::with(move |request, _| {
        let given = |name: &str| request.headers.get(name).map(String::as_str);
        if request.path != "/login" {
            return match given("authorization") {
                Some("Bearer session-1") => Reply::of(Value::from(ships())),
                _ => Reply::refused(),
            };
        }
        if given(name) != Some(value.as_str()) {
            return Reply::refused();
        }
        Reply::of(json!({"session": {"id": "session-1"}}))
    })
    .await
}

#[tokio::test]
async fn a_login_by_get_has_its_secret_in_a_header_and_nothing_of_it_in_the_address() {
    let basic = format!("Basic {}", BASE64_STANDARD.encode("anna:secret-of-door"));
    let login_basic = "login_basic: { username: anna, secret_name: door }";
    let headers = "login_headers: { X-User: anna, X-Password: '${secrets.door}' }";
    for (method, login, name, value) in [
        ("GET", login_basic, "authorization", basic.clone()),
        ("GET", headers, "x-password", "secret-of-door".to_owned()),
        ("POST", login_basic, "authorization", basic),
    ] {
        let gate = gate(name, value).await;
        let login =
            format!("login_method: {method}, login_parameters: {{ scope: ships }}, {login}");
        let authentication = format!(
            "{{ type: session_token, login_path: /login, token_path: session.id, {login}, expires_after: PT1H }}"
        );
        let endpoint = "endpoints: [{ name: ships, path: /ships, fields: { name: string } }]";
        let integration = rest(
            &gate,
            &format!("authentication: {authentication}\n{endpoint}"),
        );
        assert_eq!(integration.secrets, ["door"], "{login}");
        let (records, _) = read(&integration, &[]).await.unwrap();
        assert_eq!(column(&records, "name"), NAMES, "{login}");

        let asked = gate.asked();
        let signs_in = &asked[0];
        assert_eq!(
            (signs_in.method.as_str(), asked.len()),
            (method, 2),
            "{login}"
        );
        let query: Vec<_> = signs_in.query.iter().collect();
        assert_eq!(query, [(&"scope".to_owned(), &"ships".to_owned())]);
        assert!(signs_in.body.is_empty(), "{}", signs_in.body);
        // Requests for ships show the session and nothing that signed in.
        assert!(!asked[1].headers.contains_key("x-password"), "{login}");
        assert!(asked[1].query.is_empty(), "{login}");
    }
}

#[test]
fn a_login_by_get_is_a_requester_with_basic_authentication() {
    let integration = one(&format!(
        "apis:\n  integrations:\n    - name: Harbour\n      type: rest\n      base_url: https://api.example.com/v1\n      authentication: {{ type: session_token, login_method: GET, login_path: /login, login_basic: {{ username: '${{secrets.user}}', secret_name: door }}, token_path: id }}\n      {SHIPS}"
    ));
    let Direct::Manifest { manifest, .. } = integration.direct() else {
        panic!("{:?}", integration.direct())
    };
    let requester = &manifest["streams"][0]["retriever"]["requester"];
    assert_eq!(
        requester["authenticator"]["login_requester"],
        json!({
            "type": "HttpRequester",
            "url_base": "https://api.example.com/v1",
            "path": "/login",
            "http_method": "GET",
            "authenticator": {
                "type": "BasicHttpAuthenticator",
                "username": "{{ config['user'] }}",
                "password": "{{ config['door'] }}",
            },
        })
    );
    assert_eq!(integration.airbyte().source.manifest(), Some(&manifest));
}

#[test]
fn it_becomes_the_session_authenticator_of_a_manifest_and_airbyte_is_told_the_same() {
    let integration = one(&format!(
        "apis:\n  integrations:\n    - name: Harbour\n      type: rest\n      base_url: https://api.example.com/v1\n      headers: {{ X-Version: '2' }}\n      parameters: {{ key: '${{secrets.app}}', lang: de }}\n      authentication: {{ type: session_token, login_path: /login, login_body: {{ user: {{ name: anna, password: '${{secrets.door}}' }} }}, token_path: session.id, header: Authorization, prefix: Token, expires_after: PT20M }}\n      {SHIPS}"
    ));
    assert_eq!(integration.secrets, ["door", "app"]);
    let Direct::Manifest { manifest, .. } = integration.direct() else {
        panic!("{:?}", integration.direct())
    };
    let requester = &manifest["streams"][0]["retriever"]["requester"];
    assert_eq!(
        requester["authenticator"],
        json!({
            "type": "SessionTokenAuthenticator",
            "login_requester": {
                "type": "HttpRequester",
                "url_base": "https://api.example.com/v1",
                "path": "/login",
                "http_method": "POST",
                "request_headers": {"X-Version": "2"},
                "request_parameters": {"key": "{{ config['app'] }}", "lang": "de"},
                "request_body_json": {
                    "user": {"name": "anna", "password": "{{ config['door'] | tojson }}"},
                },
            },
            "session_token_path": ["session", "id"],
            "request_authentication": {
                "type": "ApiKey",
                "inject_into": {
                    "type": "RequestOption", "inject_into": "header", "field_name": "Authorization",
                },
                "api_token": "Token {{ session_token }}",
            },
            "expiration_duration": "PT20M",
        })
    );
    assert_eq!(
        requester["request_parameters"],
        json!({"key": "{{ config['app'] }}", "lang": "de"}),
        "signing in asks with the same as every request"
    );
    let filter = &requester["error_handler"]["response_filters"][0];
    assert_eq!(filter["action"], "REFRESH_TOKEN_THEN_RETRY");
    assert_eq!(manifest["version"], "7.8.0");

    let told = serde_json::to_value(integration.airbyte()).unwrap();
    let source = &told["source"];
    assert_eq!(source["authentication"], "session_token");
    assert_eq!(source["definition"]["manifest"], manifest);
    assert_eq!(
        source["configuration"],
        json!({"app": "${secrets.app}", "door": "${secrets.door}"})
    );
    assert!(told["notes"].to_string().contains("7.8"), "{told}");
}
