//! monday.com: one address, questions in GraphQL, and refusals with the status of success.

use regex::Regex;
use serde_json::{Value, json};

use super::connector::{Brought, Connected};
use super::every_stream::Whole;
use super::stand_in::{
    Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, page, status, wrong,
};

mod selection;

struct Monday {
    store: Store,
    limit: Limit,
    /// Items that change once the first page of a board was read.
    meanwhile: Vec<Value>,
}

impl Vendor for Monday {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        if request.header("authorization") != "right" {
            return Err(status(401, json!({"errors": ["Not Authenticated"]})));
        }
        if request.header("api-version") != "2026-07" || request.path != "/v2" {
            return Err(request.malformed("API-Version"));
        }
        let query = request.body["query"]
            .as_str()
            .ok_or_else(|| request.malformed("query"))?;
        if query.matches('{').count() != query.matches('}').count() {
            return Err(request.malformed("query"));
        }
        let shape = Regex::new(r"^query \{ (\w+) (?:\((.*?)\) )?\{").unwrap();
        let parts = shape
            .captures(query)
            .ok_or_else(|| request.malformed("query"))?;
        selection::ensure_known(query).map_err(wrong)?;
        let number = |name: &str| -> usize {
            let shape = Regex::new(&format!(r"{name}: (\d+)")).unwrap();
            shape
                .captures(query)
                .map_or(0, |found| found[1].parse().unwrap())
        };
        let items = Regex::new(r"boards \(ids: \[(\w+)\]\) \{ items_page \(limit: 100\)").unwrap();
        if let Some(found) = items.captures(query) {
            let items = self.items(&found[1], 0);
            return Ok(ok(json!({"data": {"boards": [{"items_page": items}]}})));
        }
        if &parts[1] == "next_items_page" {
            let cursor = Regex::new(r#"cursor: "(\w+)-(\d+)""#).unwrap();
            let cursor = cursor
                .captures(query)
                .ok_or_else(|| request.malformed("cursor"))?;
            for item in std::mem::take(&mut self.meanwhile) {
                self.store.replace("items", "id", &item);
            }
            let items = self.items(&cursor[1], cursor[2].parse().unwrap());
            return Ok(ok(json!({"data": {"next_items_page": items}})));
        }
        if &parts[1] == "updates" {
            let refusal = json!({"errors": [{"message": "Complexity budget exhausted", "extensions": {"code": "COMPLEXITY_BUDGET_EXHAUSTED", "status_code": 429}}]});
            self.limit.once(ok(refusal).header("Retry-After", "1"))?;
        }
        let found = self.store.list(&parts[1]);
        let size = number("limit");
        let data = if size == 0 {
            found
        } else {
            page(&found, (number("page") - 1) * size, size).0
        };
        Ok(ok(json!({"data": {&parts[1]: data}, "account_id": 1})))
    }
}

impl Monday {
    fn items(&self, board: &str, from: usize) -> Value {
        let mut found = self.store.list("items");
        found.retain(|item| item["board"]["id"] == board);
        let (data, next) = page(&found, from, 100);
        json!({"items": data, "cursor": next.map(|next| format!("{board}-{next}"))})
    }
}

/// An item that was last changed in this hour.
fn item(board: &str, at: i64) -> Value {
    json!({
        "id": format!("{board}{at:03}"), "name": "Do it", "board": {"id": board}, "column_values": [], "updated_at": hour(at),
    })
}

/// A board that was last changed in this hour.
fn board(id: i64, name: &str, at: i64) -> Value {
    json!({"id": id.to_string(), "name": name, "updated_at": hour(at)})
}

fn config(token: &str) -> Value {
    json!({"credentials": {"auth_type": "api_token", "api_token": token}})
}

fn work() -> Monday {
    let boards = [board(1, "Work", 1), board(2, "Empty", 2)];
    let user = |at: i64| json!({"id": format!("u{at}"), "email": "a@example.com"});
    let store = Store::default()
        .with("boards", boards)
        .with("items", (0..250).map(|at| item("1", at)))
        .with("users", (0..120).map(user))
        .with("teams", [json!({"id": "t1", "name": "All"})])
        .with("updates", [json!({"id": "n1", "body": "Hello"})]);
    Monday {
        store,
        limit: Limit::default(),
        meanwhile: Vec::new(),
    }
}

fn connected(monday: &StandIn<Monday>, config: Value) -> Connected {
    Connected::new("monday", &["https://api.monday.com"], &monday.base, config)
}

pub async fn whole() -> Whole {
    let monday = StandIn::open(Monday {
        store: Store::of(include_str!("examples/monday.json")),
        limit: Limit::default(),
        meanwhile: Vec::new(),
    })
    .await;
    let connector = connected(&monday, config("right"));
    Whole::new([connector], monday)
}

/// Whether a question held these words.
fn asked(monday: &StandIn<Monday>, words: &str) -> bool {
    let asked = monday.asked("/v2");
    asked
        .iter()
        .any(|one| one.body["query"].as_str().unwrap().contains(words))
}

#[tokio::test]
async fn boards_and_their_items_are_read() {
    let monday = StandIn::open(work()).await;
    let connector = connected(&monday, config("right"));
    let wrong = connector.with(config("wrong"));
    assert!(
        wrong
            .refusal()
            .await
            .starts_with("monday.com refused the sign-in.")
    );
    let signed = json!({"credentials": {"auth_type": "oauth2.0", "client_id": "id", "client_secret": "secret", "access_token": "right"}});
    connector.with(signed).check().await.unwrap();
    let streams = [
        "boards",
        "items",
        "tags",
        "teams",
        "updates",
        "users",
        "workspaces",
    ];
    assert_eq!(connector.streams().await, streams);

    let read = connector.read().await;
    let all: Vec<String> = (0..250).map(|at| format!("1{at:03}")).collect();
    assert_eq!(read.ids("items"), all);
    assert_eq!(read.ids("users").len(), 120);
    assert_eq!(
        (read.ids("teams"), read.ids("updates")),
        (vec!["t1".to_owned()], vec!["n1".to_owned()])
    );
    assert!(asked(&monday, "next_items_page"));
    monday.then(|monday| assert!(monday.limit.is_spent(), "and was asked again"));
    monday.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn later_reads_bring_what_was_changed_since() {
    let monday = StandIn::open(work()).await;
    monday.then(|monday| {
        for id in 3..=120 {
            monday.store.add("boards", board(id, "Project", id));
        }
    });
    let connector = connected(&monday, config("right"));
    let catalog = connector.catalog().await.streams;
    let by_time = catalog
        .iter()
        .filter(|one| one.stream.default_cursor_field == ["updated_at"]);
    let by_time: Vec<_> = by_time.map(|one| one.stream.name.as_str()).collect();
    assert_eq!(by_time, ["boards", "items"]);
    let first = connector.read().await;
    assert_eq!(first.ids("boards").len(), 120);
    assert_eq!(first.ids("items").len(), 250);

    monday.then(|monday| {
        // on the second page, and on the third
        monday.store.add("boards", board(121, "New", 400));
        monday.store.add("items", item("1", 500));
        // on a board that nobody read before, and on one that had nothing
        monday.store.add("items", item("121", 501));
        monday.store.add("items", item("2", 3));
    });
    let again = connector.read_from(&first).await;
    // what changed in the day before the last change is there once more
    let mut boards: Vec<String> = (96..=121).map(|id| id.to_string()).collect();
    boards.sort();
    assert_eq!(again.ids("boards"), boards);
    let day = (225..=249).map(|at| format!("1{at:03}"));
    let new = ["121501", "1500", "2003"].map(str::to_owned);
    let mut items: Vec<String> = day.chain(new).collect();
    items.sort();
    assert_eq!(again.ids("items"), items);
    let nothing_new = connector.read_from(&again).await;
    assert_eq!(nothing_new.ids("boards"), ["121"]);
    assert_eq!(nothing_new.ids("items"), ["121501", "1500", "2003"]);
    // what tells of no change is read whole
    assert_eq!(nothing_new.ids("users").len(), 120);
    monday.is_content();
}

/// When an item that was read had changed last.
fn changed(read: &Brought, id: &str) -> Value {
    let mut items = read.records("items").iter();
    items.find(|item| item["id"] == id).unwrap()["updated_at"].clone()
}

#[tokio::test]
async fn what_changes_behind_the_reader_comes_with_the_next_read() {
    let monday = StandIn::open(work()).await;
    let moved = |at: i64, to: i64| {
        let mut item = item("1", at);
        item["updated_at"] = json!(hour(to));
        item
    };
    // one whose page was read by then, and an hour later one whose page was not
    monday.then(|monday| monday.meanwhile = vec![moved(0, 300), moved(249, 301)]);
    let connector = connected(&monday, config("right"));
    let first = connector.read().await;
    assert_eq!(changed(&first, "1000"), hour(0));
    assert_eq!(changed(&first, "1249"), hour(301));

    let again = connector.read_from(&first).await;
    assert_eq!(again.ids("items"), ["1000", "1249"]);
    assert_eq!(changed(&again, "1000"), hour(300));
    monday.is_content();
}

#[tokio::test]
async fn only_the_boards_that_are_named_are_asked_for() {
    let monday = StandIn::open(work()).await;
    let mut config = config("right");
    config["board_ids"] = json!([2]);
    connected(&monday, config).read().await;
    assert!(asked(&monday, "ids: [2]) { id name description"));
    monday.is_content();
}
