//! Recurly: what was updated between two moments, and the path of the next page.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, page, status};

const LISTS: [&str; 8] = [
    "accounts",
    "coupons",
    "credit_payments",
    "invoices",
    "line_items",
    "plans",
    "subscriptions",
    "transactions",
];

struct Recurly {
    store: Store,
    limit: Limit,
}

impl Vendor for Recurly {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let said = |code: u16, kind: &str, text: &str| {
            status(code, json!({"error": {"type": kind, "message": text}}))
        };
        if request.login() != "right:" {
            return Err(said(401, "unauthorized", "Unauthorized API key"));
        }
        if request.header("accept") != "application/vnd.recurly.v2021-02-25" {
            return Err(said(
                406,
                "invalid_api_version",
                "Please include a valid API version",
            ));
        }
        let list = match request.parts()[..] {
            [list] if LISTS.contains(&list) => list,
            _ => return Err(said(404, "not_found", "not there")),
        };
        request.only(&["sort", "order", "limit", "begin_time", "end_time", "cursor"])?;
        if list == "accounts" {
            self.limit.once(
                said(429, "rate_limited", "You have made too many API requests.")
                    .header("X-RateLimit-Reset", "1"),
            )?;
        }
        if request.param("sort") != Some("updated_at") || request.moment("end_time")?.is_none() {
            return Err(request.malformed("sort"));
        }
        let since = request
            .moment("begin_time")?
            .ok_or_else(|| request.malformed("begin_time"))?;
        let found = self.store.since(list, "updated_at", Some(since));
        let size = request.size("limit", 200)?;
        let (data, next) = page(&found, request.number("cursor")?.unwrap_or(0), size);
        let end = request.param("end_time").unwrap_or_default();
        let path = next.map(|next| format!("/{list}?cursor={next}&limit={size}&sort=updated_at&order=asc&begin_time={since}&end_time={end}"));
        Ok(ok(
            json!({"object": "list", "has_more": next.is_some(), "next": path, "data": data}),
        ))
    }
}

fn account(at: i64) -> Value {
    json!({"id": format!("a{at:03}"), "object": "account", "code": "x", "updated_at": hour(at)})
}

fn config(key: &str) -> Value {
    json!({"api_key": key})
}

pub async fn whole() -> Whole {
    let recurly = StandIn::open(Recurly {
        store: Store::of(include_str!("examples/recurly.json")),
        limit: Limit::default(),
    })
    .await;
    let address = ["https://v3.recurly.com"];
    let connector = Connected::new("recurly", &address, &recurly.base, config("right"));
    Whole::new([connector], recurly)
}

#[tokio::test]
async fn accounts_and_plans_are_read_and_then_what_was_updated() {
    let store = Store::default()
        .with("accounts", (1..=450).map(account))
        .with(
            "plans",
            [json!({"id": "p1", "code": "gold", "updated_at": hour(2)})],
        )
        .with(
            "invoices",
            [json!({"id": "i1", "total": 9.5, "updated_at": hour(3)})],
        );
    let recurly = StandIn::open(Recurly {
        store,
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new(
        "recurly",
        &["https://v3.recurly.com"],
        &recurly.base,
        config("right"),
    );
    assert!(
        connector
            .with(config("wrong"))
            .refusal()
            .await
            .starts_with("Recurly refused the API key.")
    );
    connector.check().await.unwrap();
    assert_eq!(connector.streams().await, LISTS);

    let first = connector.read().await;
    let all: Vec<String> = (1..=450).map(|at| format!("a{at:03}")).collect();
    assert_eq!(first.ids("accounts"), all);
    assert_eq!(
        (first.ids("plans"), first.ids("invoices")),
        (vec!["p1".to_owned()], vec!["i1".to_owned()])
    );
    assert_eq!(recurly.refused(), 1);

    recurly.asked("/accounts");
    recurly.then(|recurly| recurly.store.add("accounts", account(451)));
    let second = connector.read_from(&first).await;
    assert_eq!(second.ids("accounts"), ["a450", "a451"]);
    assert_eq!(
        recurly.asked("/accounts")[0].param("begin_time"),
        Some(hour(450).as_str())
    );
    recurly.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn a_site_in_europe_is_asked_at_an_address_of_its_own() {
    let store = Store::default().with(
        "plans",
        [json!({"id": "p1", "code": "gold", "updated_at": hour(2)})],
    );
    let recurly = StandIn::open(Recurly {
        store,
        limit: Limit::default(),
    })
    .await;
    // nobody stands in for the other address
    let connector = Connected::new(
        "recurly",
        &["https://v3.eu.recurly.com"],
        &recurly.base,
        json!({"api_key": "right", "region": "EU"}),
    );
    connector.check().await.unwrap();
    assert_eq!(connector.read().await.ids("plans"), ["p1"]);
    recurly.is_content();
}
