//! APIs that are searched by POST: the page and what is new are asked for in the body, unless the document says otherwise.

use serde_json::{Value, json};
use sync::integration::{Direct, Integration, Reader};

use crate::harness::{Harbour, Request, column, indented, read, rest, ships};

/// What a search asks for in its body, or else in its query.
fn said(request: &Request, name: &str) -> Option<Value> {
    let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
    let inside = body.get(name).cloned();
    inside.or_else(|| request.query.get(name).map(|text| json!(text)))
}

/// The same as a number, however it is written.
fn number(request: &Request, name: &str) -> Option<usize> {
    let text = match said(request, name)? {
        Value::String(text) => text,
        other => other.to_string(),
    };
    text.parse().ok()
}

/// Three ships that changed since `since`, from where the search says; the path tells by what name.
fn answer(request: &Request, _: &str) -> (Value, Option<String>) {
    let since = said(request, "since").unwrap_or_default();
    let since = since.as_str().unwrap_or_default().to_owned();
    let all: Vec<Value> = ships()
        .into_iter()
        .filter(|ship| ship["updated_at"].as_str() >= Some(since.as_str()))
        .collect();
    let start = match request.path.as_str() {
        "/page" => (number(request, "page").unwrap_or(1) - 1) * 3,
        "/offset" => number(request, "offset").unwrap_or(0),
        _ => number(request, "after").unwrap_or(0),
    };
    let page: Vec<Value> = all.iter().skip(start).take(3).cloned().collect();
    let after = (start + 3 < all.len()).then(|| (start + 3).to_string());
    (json!({"ships": page, "next": {"after": after}}), None)
}

/// The one endpoint of an integration at this harbour.
fn searched(harbour: &Harbour, endpoint: &str) -> Integration {
    let endpoint = format!(
        "{{ name: ships, method: POST, records: ships, fields: {{ id: integer }}, {endpoint} }}"
    );
    rest(harbour, &format!("endpoints: [{endpoint}]"))
}

/// Reads all ships; gives the query and the body of each request.
async fn requests(endpoint: &str) -> Vec<(String, Value)> {
    let harbour = Harbour::open(answer).await;
    let (records, _) = read(&searched(&harbour, endpoint), &[]).await.unwrap();
    let ids: Vec<Value> = (1..=7).map(Value::from).collect();
    assert_eq!(column(&records, "id"), ids, "{endpoint}");
    harbour.asked().iter().map(sent).collect()
}

/// The query and the body of a request.
fn sent(request: &Request) -> (String, Value) {
    let query = request.query.iter();
    let query: Vec<String> = query
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let body = serde_json::from_str(&request.body).unwrap_or_default();
    (query.join("&"), body)
}

#[tokio::test]
async fn a_search_is_asked_for_its_page_where_it_is_asked_for_the_rest() {
    for (paging, fields) in [
        (
            "path: /page, paging: { type: page, size: 3 }",
            [
                json!({"page": 1, "per_page": 3}),
                json!({"page": 2, "per_page": 3}),
                json!({"page": 3, "per_page": 3}),
            ],
        ),
        (
            "path: /offset, paging: { type: offset, size: 3 }",
            [
                json!({"offset": 0, "limit": 3}),
                json!({"offset": 3, "limit": 3}),
                json!({"offset": 6, "limit": 3}),
            ],
        ),
        (
            "path: /cursor, paging: { type: cursor, parameter: after, next: next.after }",
            // A text of digits stays a text.
            [json!({}), json!({"after": "3"}), json!({"after": "6"})],
        ),
    ] {
        let asked = requests(&format!("body: {{ open: true }}, {paging}")).await;
        let expected = fields.map(|mut body| {
            body["open"] = json!(true);
            (String::new(), body)
        });
        assert_eq!(asked, expected, "{paging}");
    }
}

#[tokio::test]
async fn a_document_says_where_else() {
    let asked =
        requests("path: /page, body: { open: true }, paging: { type: page, in: query, size: 3 }")
            .await;
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[1].0, "page=2&per_page=3");
    assert_eq!(asked[1].1, json!({"open": true}));

    // What is posted without a body has a query, unless the document says otherwise.
    let asked = requests("path: /page, paging: { type: page, size: 3 }").await;
    assert_eq!(asked[2], ("page=3&per_page=3".to_owned(), Value::Null));
    let asked = requests("path: /page, paging: { type: page, in: body, size: 3 }").await;
    assert_eq!(asked[2], (String::new(), json!({"page": 3, "per_page": 3})));
}

#[tokio::test]
async fn what_is_new_is_asked_for_in_the_body_too() {
    let since = "2026-05-01T00:00:00Z";
    for (place, expected) in [
        ("", ("", json!({"open": true, "since": since}))),
        (
            "in: query, ",
            ("since=2026-05-01T00:00:00Z", json!({"open": true})),
        ),
    ] {
        let harbour = Harbour::open(answer).await;
        let cursor = format!("{{ field: updated_at, parameter: since, {place}start: 2026-05-01 }}");
        let endpoint = format!("path: /new, body: {{ open: true }}, cursor: {cursor}");
        let (records, _) = read(&searched(&harbour, &endpoint), &[]).await.unwrap();
        assert_eq!(column(&records, "id"), [5, 6, 7], "{place}");
        let (query, body) = sent(&harbour.asked()[0]);
        assert_eq!((query.as_str(), body), expected);
    }
}

/// GraphQL asks with variables, others with mappings of their own: a list leads into one, beside what stands there already.
#[tokio::test]
async fn a_list_leads_into_the_body() {
    fn answer(request: &Request, _: &str) -> (Value, Option<String>) {
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let asked = &body["variables"];
        let start: usize = match asked["page.after"].as_str().or(asked["after"].as_str()) {
            Some(after) => after.parse().unwrap(),
            None => 0,
        };
        let all: Vec<Value> = ships()
            .into_iter()
            .filter(|ship| ship["updated_at"].as_str() >= asked["since"]["day"].as_str())
            .collect();
        let size = asked["size"]["first"].as_u64().unwrap();
        let size = usize::try_from(size).unwrap();
        let page: Vec<Value> = all.iter().skip(start).take(size).cloned().collect();
        let after = (start + size < all.len()).then(|| (start + size).to_string());
        (json!({"ships": page, "next": {"after": after}}), None)
    }
    for (parameter, name) in [
        ("[variables, after]", "after"),
        ("[variables, page.after]", "page.after"),
    ] {
        let harbour = Harbour::open(answer).await;
        let endpoint = format!(
            "path: /graphql, body: {{ query: 'query Ships', variables: {{ open: true, size: null }} }}, cursor: {{ field: updated_at, parameter: [variables, since, day], start: 2026-03-01 }}, paging: {{ type: cursor, parameter: {parameter}, next: next.after, size: 3, size_parameter: [variables, size, first] }}"
        );
        let (records, _) = read(&searched(&harbour, &endpoint), &[]).await.unwrap();
        assert_eq!(column(&records, "id"), [3, 4, 5, 6, 7], "{parameter}");
        let variables =
            json!({"open": true, "size": {"first": 3}, "since": {"day": "2026-03-01T00:00:00Z"}});
        let mut next = variables.clone();
        next[name] = json!("3");
        let bodies: Vec<Value> = harbour
            .asked()
            .iter()
            .map(|request| sent(request).1)
            .collect();
        let body = |variables| json!({"query": "query Ships", "variables": variables});
        assert_eq!(bodies, [body(variables), body(next)], "{parameter}");
    }
}

#[test]
fn a_path_into_the_body_is_a_field_path_which_airbyte_has_to_know() {
    let document = document(
        "endpoints: [{ name: ships, path: /search, method: POST, body: { page: { sort: id } }, paging: { type: offset, parameter: [page, from], size: 50, size_parameter: [page, size] } }]",
    );
    let integration = Integration::read(&document, None).unwrap().remove(0);
    let Direct::Manifest { manifest, .. } = integration.direct() else {
        panic!("{:?}", integration.direct())
    };
    assert_eq!(manifest["version"], "6.33.0");
    let paginator = &manifest["streams"][0]["retriever"]["paginator"];
    for (option, path) in [
        ("page_token_option", ["page", "from"]),
        ("page_size_option", ["page", "size"]),
    ] {
        assert_eq!(
            paginator[option],
            json!({"type": "RequestOption", "inject_into": "body_json", "field_path": path})
        );
    }
    let told = integration.airbyte();
    assert_eq!(told.source.manifest(), Some(&manifest));
    let notes = told.notes.join(" ");
    assert!(notes.contains("6.33 or newer"), "{notes}");
}

/// Documents were written so before a list led anywhere.
#[test]
fn a_text_is_one_name_with_the_dots_it_has() {
    let document = document(
        "endpoints: [{ name: ships, path: /search, method: POST, body: { open: true }, paging: { type: offset, parameter: page.from, size: 50 } }]",
    );
    for reader in [Reader::Postgres, Reader::Keeper] {
        let integration = Integration::read_for(reader, &document, None).unwrap();
        let Direct::Manifest { manifest, .. } = integration[0].direct() else {
            panic!("{:?}", integration[0].direct())
        };
        let option = &manifest["streams"][0]["retriever"]["paginator"]["page_token_option"];
        assert_eq!(option["field_name"], "page.from", "{reader:?}");
        assert_eq!(manifest["version"], "6.0.0", "{reader:?}");
    }
}

#[test]
fn both_ways_are_told_and_so_are_people() {
    let endpoint = "endpoints: [{ name: ships, path: /search, method: POST, body: { open: true }, cursor: { field: at, parameter: since }, paging: { type: cursor, next: next, size: 50 } }]";
    let document = document(endpoint);
    let integration = Integration::read(&document, None).unwrap().remove(0);
    let Direct::Manifest {
        endpoints,
        manifest,
        ..
    } = integration.direct()
    else {
        panic!("{:?}", integration.direct())
    };
    assert_eq!(
        endpoints,
        [
            "ships: POST /search; new by at (asked with since in the body); pages by cursor in the body, 50 records each"
        ]
    );
    let option = |name: &str| json!({"type": "RequestOption", "inject_into": "body_json", "field_name": name});
    let stream = &manifest["streams"][0];
    let paginator = &stream["retriever"]["paginator"];
    assert_eq!(paginator["page_token_option"], option("cursor"));
    assert_eq!(paginator["page_size_option"], option("limit"));
    let asks = &stream["incremental_sync"]["start_time_option"];
    assert_eq!(*asks, option("since"));
    assert_eq!(integration.airbyte().source.manifest(), Some(&manifest));
}

/// A document of one API with these lines, which begin on line 6.
fn document(lines: &str) -> String {
    format!(
        "apis:\n  integrations:\n    - name: Harbour\n      type: rest\n      base_url: https://api.example.com\n{}",
        indented(lines)
    )
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (endpoint, part, why) in [
        (
            "paging: { type: page, in: body }",
            "body }",
            "paging.in needs method: POST",
        ),
        (
            "cursor: { field: at, parameter: since, in: body }",
            "body }",
            "cursor.in needs method: POST",
        ),
        (
            "paging: { type: page, in: header }",
            "header }",
            "paging.in is \"header\": one of query, body",
        ),
        (
            "cursor: { field: at, in: query }",
            "query }",
            "cursor.in needs parameter: without it nothing is asked for",
        ),
        (
            "method: POST, body: { open: true, page: 1 }, paging: page",
            "page: 1",
            "body.page is set by paging already",
        ),
        (
            "method: POST, body: { limit: 10 }, paging: offset",
            "limit: 10",
            "body.limit is set by paging already",
        ),
        (
            "method: POST, body: { since: x }, cursor: { field: at, parameter: since }",
            "since: x",
            "body.since is set by cursor already",
        ),
        (
            "method: POST, body: { a: { b: 1, c: 2 } }, paging: { type: page, parameter: [a, c] }",
            "c: 2",
            "body.a.c is set by paging already",
        ),
        (
            "method: POST, body: { a: { b: [1] } }, paging: { type: page, parameter: [a, b, c] }",
            "[1]",
            "body.a.b is no mapping, and paging sets a.b.c in it",
        ),
        (
            "method: POST, body: { a: { b: 1 } }, cursor: { field: at, parameter: a }",
            "a: { b",
            "body.a is set by cursor already",
        ),
        (
            "method: POST, body: {}, paging: { type: page, parameter: p, size: 2, size_parameter: [p, size] }",
            "{ type",
            "paging asks with p.size, and p is set by paging already",
        ),
        (
            "method: POST, body: {}, paging: { type: page, parameter: [] }",
            "[] }",
            "paging.parameter is empty",
        ),
        (
            "paging: { type: page, parameter: [a, b] }",
            "[a, b",
            "paging.parameter is a list: a text is needed",
        ),
    ] {
        let line = format!("endpoints: [{{ name: ships, path: /ships, {endpoint} }}]");
        let said = Integration::read(&document(&line), None)
            .unwrap_err()
            .to_string();
        // Columns count from 1, and the line stands six in.
        let column = 7 + line.find(part).unwrap();
        let expected = format!("line 6, column {column}: integrations[0].endpoints[0].{why}");
        assert_eq!(said, expected, "{endpoint}");
    }
}
