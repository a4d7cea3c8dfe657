//! Zendesk: exports of what changed, by a cursor or by time, and lists for the rest.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{
    Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, page, second, status,
};

const PUBLIC: [&str; 1] = ["https://{{ config['subdomain'] }}.zendesk.com"];

struct Zendesk {
    store: Store,
    limit: Limit,
}

impl Vendor for Zendesk {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        if request.login() != "ada@example.com/token:right" && request.bearer() != "signed" {
            return Err(status(401, json!({"error": "Couldn't authenticate you"})));
        }
        match request.parts()[..] {
            [
                "api",
                "v2",
                "incremental",
                list @ ("tickets" | "users"),
                "cursor",
            ] => self.export(list, request),
            ["api", "v2", "incremental", "organizations"] => {
                request.only(&["start_time", "per_page"])?;
                let since = request
                    .number("start_time")?
                    .ok_or_else(|| request.malformed("start_time"))?;
                let mut found = self.store.list("organizations");
                found.retain(|one| seconds(one) >= since);
                let (data, next) = page(&found, 0, request.size("per_page", 1000)?);
                let end = data
                    .last()
                    .map_or(json!(since), |last| json!(seconds(last)));
                Ok(ok(
                    json!({"organizations": data, "end_time": end, "end_of_stream": next.is_none(), "count": data.len()}),
                ))
            }
            ["api", "v2", "incremental", "ticket_events"] => self.events(request),
            ["api", "v2", "ticket_forms"] if self.store.holds("ticket_forms") => Ok(ok(
                json!({"ticket_forms": self.store.list("ticket_forms"), "count": 1}),
            )),
            ["api", "v2", "ticket_forms"] => Err(status(
                403,
                json!({"error": "Forbidden", "description": "You do not have access to this page."}),
            )),
            [
                "api",
                "v2",
                list @ ("groups" | "satisfaction_ratings" | "ticket_fields" | "ticket_metrics"),
            ] => {
                request.only(&["page[size]", "page[after]", "start_time"])?;
                if list == "groups" {
                    let refusal = status(
                        429,
                        json!({"error": "TooManyRequests", "description": "Number of allowed API requests per minute exceeded"}),
                    );
                    self.limit.once(refusal.header("Retry-After", "1"))?;
                }
                let found = self.store.list(list);
                let (data, next) = page(
                    &found,
                    request.number("page[after]")?.unwrap_or(0),
                    request.size("page[size]", 100)?,
                );
                Ok(ok(
                    json!({list: data, "meta": {"has_more": next.is_some(), "after_cursor": next.map(|next| next.to_string())}}),
                ))
            }
            _ => Err(status(404, json!({"error": "InvalidEndpoint"}))),
        }
    }
}

impl Zendesk {
    /// Either a start or a cursor, never both.
    fn export(&self, list: &str, request: &Request) -> Result<Answer, Answer> {
        request.only(&["start_time", "cursor", "per_page"])?;
        let (since, from) = match (request.number("start_time")?, request.param("cursor")) {
            (Some(since), None) => (since, 0),
            (None, Some(cursor)) => {
                let (since, from) = cursor.trim_start_matches("MTU").split_once('|').unwrap();
                (since.parse().unwrap(), from.parse().unwrap())
            }
            _ => return Err(request.malformed("start_time")),
        };
        let mut found = self.store.list(list);
        found.retain(|one| seconds(one) >= since);
        let (data, next) = page(&found, from, request.size("per_page", 1000)?);
        let cursor = format!("MTU{since}|{}", next.unwrap_or(found.len()));
        Ok(ok(
            json!({list: data, "after_cursor": cursor, "end_of_stream": next.is_none()}),
        ))
    }

    /// What happened to tickets, a thousand at a time. A comment itself is only there for those that ask for comments.
    fn events(&self, request: &Request) -> Result<Answer, Answer> {
        request.only(&["start_time", "include"])?;
        if request.param("include") != Some("comment_events") {
            return Err(request.malformed("include"));
        }
        let since = request
            .number("start_time")?
            .ok_or_else(|| request.malformed("start_time"))?;
        let mut found = self.store.list("ticket_events");
        found.retain(|one| happened(one) >= since);
        let (data, next) = page(&found, 0, 1000);
        let end = data.last().map_or(since, |last| happened(last));
        Ok(ok(
            json!({"ticket_events": data, "end_time": end, "end_of_stream": next.is_none(), "count": data.len()}),
        ))
    }
}

/// The second in which an event happened.
fn happened(event: &Value) -> usize {
    usize::try_from(event["timestamp"].as_u64().unwrap()).unwrap()
}

/// When something changed: tickets tell it twice.
fn seconds(one: &Value) -> usize {
    let moment = one["updated_at"].as_str().unwrap();
    let moment = OffsetDateTime::parse(moment, &Rfc3339).unwrap();
    let changed = one["generated_timestamp"].as_i64();
    usize::try_from(changed.unwrap_or(moment.unix_timestamp())).unwrap()
}

fn ticket(at: i64) -> Value {
    json!({"id": at, "subject": "Broken", "generated_timestamp": second(at), "updated_at": hour(at)})
}

/// A comment and what went along with it.
fn event(at: i64) -> Value {
    json!({"id": at * 10, "ticket_id": 7, "timestamp": second(at), "created_at": hour(at), "event_type": "Audit", "child_events": [
        {"id": at, "event_type": "Comment", "type": "Comment", "body": "Works again", "public": true, "created_at": hour(at)},
        {"id": at * 10 + 1, "event_type": "Change", "status": "solved", "previous_value": "open"},
    ]})
}

fn config(token: &str) -> Value {
    json!({"subdomain": "example", "credentials": {"credentials": "api_token", "email": "ada@example.com", "api_token": token}})
}

pub async fn whole() -> Whole {
    let zendesk = StandIn::open(Zendesk {
        store: Store::of(include_str!("examples/zendesk.json")),
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new("zendesk-support", &PUBLIC, &zendesk.base, config("right"));
    Whole::new([connector], zendesk)
}

#[tokio::test]
async fn tickets_and_people_are_read_and_then_what_changed() {
    let organization = |at: i64| json!({"id": at, "name": "Firm", "updated_at": hour(at)});
    let store = Store::default()
        .with("tickets", (1..=2200).map(ticket))
        .with(
            "users",
            [json!({"id": 7, "name": "Ada", "updated_at": hour(7)})],
        )
        .with("organizations", (1..=1500).map(organization))
        .with(
            "groups",
            (1..=130).map(|id| json!({"id": id, "name": "Help"})),
        )
        .with("ticket_fields", [json!({"id": 1, "type": "subject"})])
        .with(
            "satisfaction_ratings",
            [json!({"id": 3, "score": "good", "updated_at": hour(3)})],
        );
    let zendesk = StandIn::open(Zendesk {
        store,
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new("zendesk-support", &PUBLIC, &zendesk.base, config("right"));
    assert!(
        connector
            .with(config("wrong"))
            .refusal()
            .await
            .starts_with("Zendesk refused the sign-in.")
    );
    let signed = json!({"subdomain": "example", "credentials": {"credentials": "oauth2.0", "access_token": "signed"}});
    connector.with(signed).check().await.unwrap();
    connector.check().await.unwrap();
    let streams = [
        "groups",
        "organizations",
        "satisfaction_ratings",
        "ticket_comments",
        "ticket_fields",
        "ticket_forms",
        "ticket_metrics",
        "tickets",
        "users",
    ];
    assert_eq!(connector.streams().await, streams);

    let first = connector.read().await;
    assert_eq!(
        (first.ids("tickets").len(), first.ids("groups").len()),
        (2200, 130)
    );
    let mut organizations = first.ids("organizations");
    organizations.dedup();
    assert_eq!(organizations.len(), 1500);
    assert_eq!(
        first.ids("ticket_forms").len(),
        0,
        "which this plan does not have"
    );
    assert_eq!(zendesk.refused(), 1);

    zendesk.asked("/api/v2/incremental/tickets/cursor");
    zendesk.then(|zendesk| zendesk.store.add("tickets", ticket(2201)));
    let second_read = connector.read_from(&first).await;
    assert_eq!(second_read.ids("tickets"), ["2200", "2201"]);
    let asked = zendesk.asked("/api/v2/incremental/tickets/cursor");
    assert_eq!(
        asked[0].param("start_time"),
        Some(second(2200).to_string().as_str())
    );
    zendesk.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn comments_are_taken_out_of_what_happened_to_tickets() {
    let store = Store::default().with("ticket_events", (1..=1100).map(event));
    let zendesk = StandIn::open(Zendesk {
        store,
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new("zendesk-support", &PUBLIC, &zendesk.base, config("right"));
    let first = connector.read().await;
    let mut comments = first.ids("ticket_comments");
    comments.dedup();
    assert_eq!(comments.len(), 1100, "and nothing that is no comment");
    assert_eq!(
        first.records("ticket_comments")[0],
        json!({
            "id": 1, "event_type": "Comment", "type": "Comment", "body": "Works again", "public": true, "created_at": hour(1),
            "ticket_id": 7, "timestamp": second(1),
        })
    );
    assert_eq!(
        zendesk.asked("/api/v2/incremental/ticket_events").len(),
        2,
        "two pages"
    );

    zendesk.then(|zendesk| zendesk.store.add("ticket_events", event(1101)));
    let again = connector.read_from(&first).await;
    assert_eq!(again.ids("ticket_comments"), ["1100", "1101"]);
    let asked = zendesk.asked("/api/v2/incremental/ticket_events");
    assert_eq!(
        asked[0].param("start_time"),
        Some(second(1100).to_string().as_str())
    );
    zendesk.is_content();
    connector.airbyte_reads_the_same().await;
}
