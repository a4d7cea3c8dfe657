//! Every kind of paging finds all ships, asks for what the document says, and stops.

use serde_json::{Value, json};
use sync::fault::Kind;

use crate::harness::{Harbour, Reply, Request, column, read, rest, ships};

/// The ships from `start` on, at most `size`, and whether there are more.
fn part(start: usize, size: usize) -> (Vec<Value>, bool) {
    let all = ships();
    let end = (start + size).min(all.len());
    (all[start.min(end)..end].to_vec(), end < all.len())
}

/// Knows every way to ask for a page: the path says which.
fn answer(request: &Request, base: &str) -> (Value, Option<String>) {
    let number = |name: &str| request.number(name);
    match request.path.as_str() {
        "/page" => {
            let size = number("per_page").or(number("n")).unwrap_or(3);
            let (ships, _) = part((number("page").or(number("p")).unwrap() - 1) * size, size);
            (json!({"data": {"items": ships}}), None)
        }
        "/offset" => {
            let (ships, _) = part(number("offset").unwrap(), number("limit").unwrap());
            (Value::from(ships), None)
        }
        "/cursor" => {
            let start = number("after").unwrap_or(0);
            let (ships, more) = part(start, 3);
            let next = if more {
                json!({"next": (start + 3).to_string()})
            } else {
                Value::Null
            };
            (json!({"ships": ships, "meta": next}), None)
        }
        "/link" => {
            let start = number("from").unwrap_or(0);
            let (ships, more) = part(start, 3);
            let next = format!("{base}/link?from={}", start + 3);
            let link = more.then(|| format!("<{next}>; rel=\"next\""));
            let body = match number("inside") {
                _ if !more => json!({"ships": ships, "next": null}),
                _ => json!({"ships": ships, "next": next}),
            };
            (body, link)
        }
        _ => (Value::from(ships()), None),
    }
}

/// Reads the endpoint; gives the named parameters of each request.
async fn pages(endpoint: &str, names: &[&str]) -> Vec<Vec<Option<String>>> {
    let harbour = Harbour::open(answer).await;
    let lines = format!("endpoints:\n  - {{ name: ships, fields: {{ id: integer }}, {endpoint} }}");
    let (records, _) = read(&rest(&harbour, &lines), &[]).await.unwrap();
    let ids: Vec<Value> = (1..=7).map(Value::from).collect();
    assert_eq!(column(&records, "id"), ids, "{endpoint}");
    let requests = harbour.asked().into_iter();
    requests
        .map(|request| {
            names
                .iter()
                .map(|name| request.query.get(*name).cloned())
                .collect()
        })
        .collect()
}

fn told(pages: &[&[&str]]) -> Vec<Vec<Option<String>>> {
    let parameter = |text: &&str| Some((*text).to_owned()).filter(|text| !text.is_empty());
    pages
        .iter()
        .map(|page| page.iter().map(parameter).collect())
        .collect()
}

#[tokio::test]
async fn pages_have_numbers() {
    let asked = pages(
        "path: /page, records: data.items, paging: { type: page, size: 3 }",
        &["page", "per_page"],
    )
    .await;
    assert_eq!(asked, told(&[&["1", "3"], &["2", "3"], &["3", "3"]]));
}

#[tokio::test]
async fn parameters_may_have_other_names_or_none() {
    let asked = pages(
        "path: /page, records: data.items, paging: { type: page, parameter: p, size: 4, size_parameter: n }",
        &["p", "n", "page", "per_page"],
    )
    .await;
    assert_eq!(asked, told(&[&["1", "4", "", ""], &["2", "4", "", ""]]));
    // Without a size an empty page is the last.
    let asked = pages(
        "path: /page, records: [data, items], paging: page",
        &["page", "per_page"],
    )
    .await;
    assert_eq!(asked.len(), 4, "{asked:?}");
    let asked = pages(
        "path: /page, records: data.items, paging: { type: page, size: 3, size_parameter: null }",
        &["per_page"],
    )
    .await;
    assert_eq!(asked, told(&[&[""], &[""], &[""]]));
}

#[tokio::test]
async fn offsets_count_records() {
    let asked = pages(
        "path: /offset, paging: { type: offset, size: 3 }",
        &["offset", "limit"],
    )
    .await;
    assert_eq!(asked, told(&[&["0", "3"], &["3", "3"], &["6", "3"]]));
    let asked = pages("path: /offset, paging: offset", &["offset", "limit"]).await;
    assert_eq!(
        asked,
        told(&[&["0", "100"]]),
        "a size that APIs usually allow"
    );
}

#[tokio::test]
async fn a_cursor_comes_from_the_answer_and_ends_where_there_is_none() {
    let asked = pages(
        "path: /cursor, records: ships, paging: { type: cursor, parameter: after, next: meta.next, size: 3 }",
        &["after", "limit"],
    )
    .await;
    assert_eq!(asked, told(&[&["", "3"], &["3", "3"], &["6", "3"]]));
}

#[tokio::test]
async fn links_are_followed_from_the_header_or_the_answer() {
    for paging in ["link", "{ type: link, next: next }"] {
        let asked = pages(
            &format!("path: /link, records: ships, paging: {paging}"),
            &["from"],
        )
        .await;
        assert_eq!(asked, told(&[&[""], &["3"], &["6"]]), "{paging}");
    }
}

#[tokio::test]
async fn without_paging_one_request_is_all() {
    for paging in ["", ", paging: none"] {
        let asked = pages(&format!("path: /ships{paging}"), &["page"]).await;
        assert_eq!(asked, told(&[&[""]]), "{paging}");
    }
}

/// Three ships a page, and a refusal behind the last one.
fn strict(request: &Request, _: &str) -> Reply {
    let all = ships();
    let start = (request.number("page").unwrap() - 1) * 3;
    match all.get(start..) {
        Some(rest) if !rest.is_empty() => {
            let page = rest.iter().take(3).cloned().collect();
            Reply::of(Value::Array(page))
        }
        _ => Reply {
            status: 404,
            ..Reply::of(json!({"detail": "Invalid page."}))
        },
    }
}

#[tokio::test]
async fn behind_the_last_page_there_may_be_a_refusal() {
    let harbour = Harbour::with(strict).await;
    let endpoint = |paging: &str| {
        let line = format!(
            "endpoints: [{{ name: ships, path: /page, paging: {{ {paging} }}, fields: {{ id: integer }} }}]"
        );
        rest(&harbour, &line)
    };
    let told = endpoint("type: page, end_status: 404");
    let (records, _) = read(&told, &[]).await.unwrap();
    let ids: Vec<Value> = (1..=7).map(Value::from).collect();
    assert_eq!(column(&records, "id"), ids, "and no record of the refusal");
    assert_eq!(harbour.asked().len(), 4);
    let untold = read(&endpoint("type: page"), &[]).await;
    assert!(untold.is_err(), "nobody said that it is the end");
}

#[tokio::test]
async fn the_end_is_one_behind_pages_of_which_nothing_is_new_as_well() {
    let harbour = Harbour::with(strict).await;
    let line = "endpoints: [{ name: ships, path: /page, cursor: updated_at, paging: { type: page, end_status: 404 }, fields: { id: integer } }]";
    let integration = rest(&harbour, line);
    let (_, states) = read(&integration, &[]).await.unwrap();
    let last = states.last().unwrap().clone();
    let (records, _) = read(&integration, &[last]).await.unwrap();
    assert_eq!(column(&records, "id"), [7]);
}

/// A path that was mistyped, or an API that is away for a moment: nothing was read, so nothing ended.
#[tokio::test]
async fn a_refusal_of_the_first_page_is_no_end() {
    let harbour = Harbour::with(|_, _| Reply {
        status: 404,
        ..Reply::of(json!({"detail": "Not found."}))
    })
    .await;
    for kind in ["page", "offset"] {
        let line = format!(
            "endpoints: [{{ name: ships, path: /moved, paging: {{ type: {kind}, end_status: 404 }}, fields: {{ id: integer }} }}]"
        );
        let integration = rest(&harbour, &line);
        let fault = read(&integration, &[]).await.unwrap_err();
        assert_eq!(fault.kind, Kind::Data, "{fault:?}");
        assert!(fault.to_string().contains("HTTP status 404"), "{fault}");
        assert_eq!(harbour.asked().len(), 1, "{kind}");
        let notes = integration.airbyte().notes.join(" ");
        assert!(notes.contains("end_status"), "{notes}");
    }
}
