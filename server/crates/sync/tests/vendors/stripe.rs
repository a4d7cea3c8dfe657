//! Stripe: lists at first, events from then on.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, ok, status};

const KEY: &str = "sk_test_right";

/// What Stripe lists.
const LISTS: [&str; 12] = [
    "balance_transactions",
    "charges",
    "coupons",
    "customers",
    "disputes",
    "invoices",
    "payment_intents",
    "payouts",
    "prices",
    "products",
    "refunds",
    "subscriptions",
];

struct Stripe {
    /// Objects by kind, the newest first.
    lists: BTreeMap<&'static str, Vec<Value>>,
    events: Vec<Value>,
    limit: Limit,
}

impl Vendor for Stripe {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let said = |code: u16, text: &str| {
            status(
                code,
                json!({"error": {"message": text, "type": "invalid_request_error"}}),
            )
        };
        if request.header("authorization") != format!("Bearer {KEY}") {
            return Err(said(401, "Invalid API Key provided: sk_test_*****"));
        }
        if request.header("stripe-account") != "acct_1" {
            return Err(said(
                403,
                "The provided key does not have access to account 'acct_2'",
            ));
        }
        if request.header("stripe-version").len() != "2024-06-20".len() {
            return Err(request.malformed("Stripe-Version"));
        }
        let name = match request.parts()[..] {
            ["v1", name] if name == "events" || LISTS.contains(&name) => name,
            ["v1", name, id] if LISTS.contains(&name) => {
                request.only(&[])?;
                let one = self
                    .lists
                    .get(name)
                    .and_then(|all| all.iter().find(|one| one["id"] == id));
                let gone = || said(404, &format!("No such {name}: '{id}'"));
                return one.cloned().map(ok).ok_or_else(gone);
            }
            _ => return Err(said(404, "Unrecognized request URL")),
        };
        if name == "charges" {
            let refusal = said(429, "Request rate limit exceeded.");
            self.limit
                .once(refusal.header("Stripe-Rate-Limited-Reason", "global-rate"))?;
        }
        let own: &[&str] = match name {
            "subscriptions" => &["status"],
            "events" => &["types[]"],
            _ => &[],
        };
        request.only(&[&["limit", "starting_after", "created[gte]"], own].concat())?;
        let empty = Vec::new();
        let all = if name == "events" {
            &self.events
        } else {
            self.lists.get(name).unwrap_or(&empty)
        };
        let types: Vec<&String> = request
            .query
            .iter()
            .filter(|(name, _)| name == "types[]")
            .map(|(_, kind)| kind)
            .collect();
        if (name == "events" && types.is_empty()) || types.len() > 20 {
            return Err(request.malformed("types[]"));
        }
        let since = request.number("created[gte]")?.unwrap_or(0);
        let fits = |object: &&Value| {
            object["created"].as_u64() >= u64::try_from(since).ok()
                && (types.is_empty() || types.iter().any(|kind| object["type"] == **kind))
        };
        let fitting: Vec<&Value> = all.iter().filter(fits).collect();
        let after = request.param("starting_after");
        let from = after.map_or(Some(0), |id| {
            Some(fitting.iter().position(|one| one["id"] == id)? + 1)
        });
        let from = from.ok_or_else(|| request.malformed("starting_after"))?;
        let limit = request
            .number("limit")?
            .filter(|limit| (1..=100).contains(limit));
        let to = fitting
            .len()
            .min(from + limit.ok_or_else(|| request.malformed("limit"))?);
        Ok(ok(json!({
            "object": "list", "url": request.path, "has_more": to < fitting.len(), "data": fitting[from..to],
        })))
    }
}

fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// A business with more customers than one page holds, the last one an hour old.
fn business() -> Stripe {
    let at = |minutes: i64| now() - 3600 - minutes * 60;
    let customers = (0..250).map(|at_| json!({"id": format!("cus_{at_:03}"), "object": "customer", "created": at(at_), "email": null}));
    let one = |id: &str| vec![json!({"id": id, "created": at(5)})];
    let lists = [
        ("customers", customers.collect()),
        ("charges", one("ch_1")),
        ("balance_transactions", one("txn_1")),
        (
            "products",
            vec![json!({"id": "prod_1", "created": at(900), "updated": at(7)})],
        ),
        (
            "subscriptions",
            vec![json!({"id": "sub_1", "created": at(5), "status": "canceled"})],
        ),
    ];
    Stripe {
        lists: lists.into(),
        events: Vec::new(),
        limit: Limit::default(),
    }
}

fn event(kind: &str, object: &Value) -> Value {
    json!({"id": format!("evt_{kind}"), "object": "event", "type": kind, "created": now() - 60, "data": {"object": object}})
}

fn connected(stripe: &StandIn<Stripe>) -> Connected {
    let config =
        json!({"client_secret": KEY, "account_id": "acct_1", "start_date": "2020-01-01T00:00:00Z"});
    Connected::new("stripe", &["https://api.stripe.com"], &stripe.base, config)
}

pub async fn whole() -> Whole {
    // events are kept for a month, so all of it is an hour old
    let text = include_str!("examples/stripe.json");
    let text = text.replace("1704371405", &(now() - 3600).to_string());
    let store = Store::of(&text);
    let held = |name| store.list(name).into_iter().cloned().collect::<Vec<_>>();
    let kinds = [
        ("charges", "charge.succeeded"),
        ("coupons", "coupon.created"),
        ("customers", "customer.created"),
        ("disputes", "charge.dispute.created"),
        ("invoices", "invoice.created"),
        ("payment_intents", "payment_intent.created"),
        ("payouts", "payout.created"),
        ("prices", "price.created"),
        ("products", "product.created"),
        ("refunds", "refund.created"),
        ("subscriptions", "customer.subscription.created"),
    ];
    let events = kinds.map(|(name, kind)| event(kind, store.list(name)[0]));
    let stripe = StandIn::open(Stripe {
        lists: LISTS.into_iter().map(|name| (name, held(name))).collect(),
        events: events.into(),
        limit: Limit::default(),
    })
    .await;
    let connector = connected(&stripe);
    Whole::new([connector], stripe)
}

#[tokio::test]
async fn a_wrong_key_and_a_foreign_account_are_told_in_plain_words() {
    let stripe = StandIn::open(business()).await;
    let connector = connected(&stripe);
    connector.check().await.unwrap();
    let wrong = connector.with(json!({"client_secret": "sk_test_wrong", "account_id": "acct_1"}));
    assert!(
        wrong
            .refusal()
            .await
            .starts_with("Stripe refused the secret key.")
    );
    let foreign = connector.with(json!({"client_secret": KEY, "account_id": "acct_2"}));
    assert!(
        foreign
            .refusal()
            .await
            .contains("does not belong to the account")
    );
    stripe.is_content();
}

#[tokio::test]
async fn everything_is_listed_once_and_changes_come_as_events() {
    let stripe = StandIn::open(business()).await;
    let connector = connected(&stripe);
    assert_eq!(
        connector.streams().await,
        [
            "balance_transactions",
            "customers",
            "charges",
            "coupons",
            "disputes",
            "invoices",
            "payment_intents",
            "payouts",
            "prices",
            "products",
            "refunds",
            "subscriptions"
        ]
    );
    let first = connector.read().await;
    let all: Vec<String> = (0..250).map(|at| format!("cus_{at:03}")).collect();
    assert_eq!(first.ids("customers"), all);
    assert_eq!(stripe.asked("/v1/customers").len(), 3);
    assert_eq!(first.ids("charges"), ["ch_1"]);
    assert_eq!(stripe.refused(), 1, "and was asked again");
    assert_eq!(
        stripe.asked("/v1/subscriptions")[0].param("status"),
        Some("all")
    );
    assert_eq!(first.records("products")[0]["is_deleted"], false);

    stripe.then(|stripe| {
        let named = json!({"id": "cus_249", "object": "customer", "created": 1, "email": "new@example.com"});
        stripe.events = vec![
            event("customer.updated", &named),
            event("customer.deleted", &json!({"id": "cus_007", "object": "customer", "created": 1})),
        ];
    });
    let second = connector.read_from(&first).await;
    assert_eq!(second.ids("customers"), ["cus_007", "cus_249"]);
    for record in second.records("customers") {
        assert_eq!(record["is_deleted"], record["id"] == "cus_007");
        assert!(
            record["updated"].as_i64().unwrap() > now() - 600,
            "{record}"
        );
    }
    let asked = stripe.asked("/v1/events");
    let since = asked
        .iter()
        .filter_map(|one| one.param("created[gte]")?.parse::<i64>().ok());
    assert!(
        since
            .clone()
            .any(|since| since == first.records("customers")[0]["created"])
    );
    assert!(
        stripe.asked("/v1/customers").is_empty(),
        "it is not listed again"
    );
    stripe.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn what_changed_several_times_in_a_second_is_read_as_it_is_now() {
    let mut business = business();
    let invoice = |status: &str| json!({"id": "in_1", "object": "invoice", "created": now() - 3600, "status": status});
    business.lists.insert("invoices", vec![invoice("draft")]);
    let stripe = StandIn::open(business).await;
    let connector = connected(&stripe);
    let first = connector.read().await;
    assert_eq!(first.records("invoices")[0]["status"], "draft");

    // The newest event comes first, and all are of one second.
    stripe.then(|stripe| {
        stripe.events = ["paid", "finalized", "created"]
            .map(|what| event(&format!("invoice.{what}"), &invoice(what)))
            .to_vec();
        stripe.events.push(event(
            "invoice.deleted",
            &json!({"id": "in_2", "object": "invoice"}),
        ));
        stripe.lists.insert("invoices", vec![invoice("paid")]);
    });
    let second = connector.read_from(&first).await;
    assert_eq!(
        second.ids("invoices"),
        ["in_1"],
        "once, and nothing of the draft that is gone"
    );
    assert_eq!(second.records("invoices")[0]["status"], "paid");
    assert_eq!(stripe.asked("/v1/invoices/in_1").len(), 1);

    let third = connector.read_from(&second).await;
    assert_eq!(
        third.ids("invoices"),
        ["in_1"],
        "from the moment of that event on"
    );
    stripe.is_content();
}
