//! Custom types: what an operator or a document prepares, and what an integration of that type still says.

use serde_json::{Value, json};
use sync::integration::{Direct, Integration};

const ACME: &str = "types:
  acme:
    type: rest
    base_url: https://api.acme.test
    authentication: { type: bearer, secret_name: acme_token }
    parameters: { version: 2, language: en }
    endpoints: [{ name: orders, path: /orders }]
";

fn read(document: &str, types: Option<&str>) -> Integration {
    let all = Integration::read(document, types).unwrap_or_else(|wrong| panic!("{wrong}"));
    all.into_iter().next().unwrap()
}

fn requester(integration: &Integration) -> Value {
    let Direct::Manifest { manifest, .. } = integration.direct() else {
        panic!("{:?}", integration.direct())
    };
    manifest["streams"][0]["retriever"]["requester"].clone()
}

fn wrong(document: &str, types: Option<&str>) -> String {
    Integration::read(document, types).unwrap_err().to_string()
}

#[test]
fn an_integration_takes_what_it_does_not_say() {
    let short = "apis: { integrations: [{ name: Acme, type: acme }] }\n";
    for (document, types) in [
        (format!("{ACME}{short}"), None),
        (short.to_owned(), Some(ACME)),
    ] {
        let acme = read(&document, types);
        assert_eq!(acme.type_name(), "rest");
        assert_eq!(acme.secrets, ["acme_token"]);
        assert_eq!(requester(&acme)["url_base"], "https://api.acme.test");
    }
}

#[test]
fn what_it_says_goes_before_field_by_field() {
    let document = format!(
        "{ACME}apis:\n  integrations:\n    - name: Acme\n      type: acme\n      base_url: https://eu.acme.test\n      authentication: {{ secret_name: ours }}\n      parameters: {{ language: de }}\n      endpoints: [{{ name: bills, path: /bills }}]\n"
    );
    let asks = requester(&read(&document, None));
    assert_eq!(asks["url_base"], "https://eu.acme.test");
    assert_eq!(asks["path"], "/bills");
    assert_eq!(
        asks["authenticator"],
        json!({"type": "BearerAuthenticator", "api_token": "{{ config['ours'] }}"})
    );
    assert_eq!(
        asks["request_parameters"],
        json!({"version": "2", "language": "de"})
    );
}

#[test]
fn another_kind_of_authentication_takes_nothing_of_the_first() {
    for (authentication, kind) in [
        (
            "{ type: basic, username: anna, secret_name: door }",
            "BasicHttpAuthenticator",
        ),
        ("none", "NoAuth"),
    ] {
        let document = format!(
            "{ACME}apis: {{ integrations: [{{ name: A, type: acme, authentication: {authentication} }}] }}"
        );
        assert_eq!(
            requester(&read(&document, None))["authenticator"]["type"],
            kind
        );
    }
}

#[test]
fn a_type_may_be_made_from_a_type() {
    let document = format!(
        "{ACME}  acme-eu: {{ type: acme, base_url: https://eu.acme.test }}\napis: {{ integrations: [{{ name: A, type: acme-eu }}] }}"
    );
    let asks = requester(&read(&document, None));
    assert_eq!(asks["url_base"], "https://eu.acme.test");
    assert_eq!(asks["path"], "/orders");
}

#[test]
fn mistakes_in_templates_stand_where_they_were_made() {
    let use_it = "apis: { integrations: [{ name: A, type: acme }] }";
    let typo = ACME.replace("base_url", "base_ulr");
    let said = wrong(use_it, Some(&typo));
    assert!(
        said.contains(
            "types file, line 4, column 5: types.acme.base_ulr is not known: perhaps base_url"
        ),
        "{said}"
    );
    // Also where nobody uses them.
    let nobody = "apis: { integrations: [{ name: P, type: file, url: https://e.test/p.csv }] }";
    assert!(wrong(nobody, Some(&typo)).contains("base_ulr"));

    for (types, why) in [
        (
            "types: { rest: { type: file } }",
            "types.rest is a built-in type",
        ),
        (
            "types: { a: { type: b }, b: { type: a } }",
            "is made from itself",
        ),
        (
            "types: { a: { type: rset } }",
            "types.a.type is \"rset\": one of rest, database, file, webhook, a",
        ),
        ("types: { 'a b': { type: rest } }", "is no name"),
        (
            "types: { a: 1 }",
            "types.a is a number: a mapping is needed",
        ),
        ("kinds: {}", "kinds is not known: known are types"),
    ] {
        let said = wrong(nobody, Some(types));
        assert!(
            said.contains(why) && said.starts_with("types file, line 1"),
            "{said}"
        );
    }
    let twice = wrong(&format!("{ACME}{nobody}"), Some(ACME));
    assert!(
        twice.contains("line 2, column 3: types.acme stands in the operator's file, too"),
        "{twice}"
    );
}
