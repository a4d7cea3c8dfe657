//! A source that wants a pause after every few answers: each try comes a little further, so the way is not given up. One that
//! brings the same rows each time is.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::routes::rules;
use crate::harness::{Api, Hub, serve, text};

/// A day at a time, one after the other; whoever is refused is told so at once.
const MANIFEST: &str = r#"
version: 7.0.0
type: DeclarativeSource
check: { type: CheckStream, stream_names: [calls] }
concurrency_level: { type: ConcurrencyLevel, default_concurrency: 1 }
streams:
  - type: DeclarativeStream
    name: calls
    primary_key: id
    retriever:
      type: SimpleRetriever
      requester:
        type: HttpRequester
        url_base: "{{ config['address'] }}"
        path: /calls
        error_handler: { type: DefaultErrorHandler, max_retries: 0 }
      record_selector: { type: RecordSelector, extractor: { type: DpathExtractor, field_path: [calls] } }
    incremental_sync:
      type: DatetimeBasedCursor
      cursor_field: day
      datetime_format: "%Y-%m-%d"
      start_datetime: "2026-03-01"
      end_datetime: "2026-03-06"
      step: P1D
      cursor_granularity: P1D
      start_time_option: { type: RequestOption, inject_into: request_parameter, field_name: day }
    schema_loader:
      type: InlineSchemaLoader
      schema:
        type: object
        properties: { id: { type: integer }, day: { type: string, format: date } }
spec:
  type: Spec
  connection_specification:
    type: object
    required: [address]
    properties:
      address: { type: string, title: Address }
"#;
const DAYS: [&str; 5] = [
    "2026-03-01",
    "2026-03-02",
    "2026-03-03",
    "2026-03-04",
    "2026-03-05",
];

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Mood {
    #[default]
    Friendly,
    /// After a day that nobody had seen it refuses whoever goes on, once for each day; the days before it shows again.
    OneDayAVisit,
    /// So many days are shown, and no more.
    First(usize),
}

/// The book of a harbour's calls.
#[derive(Debug, Default)]
struct Book {
    mood: Mood,
    /// Days that were shown.
    shown: usize,
    /// The next one was refused since.
    refused: bool,
}

impl Book {
    fn shows(&mut self, day: usize) -> bool {
        match self.mood {
            Mood::Friendly => true,
            Mood::First(days) => day < days,
            Mood::OneDayAVisit if day == self.shown => {
                let shows = std::mem::replace(&mut self.refused, true);
                if shows {
                    (self.shown, self.refused) = (day + 1, false);
                }
                shows
            }
            Mood::OneDayAVisit => day < self.shown,
        }
    }
}

type Shared = Arc<Mutex<Book>>;

async fn calls(
    State(book): State<Shared>,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let day = DAYS.iter().position(|day| *day == asked["day"]);
    let day = day.expect("a day of the book");
    if !book.lock().expect("a book").shows(day) {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    Json(json!({ "calls": [{ "id": day + 1, "day": DAYS[day] }] })).into_response()
}

struct World {
    book: Shared,
    hub: Hub,
    anna: Api,
    connection: String,
    _runtime: Runtime,
    _folder: TempDir,
}

impl World {
    fn new() -> Self {
        let book = Shared::default();
        let app = Router::new()
            .route("/calls", get(calls))
            .with_state(Arc::clone(&book));
        let (runtime, url) = serve(app);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("calls.yaml");
        std::fs::write(&file, MANIFEST).expect("a manifest");
        let hub = Hub::start_with(&[
            ("TRIBUTARY_MANIFESTS", format!("calls={}", file.display())),
            // The harbour is on this machine and has no certificate.
            ("TRIBUTARY_ALLOW_HTTP", "1".to_owned()),
        ]);
        let anna = hub.tenant("Anna");
        let sources = anna.get("/api/airbyte/sources");
        let mut all = sources.as_array().expect("sources").iter();
        let own = all.find(|source| source["name"] == "calls");
        let slug = text(own.expect("it is in the catalogue"), "slug").to_owned();
        let (connection, test) = anna.connect(&slug, "Calls", &json!({ "address": url }));
        assert_eq!(test["state"], "passed", "{test}");
        anna.follow(&connection, "day");
        Self {
            book,
            hub,
            anna,
            connection,
            _runtime: runtime,
            _folder: folder,
        }
    }

    fn run_in(&self, mood: Mood) -> Value {
        *self.book.lock().expect("a book") = Book {
            mood,
            shown: 0,
            refused: true,
        };
        self.anna.run(&self.connection)
    }

    fn days(&self) -> Vec<String> {
        let table = self.anna.table_of(&self.connection, "calls");
        let query = format!("SELECT day FROM {table} ORDER BY id");
        self.hub.rows(&self.anna.tenant, &query)
    }

    fn routes(&self) -> String {
        format!("/api/v1/connections/{}/routes", self.connection)
    }
}

/// The decisions that a try followed.
fn tries(run: &Value) -> Vec<&Value> {
    let all = run["decisions"].as_array().expect("decisions").iter();
    all.filter(|decision| decision["route"].is_string())
        .collect()
}

#[test]
fn a_first_load_that_is_told_to_wait_again_and_again_comes_to_its_end_by_the_same_way() {
    let world = World::new();
    let run = world.run_in(Mood::OneDayAVisit);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["row"]["method"], "direct", "{run}");
    assert_eq!(run["fallback_used"], false, "{run}");
    let made = tries(&run);
    assert_eq!(made.len(), DAYS.len(), "three tries are set: {run}");
    assert!(
        rules(&run)[1..].iter().all(|rule| *rule == "retry"),
        "{run}"
    );
    let (last, before) = made.split_last().expect("tries");
    for one in before {
        assert_eq!(one["class"], "rate_limited", "{run}");
        assert_eq!(one["advanced"], true, "{run}");
    }
    assert_eq!(
        (&last["class"], &last["advanced"]),
        (&Value::Null, &json!(false))
    );
    assert_eq!(world.days(), DAYS);
    // Each try is told what it brought itself: a new day, and the one that it began with.
    let brought: Vec<i64> = made
        .iter()
        .filter_map(|one| one["rows_written"].as_i64())
        .collect();
    assert!(brought.iter().all(|rows| (1..=2).contains(rows)), "{run}");
    assert_eq!(
        brought.iter().sum::<i64>(),
        run["row"]["rows_written"],
        "{run}"
    );

    let policy = world.anna.get(&world.routes())["policy"].clone();
    assert_eq!(policy["attempts"], 3, "{policy}");
    let replay = world
        .anna
        .post(&format!("{}/replay", world.routes()), &policy);
    assert_eq!(replay["runs"], 1, "{replay}");
    assert_eq!(replay["changed"], json!([]), "{replay}");
}

#[test]
fn tries_that_bring_the_same_rows_each_time_are_counted() {
    let world = World::new();
    let mut policy = world.anna.get(&world.routes())["policy"].clone();
    policy["fallback"] = json!(false);
    world.anna.put(&world.routes(), &policy);
    let run = world.run_in(Mood::First(2));
    assert_eq!(run["row"]["state"], "failed", "{run}");
    let made = tries(&run);
    let advanced: Vec<&Value> = made.iter().map(|one| &one["advanced"]).collect();
    assert_eq!(json!(advanced), json!([true, false, false, false]), "{run}");

    // What came is kept, and the next run goes on from there.
    let run = world.run_in(Mood::Friendly);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(world.days(), DAYS);
}
