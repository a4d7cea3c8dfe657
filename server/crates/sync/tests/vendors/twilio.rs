//! Twilio: an account and its subaccounts, dates as in letters, and the path of the next page.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};
use url::form_urlencoded;

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, page, status};

/// The addresses the manifest uses.
const PUBLIC: [&str; 2] = ["https://api.twilio.com", "https://conversations.twilio.com"];

struct Twilio {
    store: Store,
    limit: Limit,
}

impl Vendor for Twilio {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let said = |code: u16, number: u32, text: &str| {
            status(
                code,
                json!({"code": number, "message": text, "status": code, "more_info": "https://www.twilio.com/docs/errors"}),
            )
        };
        if request.login() != "AC1:right" {
            return Err(said(401, 20003, "Authenticate"));
        }
        if request.path == "/v1/Conversations" {
            return Ok(ok(
                json!({"conversations": self.store.list("conversations"), "meta": {"next_page_url": null, "key": "conversations"}}),
            ));
        }
        let parts = request.parts();
        let (list, account, filters): (&str, Option<&str>, &[&str]) = match parts[..] {
            ["2010-04-01", "Accounts.json"] => ("accounts", None, &[]),
            ["2010-04-01", "Accounts", sid, "Messages.json"] => {
                ("messages", Some(sid), &["DateSent>"])
            }
            ["2010-04-01", "Accounts", sid, "Calls.json"] => ("calls", Some(sid), &["StartTime>"]),
            ["2010-04-01", "Accounts", sid, "Conferences.json"] => {
                ("conferences", Some(sid), &["DateCreated>"])
            }
            ["2010-04-01", "Accounts", sid, "Recordings.json"] => {
                ("recordings", Some(sid), &["DateCreated>"])
            }
            ["2010-04-01", "Accounts", sid, "IncomingPhoneNumbers.json"] => {
                ("incoming_phone_numbers", Some(sid), &[])
            }
            [
                "2010-04-01",
                "Accounts",
                sid,
                "Usage",
                "Records",
                "Daily.json",
            ] => ("usage_records", Some(sid), &["StartDate", "EndDate"]),
            _ => return Err(said(404, 20404, "The requested resource was not found")),
        };
        request.only(&[&["PageSize", "Page", "PageToken"], filters].concat())?;
        if list == "calls" {
            self.limit
                .once(said(429, 20429, "Too Many Requests").header("Retry-After", "1"))?;
        }
        let mut found = self.store.list(list);
        if let Some(account) = account {
            found.retain(|one| one["account_sid"] == account);
        }
        if let Some(name) = filters.first()
            && let Some(since) = request.shaped(name, r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")?
        {
            let field = match *name {
                "DateSent>" => "date_sent",
                "StartTime>" => "start_time",
                "DateCreated>" => "date_created",
                _ => "start_date",
            };
            found.retain(|one| iso(one[field].as_str().unwrap()).as_str() >= since);
        }
        let number = request.number("Page")?.unwrap_or(0);
        let size = request.size("PageSize", 1000)?;
        let (data, next) = page(&found, number * size, size);
        let next = next.map(|_| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(
                request
                    .query
                    .iter()
                    .filter(|(name, _)| !name.starts_with("Page")),
            );
            query.append_pair("PageSize", &size.to_string());
            query.append_pair("Page", &(number + 1).to_string());
            query.append_pair("PageToken", "PASM1");
            format!("{}?{}", request.path, query.finish())
        });
        Ok(ok(
            json!({list: data, "next_page_uri": next, "page": number, "page_size": size, "uri": request.path}),
        ))
    }
}

/// A moment as Twilio writes it, so that it can be compared; a day stays as it is.
fn iso(text: &str) -> String {
    OffsetDateTime::parse(text, &Rfc2822)
        .map_or(text.to_owned(), |moment| moment.format(&Rfc3339).unwrap())
}

/// A date as Twilio writes it: in January 2024 alone.
fn letter(at: i64) -> String {
    let moment = hour(at);
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let day: usize = moment[8..10].parse().unwrap();
    format!(
        "{}, {day:02} Jan 2024 {} +0000",
        days[(day - 1) % 7],
        &moment[11..19]
    )
}

fn message(account: &str, at: i64) -> Value {
    json!({"sid": format!("SM{at}"), "account_sid": account, "body": "Hello", "date_sent": letter(at)})
}

fn config(token: &str) -> Value {
    json!({"account_sid": "AC1", "auth_token": token, "start_date": "2023-01-01T00:00:00Z"})
}

pub async fn whole() -> Whole {
    let twilio = StandIn::open(Twilio {
        store: Store::of(include_str!("examples/twilio.json")),
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new("twilio", &PUBLIC, &twilio.base, config("right"));
    Whole::new([connector], twilio)
}

#[tokio::test]
async fn messages_of_all_accounts_are_read_and_then_new_ones() {
    let account = |sid: &str, state: &str| json!({"sid": sid, "status": state, "friendly_name": "Shop", "auth_token": "never to be kept"});
    let usage = |day: &str| json!({"account_sid": "AC1", "category": "sms", "start_date": day, "end_date": day, "count": "5"});
    let store = Store::default()
        .with(
            "accounts",
            [
                account("AC1", "active"),
                account("AC2", "active"),
                account("AC3", "closed"),
            ],
        )
        .with("messages", (1..=500).map(|at| message("AC1", at)))
        .with("messages", [message("AC2", 600)])
        .with(
            "calls",
            [json!({"sid": "CA1", "account_sid": "AC1", "start_time": letter(4)})],
        )
        .with("usage_records", [usage("2024-01-01"), usage("2024-01-02")])
        .with("conversations", [json!({"sid": "CH1", "state": "active"})]);
    let twilio = StandIn::open(Twilio {
        store,
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new("twilio", &PUBLIC, &twilio.base, config("right"));
    assert!(
        connector
            .with(config("wrong"))
            .refusal()
            .await
            .starts_with("Twilio refused the account SID or the auth token.")
    );
    connector.check().await.unwrap();
    let streams = [
        "accounts",
        "calls",
        "conferences",
        "conversations",
        "incoming_phone_numbers",
        "messages",
        "recordings",
        "usage_records",
    ];
    assert_eq!(connector.streams().await, streams);

    let first = connector.read().await;
    assert_eq!(first.ids("messages").len(), 501);
    assert_eq!(first.ids("accounts"), ["AC1", "AC2", "AC3"]);
    assert!(
        first
            .records("accounts")
            .iter()
            .all(|one| one.get("auth_token").is_none())
    );
    assert_eq!(
        (first.ids("calls"), first.ids("conversations")),
        (vec!["CA1".to_owned()], vec!["CH1".to_owned()])
    );
    assert_eq!(
        first.ids("usage_records"),
        ["AC1/sms/2024-01-01", "AC1/sms/2024-01-02"]
    );
    assert_eq!(twilio.refused(), 1);

    twilio.asked("/2010-04-01/Accounts/AC1/Messages.json");
    twilio.then(|twilio| twilio.store.add("messages", message("AC1", 601)));
    let second = connector.read_from(&first).await;
    assert_eq!(second.ids("messages"), ["SM500", "SM600", "SM601"]);
    let asked = twilio.asked("/2010-04-01/Accounts/AC1/Messages.json");
    assert_eq!(asked[0].param("DateSent>"), Some(hour(500).as_str()));
    twilio.is_content();
    connector.airbyte_reads_the_same().await;
}
