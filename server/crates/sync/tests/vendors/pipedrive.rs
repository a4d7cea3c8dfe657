//! Pipedrive: cursors from page to page, and what was updated since a moment.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, page, status};

/// The addresses the manifest uses.
const PUBLIC: [&str; 2] = ["https://api.pipedrive.com", "https://oauth.pipedrive.com"];

/// What the second version of the API lists.
const LISTS: [&str; 8] = [
    "activities",
    "deals",
    "deals/archived",
    "organizations",
    "persons",
    "pipelines",
    "products",
    "stages",
];

#[derive(Default)]
struct Pipedrive {
    store: Store,
    limit: Limit,
}

impl Vendor for Pipedrive {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        if request.path == "/oauth/token" {
            return renew(request);
        }
        if request.header("x-api-token") != "right" && request.bearer() != "fresh" {
            let said = json!({"success": false, "error": "unauthorized access", "errorCode": 401});
            return Err(status(401, said));
        }
        // one address for all, and the account's own one
        if ["/v1/users", "/company/api/v1/users"].contains(&request.path.as_str()) {
            request.only(&[])?;
            return Ok(ok(
                json!({"success": true, "data": self.store.list("users")}),
            ));
        }
        let parts = request.parts();
        let (["api", "v2", path @ ..] | ["company", "api", "v2", path @ ..]) = parts.as_slice()
        else {
            return Err(unknown());
        };
        let path = path.join("/");
        if !LISTS.contains(&path.as_str()) {
            return Err(unknown());
        }
        let name = path.trim_end_matches("/archived");
        let known: &[&str] = match name {
            "deals" => &["limit", "cursor", "updated_since", "status"],
            "pipelines" | "stages" => &["limit", "cursor"],
            _ => &["limit", "cursor", "updated_since"],
        };
        request.only(known)?;
        if path == "deals" {
            let refusal = status(
                429,
                json!({"success": false, "error": "Rate limit exceeded"}),
            );
            self.limit.once(refusal.header("X-RateLimit-Reset", "1"))?;
        }
        let since = request.shaped("updated_since", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")?;
        let mut found = self.store.since(name, "update_time", since);
        if name == "deals" {
            // who names no status is given all that are not deleted
            let wanted = request.param("status").unwrap_or("open,won,lost");
            let is_archive = path.ends_with("/archived");
            found.retain(|deal| {
                let status = deal["status"].as_str().unwrap_or("open");
                wanted.split(',').any(|one| one == status)
                    && (deal["is_archived"] == true) == is_archive
            });
        }
        let from = request.param("cursor").map_or(Ok(0), |cursor| {
            let place = cursor
                .strip_prefix("after-")
                .and_then(|text| text.parse().ok());
            place.ok_or_else(|| request.malformed("cursor"))
        })?;
        let (data, next) = page(&found, from, request.size("limit", 500)?);
        let next = next.map(|next| format!("after-{next}"));
        Ok(ok(
            json!({"success": true, "data": data, "additional_data": {"next_cursor": next}}),
        ))
    }
}

fn unknown() -> Answer {
    let said = json!({"success": false, "error": "Unknown method .", "error_info": "Please check developers.pipedrive.com"});
    status(404, said)
}

fn renew(request: &Request) -> Result<Answer, Answer> {
    let asked = &request.body;
    if request.login() != "id:secret" || asked["refresh_token"] != "renew" {
        return Err(status(
            400,
            json!({"success": false, "error": "invalid_grant"}),
        ));
    }
    Ok(ok(
        json!({"access_token": "fresh", "token_type": "bearer", "refresh_token": "renew", "scope": "deals:read", "expires_in": 3599,
            "api_domain": format!("{}/company", request.base)}),
    ))
}

fn deal(id: i64) -> Value {
    json!({"id": id, "title": format!("Deal {id}"), "value": 100.5, "update_time": hour(id), "custom_fields": {}})
}

fn product(id: i64) -> Value {
    json!({"id": id, "name": format!("Product {id}"), "update_time": hour(id)})
}

pub async fn whole() -> Whole {
    let pipedrive = StandIn::open(Pipedrive {
        store: Store::of(include_str!("examples/pipedrive.json")),
        ..Pipedrive::default()
    })
    .await;
    let config = json!({"api_token": "right", "replication_start_date": "2023-01-01"});
    let connector = Connected::new("pipedrive", &PUBLIC, &pipedrive.base, config);
    Whole::new([connector], pipedrive)
}

#[tokio::test]
async fn a_sales_team_is_read_and_then_what_it_changed() {
    let store = Store::default()
        .with("deals", (1..=1100).map(deal))
        .with(
            "persons",
            [json!({"id": 7, "name": "Ada", "update_time": hour(3)})],
        )
        .with("stages", [json!({"id": 1, "name": "Won soon"})])
        .with("users", [json!({"id": 1, "name": "Grace"})]);
    let pipedrive = StandIn::open(Pipedrive {
        store,
        ..Pipedrive::default()
    })
    .await;
    let config = json!({"api_token": "right", "replication_start_date": "2023-01-01 00:00:00Z"});
    let connector = Connected::new("pipedrive", &PUBLIC, &pipedrive.base, config);

    let wrong =
        connector.with(json!({"api_token": "wrong", "replication_start_date": "2023-01-01"}));
    assert!(
        wrong
            .refusal()
            .await
            .starts_with("Pipedrive refused the sign-in.")
    );
    connector.check().await.unwrap();
    let streams = [
        "activities",
        "deals",
        "organizations",
        "persons",
        "pipelines",
        "products",
        "stages",
        "users",
    ];
    assert_eq!(connector.streams().await, streams);

    let first = connector.read().await;
    let mut all: Vec<String> = (1..=1100).map(|id| id.to_string()).collect();
    all.sort();
    assert_eq!(first.ids("deals"), all);
    assert_eq!(
        (first.ids("persons"), first.ids("users")),
        (vec!["7".to_owned()], vec!["1".to_owned()])
    );
    assert_eq!(pipedrive.refused(), 1, "and was asked again");
    assert_eq!(
        pipedrive.asked("/api/v2/deals").len(),
        4,
        "three pages and one refusal"
    );

    pipedrive.then(|pipedrive| pipedrive.store.add("deals", deal(1101)));
    let second = connector.read_from(&first).await;
    assert_eq!(second.ids("deals"), ["1100", "1101"]);
    let asked = pipedrive.asked("/api/v2/deals");
    assert_eq!(asked[0].param("updated_since"), Some(hour(1100).as_str()));
    pipedrive.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn deals_that_are_archived_or_deleted_are_told() {
    let one = |id: i64, more: Value| {
        let (Value::Object(mut deal), Value::Object(more)) = (deal(id), more) else {
            panic!("a deal is an object")
        };
        deal.extend(more);
        Value::Object(deal)
    };
    let archived = json!({"status": "won", "is_archived": true});
    let deleted = json!({"status": "deleted", "is_deleted": true});
    let store = Store::default()
        .with("deals", [deal(1), one(2, archived), one(3, deleted)])
        .with("products", [product(1)])
        .with("users", [json!({"id": 1, "name": "Grace"})]);
    let pipedrive = StandIn::open(Pipedrive {
        store,
        ..Pipedrive::default()
    })
    .await;
    let config = json!({"api_token": "right", "replication_start_date": "2023-01-01"});
    let connector = Connected::new("pipedrive", &PUBLIC, &pipedrive.base, config);
    let first = connector.read().await;
    assert_eq!(first.ids("deals"), ["1", "2", "3"]);
    assert_eq!(first.ids("products"), ["1"]);

    pipedrive.then(|pipedrive| {
        let gone = json!({"status": "deleted", "is_deleted": true, "update_time": hour(4)});
        pipedrive.store.replace("deals", "id", &one(1, gone));
        pipedrive.store.add("products", product(2));
    });
    let second = connector.read_from(&first).await;
    assert_eq!(second.ids("deals"), ["1", "2", "3"]);
    let told = second.records("deals").iter();
    let gone = told.filter(|deal| deal["is_deleted"] == true).count();
    assert_eq!(gone, 2, "one was deleted before, and one since");
    pipedrive.asked("/api/v2/products");
    let third = connector.read_from(&second).await;
    assert_eq!(third.ids("products"), ["2"]);
    let asked = pipedrive.asked("/api/v2/products");
    assert_eq!(asked[0].param("updated_since"), Some(hour(2).as_str()));
    pipedrive.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn whoever_signed_in_is_answered_at_the_account_s_own_address() {
    let store = Store::default()
        .with("deals", (1..=3).map(deal))
        .with("users", [json!({"id": 1, "name": "Grace"})]);
    let pipedrive = StandIn::open(Pipedrive {
        store,
        ..Pipedrive::default()
    })
    .await;
    let signed_in = json!({"api_token": "old", "replication_start_date": "2023-01-01", "credentials": {
        "auth_type": "oauth2.0", "client_id": "id", "client_secret": "secret", "refresh_token": "renew",
        "token_expiry_date": "2020-01-01T00:00:00Z", "api_domain": format!("{}/company", pipedrive.base),
    }});
    let connector = Connected::new("pipedrive", &PUBLIC, &pipedrive.base, signed_in);
    connector.check().await.unwrap();
    let read = connector.read().await;
    assert_eq!(read.ids("deals"), ["1", "2", "3"]);
    assert_eq!(read.ids("users"), ["1"]);
    let kept = read.config.clone().expect("the new token is handed out");
    assert_eq!(kept["api_token"], "fresh");
    assert!(!pipedrive.asked("/company/api/v2/deals").is_empty());
    assert!(pipedrive.asked("/api/v2/deals").is_empty());
    pipedrive.is_content();
    connector.airbyte_reads_the_same().await;
}
