//! Shopify: further pages by an address that takes nothing beside it, and times in the shop's own zone.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{StandIn, Store, hour};

mod vendor;

use vendor::Shopify;

const BASE: &str =
    "https://{{ config['shop'].replace('.myshopify.com', '').strip('/') }}.myshopify.com";

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

/// A product with so many variants from this number on, each of which is one thing in the stock.
fn product(id: i64, at: i64, variants: std::ops::Range<i64>) -> Value {
    let mut product = item(id, at);
    let variant = |id: i64| json!({"id": id, "inventory_item_id": id + 10_000});
    product["variants"] = variants.map(variant).collect();
    product["images"] = json!([{"id": id * 10, "product_id": id}]);
    product
}

/// An order of which so many parts were sent.
fn order(id: i64, at: i64, sent: i64) -> Value {
    let mut order = item(id, at);
    let part = |part: i64| json!({"id": id * 100 + part, "order_id": id, "status": "success"});
    order["fulfillments"] = (1..=sent).map(part).collect();
    order
}

fn config(shop: &str, token: &str) -> Value {
    json!({"shop": shop, "start_date": "2023-01-01", "credentials": {"auth_method": "api_password", "api_password": token}})
}

async fn shop() -> (StandIn<Shopify>, Connected) {
    let store = Store::default()
        .with("shop", [json!({"id": 1, "name": "Lamps"})])
        .with("locations", [json!({"id": 70, "name": "Store"})])
        .with("orders", (1..=3).map(|at| order(at, at, at - 1)))
        .with("customers", (1..=620).map(|at| item(at, at)))
        .with("levels", [level(31, 3), level(32, 4)])
        .with(
            "products",
            [
                product(41, 1, 1000..1080),
                product(42, 2, 1080..1150),
                item(43, 3),
            ],
        )
        .with(
            "inventory_items",
            (11_000..11_150).map(|id| item(id, id - 11_000)),
        )
        .with("collects", (1..=300).map(|id| item(id, id)))
        .with("metafields", [item(61, 1)])
        .with("price_rules", [item(51, 1), item(52, 2)])
        .with(
            "codes of 51",
            (1..=260).map(|id| json!({"id": id, "usage_count": 0})),
        );
    let shopify = StandIn::open(Shopify::new(store)).await;
    let connector = Connected::new("shopify", &[BASE], &shopify.base, config("lamps", "right"));
    (shopify, connector)
}

pub async fn whole() -> Whole {
    let shopify = StandIn::open(Shopify::new(Store::of(include_str!(
        "examples/shopify.json"
    ))))
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
            "collects",
            "custom_collections",
            "customers",
            "discount_codes",
            "draft_orders",
            "fulfillments",
            "inventory_items",
            "inventory_levels",
            "locations",
            "metafield_shops",
            "order_refunds",
            "orders",
            "price_rules",
            "product_images",
            "product_variants",
            "products",
            "shop",
            "smart_collections",
            "transactions"
        ]
    );
    let first = connector.read().await;
    assert_eq!(first.ids("customers").len(), 620);
    assert_eq!(
        shopify.asked("/admin/api/2026-07/customers.json").len(),
        3,
        "pages of 250"
    );
    assert_eq!(first.ids("orders"), ["1", "2", "3"]);
    assert_eq!(first.ids("transactions"), ["5001", "5002", "5003"]);
    assert_eq!(first.ids("inventory_levels"), ["70/31", "70/32"]);
    assert_eq!(first.records("shop")[0]["name"], "Lamps");
    assert_eq!(shopify.refused(), 1);

    shopify.asked("/admin/api/2026-07/orders.json");
    shopify.then(|shopify| {
        shopify.store.add("customers", item(621, 621));
        shopify.store.add("orders", item(4, 700));
        shopify.store.add("levels", level(33, 700));
    });
    let again = connector.read_from(&first).await;
    assert_eq!(again.ids("customers"), ["620", "621"]);
    let asked = shopify.asked("/admin/api/2026-07/customers.json");
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

#[tokio::test]
async fn what_belongs_to_products_and_orders_is_read_and_then_what_changed() {
    let (shopify, connector) = shop().await;
    let first = connector.read().await;
    assert_eq!(first.ids("product_variants").len(), 150);
    assert_eq!(first.ids("product_images"), ["410", "420"]);
    let variant = &first.records("product_variants")[0];
    let owner = &first.records("products")[0];
    assert_eq!(variant["product_updated_at"], owner["updated_at"]);
    assert_eq!(first.ids("fulfillments"), ["201", "301", "302"]);
    assert_eq!(first.ids("metafield_shops"), ["61"]);
    assert_eq!(first.ids("collects").len(), 300);
    assert_eq!(first.ids("discount_codes").len(), 260);
    assert_eq!(first.ids("inventory_items").len(), 150);
    let asked = shopify.asked("/admin/api/2026-07/inventory_items.json");
    let mut counts: Vec<_> = asked
        .iter()
        .map(|one| one.param("ids").unwrap().split(',').count())
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [50, 100]);

    shopify.then(|shopify| {
        shopify.store.add("products", product(44, 700, 1150..1151));
        shopify.store.add("inventory_items", item(11_150, 700));
        shopify.store.add("orders", order(4, 700, 1));
        shopify.store.add("collects", item(301, 700));
        shopify.store.add("metafields", item(62, 700));
    });
    shopify.asked("/admin/api/2026-07/products.json");
    let again = connector.read_from(&first).await;
    let mut since: Vec<_> = shopify
        .asked("/admin/api/2026-07/products.json")
        .iter()
        .map(|one| one.param("updated_at_min").map(str::to_owned))
        .collect();
    since.sort_unstable();
    // the third product has nothing in it, and the parent of the stock is asked for whole
    let [second, third] = [Some(hour(2)), Some(hour(3))];
    assert_eq!(since, [None, second.clone(), second, third]);
    assert_eq!(again.ids("product_images"), ["420", "440"]);
    assert_eq!(again.ids("product_variants").len(), 71);
    assert_eq!(again.ids("fulfillments"), ["301", "302", "401"]);
    let collects: Vec<String> = (276..=301).map(|id| id.to_string()).collect();
    assert_eq!(
        again.ids("collects"),
        collects,
        "a day of before, and what is new"
    );
    assert_eq!(again.ids("metafield_shops"), ["61", "62"]);
    assert_eq!(again.ids("discount_codes").len(), 260, "all of them");
    assert_eq!(again.ids("inventory_items"), ["11149", "11150"]);

    let nothing_new = connector.read_from(&again).await;
    assert_eq!(nothing_new.ids("inventory_items"), ["11150"]);
    assert_eq!(nothing_new.ids("product_variants"), ["1150"]);
    assert_eq!(nothing_new.ids("collects"), ["301"]);
    shopify.is_content();
}
