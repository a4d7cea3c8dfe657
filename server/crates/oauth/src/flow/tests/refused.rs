//! Descriptions that cannot be followed, and answers that may not choose a server.

use super::*;

#[test]
fn a_consent_that_cannot_be_followed_says_why() {
    let url = "https://login.harbour.example/authorize?{{redirect_uri_param}}&{{state_param}}";
    for (key, value, why) in [
        (
            "consent_url",
            json!(format!("{url}&{{{{client_secret_param}}}}")),
            "client's secret",
        ),
        (
            "consent_url",
            json!(format!(
                "{url}&x={{{{ client_secret_value | urlEncoder }}}}"
            )),
            "client's secret",
        ),
        (
            "consent_url",
            json!(format!("{url}&{{{{ auth_code_param }}}}")),
            "“auth_code_param”",
        ),
        (
            "consent_url",
            json!(format!("{url}&{{{{ harbour }}}}")),
            "“harbour”",
        ),
        (
            "consent_url",
            json!(format!("{url}&{{{{ state_value | rot13 }}}}")),
            "consent_url",
        ),
        (
            "consent_url",
            json!(format!("{url}&{{% if is_sandbox %}}")),
            "consent_url",
        ),
        (
            "consent_url",
            json!("https://login.harbour.example/authorize?{{redirect_uri_param}}"),
            "“state”",
        ),
        (
            "consent_url",
            json!(
                "https://login.harbour.example/?redirect_uri=https://evil.example&{{state_param}}"
            ),
            "elsewhere",
        ),
        (
            "consent_url",
            json!("http://login.harbour.example/?{{state_param}}"),
            "https",
        ),
        (
            "consent_url",
            json!("javascript:alert('{{state_param}}')"),
            "https",
        ),
        ("consent_url", Value::Null, "consent_url"),
    ] {
        assert_refused(key, &value, why);
    }
}

#[test]
fn an_exchange_that_cannot_be_followed_says_why() {
    for (key, value, why) in [
        ("access_token_url", json!(7), "describes no flow"),
        ("access_token_url", json!("/token"), "access_token_url"),
        (
            "access_token_url",
            json!("https://{{ quay }}/token"),
            "choose the server",
        ),
        (
            "access_token_url",
            json!("https://{{ quay }}.example/token"),
            "choose the server",
        ),
        (
            "access_token_headers",
            json!({ "Host": "evil.example" }),
            "access_token_headers",
        ),
        (
            "access_token_params",
            json!({ "{{ nobody }}": "x" }),
            "“nobody”",
        ),
        ("state", json!({ "min": 4, "max": 8 }), "guessed"),
    ] {
        assert_refused(key, &value, why);
    }
}

fn assert_refused(key: &str, value: &Value, why: &str) {
    let said = refused(&with(&[(key, value.clone())]));
    assert!(
        said.contains(why) && said.contains("“The Harbour”"),
        "{value}: {said}"
    );
}

#[test]
fn answers_choose_a_name_and_never_the_server() {
    let quay = json!("https://{{ quay }}.harbour.example/token");
    let flow = with(&[("access_token_url", quay)]);
    let request = asked(&flow, &config(), STATE);
    assert_eq!(request.url.host_str(), Some("north.harbour.example"));
    // What can be chosen from a list may be all of the name.
    let region = json!(
        "https://{% if region == 'eu' %}harbour.example{% else %}harbour.test{% endif %}/token"
    );
    let flow = with(&[("access_token_url", region)]);
    let request = asked(&flow, &config(), STATE);
    assert_eq!(request.url.host_str(), Some("harbour.example"));
    for (place, value) in [
        ("place.quay", json!({ "region": "eu" })),
        (
            "place.quay",
            json!({ "place": { "quay": "evil.example/#" }, "region": "eu" }),
        ),
        (
            "region",
            json!({ "place": { "quay": "north" }, "region": "evil.example" }),
        ),
    ] {
        match left(&flow, &value) {
            Err(Error::Word { path, .. }) => assert_eq!(path, place),
            other => panic!("{value}: {other:?}"),
        }
    }
}
