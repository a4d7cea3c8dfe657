//! Pages asked for ahead: only where paging counts, only once there were many, and never more at once than the manifest
//! allows. Whatever the order of the answers, the rows come as they would one page after another.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::{Json, Router, routing};
use serde::Deserialize;
use serde_json::{Value, json};
use sync::declarative::Manifest;
use tokio::net::TcpListener;

use super::ours;
use super::reading::{Reading, read};

const PAGE_SIZE: usize = 10;

/// How its API behaves.
#[derive(Debug, Clone, Copy, Default)]
struct Behaviour {
    rows: usize,
    /// The page that it cannot answer.
    broken: Option<usize>,
    /// It gives so many rows more than it was asked for.
    generous: usize,
}

/// An API that takes its time, and counts who asks.
#[derive(Clone, Default)]
struct Api {
    behaviour: Behaviour,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Clone, Default)]
struct Seen {
    now: usize,
    most: usize,
    asked: Vec<usize>,
}

#[derive(Deserialize)]
struct Asked {
    from: usize,
}

async fn rows(
    State(api): State<Api>,
    Query(Asked { from }): Query<Asked>,
) -> Result<Json<Value>, StatusCode> {
    {
        let mut seen = api.seen.lock().unwrap();
        seen.now += 1;
        seen.most = seen.most.max(seen.now);
        seen.asked.push(from);
    }
    // Later pages are sometimes quicker than earlier ones.
    let odd = u64::try_from(from / PAGE_SIZE % 2).unwrap();
    tokio::time::sleep(Duration::from_millis(5 + 10 * odd)).await;
    api.seen.lock().unwrap().now -= 1;
    let Behaviour {
        rows,
        broken,
        generous,
    } = api.behaviour;
    if broken.is_some_and(|page| from == (page - 1) * PAGE_SIZE) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let to = (from + PAGE_SIZE + generous).min(rows);
    let rows: Vec<Value> = (from..to).map(|id| json!({ "id": id })).collect();
    Ok(Json(Value::from(rows)))
}

fn manifest(workers: usize) -> Manifest {
    let text = format!(
        r#"
version: 6.0.0
type: DeclarativeSource
check: {{type: CheckStream, stream_names: [rows]}}
concurrency_level: {{type: ConcurrencyLevel, default_concurrency: {workers}}}
streams:
  - type: DeclarativeStream
    name: rows
    retriever:
      type: SimpleRetriever
      requester: {{type: HttpRequester, url_base: "{{{{ config['base_url'] }}}}", path: /rows}}
      record_selector: {{type: RecordSelector, extractor: {{type: DpathExtractor, field_path: []}}}}
      paginator:
        type: DefaultPaginator
        page_token_option: {{type: RequestOption, inject_into: request_parameter, field_name: from}}
        pagination_strategy: {{type: OffsetIncrement, page_size: {PAGE_SIZE}, inject_on_first_request: true}}
    schema_loader: {{type: InlineSchemaLoader, schema: {{type: object, properties: {{}}}}}}
spec: {{type: Spec, connection_specification: {{type: object}}}}
"#
    );
    Manifest::parse(&text).unwrap()
}

/// Reads what the API has, by so many workers.
async fn told(workers: usize, behaviour: Behaviour) -> (Reading, Seen) {
    let api = Api {
        behaviour,
        ..Api::default()
    };
    let seen = Arc::clone(&api.seen);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/rows", routing::get(rows));
    let server = axum::serve(listener, router.with_state(api));
    let server = tokio::spawn(async move { server.await.unwrap() });
    let folder = tempfile::tempdir().unwrap();
    let reading = read(&manifest(workers), &base, &[], &ours::context(&folder)).await;
    server.abort();
    let seen = seen.lock().unwrap().clone();
    (reading, seen)
}

fn of(rows: usize) -> Behaviour {
    Behaviour {
        rows,
        ..Behaviour::default()
    }
}

fn first(rows: u64) -> Vec<u64> {
    (0..rows).collect()
}

#[tokio::test]
async fn many_pages_are_asked_for_at_once_and_come_in_order() {
    let (read, seen) = told(8, of(400)).await;
    assert_eq!(read.result, Ok(()));
    assert_eq!(read.ids(), first(400));
    let Seen { most, asked, .. } = seen;
    assert!((3..=5).contains(&most), "{most} at once");
    // Forty pages, the empty one that ends them, and at most what was on its way behind it.
    assert!((41..=45).contains(&asked.len()), "{}", asked.len());
}

#[tokio::test]
async fn one_worker_asks_for_one_page_at_a_time() {
    let (read, seen) = told(1, of(400)).await;
    assert_eq!(read.ids(), first(400));
    assert_eq!((seen.most, seen.asked.len()), (1, 41));
}

#[tokio::test]
async fn of_a_few_pages_none_is_asked_for_in_vain() {
    let (read, seen) = told(8, of(25)).await;
    assert_eq!(read.ids(), first(25));
    assert_eq!(seen.asked, [0, 10, 20]);
}

#[tokio::test]
async fn what_comes_before_a_page_that_fails_is_read_and_nothing_behind_it() {
    let behaviour = Behaviour {
        broken: Some(21),
        ..of(400)
    };
    let (read, _) = told(8, behaviour).await;
    assert_eq!(read.ids(), first(200));
    let fault = read.result.unwrap_err();
    assert!(fault.to_string().contains("Page 21"), "{fault}");
}

#[tokio::test]
async fn a_page_behind_the_last_may_fail() {
    let behaviour = Behaviour {
        broken: Some(42),
        ..of(400)
    };
    let (read, _) = told(8, behaviour).await;
    assert_eq!((read.ids(), read.result), (first(400), Ok(())));
}

#[tokio::test]
async fn pages_that_are_longer_than_asked_for_are_read_one_after_another() {
    let behaviour = Behaviour {
        generous: 3,
        ..of(400)
    };
    let (read, seen) = told(8, behaviour).await;
    assert_eq!((read.ids(), read.result), (first(400), Ok(())));
    let offsets: Vec<usize> = (0..=400).step_by(13).collect();
    let asked_well = offsets.iter().all(|from| seen.asked.contains(from));
    assert!(asked_well, "{:?}", seen.asked);
    assert!(seen.asked.len() <= offsets.len() + 2, "{:?}", seen.asked);
}
