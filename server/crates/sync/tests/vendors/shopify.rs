//! Shopify: further pages by an address that takes nothing beside it, and times in the shop's own zone.

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use url::form_urlencoded::Serializer;

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{
    Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, page, status, wrong,
};

const BASE: &str =
    "https://{{ config['shop'].replace('.myshopify.com', '').strip('/') }}.myshopify.com";

struct Shopify {
    store: Store,
    limit: Limit,
    /// The question that each page's address stands for.
    asked: Vec<Request>,
}

fn said(code: u16, text: &str) -> Answer {
    status(code, json!({"errors": text}))
}

impl Vendor for Shopify {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        match request.header("x-shopify-access-token") {
            "right" => {}
            "narrow" => {
                let text = "[API] This action requires merchant approval for read_orders scope.";
                return Err(said(403, text));
            }
            _ => return Err(said(401, "[API] Invalid API key or access token")),
        }
        match request.parts()[..] {
            ["admin", "api", "2025-01", ref more @ ..] => self.resource(request, more),
            _ => Err(said(404, "Not Found")),
        }
    }
}

impl Shopify {
    fn resource(&mut self, request: &Request, more: &[&str]) -> Result<Answer, Answer> {
        match *more {
            ["shop.json"] => Ok(ok(json!({"shop": self.store.list("shop")[0]}))),
            ["locations.json"] => {
                request.only(&[])?;
                Ok(ok(json!({"locations": self.store.list("locations")})))
            }
            ["orders.json"] => {
                // the bucket is full, and leaks two requests a second
                self.limit.once(
                    said(429, "Exceeded 2 calls per second for api client.")
                        .header("Retry-After", "2.0")
                        .header("X-Shopify-Shop-Api-Call-Limit", "40/40"),
                )?;
                self.changed(request, "orders", "orders", &["status", "updated_at_max"])
            }
            ["checkouts.json"] => self.changed(
                request,
                "checkouts",
                "checkouts",
                &["status", "updated_at_max"],
            ),
            ["orders", id, "transactions.json"] => {
                request.only(&[])?;
                let list = format!("transactions of {id}");
                if self.store.holds(&list) {
                    return Ok(ok(json!({"transactions": self.store.list(&list)})));
                }
                let id: i64 = id.parse().unwrap();
                let one = json!({"id": id + 5000, "order_id": id, "kind": "sale"});
                Ok(ok(json!({"transactions": [one]})))
            }
            ["orders", "2", "refunds.json"] => Err(said(404, "Not Found")),
            ["orders", id, "refunds.json"] => {
                let found = self.store.list(&format!("refunds of {id}"));
                Ok(ok(json!({"refunds": found})))
            }
            ["inventory_levels.json"] => {
                self.changed(request, "levels", "inventory_levels", &["location_ids"])
            }
            [file] => {
                let rows = file.trim_end_matches(".json");
                let known = [
                    "custom_collections",
                    "customers",
                    "draft_orders",
                    "price_rules",
                    "products",
                    "smart_collections",
                ];
                let list = known.iter().find(|known| **known == rows);
                let list = list.ok_or_else(|| wrong(format!("{} is unknown", request.path)))?;
                self.changed(request, list, list, &["updated_at_max"])
            }
            _ => Err(wrong(format!("{} is unknown", request.path))),
        }
    }

    /// What changed in a stretch of time; the address of the next page remembers which.
    fn changed(
        &mut self,
        request: &Request,
        list: &str,
        rows: &str,
        known: &[&str],
    ) -> Result<Answer, Answer> {
        let (first, from) = match request.param("page_info") {
            Some(info) => {
                // anything else beside it is refused
                request.only(&["page_info", "limit"])?;
                let (at, from) = info.split_once('-').unwrap();
                let first = self.asked[at.parse::<usize>().unwrap()].clone();
                (first, from.parse().unwrap())
            }
            None => {
                request.only(&[known, &["limit", "updated_at_min"]].concat())?;
                self.asked.push(request.clone());
                (request.clone(), 0)
            }
        };
        let since = first
            .moment("updated_at_min")?
            .ok_or_else(|| request.malformed("updated_at_min"))?;
        for name in known {
            let right = match (*name, first.param(name)) {
                ("status", Some(status)) => status == "any",
                ("updated_at_max", found) => {
                    first.moment(name)?;
                    found.is_some()
                }
                ("location_ids", found) => found == Some("70"),
                _ => false,
            };
            if !right {
                return Err(request.malformed(name));
            }
        }
        let mut found = self.store.list(list);
        found.retain(|one| utc(one).as_str() >= since);
        let (items, next) = page(&found, from, request.size("limit", 250)?);
        let answer = ok(json!({rows: items})).header("X-Shopify-Shop-Api-Call-Limit", "1/40");
        let Some(next) = next else {
            return Ok(answer);
        };
        let at = self.asked.iter().position(|one| one.query == first.query);
        let query = Serializer::new(String::new())
            .append_pair("limit", "250")
            .append_pair("page_info", &format!("{}-{next}", at.unwrap()))
            .finish();
        let link = format!("<{}{}?{query}>; rel=\"next\"", request.base, request.path);
        Ok(answer.header("Link", link))
    }
}

/// When something changed, in UTC.
fn utc(one: &Value) -> String {
    let moment = OffsetDateTime::parse(one["updated_at"].as_str().unwrap(), &Rfc3339).unwrap();
    moment.to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap()
}

/// As the shop shows it: its clock is five hours behind.
fn item(id: i64, at: i64) -> Value {
    let local = hour(at - 5).replace('Z', "-05:00");
    json!({"id": id, "updated_at": local})
}

fn level(id: i64, at: i64) -> Value {
    let mut level = item(id, at);
    level["inventory_item_id"] = json!(id);
    level["location_id"] = json!(70);
    level
}

fn config(shop: &str, token: &str) -> Value {
    json!({"shop": shop, "start_date": "2023-01-01", "credentials": {"auth_method": "api_password", "api_password": token}})
}

async fn shop() -> (StandIn<Shopify>, Connected) {
    let store = Store::default()
        .with("shop", [json!({"id": 1, "name": "Lamps"})])
        .with("locations", [json!({"id": 70, "name": "Store"})])
        .with("orders", (1..=3).map(|at| item(at, at)))
        .with("customers", (1..=620).map(|at| item(at, at)))
        .with("levels", [level(31, 3), level(32, 4)])
        .with("products", [item(41, 1)]);
    let shopify = StandIn::open(Shopify {
        store,
        limit: Limit::default(),
        asked: Vec::new(),
    })
    .await;
    let connector = Connected::new("shopify", &[BASE], &shopify.base, config("lamps", "right"));
    (shopify, connector)
}

pub async fn whole() -> Whole {
    let shopify = StandIn::open(Shopify {
        store: Store::of(include_str!("examples/shopify.json")),
        limit: Limit::default(),
        asked: Vec::new(),
    })
    .await;
    let connector = Connected::new("shopify", &[BASE], &shopify.base, config("lamps", "right"));
    Whole::new([connector], shopify)
}

#[tokio::test]
async fn a_wrong_token_and_a_missing_scope_are_told_in_plain_words() {
    let (shopify, connector) = shop().await;
    connector.check().await.unwrap();
    let signed_in = json!({
        "shop": "lamps.myshopify.com", "credentials": {"auth_method": "oauth2.0", "access_token": "right"},
    });
    connector.with(signed_in).check().await.unwrap();
    let refusal = connector.with(config("lamps", "wrong")).refusal().await;
    assert!(
        refusal.starts_with("Shopify refused the access token."),
        "{refusal}"
    );
    let refusal = connector.with(config("lamps", "narrow")).refusal().await;
    assert!(
        refusal.starts_with("The Shopify app may not read this."),
        "{refusal}"
    );
    shopify.is_content();
}

#[tokio::test]
async fn a_shop_is_read_and_then_what_changed() {
    let (shopify, connector) = shop().await;
    assert_eq!(
        connector.streams().await,
        [
            "abandoned_checkouts",
            "custom_collections",
            "customers",
            "draft_orders",
            "inventory_levels",
            "locations",
            "order_refunds",
            "orders",
            "price_rules",
            "products",
            "shop",
            "smart_collections",
            "transactions"
        ]
    );
    let first = connector.read().await;
    assert_eq!(first.ids("customers").len(), 620);
    assert_eq!(
        shopify.asked("/admin/api/2025-01/customers.json").len(),
        3,
        "pages of 250"
    );
    assert_eq!(first.ids("orders"), ["1", "2", "3"]);
    assert_eq!(first.ids("transactions"), ["5001", "5002", "5003"]);
    assert_eq!(first.ids("inventory_levels"), ["70/31", "70/32"]);
    assert_eq!(first.records("shop")[0]["name"], "Lamps");
    assert_eq!(shopify.refused(), 1);

    shopify.asked("/admin/api/2025-01/orders.json");
    shopify.then(|shopify| {
        shopify.store.add("customers", item(621, 621));
        shopify.store.add("orders", item(4, 700));
        shopify.store.add("levels", level(33, 700));
    });
    let again = connector.read_from(&first).await;
    assert_eq!(again.ids("customers"), ["620", "621"]);
    let asked = shopify.asked("/admin/api/2025-01/customers.json");
    assert_eq!(
        asked[0].param("updated_at_min"),
        Some(hour(620).as_str()),
        "in UTC"
    );
    assert_eq!(again.ids("orders"), ["3", "4"]);
    assert_eq!(again.ids("transactions"), ["5003", "5004"]);
    assert_eq!(again.ids("inventory_levels"), ["70/32", "70/33"]);
    shopify.is_content();
    connector.airbyte_reads_the_same().await;
}
