//! What is said of mistakes: all at once, each with its place and with what would be right, and never a secret.

use std::fmt::Write as _;

use sync::integration::{Integration, Reader};

use crate::harness::indented;

pub fn wrong(document: &str) -> String {
    Integration::read(document, None).unwrap_err().to_string()
}

/// Complaints about one REST integration with these lines, which begin on line 6.
fn of_rest(lines: &str) -> String {
    wrong(&format!(
        "apis:\n  integrations:\n    - name: Harbour\n      type: rest\n      base_url: https://api.example.com\n{}",
        indented(lines)
    ))
}

const SHIPS: &str = "endpoints: [{ name: ships, path: /ships }]";

#[test]
fn all_mistakes_are_told_in_the_documents_order() {
    let said = wrong(
        "apis:
  integrations:
    - name: Harbour
      type: rest
      base_url: api.example.com
      authentication: { type: bearer, secret: harbour_token }
      endpoints:
        - name: ships
          path: /ships
          primarykey: id
          paging: { type: pages, size: 100 }
        - path: https://elsewhere.example.com/crew
          fields: { id: int }
    - name: Shop
      type: databse
",
    );
    assert_eq!(
        said,
        "line 5, column 17: integrations[0].base_url is no address like https://api.example.com/v1
line 6, column 23: integrations[0].authentication.secret_name is missing
line 6, column 39: integrations[0].authentication.secret is not known: perhaps secret_name
line 10, column 11: integrations[0].endpoints[0].primarykey is not known: perhaps primary_key
line 11, column 27: integrations[0].endpoints[0].paging.type is \"pages\": one of page, offset, cursor, link, none
line 12, column 11: integrations[0].endpoints[1].name is missing
line 12, column 17: integrations[0].endpoints[1].path is a whole address: it follows base_url
line 13, column 25: integrations[0].endpoints[1].fields.id is \"int\": one of string, integer, number, boolean, date, timestamp, object, array
line 15, column 13: integrations[1].type is \"databse\": one of rest, database, file, webhook"
    );
}

/// Lines of an API, and what is said of them.
const PARTS: &[(&str, &str)] = &[
    (
        "endpoints: []",
        "line 6, column 18: integrations[0].endpoints is empty",
    ),
    (
        "headers: { X: 1 }",
        "line 3, column 7: integrations[0].endpoints is missing",
    ),
    (
        "endpoints: ships",
        "line 6, column 18: integrations[0].endpoints is a text: a list is needed",
    ),
    (
        "endpoints: [ships]",
        "line 6, column 19: integrations[0].endpoints[0] is a text: a mapping is needed",
    ),
    (
        "endpoints: [{ name: a, path: /a }, { name: a, path: /b }]",
        "endpoints[1].name is taken by another endpoint",
    ),
    (
        "endpoints: [{ name: a, path: /a, path: /b }]",
        "endpoints[0].path stands there twice",
    ),
    (
        "endpoints: [{ name: a, path: '' }]",
        "endpoints[0].path is empty",
    ),
    (
        "endpoints: [{ name: a, path: /a, method: PUT }]",
        "method is \"PUT\": one of GET, POST",
    ),
    (
        "endpoints: [{ name: a, path: /a, body: { x: 1 } }]",
        "body needs method: POST",
    ),
    (
        "endpoints: [{ name: a, path: /a, records: data..items }]",
        "records is no path like data.items",
    ),
    (
        "endpoints: [{ name: a, path: /a, paging: { type: page, size: 0 } }]",
        "paging.size is not a whole number from 1 to 100000",
    ),
    (
        "endpoints: [{ name: a, path: /a, paging: { size: 10 } }]",
        "paging.type is missing",
    ),
    (
        "endpoints: [{ name: a, path: /a, paging: cursor }]",
        "paging.next is missing",
    ),
    (
        "endpoints: [{ name: a, path: /a, paging: { type: link, start: 1 } }]",
        "paging.start is not known",
    ),
    (
        "endpoints: [{ name: a, path: /a, paging: { type: page, size_parameter: n } }]",
        "paging.size_parameter needs size: without it no size is asked for",
    ),
    (
        "endpoints: [{ name: a, path: /a, paging: { type: link, in: query } }]",
        "paging.in needs size: links are followed as they are",
    ),
    (
        "endpoints: [{ name: a, path: /a, paging: { type: page, end_status: 401 } }]",
        "paging.end_status is also what refused credentials are answered with",
    ),
    (
        "endpoints: [{ name: a, path: /a, paging: { type: page, end_status: 408 } }]",
        "paging.end_status is also what a page that took too long is answered with",
    ),
    (
        "endpoints: [{ name: a, path: /a, parameters: { page: 2 }, paging: page }]",
        "parameters.page is set by paging already",
    ),
    (
        "parameters: { since: x }\nendpoints: [{ name: a, path: /a, cursor: { field: at, parameter: since } }]",
        "line 6, column 21: integrations[0].parameters.since is set by cursor already",
    ),
    (
        "endpoints: [{ name: a, path: /a, cursor: { field: at, parameter: page }, paging: page }]",
        "cursor asks with page, and page is set by paging already",
    ),
    (
        "endpoints: [{ name: a, path: /a, cursor: { field: at, format: iso } }]",
        "format is \"iso\": one of iso8601, date, epoch_seconds, epoch_millis, or a pattern",
    ),
    (
        "endpoints: [{ name: a, path: /a, cursor: { field: at, start: yesterday } }]",
        "start is no day like 2024-01-31",
    ),
    (
        "endpoints: [{ name: a, path: /a, parameters: { ids: [1, 2] } }]",
        "parameters.ids is a list: a text is needed",
    ),
    (
        "endpoints: [{ name: a, path: /a, parameters: { $ref: x } }]",
        "means something else in low-code manifests",
    ),
    (
        "endpoints: [{ name: a, path: \"/{{ config['x'] }}\" }]",
        "path holds a template",
    ),
    (
        "authentication: { type: api_key, secret_name: k }",
        "authentication needs either header or query",
    ),
    (
        "authentication: { type: oauth2, token_url: nowhere, client_id: c, secret_name: s }",
        "token_url is no address",
    ),
    (
        "authentication: bearer",
        "line 6, column 23: integrations[0].authentication.secret_name is missing",
    ),
    (
        "airbyte_destination: mainframe",
        "airbyte_destination is \"mainframe\": the id of a destination, or one of postgres, ",
    ),
    (
        "airbyte_schedule: every 5 hours",
        "airbyte_schedule does not fit into a day",
    ),
    (
        "airbyte_schedule: { cron: 0 6 * * *, timezone: UTC }",
        "airbyte_schedule.timezone is not known: perhaps time_zone",
    ),
];

#[test]
fn each_part_of_an_api_is_checked() {
    for (lines, expected) in PARTS {
        let lines = if lines.contains("endpoints") || expected.contains("endpoints is missing") {
            (*lines).to_owned()
        } else {
            format!("{lines}\n{SHIPS}")
        };
        let said = of_rest(&lines);
        assert!(said.contains(expected), "{lines}\n{said}");
        assert_eq!(said.lines().count(), 1, "one mistake, one line:\n{said}");
    }
}

/// Whoever has one word wrong learns of the others, too.
#[test]
fn an_unknown_type_hides_no_other_mistake() {
    for (kind, first) in [
        ("type: rset", "line 4, column 13: integrations[0].type is"),
        (
            "description: x",
            "line 3, column 7: integrations[0].type is missing",
        ),
    ] {
        let said = wrong(&format!(
            "apis:
  integrations:
    - name: Harbour
      {kind}
      base_url: ''
      endpoints:
        - path: /ships
          primarykey: id
          paging: {{ type: pages }}
"
        ));
        assert!(said.starts_with(first), "{said}");
        for other in [
            "base_url is empty",
            "endpoints[0].name is missing",
            "primarykey is not known",
            "paging.type is",
        ] {
            assert!(said.contains(other), "{other} is not in\n{said}");
        }
        assert!(
            !said.contains("is no address"),
            "one cause, told once:\n{said}"
        );
    }
}

/// A workspace's document; what an operator's hub starts with, and what was kept, is read as ever.
#[test]
fn who_names_the_columns_names_the_key_among_them() {
    let document = |rest: &str| {
        format!(
            "apis: {{ integrations: [{{ name: A, type: rest, base_url: 'https://api.example.com', endpoints: [{{ name: ships, path: /ships, {rest} }}] }}] }}"
        )
    };
    let mistyped = document("primary_key: [port, ID], fields: { id: integer, port: string }");
    let refused = Integration::read_for(Reader::Postgres, &mistyped, None).unwrap_err();
    assert_eq!(refused.0.len(), 1, "{refused}");
    let said = refused.to_string();
    assert!(
        said.contains("endpoints[0].primary_key is \"ID\", which is not among the fields"),
        "{said}"
    );
    for reader in [Reader::Anyone, Reader::Keeper] {
        Integration::read_for(reader, &mistyped, None).unwrap();
    }
    for right in [
        "primary_key: id",
        "primary_key: id, fields: { id: integer }",
    ] {
        Integration::read_for(Reader::Postgres, &document(right), None).unwrap();
    }
}

#[test]
fn a_document_has_the_shape_of_one() {
    for (document, expected) in [
        (
            "",
            "line 1, column 1: the document is empty: it has to begin with “apis:”",
        ),
        (
            "nonsense",
            "line 1, column 1: the document is a text: it has to begin with “apis:”",
        ),
        ("{}", "line 1, column 1: apis is missing"),
        ("apis: {}", "line 1, column 7: apis.integrations is missing"),
        (
            "api: {}",
            "line 1, column 1: api is not known: perhaps apis",
        ),
        (
            "apis: { integrations: [{ name: A }] }",
            "integrations[0].type is missing",
        ),
        (
            "apis: { integrations: [{ type: file, url: 'https://example.com/p.csv' }] }",
            "integrations[0].name is missing",
        ),
        (
            "apis:\n  integrations:\n    - { name: A, type: file, url: 'https://example.com/p.csv' }\n    - { name: A, type: file, url: 'https://example.com/p.csv' }",
            "line 4, column 15: integrations[1].name is taken by another integration",
        ),
        ("apis: {\n  integrations: [", "this is not valid YAML"),
        (
            "apis: 1\n--- 2",
            "line 2, column 1: this is not valid YAML: it holds more than one document",
        ),
    ] {
        let said = wrong(document);
        assert!(said.contains(expected), "{document}\n{said}");
    }
}

#[test]
fn bombs_loops_and_huge_documents_are_refused_like_in_manifests() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..9 {
        let line = vec![format!("*a{}", i - 1); 10].join(", ");
        writeln!(bomb, "a{i}: &a{i} [{line}]").unwrap();
    }
    for (document, why) in [
        (bomb, "too many values"),
        (
            "apis: &loop { integrations: *loop }".to_owned(),
            "names nothing",
        ),
        ("x".repeat(5 * 1024 * 1024), "larger than 4 MiB"),
    ] {
        let said = wrong(&document);
        assert!(said.contains(why), "{said}");
    }
}

/// Whoever writes the secret itself where its name belongs must not read it again in a log.
#[test]
fn a_secret_in_the_wrong_place_is_never_repeated() {
    const SECRET: &str = "sk_live-51H8/geheim";
    for lines in [
        format!("authentication: {{ type: bearer, secret_name: {SECRET} }}"),
        format!("authentication: {{ type: bearer, secret_name: ['{SECRET}'] }}"),
        format!(
            "authentication: {{ type: basic, username: u, secret_name: '${{secrets.{SECRET}}}' }}"
        ),
        format!("headers: {{ Authorization: Bearer {SECRET} }}"),
        format!("headers: {{ X: '${{{SECRET}}}' }}"),
        format!("parameters: {{ api_key: {SECRET} }}"),
        format!("base_url: https://user:{SECRET}@example.com"),
    ] {
        let said = of_rest(&format!("{lines}\n{SHIPS}"));
        assert!(!said.contains("51H8"), "{lines}\n{said}");
    }
    for item in [
        format!(
            "type: database, engine: mysql, host: h, database: d, username: u, password: {SECRET}"
        ),
        format!(
            "type: database, engine: mongodb, connection_string: 'mongodb://u:{SECRET}@h', database: d, username: u, secret_name: s"
        ),
        format!("type: file, url: 'https://u:{SECRET}@example.com/p.csv'"),
    ] {
        let said = wrong(&format!(
            "apis: {{ integrations: [{{ name: A, {item} }}] }}"
        ));
        assert!(!said.contains("51H8"), "{item}\n{said}");
    }
}

#[test]
fn no_path_leads_away_from_its_address() {
    for path in [
        "//evil.example.com/x",
        r"\\evil.example.com/./x",
        "http:evil.example.com/./x",
        " HTTPS:evil.example.com",
        r"/ships\..",
    ] {
        let lines = format!("endpoints: [{{ name: ships, path: '{path}' }}]");
        let said = of_rest(&lines);
        assert!(said.contains("is a whole address"), "{path}: {said}");
    }
    let fine = "endpoints: [{ name: ships, path: '/v1/ships:search' }]";
    let document = format!(
        "apis:\n  integrations:\n    - name: Harbour\n      type: rest\n      base_url: https://api.example.com\n{}",
        indented(fine)
    );
    Integration::read(&document, None).unwrap();
}
