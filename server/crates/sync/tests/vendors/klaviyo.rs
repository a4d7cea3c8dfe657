//! Klaviyo: filters in JSON:API, and the address of the next page in the answer.

use regex::Regex;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, page, status};

const LISTS: [&str; 8] = [
    "campaigns",
    "events",
    "flows",
    "lists",
    "metrics",
    "profiles",
    "segments",
    "templates",
];

struct Klaviyo {
    store: Store,
    limit: Limit,
}

/// Which filter each list knows, as Klaviyo writes it.
fn filter(list: &str) -> Option<(&'static str, &'static str)> {
    Some(match list {
        "campaigns" => (
            "updated_at",
            r"and\(equals\(messages.channel,'(?<channel>email|sms|mobile_push)'\),equals\(archived,(?<archived>true|false)\),(?<how>greater-or-equal)\(updated_at,(?<least>.+)\)\)",
        ),
        "events" => (
            "datetime",
            r"(?<how>greater-or-equal)\(datetime,(?<least>.+)\)",
        ),
        "flows" => (
            "updated",
            r"and\(equals\(archived,(?<archived>true|false)\),(?<how>greater-than)\(updated,(?<least>.+)\)\)",
        ),
        "metrics" => return None,
        _ => ("updated", r"(?<how>greater-than)\(updated,(?<least>.+)\)"),
    })
}

impl Vendor for Klaviyo {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let said = |code: u16, text: &str| {
            status(
                code,
                json!({"errors": [{"status": code, "code": "not_authenticated", "title": text, "detail": text}]}),
            )
        };
        if request.header("authorization") != "Klaviyo-API-Key pk_right" {
            return Err(said(401, "Incorrect authentication credentials."));
        }
        if request.header("revision") != "2026-07-15" {
            return Err(request.malformed("revision"));
        }
        let list = match request.parts()[..] {
            ["api", list] if LISTS.contains(&list) => list,
            _ => return Err(said(404, "Not found.")),
        };
        request.only(&[
            "filter",
            "sort",
            "page[cursor]",
            "page[size]",
            "additional-fields[profile]",
        ])?;
        if list == "profiles" {
            self.limit
                .once(said(429, "Request was throttled.").header("Retry-After", "1"))?;
        }
        let mut found = self.store.list(list);
        if let Some((field, shape)) = filter(list) {
            let text = request.param("filter").unwrap_or_default();
            let parts = Regex::new(&format!("^{shape}$")).unwrap().captures(text);
            let parts = parts.ok_or_else(|| request.malformed("filter"))?;
            if request.param("sort") != Some(field) || !parts["least"].ends_with('Z') {
                return Err(request.malformed("sort or moment"));
            }
            let least = parts["least"].replace('Z', "+00:00");
            if let Some(channel) = parts.name("channel") {
                found = self
                    .store
                    .list(&format!("campaigns by {}", channel.as_str()));
            }
            let archived = parts
                .name("archived")
                .is_some_and(|is| is.as_str() == "true");
            found.retain(|one| {
                let moment = one["attributes"][field].as_str().unwrap();
                let is_new = moment > least.as_str()
                    || &parts["how"] == "greater-or-equal" && moment == least;
                is_new && (one["attributes"]["archived"] == true) == archived
            });
        }
        let from = request.number("page[cursor]")?.unwrap_or(0);
        let (data, next) = page(&found, from, request.number("page[size]")?.unwrap_or(20));
        let link = next.map(|next| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("page[cursor]", &next.to_string());
            query.extend_pairs(
                request
                    .query
                    .iter()
                    .filter(|(name, _)| name != "page[cursor]"),
            );
            format!("{}{}?{}", request.base, request.path, query.finish())
        });
        Ok(ok(
            json!({"data": data, "links": {"self": request.path, "next": link, "prev": null}}),
        ))
    }
}

fn profile(at: i64) -> Value {
    json!({"type": "profile", "id": format!("p{at:03}"), "attributes": {"email": "a@example.com", "updated": hour(at).replace('Z', "+00:00")}})
}

pub async fn whole() -> Whole {
    let klaviyo = StandIn::open(Klaviyo {
        store: Store::of(include_str!("examples/klaviyo.json")),
        limit: Limit::default(),
    })
    .await;
    let address = ["https://a.klaviyo.com"];
    let config = json!({"api_key": "pk_right"});
    let connector = Connected::new("klaviyo", &address, &klaviyo.base, config);
    Whole::new([connector], klaviyo)
}

#[tokio::test]
async fn profiles_and_messages_are_read_and_then_what_changed() {
    let campaign = |id: &str, archived: bool| json!({"type": "campaign", "id": id, "attributes": {"archived": archived, "updated_at": "2024-05-01T10:00:00.123456+00:00"}});
    let event = json!({"type": "event", "id": "e1", "attributes": {"datetime": "2024-03-01T00:00:00+00:00"}});
    let store = Store::default()
        .with("profiles", (1..=250).map(profile))
        .with("campaigns by email", [campaign("c1", false)])
        .with("campaigns by sms", [campaign("c2", true)])
        .with("events", [event])
        .with(
            "metrics",
            [json!({"type": "metric", "id": "m1", "attributes": {"name": "Opened"}})],
        );
    let klaviyo = StandIn::open(Klaviyo {
        store,
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new(
        "klaviyo",
        &["https://a.klaviyo.com"],
        &klaviyo.base,
        json!({"api_key": "pk_right"}),
    );
    assert!(
        connector
            .with(json!({"api_key": "pk_wrong"}))
            .refusal()
            .await
            .starts_with("Klaviyo refused the private API key.")
    );
    connector.check().await.unwrap();
    let streams = [
        "campaigns",
        "events",
        "flows",
        "lists",
        "metrics",
        "profiles",
        "segments",
        "templates",
    ];
    assert_eq!(connector.streams().await, streams);

    let first = connector.read().await;
    let all: Vec<String> = (1..=250).map(|at| format!("p{at:03}")).collect();
    assert_eq!(first.ids("profiles"), all);
    assert_eq!(
        klaviyo.asked("/api/profiles").len(),
        4,
        "three pages and one refusal"
    );
    assert_eq!(klaviyo.refused(), 1);
    assert_eq!(first.ids("campaigns"), ["c1", "c2"]);
    assert_eq!(
        first.records("events")[0]["datetime"],
        "2024-03-01T00:00:00+00:00"
    );

    klaviyo.then(|klaviyo| klaviyo.store.add("profiles", profile(300)));
    let second = connector.read_from(&first).await;
    assert_eq!(second.ids("profiles"), ["p250", "p300"]);
    klaviyo.is_content();
    connector.airbyte_reads_the_same().await;
}
