//! Pipedrive: cursors from page to page, and what was updated since a moment.

use serde_json::{Value, json};

use super::connector::Connected;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, page, status};

struct Pipedrive {
    store: Store,
    limit: Limit,
}

impl Vendor for Pipedrive {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        if request.header("x-api-token") != "right" {
            let said = json!({"success": false, "error": "unauthorized access", "errorCode": 401});
            return Err(status(401, said));
        }
        let name = *request.parts().last().unwrap();
        if request.path == "/v1/users" {
            request.only(&[])?;
            return Ok(ok(
                json!({"success": true, "data": self.store.list("users")}),
            ));
        }
        let changing = ["activities", "deals", "organizations", "persons"].contains(&name);
        let known: &[&str] = if changing {
            &["limit", "cursor", "updated_since"]
        } else {
            &["limit", "cursor"]
        };
        request.only(known)?;
        if name == "deals" {
            let refusal = status(
                429,
                json!({"success": false, "error": "Rate limit exceeded"}),
            );
            self.limit.once(refusal.header("X-RateLimit-Reset", "1"))?;
        }
        let since = request.shaped("updated_since", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")?;
        let found = self.store.since(name, "update_time", since);
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

fn deal(id: i64) -> Value {
    json!({"id": id, "title": format!("Deal {id}"), "value": 100.5, "update_time": hour(id), "custom_fields": {}})
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
        limit: Limit::default(),
    })
    .await;
    let config = json!({"api_token": "right", "replication_start_date": "2023-01-01 00:00:00Z"});
    let connector = Connected::new(
        "pipedrive",
        &["https://api.pipedrive.com"],
        &pipedrive.base,
        config,
    );

    let wrong =
        connector.with(json!({"api_token": "wrong", "replication_start_date": "2023-01-01"}));
    assert!(
        wrong
            .refusal()
            .await
            .starts_with("Pipedrive refused the API token.")
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
