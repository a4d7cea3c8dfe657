//! Gong: calls by when they began, cursors beside the records, and nothing told as not found.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{
    Answer, Limit, Request, StandIn, Store, Vendor, hour, is_since, ok, page, status,
};

struct Gong {
    store: Store,
    limit: Limit,
}

impl Vendor for Gong {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let said =
            |code: u16, text: &str| status(code, json!({"requestId": "1", "errors": [text]}));
        if request.login() != "key:right" {
            return Err(said(401, "failed to verify bearer token"));
        }
        let body = &request.body;
        let (list, found) = match request.parts()[..] {
            ["v2", "users"] => ("users", self.store.list("users")),
            ["v2", "settings", "scorecards"] => {
                return Ok(ok(
                    json!({"requestId": "1", "scorecards": self.store.list("scorecards")}),
                ));
            }
            ["v2", "calls"] => {
                self.limit
                    .once(said(429, "API rate limit exceeded").header("Retry-After", "1"))?;
                request.only(&["fromDateTime", "cursor"])?;
                (
                    "calls",
                    self.store
                        .since("calls", "started", request.moment("fromDateTime")?),
                )
            }
            ["v2", "calls", "extensive"] if request.method == "POST" => {
                let since = body["filter"]["fromDateTime"]
                    .as_str()
                    .ok_or_else(|| request.malformed("filter"))?;
                if body["contentSelector"]["exposedFields"]["parties"] != true {
                    return Err(request.malformed("contentSelector"));
                }
                let mut found = self.store.list("extensive");
                found.retain(|one| is_since(&one["metaData"]["started"], since));
                ("extensive", found)
            }
            ["v2", "stats", "activity", "scorecards"] if request.method == "POST" => {
                let since = body["filter"]["reviewFromDate"]
                    .as_str()
                    .filter(|day| day.len() == 10);
                let since = since.ok_or_else(|| request.malformed("reviewFromDate"))?;
                let list = "answeredScorecards";
                (list, self.store.since(list, "reviewTime", Some(since)))
            }
            _ => return Err(said(404, "not there")),
        };
        if found.is_empty() {
            return Err(said(
                404,
                "No calls found corresponding to the provided filters",
            ));
        }
        let cursor = body["cursor"].as_str().or(request.param("cursor"));
        let (data, next) = page(
            &found,
            cursor.map_or(0, |cursor| {
                cursor.trim_start_matches("eyJ").parse().unwrap()
            }),
            100,
        );
        let mut records = json!({"totalRecords": found.len(), "currentPageSize": data.len(), "currentPageNumber": 0});
        if let Some(next) = next {
            records["cursor"] = json!(format!("eyJ{next}"));
        }
        let items = if list == "extensive" { "calls" } else { list };
        Ok(ok(
            json!({"requestId": "1", "records": records, items: data}),
        ))
    }
}

fn call(at: i64) -> Value {
    json!({"id": format!("{at:03}"), "title": "Demo", "started": hour(at), "duration": 60})
}

fn extensive(at: i64) -> Value {
    json!({"metaData": {"id": format!("{at:03}"), "started": hour(at)}, "parties": []})
}

fn config(secret: &str) -> Value {
    json!({"access_key": "key", "access_key_secret": secret})
}

pub async fn whole() -> Whole {
    let gong = StandIn::open(Gong {
        store: Store::of(include_str!("examples/gong.json")),
        limit: Limit::default(),
    })
    .await;
    let address = ["https://api.gong.io"];
    let connector = Connected::new("gong", &address, &gong.base, config("right"));
    Whole::new([connector], gong)
}

#[tokio::test]
async fn calls_are_read_and_then_new_ones() {
    let store = Store::default()
        .with("calls", (1..=230).map(call))
        .with("extensive", (1..=120).map(extensive))
        .with(
            "users",
            [json!({"id": "u1", "emailAddress": "a@example.com"})],
        )
        .with(
            "scorecards",
            [json!({"scorecardId": 6_843_152_912_968_920_037_u64, "scorecardName": "Demo"})],
        );
    let gong = StandIn::open(Gong {
        store,
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new(
        "gong",
        &["https://api.gong.io"],
        &gong.base,
        config("right"),
    );
    assert!(
        connector
            .with(config("wrong"))
            .refusal()
            .await
            .starts_with("Gong refused the access key or its secret.")
    );
    connector.check().await.unwrap();
    assert_eq!(
        connector.streams().await,
        [
            "answeredScorecards",
            "calls",
            "extensiveCalls",
            "scorecards",
            "users"
        ]
    );

    let first = connector.read().await;
    assert_eq!(
        (first.ids("calls").len(), first.ids("extensiveCalls").len()),
        (230, 120)
    );
    assert_eq!(
        (first.ids("users"), first.ids("scorecards")),
        (
            vec!["u1".to_owned()],
            vec!["6843152912968920037".to_owned()]
        )
    );
    assert_eq!(
        first.records("answeredScorecards").len(),
        0,
        "which is no fault"
    );
    assert_eq!(gong.refused(), 1);

    gong.asked("/v2/calls");
    gong.then(|gong| gong.store.add("calls", call(231)));
    let second = connector.read_from(&first).await;
    assert_eq!(second.ids("calls"), ["230", "231"]);
    assert_eq!(second.ids("extensiveCalls"), ["120"]);
    assert_eq!(
        gong.asked("/v2/calls")[0].param("fromDateTime"),
        Some(hour(230).as_str())
    );
    gong.is_content();
    connector.airbyte_reads_the_same().await;
}
