//! Notion: what was edited last comes first, the blocks and comments of pages that were edited, and databases of several
//! tables.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, page, status};

struct Notion {
    store: Store,
    limit: Limit,
}

impl Vendor for Notion {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        if !["ntn_right", "oauth", "narrow"].contains(&request.bearer()) {
            return Err(said(401, "unauthorized", "API token is invalid."));
        }
        if request.header("notion-version") != "2025-09-03" {
            return Err(said(
                400,
                "missing_version",
                "Notion-Version header failed validation",
            ));
        }
        let parts = request.parts();
        let (found, from, size) = match parts[..] {
            ["v1", "search"] if request.method == "POST" => {
                self.limit.once(
                    said(429, "rate_limited", "You have been rate limited.")
                        .header("Retry-After", "1"),
                )?;
                self.found(request)?
            }
            ["v1", "databases", id] => return self.database(id),
            ["v1", "users"] if request.bearer() == "narrow" => {
                return Err(said(
                    403,
                    "restricted_resource",
                    "Insufficient permissions for this endpoint.",
                ));
            }
            ["v1", "users"] => (
                self.store.list("users"),
                start(request)?,
                request.size("page_size", 100)?,
            ),
            ["v1", "blocks", id, "children"] if self.has(id) => (
                self.store.list(&format!("blocks of {id}")),
                start(request)?,
                request.size("page_size", 100)?,
            ),
            ["v1", "comments"] => {
                let id = request
                    .param("block_id")
                    .filter(|id| self.has(id))
                    .ok_or_else(|| request.malformed("block_id"))?;
                (
                    self.store.list(&format!("comments of {id}")),
                    start(request)?,
                    request.size("page_size", 100)?,
                )
            }
            _ => return Err(said(404, "object_not_found", "Could not find it.")),
        };
        let (data, next) = page(&found, from, size);
        Ok(ok(
            json!({"object": "list", "results": data, "has_more": next.is_some(), "next_cursor": next.map(|next| next.to_string())}),
        ))
    }
}

fn said(code: u16, name: &str, text: &str) -> Answer {
    status(
        code,
        json!({"object": "error", "status": code, "code": name, "message": text}),
    )
}

/// Where a list is to go on.
fn start(request: &Request) -> Result<usize, Answer> {
    request.only(&["page_size", "start_cursor", "block_id"])?;
    Ok(request.number("start_cursor")?.unwrap_or(0))
}

impl Notion {
    /// What a search finds, where to go on in it, and how much of it is wanted.
    fn found(&self, request: &Request) -> Result<(Vec<&Value>, usize, usize), Answer> {
        let sort = &request.body["sort"];
        if *sort != json!({"direction": "descending", "timestamp": "last_edited_time"}) {
            return Err(request.malformed("sort"));
        }
        let kind = request.body["filter"]["value"].as_str().unwrap();
        if !["page", "data_source"].contains(&kind) {
            return Err(request.malformed("filter"));
        }
        let mut found = self.store.list(kind);
        found.sort_by_key(|one| std::cmp::Reverse(one["last_edited_time"].as_str().unwrap()));
        let from = request.body["start_cursor"]
            .as_str()
            .map_or(0, |cursor| cursor.parse().unwrap());
        let size = request.body["page_size"].as_u64().unwrap();
        Ok((found, from, usize::try_from(size).unwrap()))
    }

    fn database(&self, id: &str) -> Result<Answer, Answer> {
        let all = self.store.list("database");
        let found = all.into_iter().find(|one| one["id"] == id);
        let gone = || said(404, "object_not_found", "Could not find database.");
        Ok(ok(found.ok_or_else(gone)?.clone()))
    }

    fn has(&self, page: &str) -> bool {
        self.store.list("page").iter().any(|one| one["id"] == page)
    }
}

fn edited(kind: &str, id: &str, at: i64) -> Value {
    json!({"object": kind, "id": id, "last_edited_time": hour(at).replace('Z', ".000Z")})
}

fn source(id: &str, database: &str, at: i64) -> Value {
    let mut source = edited("data_source", id, at);
    source["parent"] = json!({"type": "database_id", "database_id": database});
    source
}

fn token(token: &str) -> Value {
    json!({"credentials": {"auth_type": "token", "token": token}})
}

pub async fn whole() -> Whole {
    let notion = StandIn::open(Notion {
        store: Store::of(include_str!("examples/notion.json")),
        limit: Limit::default(),
    })
    .await;
    let address = ["https://api.notion.com"];
    let connector = Connected::new("notion", &address, &notion.base, token("ntn_right"));
    Whole::new([connector], notion)
}

#[tokio::test]
async fn pages_are_read_and_then_only_those_that_were_edited() {
    let store = Store::default()
        .with(
            "page",
            (1..=6).map(|at| edited("page", &format!("p{at}"), at)),
        )
        .with(
            "data_source",
            [source("s1", "d1", 1), source("s2", "d2", 2)],
        )
        .with("database", [edited("database", "d1", 1)])
        .with(
            "users",
            (1..=120).map(|at| json!({"object": "user", "id": format!("u{at}"), "type": "person"})),
        )
        .with("blocks of p1", [edited("block", "b1", 1)])
        .with("blocks of p6", [edited("block", "b6", 6)])
        .with("comments of p6", [edited("comment", "c6", 6)]);
    let notion = StandIn::open(Notion {
        store,
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new(
        "notion",
        &["https://api.notion.com"],
        &notion.base,
        token("ntn_right"),
    );
    assert!(
        connector
            .with(token("ntn_wrong"))
            .refusal()
            .await
            .starts_with("Notion refused the sign-in.")
    );
    let signed = json!({"credentials": {"auth_type": "OAuth2.0", "client_id": "id", "client_secret": "secret", "access_token": "oauth"}});
    connector.with(signed).check().await.unwrap();
    assert_eq!(
        connector.streams().await,
        [
            "blocks",
            "comments",
            "data_sources",
            "databases",
            "pages",
            "users"
        ]
    );

    let first = connector.read().await;
    assert_eq!(first.ids("pages"), ["p1", "p2", "p3", "p4", "p5", "p6"]);
    assert_eq!(first.ids("blocks"), ["b1", "b6"]);
    assert_eq!(first.ids("comments"), ["c6"]);
    assert_eq!(first.ids("data_sources"), ["s1", "s2"]);
    assert_eq!(
        first.ids("databases"),
        ["d1"],
        "the other one is not shared with the integration"
    );
    assert_eq!(first.ids("users").len(), 120);
    assert_eq!(notion.refused(), 1);

    notion.asked("/v1/blocks/p1/children");
    notion.then(|notion| {
        notion.store.add("page", edited("page", "p7", 7));
        notion.store.add("blocks of p7", edited("block", "b7", 7));
    });
    let second = connector.read_from(&first).await;
    assert_eq!(second.ids("pages"), ["p6", "p7"]);
    assert_eq!(second.ids("blocks"), ["b6", "b7"]);
    assert!(
        notion.asked("/v1/blocks/p1/children").is_empty(),
        "a page that was not edited is left alone"
    );
    notion.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn an_integration_that_may_not_see_people_reads_the_rest() {
    let store = Store::default().with("page", [edited("page", "p1", 1)]);
    let notion = StandIn::open(Notion {
        store,
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new(
        "notion",
        &["https://api.notion.com"],
        &notion.base,
        token("narrow"),
    );
    connector.check().await.unwrap();
    let read = connector.read().await;
    assert_eq!((read.ids("pages").len(), read.ids("users").len()), (1, 0));
    notion.is_content();
}

#[tokio::test]
async fn a_database_of_two_tables_is_read_with_both() {
    let mut sales = edited("database", "d1", 2);
    sales["data_sources"] = json!([{"id": "s1", "name": "Won"}, {"id": "s2", "name": "Lost"}]);
    let store = Store::default()
        .with(
            "data_source",
            [source("s1", "d1", 1), source("s2", "d1", 2)],
        )
        .with("database", [sales]);
    let notion = StandIn::open(Notion {
        store,
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new(
        "notion",
        &["https://api.notion.com"],
        &notion.base,
        token("ntn_right"),
    );
    let read = connector.read().await;
    assert_eq!(read.ids("data_sources"), ["s1", "s2"]);
    for table in read.records("data_sources") {
        assert_eq!(table["database_id"], "d1");
    }
    let mut databases = read.ids("databases");
    databases.dedup();
    assert_eq!(databases, ["d1"]);
    notion.is_content();
}
