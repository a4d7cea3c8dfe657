//! WooCommerce: a shop of one's own, numbered pages, and refunds inside of orders.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, page, status};

const PUBLIC: [&str; 1] =
    ["https://{{ config['shop'] | replace('https://', '') | replace('http://', '') | trim('/') }}"];

struct Shop {
    store: Store,
    limit: Limit,
}

impl Vendor for Shop {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let said = |code: u16, name: &str, text: &str| {
            status(
                code,
                json!({"code": name, "message": text, "data": {"status": code}}),
            )
        };
        if request.login() != "ck_right:cs_right" {
            return Err(said(
                401,
                "woocommerce_rest_cannot_view",
                "Sorry, you cannot list resources.",
            ));
        }
        let (list, own): (String, &[&str]) = match request.parts()[..] {
            ["wp-json", "wc", "v3", "products", "categories"] => ("categories".to_owned(), &[]),
            ["wp-json", "wc", "v3", "orders", id, "refunds"] if self.has_order(id) => {
                (format!("refunds of {id}"), &[])
            }
            ["wp-json", "wc", "v3", "customers"] => ("customers".to_owned(), &["role"]),
            [
                "wp-json",
                "wc",
                "v3",
                list @ ("coupons" | "orders" | "products"),
            ] => (list.to_owned(), &["modified_after", "dates_are_gmt"]),
            _ => return Err(said(404, "rest_no_route", "No route was found")),
        };
        request.only(&[&["per_page", "page", "orderby", "order"], own].concat())?;
        if list == "products" {
            self.limit.once(
                said(429, "too_many_requests", "Too many requests").header("Retry-After", "1"),
            )?;
        }
        let mut found = self.store.list(&list);
        if let Some(after) = request.shaped("modified_after", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")? {
            if request.param("dates_are_gmt") != Some("true") {
                return Err(request.malformed("dates_are_gmt"));
            }
            found.retain(|one| one["date_modified_gmt"].as_str().unwrap() > after);
        }
        let size = request.size("per_page", 100)?;
        let number = request.number("page")?.unwrap_or(1);
        let (data, _) = page(&found, (number - 1) * size, size);
        Ok(ok(json!(data)).header("X-WP-Total", found.len().to_string()))
    }
}

impl Shop {
    fn has_order(&self, id: &str) -> bool {
        let orders = self.store.list("orders");
        orders
            .iter()
            .any(|order| order["id"].as_i64() == id.parse().ok())
    }
}

fn local(at: i64) -> String {
    hour(at).replace('Z', "")
}

fn order(at: i64) -> Value {
    json!({"id": at, "status": "completed", "total": "10.00", "date_modified_gmt": local(at)})
}

fn config(secret: &str) -> Value {
    json!({"shop": "https://shop.example.com/", "api_key": "ck_right", "api_secret": secret, "start_date": "2023-01-01"})
}

pub async fn whole() -> Whole {
    let shop = StandIn::open(Shop {
        store: Store::of(include_str!("examples/woocommerce.json")),
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new("woocommerce", &PUBLIC, &shop.base, config("cs_right"));
    Whole::new([connector], shop)
}

#[tokio::test]
async fn orders_and_their_refunds_are_read_and_then_what_was_modified() {
    let refund =
        |id: i64, at: i64| json!({"id": id, "amount": "5.00", "date_created_gmt": local(at)});
    let store = Store::default()
        .with("orders", (1..=230).map(order))
        .with("refunds of 230", [refund(900, 230)])
        .with(
            "products",
            [json!({"id": 4, "name": "Tea", "date_modified_gmt": local(2)})],
        )
        .with(
            "customers",
            (1..=100).map(|id| json!({"id": id, "email": "a@example.com"})),
        )
        .with("categories", [json!({"id": 1, "name": "Drinks"})]);
    let shop = StandIn::open(Shop {
        store,
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new("woocommerce", &PUBLIC, &shop.base, config("cs_right"));
    assert!(
        connector
            .with(config("cs_wrong"))
            .refusal()
            .await
            .starts_with("The shop refused the consumer key.")
    );
    connector.check().await.unwrap();
    assert_eq!(
        connector.streams().await,
        [
            "coupons",
            "customers",
            "orders",
            "product_categories",
            "products",
            "refunds"
        ]
    );

    let first = connector.read().await;
    assert_eq!(
        (first.ids("orders").len(), first.ids("customers").len()),
        (230, 100)
    );
    assert_eq!(
        (first.ids("refunds"), first.ids("products")),
        (vec!["230/900".to_owned()], vec!["4".to_owned()])
    );
    assert_eq!(shop.refused(), 1);

    shop.asked("/wp-json/wc/v3/orders/5/refunds");
    shop.then(|shop| {
        shop.store.add("orders", order(231));
        shop.store.add("refunds of 231", refund(901, 231));
    });
    let second = connector.read_from(&first).await;
    assert_eq!(second.ids("orders"), ["230", "231"]);
    assert_eq!(second.ids("refunds"), ["230/900", "231/901"]);
    assert!(
        shop.asked("/wp-json/wc/v3/orders/5/refunds").is_empty(),
        "an order that did not change is left alone"
    );
    shop.is_content();
    connector.airbyte_reads_the_same().await;
}
