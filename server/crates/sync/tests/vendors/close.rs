//! Close: leads as a list, opportunities by when they were updated, calls by when they were made.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, page, status};

struct Close {
    store: Store,
    limit: Limit,
}

impl Vendor for Close {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        if request.login() != "api_right:" {
            return Err(status(
                401,
                json!({"error": "The server could not verify that you are authorized to access the URL requested."}),
            ));
        }
        assert!(request.path.ends_with('/'), "Close leads all others astray");
        let Some(list) = request.path.strip_prefix("/api/v1/") else {
            return Err(status(404, json!({"error": "Not found"})));
        };
        let list = list.trim_end_matches('/');
        let filter: &[&str] = match list {
            "opportunity" | "task" => &["date_updated__gte", "_order_by"],
            "activity/call" | "activity/email" | "activity/note" => &["date_created__gte"],
            "lead" | "contact" | "user" | "pipeline" | "status/lead" => &[],
            _ => return Err(status(404, json!({"error": "Not found"}))),
        };
        request.only(&[&["_limit", "_skip"], filter].concat())?;
        if list == "lead" {
            let refusal = status(
                429,
                json!({"error": {"rate_reset": 1.0, "message": "API call count exceeded"}}),
            );
            self.limit.once(
                refusal
                    .header("RateLimit", "limit=240, remaining=0, reset=1")
                    .header("Retry-After", "1"),
            )?;
        }
        let since = filter
            .first()
            .map_or(Ok(None), |name| request.moment(name))?;
        let field = filter
            .first()
            .map_or("none", |name| name.trim_end_matches("__gte"));
        let found = self.store.since(list, field, since);
        let (data, next) = page(
            &found,
            request.number("_skip")?.unwrap_or(0),
            request.size("_limit", 100)?,
        );
        Ok(ok(json!({"data": data, "has_more": next.is_some()})))
    }
}

fn opportunity(at: i64) -> Value {
    json!({"id": format!("oppo_{at}"), "value": 100, "date_updated": hour(at).replace('Z', ".500000+00:00")})
}

fn config(key: &str) -> Value {
    json!({"api_key": key})
}

pub async fn whole() -> Whole {
    let close = StandIn::open(Close {
        store: Store::of(include_str!("examples/close.json")),
        limit: Limit::default(),
    })
    .await;
    let address = ["https://api.close.com"];
    let connector = Connected::new("close-com", &address, &close.base, config("api_right"));
    Whole::new([connector], close)
}

#[tokio::test]
async fn leads_and_opportunities_are_read_and_then_what_was_updated() {
    let store = Store::default()
        .with("lead", (1..=250).map(|at| json!({"id": format!("lead_{at}"), "display_name": "Firm"})))
        .with("opportunity", (1..=120).map(opportunity))
        .with("activity/call", [json!({"id": "acti_1", "duration": 60, "date_created": hour(3).replace('Z', "+00:00")})])
        .with("user", [json!({"id": "user_1", "email": "a@example.com"})]);
    let close = StandIn::open(Close {
        store,
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new(
        "close-com",
        &["https://api.close.com"],
        &close.base,
        config("api_right"),
    );
    assert!(
        connector
            .with(config("api_wrong"))
            .refusal()
            .await
            .starts_with("Close refused the API key.")
    );
    connector.check().await.unwrap();
    let streams = [
        "call_activities",
        "contacts",
        "email_activities",
        "lead_statuses",
        "lead_tasks",
        "leads",
        "note_activities",
        "opportunities",
        "pipelines",
        "users",
    ];
    assert_eq!(connector.streams().await, streams);

    let first = connector.read().await;
    assert_eq!(
        (first.ids("leads").len(), first.ids("opportunities").len()),
        (250, 120)
    );
    assert_eq!(
        (first.ids("call_activities"), first.ids("users")),
        (vec!["acti_1".to_owned()], vec!["user_1".to_owned()])
    );
    assert_eq!(close.refused(), 1);

    close.asked("/api/v1/opportunity/");
    close.then(|close| close.store.add("opportunity", opportunity(121)));
    let second = connector.read_from(&first).await;
    assert_eq!(second.ids("opportunities"), ["oppo_120", "oppo_121"]);
    assert_eq!(
        close.asked("/api/v1/opportunity/")[0].param("date_updated__gte"),
        Some(hour(120).as_str())
    );
    close.is_content();
    connector.airbyte_reads_the_same().await;
}
