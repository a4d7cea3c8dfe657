//! Chargebee: every record inside of an object named for its kind, and two catalogues of products.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, ok, page, second, status};

const PUBLIC: [&str; 1] = ["https://{{ config['site'] }}.chargebee.com"];

struct Chargebee {
    store: Store,
    limit: Limit,
}

/// By what a list can be ordered, and whether it can hold what was deleted.
fn known(list: &str) -> Option<(&'static [&'static str], bool)> {
    Some(match list {
        "coupons" => (&["created_at"], false),
        "credit_notes" => (&["date"], true),
        "customers" | "subscriptions" => (&["created_at", "updated_at"], true),
        "invoices" | "transactions" => (&["date", "updated_at"], true),
        "items" | "item_prices" => (&["name", "id", "updated_at"], false),
        "addons" | "plans" => (&[], true),
        _ => return None,
    })
}

impl Vendor for Chargebee {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let said = |code: u16, name: &str, text: &str| {
            status(
                code,
                json!({"message": text, "type": "request", "api_error_code": name, "http_status_code": code}),
            )
        };
        if request.login() != "live_right:" {
            return Err(said(
                401,
                "api_authentication_failed",
                "Sorry, authentication failed. Invalid API key.",
            ));
        }
        let ["api", "v2", list] = request.parts()[..] else {
            return Err(said(404, "site_not_found", "not there"));
        };
        if list == "credit_notes" && !self.store.holds(list) {
            return Err(said(
                404,
                "configuration_incompatible",
                "Credit notes are not enabled",
            ));
        }
        let Some((orders, deleted)) = known(list) else {
            let text = "Sorry, we couldn't find that resource";
            return Err(said(404, "resource_not_found", text));
        };
        let mut known = vec!["limit", "offset", "updated_at[after]"];
        known.extend((!orders.is_empty()).then_some("sort_by[asc]"));
        known.extend(deleted.then_some("include_deleted"));
        request.only(&known)?;
        if request
            .param("sort_by[asc]")
            .is_some_and(|order| !orders.contains(&order))
        {
            return Err(request.malformed("sort_by"));
        }
        if list == "customers" {
            self.limit.once(
                said(
                    429,
                    "api_request_limit_exceeded",
                    "Sorry, access has been temporarily blocked",
                )
                .header("Retry-After", "1"),
            )?;
        }
        let after = request
            .number("updated_at[after]")?
            .ok_or_else(|| request.malformed("updated_at"))?;
        let mut found = self.store.list(list);
        found.retain(|one| usize::try_from(one["updated_at"].as_i64().unwrap()).unwrap() > after);
        let from = request.param("offset").map_or(0, |offset| {
            offset.trim_matches(['[', ']', '"']).parse().unwrap()
        });
        let (data, next) = page(&found, from, request.size("limit", 100)?);
        let kind = list.trim_end_matches('s');
        let data: Vec<Value> = data
            .into_iter()
            .map(|one| json!({kind: one, "card": {"status": "valid"}}))
            .collect();
        let mut answer = json!({"list": data});
        if let Some(next) = next {
            answer["next_offset"] = json!(format!("[\"{next}\"]"));
        }
        Ok(ok(answer))
    }
}

fn customer(at: i64) -> Value {
    json!({"id": format!("c{at:03}"), "email": "a@example.com", "updated_at": second(at), "deleted": false})
}

fn config(key: &str, catalogue: &str) -> Value {
    json!({"site": "example", "site_api_key": key, "start_date": "2023-01-01T00:00:00Z", "product_catalog": catalogue})
}

pub async fn whole() -> Whole {
    let chargebee = StandIn::open(Chargebee {
        store: Store::of(include_str!("examples/chargebee.json")),
        limit: Limit::default(),
    })
    .await;
    let newer = config("live_right", "2.0");
    let connector = Connected::new("chargebee", &PUBLIC, &chargebee.base, newer);
    let older = connector.with(config("live_right", "1.0"));
    Whole::new([connector, older], chargebee)
}

#[tokio::test]
async fn customers_and_invoices_are_read_and_then_what_changed() {
    let store = Store::default()
        .with("customers", (1..=250).map(customer))
        .with(
            "invoices",
            [json!({"id": "i1", "total": 500, "updated_at": second(4)})],
        )
        .with("items", [json!({"id": "silver", "updated_at": second(4)})]);
    let chargebee = StandIn::open(Chargebee {
        store,
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new(
        "chargebee",
        &PUBLIC,
        &chargebee.base,
        config("live_right", "2.0"),
    );
    assert!(
        connector
            .with(config("live_wrong", "2.0"))
            .refusal()
            .await
            .starts_with("Chargebee refused the API key.")
    );
    connector.check().await.unwrap();
    let streams = [
        "coupon",
        "credit_note",
        "customer",
        "invoice",
        "item",
        "item_price",
        "subscription",
        "transaction",
    ];
    assert_eq!(connector.streams().await, streams);
    let older = [
        "coupon",
        "credit_note",
        "customer",
        "invoice",
        "addon",
        "plan",
        "subscription",
        "transaction",
    ];
    assert_eq!(
        connector.with(config("live_right", "1.0")).streams().await,
        older
    );

    let first = connector.read().await;
    let all: Vec<String> = (1..=250).map(|at| format!("c{at:03}")).collect();
    assert_eq!(first.ids("customer"), all);
    assert_eq!(
        (first.ids("invoice"), first.ids("item")),
        (vec!["i1".to_owned()], vec!["silver".to_owned()])
    );
    assert_eq!(chargebee.refused(), 1);

    chargebee.asked("/api/v2/customers");
    chargebee.then(|chargebee| chargebee.store.add("customers", customer(251)));
    let again = connector.read_from(&first).await;
    assert_eq!(again.ids("customer"), ["c250", "c251"]);
    let asked = chargebee.asked("/api/v2/customers");
    assert_eq!(
        asked[0].param("updated_at[after]"),
        Some((second(250) - 1).to_string().as_str())
    );
    chargebee.is_content();
    connector.airbyte_reads_the_same().await;
}
