//! Copper: three headers, and searches whose pages and filters stand in the body.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, ok, page, second, status};

/// What can be searched for.
const SEARCHED: [&str; 8] = [
    "activities",
    "companies",
    "leads",
    "opportunities",
    "people",
    "projects",
    "tasks",
    "users",
];

struct Copper {
    store: Store,
    limit: Limit,
}

impl Vendor for Copper {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let login = (
            request.header("x-pw-accesstoken"),
            request.header("x-pw-useremail"),
            request.header("x-pw-application"),
        );
        if login != ("right", "ada@example.com", "developer_api") {
            return Err(status(
                401,
                json!({"success": false, "status": 401, "message": "Invalid credentials"}),
            ));
        }
        request.only(&[])?;
        if request.method == "GET" && request.path == "/developer_api/v1/pipelines" {
            return Ok(ok(json!(self.store.list("pipelines"))));
        }
        let found = match request.parts()[..] {
            ["developer_api", "v1", list, "search"] if request.method == "POST" => Some(list),
            _ => None,
        };
        let Some(list) = found.filter(|list| SEARCHED.contains(list)) else {
            return Err(status(
                404,
                json!({"success": false, "status": 404, "message": "Resource not found"}),
            ));
        };
        if list == "people" {
            self.limit.once(status(
                429,
                json!({"success": false, "status": 429, "message": "Too many requests"}),
            ))?;
        }
        let mut found = self.store.list(list);
        let body = request.body.as_object().unwrap();
        for (name, value) in body {
            match (name.as_str(), value.as_i64()) {
                ("minimum_modified_date", Some(since)) => {
                    found.retain(|one| one["date_modified"].as_i64().unwrap() >= since);
                }
                ("minimum_activity_date", Some(since)) => {
                    found.retain(|one| one["activity_date"].as_i64().unwrap() >= since);
                }
                ("page_number" | "page_size", Some(_)) | ("sort_by" | "sort_direction", None) => {}
                _ => return Err(request.malformed(name)),
            }
        }
        let number = |name: &str| usize::try_from(body[name].as_u64().unwrap()).unwrap();
        let (data, _) = page(
            &found,
            (number("page_number") - 1) * number("page_size"),
            number("page_size"),
        );
        Ok(ok(json!(data)).header("X-PW-TOTAL", found.len().to_string()))
    }
}

fn person(at: i64) -> Value {
    json!({"id": at, "name": "Ada", "date_modified": second(at)})
}

fn config(key: &str) -> Value {
    json!({"api_key": key, "user_email": "ada@example.com"})
}

pub async fn whole() -> Whole {
    let copper = StandIn::open(Copper {
        store: Store::of(include_str!("examples/copper.json")),
        limit: Limit::default(),
    })
    .await;
    let address = ["https://api.copper.com"];
    let connector = Connected::new("copper", &address, &copper.base, config("right"));
    Whole::new([connector], copper)
}

#[tokio::test]
async fn people_and_opportunities_are_read_and_then_who_was_modified() {
    let store = Store::default()
        .with("people", (1..=450).map(person))
        .with(
            "opportunities",
            [json!({"id": 5, "name": "Deal", "monetary_value": 100, "date_modified": second(5)})],
        )
        .with(
            "activities",
            [json!({"id": 6, "details": "Called", "activity_date": second(6)})],
        )
        .with(
            "pipelines",
            [json!({"id": 1, "name": "Sales", "stages": []})],
        )
        .with("users", [json!({"id": 2, "name": "Grace"})]);
    let copper = StandIn::open(Copper {
        store,
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new(
        "copper",
        &["https://api.copper.com"],
        &copper.base,
        config("right"),
    );
    assert!(
        connector
            .with(config("wrong"))
            .refusal()
            .await
            .starts_with("Copper refused the API key or the e-mail address.")
    );
    connector.check().await.unwrap();
    let streams = [
        "activities",
        "companies",
        "leads",
        "opportunities",
        "people",
        "pipelines",
        "projects",
        "tasks",
        "users",
    ];
    assert_eq!(connector.streams().await, streams);

    let first = connector.read().await;
    assert_eq!(first.ids("people").len(), 450);
    assert_eq!(
        (first.ids("opportunities"), first.ids("activities")),
        (vec!["5".to_owned()], vec!["6".to_owned()])
    );
    assert_eq!(copper.refused(), 1);

    copper.asked("/developer_api/v1/people/search");
    copper.then(|copper| copper.store.add("people", person(451)));
    let again = connector.read_from(&first).await;
    assert_eq!(again.ids("people"), ["450", "451"]);
    assert_eq!(
        copper.asked("/developer_api/v1/people/search")[0].body["minimum_modified_date"],
        second(450)
    );
    copper.is_content();
    connector.airbyte_reads_the_same().await;
}
