//! Square: filters in bodies and in addresses, orders by location, and a sign-in that is renewed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{
    Answer, Limit, Request, StandIn, Store, Vendor, hour, is_since, ok, page, status,
};

/// What a catalogue is made of.
const KINDS: [&str; 3] = ["CATEGORY", "DISCOUNT", "ITEM"];

struct Square {
    store: Store,
    limit: Limit,
}

fn said(code: u16, kind: &str, name: &str, text: &str) -> Answer {
    status(
        code,
        json!({"errors": [{"category": kind, "code": name, "detail": text}]}),
    )
}

/// A new access token for a refresh token.
fn renewed(request: &Request) -> Answer {
    let body = &request.body;
    if body["refresh_token"] != "renew" || body["client_secret"] != "secret" {
        return status(
            401,
            json!({"message": "Not Authorized", "type": "service.not_authorized"}),
        );
    }
    let until = "2099-01-01T00:00:00Z";
    ok(json!({"access_token": "fresh", "token_type": "bearer", "expires_at": until}))
}

impl Vendor for Square {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        if request.path == "/oauth2/token" {
            return Ok(renewed(request));
        }
        if !["right", "fresh"].contains(&request.bearer()) {
            let text = "This request could not be authorized.";
            return Err(said(401, "AUTHENTICATION_ERROR", "UNAUTHORIZED", text));
        }
        // versions before it know neither `updated_at_begin_time` nor `sort_field` of refunds
        let version = request.header("square-version");
        if version.len() != 10 || version < "2025-02-20" {
            return Err(request.malformed("Square-Version"));
        }
        let (list, field, since) = self.asked(request)?;
        let body = &request.body;
        let mut found = self.store.list(list);
        if let Some(since) = since.as_str() {
            found.retain(|one| is_since(&one[field], since));
        }
        if list == "payments" {
            // those of the main location, where no other is named
            let main = self.store.list("locations")[0]["id"].as_str();
            let location = request.param("location_id").or(main);
            found.retain(|one| one["location_id"].as_str() == location);
        }
        if let Some(ids) = body["location_ids"].as_array() {
            found.retain(|one| ids.contains(&one["location_id"]));
        }
        let cursor = body["cursor"].as_str().or(request.param("cursor"));
        let from = cursor.map_or(0, |cursor| cursor.trim_start_matches("c-").parse().unwrap());
        let (data, next) = page(&found, from, 100);
        let mut answer = json!({});
        if !data.is_empty() {
            let is_catalogue = KINDS.contains(&list);
            answer[if is_catalogue { "objects" } else { list }] = json!(data);
        }
        if let Some(next) = next {
            answer["cursor"] = json!(format!("c-{next}"));
        }
        Ok(ok(answer))
    }
}

impl Square {
    /// Which list is asked for, and what of it.
    fn asked<'r>(
        &mut self,
        request: &'r Request,
    ) -> Result<(&'r str, &'static str, Value), Answer> {
        let body = &request.body;
        let filter = &body["query"]["filter"];
        let parts = request.parts();
        let posts = match parts[..] {
            ["v2", "locations" | "payments" | "refunds"] => "GET",
            _ => "POST",
        };
        if parts[0] != "v2" || request.method != posts {
            return Err(said(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", "not there"));
        }
        Ok(match parts[1..] {
            ["locations"] => ("locations", "updated_at", Value::Null),
            [list @ ("payments" | "refunds")] => {
                let known = [
                    "limit",
                    "cursor",
                    "begin_time",
                    "updated_at_begin_time",
                    "sort_field",
                    "sort_order",
                    "location_id",
                ];
                request.only(&known)?;
                // without it Square gives what was made in the last year
                let begin = request.moment("begin_time")?;
                begin.ok_or_else(|| request.malformed("begin_time"))?;
                if list == "payments" {
                    let refusal = said(429, "RATE_LIMIT_ERROR", "RATE_LIMITED", "slow down");
                    self.limit.once(refusal)?;
                }
                (
                    list,
                    "updated_at",
                    json!(request.moment("updated_at_begin_time")?),
                )
            }
            ["customers", "search"] => (
                "customers",
                "updated_at",
                filter["updated_at"]["start_at"].clone(),
            ),
            ["orders", "search"] => {
                let ids = body["location_ids"].as_array();
                if ids.is_none_or(|ids| ids.is_empty() || ids.len() > 10) {
                    return Err(request.malformed("location_ids"));
                }
                let since = filter["date_time_filter"]["updated_at"]["start_at"].clone();
                ("orders", "updated_at", since)
            }
            ["catalog", "search"] => {
                let kind = &body["object_types"];
                let list = KINDS.into_iter().find(|known| *kind == json!([known]));
                let list = list.filter(|_| body["include_deleted_objects"].is_boolean());
                let list = list.ok_or_else(|| request.malformed("object_types"))?;
                (list, "updated_at", body["begin_time"].clone())
            }
            ["inventory", "counts", "batch-retrieve"] => {
                ("counts", "calculated_at", body["updated_after"].clone())
            }
            ["team-members", "search"] => ("team_members", "updated_at", Value::Null),
            _ => return Err(said(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", "not there")),
        })
    }
}

fn moment(at: i64) -> String {
    hour(at).replace('Z', ".500Z")
}

fn thing(id: &str, at: i64) -> Value {
    json!({"id": format!("{id}{at}"), "updated_at": moment(at)})
}

fn payment(at: i64) -> Value {
    let mut payment = thing("p", at);
    payment["location_id"] = json!(if at > 200 { "L2" } else { "L1" });
    payment
}

fn order(location: &str, at: i64) -> Value {
    json!({"id": format!("o{at}"), "location_id": location, "updated_at": moment(at)})
}

fn shop() -> Square {
    let store = Store::default()
        .with("locations", [json!({"id": "L1", "name": "Corner"}), json!({"id": "L2", "name": "Market"})])
        .with("payments", (1..=230).map(payment))
        .with("customers", (1..=120).map(|at| thing("c", at)))
        .with("orders", [order("L1", 1), order("L2", 2)])
        .with("ITEM", [thing("i", 1)])
        .with("counts", [json!({"catalog_object_id": "i1", "location_id": "L1", "state": "IN_STOCK", "calculated_at": moment(3)})]);
    Square {
        store,
        limit: Limit::default(),
    }
}

const PUBLIC: [&str; 1] = ["https://connect.squareup.com"];

fn config(key: &str) -> Value {
    json!({"is_sandbox": false, "credentials": {"auth_type": "API Key", "api_key": key}})
}

pub async fn whole() -> Whole {
    let square = StandIn::open(Square {
        store: Store::of(include_str!("examples/square.json")),
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new("square", &PUBLIC, &square.base, config("right"));
    Whole::new([connector], square)
}

#[tokio::test]
async fn takings_are_read_and_then_what_is_new() {
    let square = StandIn::open(shop()).await;
    let connector = Connected::new("square", &PUBLIC, &square.base, config("right"));
    assert!(
        connector
            .with(config("wrong"))
            .refusal()
            .await
            .starts_with("Square refused the sign-in.")
    );
    connector.check().await.unwrap();
    let streams = [
        "categories",
        "customers",
        "discounts",
        "inventory",
        "items",
        "locations",
        "orders",
        "payments",
        "refunds",
        "team_members",
    ];
    assert_eq!(connector.streams().await, streams);

    let first = connector.read().await;
    assert_eq!(
        (first.ids("payments").len(), first.ids("customers").len()),
        (230, 120)
    );
    assert_eq!(
        (first.ids("orders"), first.ids("items")),
        (
            vec!["o1".to_owned(), "o2".to_owned()],
            vec!["i1".to_owned()]
        )
    );
    assert_eq!(first.ids("inventory"), ["i1/L1/IN_STOCK"]);
    assert_eq!(square.refused(), 1);

    square.asked("/v2/payments");
    square.then(|square| {
        square.store.add("payments", payment(231));
        square.store.add("orders", order("L2", 5));
    });
    let second = connector.read_from(&first).await;
    assert_eq!(
        second.ids("payments"),
        ["p200", "p230", "p231"],
        "of each location from its last one on"
    );
    assert_eq!(second.ids("orders"), ["o1", "o2", "o5"]);
    assert_eq!(
        square
            .asked("/v2/payments")
            .iter()
            .map(|one| one.param("updated_at_begin_time").unwrap())
            .collect::<BTreeSet<_>>(),
        BTreeSet::from([moment(200).as_str(), moment(230).as_str()])
    );
    square.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn who_signed_in_stays_signed_in() {
    let square = StandIn::open(shop()).await;
    let signed = |token: &str| json!({"is_sandbox": false, "credentials": {"auth_type": "OAuth", "client_id": "id", "client_secret": "secret", "refresh_token": token}});
    let connector = Connected::new("square", &PUBLIC, &square.base, signed("renew"));
    connector.check().await.unwrap();
    connector.with(signed("spent")).check().await.unwrap_err();
    square.is_content();
}
