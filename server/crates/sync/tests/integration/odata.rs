//! An OData API: what it is asked for begins with `$`, and its answer names the next page.

use serde_json::{Value, json};
use sync::integration::Integration;

use crate::harness::{Harbour, Request, column, read, rest, ships};

const PARAMETERS: &str =
    "parameters: { $filter: \"status eq 'open'\", $select: 'id,name', $expand: crew }";

/// Three ships, from where `$skiptoken` or `$skip` says, to whoever asks for ships that are open.
fn answer(request: &Request, base: &str) -> (Value, Option<String>) {
    let is_open = request.query.get("$filter").map(String::as_str) == Some("status eq 'open'");
    let all = if is_open { ships() } else { Vec::new() };
    let start = request.number("$skiptoken").or(request.number("$skip"));
    let start = start.unwrap_or(0);
    let page: Vec<Value> = all.iter().skip(start).take(3).cloned().collect();
    let mut body = json!({"@odata.context": "$metadata#ships", "value": page});
    if start + 3 < all.len() {
        let query = "$filter=status%20eq%20%27open%27&$select=id%2Cname&$expand=crew";
        let next = format!("{base}/ships?{query}&$skiptoken={}", start + 3);
        body["@odata.nextLink"] = Value::from(next);
    }
    (body, None)
}

#[tokio::test]
async fn its_query_options_are_asked_with_on_every_page() {
    for (paging, token) in [
        ("{ type: link, next: ['@odata.nextLink'] }", "$skiptoken"),
        (
            "{ type: offset, parameter: $skip, size: 3, size_parameter: $top }",
            "$skip",
        ),
    ] {
        let harbour = Harbour::open(answer).await;
        let endpoint = format!(
            "{{ name: ships, path: /ships, records: value, {PARAMETERS}, paging: {paging}, fields: {{ id: integer }} }}"
        );
        let integration = rest(&harbour, &format!("endpoints: [{endpoint}]"));
        let (records, _) = read(&integration, &[]).await.unwrap();
        let ids: Vec<Value> = (1..=7).map(Value::from).collect();
        assert_eq!(column(&records, "id"), ids, "{paging}");

        let asked = harbour.asked();
        let starts: Vec<usize> = asked
            .iter()
            .map(|request| request.number(token).unwrap_or(0))
            .collect();
        assert_eq!(starts, [0, 3, 6], "{paging}");
        for request in &asked {
            assert_eq!(request.query["$filter"], "status eq 'open'");
            assert_eq!(request.query["$select"], "id,name");
            assert_eq!(request.query["$expand"], "crew");
        }
    }
}

/// A low-code manifest would take them for something else, whoever runs it.
#[test]
fn the_two_names_that_manifests_understand_are_refused() {
    for (part, place) in [
        ("parameters: { $ref: x }", "parameters.$ref"),
        ("parameters: { $parameters: x }", "parameters.$parameters"),
        ("headers: { $ref: x }", "headers.$ref"),
        (
            "method: POST, body: { where: [{ $ref: '/streams/0' }] }",
            "body.where[0].$ref",
        ),
        (
            "method: POST, body: { where: { $parameters: { path: /other } } }",
            "body.where.$parameters",
        ),
        ("fields: { $ref: string }", "fields.$ref"),
    ] {
        let document = format!(
            "apis: {{ integrations: [{{ name: A, type: rest, base_url: 'https://a.example.com', endpoints: [{{ name: a, path: /a, {part} }}] }}] }}"
        );
        let said = Integration::read(&document, None).unwrap_err().to_string();
        let why = format!(
            "integrations[0].endpoints[0].{place} has a name that means something else in low-code manifests"
        );
        assert!(said.ends_with(&why), "{part}\n{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}
