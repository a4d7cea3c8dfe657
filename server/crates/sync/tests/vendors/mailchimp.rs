//! Mailchimp: an account lives in one data centre, which a key names and a sign-in is told.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, page, status};

const KEY: &str = "0123456789abcdef-us6";
/// The addresses the manifest makes.
const PUBLIC: [&str; 3] = [
    "https://login.mailchimp.com",
    "https://{{ stream_partition.get('dc') or stream_partition['parent_slice']['dc'] }}.api.mailchimp.com",
    "https://' + config['credentials']['apikey'].split('-')[-1] + '.api.mailchimp.com",
];

struct Mailchimp {
    store: Store,
    limit: Limit,
}

impl Vendor for Mailchimp {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let said = |code: u16, title: &str, detail: &str| {
            status(
                code,
                json!({"type": "https://mailchimp.com/developer/marketing/docs/errors/", "title": title, "status": code, "detail": detail}),
            )
        };
        if request.path == "/oauth2/metadata" {
            return match request.header("authorization") {
                "OAuth token" => Ok(ok(
                    json!({"dc": "us6", "accountname": "Shop", "api_endpoint": "https://us6.api.mailchimp.com"}),
                )),
                _ => Err(said(401, "Invalid Token", "The token is not valid.")),
            };
        }
        let by_key = request
            .login()
            .split_once(':')
            .is_some_and(|(_, key)| key == KEY);
        if !by_key && request.bearer() != "token" {
            return Err(said(
                401,
                "API Key Invalid",
                "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
            ));
        }
        let parts = request.parts();
        let (list, field, filter) = match parts[..] {
            ["3.0", "ping"] => return Ok(ok(json!({"health_status": "Everything's Chimpy!"}))),
            ["3.0", "lists", id, "members"] if self.has("lists", id) => {
                ("members", "last_changed", "since_last_changed")
            }
            ["3.0", "lists", id, "segments"] if self.has("lists", id) => {
                ("segments", "updated_at", "since_updated_at")
            }
            ["3.0", "reports", id, "email-activity"] if self.has("campaigns", id) => {
                ("emails", "nothing", "since")
            }
            ["3.0", "reports", id, "unsubscribed"] if self.has("campaigns", id) => {
                ("unsubscribes", "nothing", "none")
            }
            ["3.0", "lists"] => ("lists", "nothing", "none"),
            ["3.0", "campaigns"] => ("campaigns", "create_time", "since_create_time"),
            ["3.0", "reports"] => ("reports", "send_time", "since_send_time"),
            _ => {
                return Err(said(
                    404,
                    "Resource Not Found",
                    "The requested resource could not be found.",
                ));
            }
        };
        request.only(&["count", "offset", "exclude_fields", filter])?;
        if list == "members" {
            self.limit.once(said(
                429,
                "Too Many Requests",
                "You have exceeded the limit of 10 simultaneous connections.",
            ))?;
        }
        let since = request.moment(filter)?;
        let mut found = self
            .store
            .since(list, field, since.filter(|_| field != "nothing"));
        match list {
            "members" | "segments" => found.retain(|one| one["list_id"] == parts[2]),
            "emails" | "unsubscribes" => found.retain(|one| one["campaign_id"] == parts[2]),
            _ => {}
        }
        let (data, _) = page(
            &found,
            request.number("offset")?.unwrap_or(0),
            request.size("count", 1000)?,
        );
        Ok(ok(json!({list: data, "total_items": found.len()})))
    }
}

impl Mailchimp {
    fn has(&self, list: &str, id: &str) -> bool {
        self.store.list(list).iter().any(|one| one["id"] == id)
    }
}

fn member(at: i64) -> Value {
    let list = if at % 2 == 0 { "a" } else { "b" };
    json!({"id": format!("m{at}"), "list_id": list, "email_address": format!("m{at}@example.com"), "last_changed": hour(at).replace('Z', "+00:00")})
}

fn newsletter() -> Mailchimp {
    let activity = |id: &str, activity: Value| json!({"campaign_id": "c1", "email_id": id, "activity": activity});
    let store = Store::default()
        .with("lists", [json!({"id": "a", "name": "Friends"}), json!({"id": "b", "name": "Shop"})])
        .with("members", (1..=2500).map(member))
        .with("campaigns", [json!({"id": "c1", "create_time": "2024-02-01T00:00:00+00:00"})])
        .with("emails", [
            activity("p1", json!([{"action": "open", "timestamp": hour(5)}, {"action": "click", "timestamp": hour(6), "url": "https://example.com"}])),
            activity("p2", json!([])),
        ]);
    Mailchimp {
        store,
        limit: Limit::default(),
    }
}

fn by_key(key: &str) -> Value {
    json!({"credentials": {"auth_type": "apikey", "apikey": key}})
}

pub async fn whole() -> Whole {
    let mailchimp = StandIn::open(Mailchimp {
        store: Store::of(include_str!("examples/mailchimp.json")),
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new("mailchimp", &PUBLIC, &mailchimp.base, by_key(KEY));
    Whole::new([connector], mailchimp)
}

#[tokio::test]
async fn audiences_are_read_with_a_key_and_then_who_changed() {
    let mailchimp = StandIn::open(newsletter()).await;
    let connector = Connected::new("mailchimp", &PUBLIC, &mailchimp.base, by_key(KEY));
    assert!(
        connector
            .with(by_key("wrong-us6"))
            .refusal()
            .await
            .starts_with("Mailchimp refused the sign-in.")
    );
    connector.check().await.unwrap();
    let streams = [
        "campaigns",
        "email_activity",
        "list_members",
        "lists",
        "reports",
        "segments",
        "unsubscribes",
    ];
    assert_eq!(connector.streams().await, streams);

    let first = connector.read().await;
    assert_eq!(first.ids("lists"), ["a", "b"]);
    assert_eq!(first.records("list_members").len(), 2500);
    let mut ids = first.ids("list_members");
    ids.dedup();
    assert_eq!(ids.len(), 2500, "nobody twice");
    assert_eq!(
        first.ids("email_activity").len(),
        2,
        "an opening and a click, and nothing of who did nothing"
    );
    assert_eq!(mailchimp.refused(), 1);

    mailchimp.asked("/3.0/lists/a/members");
    mailchimp.then(|mailchimp| mailchimp.store.add("members", member(2502)));
    let second = connector.read_from(&first).await;
    assert_eq!(
        second.ids("list_members"),
        ["a/m2500", "a/m2502", "b/m2499"]
    );
    let asked = mailchimp.asked("/3.0/lists/a/members");
    assert_eq!(
        asked[0].param("since_last_changed"),
        Some(hour(2500).as_str())
    );
    mailchimp.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn who_signed_in_is_told_the_data_centre() {
    let mailchimp = StandIn::open(newsletter()).await;
    let signed =
        |token: &str| json!({"credentials": {"auth_type": "oauth2.0", "access_token": token}});
    let connector = Connected::new("mailchimp", &PUBLIC, &mailchimp.base, signed("token"));
    assert!(
        connector
            .with(signed("old"))
            .refusal()
            .await
            .contains("Sign in again")
    );
    connector.check().await.unwrap();
    assert_eq!(connector.read().await.records("list_members").len(), 2500);
    mailchimp.is_content();
}
