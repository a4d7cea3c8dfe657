//! PayPal: a token for an app, transactions week by week, and halves of what is too much.

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, ok, page, status};

struct Paypal {
    store: Store,
    limit: Limit,
    split: bool,
}

impl Vendor for Paypal {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let said = |code: u16, name: &str, text: &str| {
            status(
                code,
                json!({"name": name, "message": text, "debug_id": "1"}),
            )
        };
        if request.path == "/v1/oauth2/token" {
            if request.login() != "id:secret" || request.body["grant_type"] != "client_credentials"
            {
                return Err(status(
                    401,
                    json!({"error": "invalid_client", "error_description": "Client Authentication failed"}),
                ));
            }
            return Ok(ok(
                json!({"access_token": "fresh", "token_type": "Bearer", "expires_in": 32400}),
            ));
        }
        if request.bearer() != "fresh" {
            return Err(said(401, "AUTHENTICATION_FAILURE", "Authentication failed"));
        }
        match request.parts()[..] {
            ["v1", "reporting", "balances"] => Ok(ok(self.store.list("balances")[0].clone())),
            ["v1", "reporting", "transactions"] => self.transactions(request),
            ["v1", "catalogs", "products"] => {
                request.only(&["page", "page_size"])?;
                let size = request.size("page_size", 20)?;
                let (data, _) = page(
                    &self.store.list("products"),
                    (request.number("page")?.unwrap_or(1) - 1) * size,
                    size,
                );
                Ok(ok(json!({"products": data, "links": []})))
            }
            ["v1", "customer", "disputes"] => {
                request.only(&["page_size", "update_time_after", "next_page_token"])?;
                let size = request.size("page_size", 50)?;
                let since = request.moment("update_time_after")?.map(str::to_owned);
                let found = self
                    .store
                    .since("disputes", "update_time", since.as_deref());
                let from = request.number("next_page_token")?.unwrap_or(0);
                let (data, next) = page(&found, from, size);
                let mut links = vec![
                    json!({"rel": "self", "href": format!("{}{}", request.base, request.path)}),
                ];
                links.extend(next.map(|next| json!({"rel": "next", "href": format!("{}{}?page_size={size}&next_page_token={next}", request.base, request.path)})));
                Ok(ok(json!({"items": data, "links": links})))
            }
            _ => Err(said(404, "RESOURCE_NOT_FOUND", "not there")),
        }
    }
}

impl Paypal {
    fn transactions(&mut self, request: &Request) -> Result<Answer, Answer> {
        request.only(&["start_date", "end_date", "fields", "page", "page_size"])?;
        let refusal = status(
            429,
            json!({"name": "RATE_LIMIT_REACHED", "message": "Too many requests."}),
        );
        self.limit.once(refusal.header("Retry-After", "1"))?;
        let bound = |name: &str| {
            let text = request
                .moment(name)?
                .ok_or_else(|| request.malformed(name))?;
            Ok(OffsetDateTime::parse(text, &Rfc3339).unwrap())
        };
        let (start, end) = (bound("start_date")?, bound("end_date")?);
        if end - start > Duration::days(31) {
            return Err(request.malformed("end_date"));
        }
        let mut found = self.store.list("transactions");
        found.retain(|one| {
            let text = one["transaction_info"]["transaction_initiation_date"]
                .as_str()
                .unwrap();
            (start..=end)
                .contains(&OffsetDateTime::parse(&text.replace("+0000", "Z"), &Rfc3339).unwrap())
        });
        // Once, a stretch holds more than PayPal gives.
        if found.len() > 1 && !std::mem::replace(&mut self.split, true) {
            return Err(status(
                400,
                json!({"name": "RESULTSET_TOO_LARGE", "message": "Result set size is greater than the maximum limit."}),
            ));
        }
        let size = request.size("page_size", 500)?;
        let (data, _) = page(
            &found,
            (request.number("page")?.unwrap_or(1) - 1) * size,
            size,
        );
        Ok(ok(
            json!({"transaction_details": data, "total_items": found.len(), "total_pages": found.len().div_ceil(size)}),
        ))
    }
}

/// So many minutes before now, the nearest second.
fn ago(minutes: i64) -> String {
    let moment =
        OffsetDateTime::now_utc().replace_nanosecond(0).unwrap() - Duration::minutes(minutes);
    moment.format(&Rfc3339).unwrap()
}

fn transaction(id: &str, minutes: i64) -> Value {
    let moment = ago(minutes).replace('Z', "+0000");
    json!({"transaction_info": {"transaction_id": id, "transaction_initiation_date": moment, "transaction_updated_date": moment}, "payer_info": {}})
}

const PUBLIC: [&str; 1] = ["https://api-m.paypal.com"];
const DAY: i64 = 24 * 60;

fn config(secret: &str) -> Value {
    json!({"client_id": "id", "client_secret": secret, "start_date": ago(60 * DAY), "is_sandbox": false})
}

pub async fn whole() -> Whole {
    // PayPal looks back a part of a year, so what it holds is two days old
    let text = include_str!("examples/paypal.json");
    let text = text.replace("2024-01-04T12:30:05", ago(2 * DAY).trim_end_matches('Z'));
    let paypal = StandIn::open(Paypal {
        store: Store::of(&text),
        limit: Limit::default(),
        split: true,
    })
    .await;
    let config = config("secret");
    let connector = Connected::new("paypal-transaction", &PUBLIC, &paypal.base, config);
    Whole::new([connector], paypal)
}

#[tokio::test]
async fn transactions_are_read_and_then_new_ones_and_the_last_three_days() {
    let days = (0..700).map(|at| transaction(&format!("t{at:03}"), 20 * DAY - at * 40));
    let store = Store::default()
        .with("balances", [json!({"account_id": "A", "as_of_time": "2024-01-01T00:00:00Z", "balances": []})])
        .with("transactions", days)
        .with("products", (0..45).map(|at| json!({"id": format!("p{at}"), "name": "Tea"})))
        .with("disputes", (0..70).map(|at| json!({"dispute_id": format!("d{at:02}"), "update_time": ago(3 * DAY - at).replace('Z', ".000Z")})));
    let paypal = StandIn::open(Paypal {
        store,
        limit: Limit::default(),
        split: false,
    })
    .await;
    let connector = Connected::new(
        "paypal-transaction",
        &PUBLIC,
        &paypal.base,
        config("secret"),
    );
    let wrong = connector.with(config("wrong")).refusal().await;
    assert!(
        wrong.starts_with("The token endpoint refused to give an access token"),
        "{wrong}"
    );
    connector.check().await.unwrap();
    assert_eq!(
        connector.streams().await,
        ["balances", "list_disputes", "list_products", "transactions"]
    );

    let first = connector.read().await;
    let all: Vec<String> = (0..700).map(|at| format!("t{at:03}")).collect();
    assert_eq!(
        first.ids("transactions"),
        all,
        "each once, though a stretch was asked for in halves"
    );
    assert_eq!(
        (
            first.ids("list_products").len(),
            first.ids("list_disputes").len()
        ),
        (45, 70)
    );
    assert_eq!(paypal.refused(), 1);

    paypal.then(|paypal| {
        paypal.store.add("transactions", transaction("new", 5));
        paypal.store.add(
            "disputes",
            json!({"dispute_id": "new", "update_time": ago(1).replace('Z', ".000Z")}),
        );
    });
    let second = connector.read_from(&first).await;
    let ids = second.ids("transactions");
    assert!(
        ids.contains(&"new".to_owned()) && ids.len() < 120,
        "{ids:?}"
    );
    assert_eq!(second.ids("list_disputes"), ["d69", "new"]);
    paypal.is_content();
    connector.airbyte_reads_the_same().await;
}
