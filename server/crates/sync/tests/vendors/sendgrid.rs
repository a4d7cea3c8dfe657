//! SendGrid: suppressions by time, marketing by pages, contacts as an export that has to be waited for.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, ok, page, second, status};

const SUPPRESSED: [&str; 5] = [
    "blocks",
    "bounces",
    "invalid_emails",
    "spam_reports",
    "unsubscribes",
];
const CONTACTS: &str = "\
EMAIL,FIRST_NAME,LAST_NAME,ADDRESS_LINE_1,CITY,COUNTRY,CONTACT_ID,CREATED_AT,UPDATED_AT
a@example.com,Ada,Lovelace,\"St James's Square, 12\",London,GB,k1,2024-01-03T12:30:05Z,2024-01-04T12:30:05Z
g@example.com,Grace,Hopper,,Arlington,US,k2,2024-01-03T12:30:05Z,2024-01-04T12:30:05Z
";

struct Sendgrid {
    store: Store,
    limit: Limit,
    asked: usize,
}

impl Vendor for Sendgrid {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        if request.path == "/files/contacts.csv" {
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(CONTACTS.as_bytes()).unwrap();
            let mut answer = ok(Value::Null);
            answer.file = Some(packed.finish().unwrap());
            return Ok(answer);
        }
        let said = |code: u16, text: &str| {
            status(code, json!({"errors": [{"message": text, "field": null}]}))
        };
        if request.bearer() != "SG.right" {
            return Err(said(
                401,
                "The provided authorization grant is invalid, expired, or revoked",
            ));
        }
        match request.parts()[..] {
            ["v3", "suppression", list] if SUPPRESSED.contains(&list) => {
                request.only(&["limit", "offset", "start_time", "end_time"])?;
                if list == "bounces" {
                    self.limit
                        .once(said(429, "too many requests").header("X-RateLimit-Reset", "1"))?;
                }
                request.number("start_time")?;
                let found = self
                    .store
                    .since(list, "created", request.param("start_time"));
                let (data, _) = page(
                    &found,
                    request.number("offset")?.unwrap_or(0),
                    request.size("limit", 500)?,
                );
                Ok(ok(json!(data)))
            }
            ["v3", "marketing", "contacts", "exports"] if request.method == "POST" => {
                Ok(status(202, json!({"id": "job"})))
            }
            ["v3", "marketing", "contacts", "exports", "job"] => {
                self.asked += 1;
                let url = format!("{}/files/contacts.csv", request.base);
                Ok(ok(json!({"id": "job", "status": "ready", "urls": [url]})))
            }
            ["v3", "marketing", "lists" | "singlesends"] | ["v3", "templates"] => {
                request.only(&["page_size", "page_token", "generations"])?;
                let list = *request.parts().last().unwrap();
                let found = self.store.list(list);
                let size = request.size("page_size", 1000)?;
                let (data, next) = page(&found, request.number("page_token")?.unwrap_or(0), size);
                let next = next.map(|next| {
                    format!(
                        "{}{}?page_size={size}&page_token={next}",
                        request.base, request.path
                    )
                });
                Ok(ok(
                    json!({"result": data, "_metadata": {"next": next, "count": found.len()}}),
                ))
            }
            ["v3", "marketing", "segments", "2.0"] => {
                Ok(ok(json!({"results": self.store.list("segments")})))
            }
            ["v3", "asm", "groups"] => Ok(ok(json!(self.store.list("groups")))),
            _ => Err(said(404, "not found")),
        }
    }
}

fn bounce(at: i64) -> Value {
    json!({"created": second(at), "email": format!("b{at}@example.com"), "reason": "550", "status": "5.1.1"})
}

fn config(key: &str) -> Value {
    json!({"api_key": key, "start_date": "2023-01-01T00:00:00Z"})
}

pub async fn whole() -> Whole {
    let sendgrid = StandIn::open(Sendgrid {
        store: Store::of(include_str!("examples/sendgrid.json")),
        limit: Limit::default(),
        asked: 0,
    })
    .await;
    let address = ["https://api.sendgrid.com"];
    let connector = Connected::new("sendgrid", &address, &sendgrid.base, config("SG.right"));
    Whole::new([connector], sendgrid)
}

#[tokio::test]
async fn bounces_lists_and_contacts_are_read_and_then_new_bounces() {
    let list = |at: i64| json!({"id": format!("l{at}"), "name": "Friends", "contact_count": 3});
    let store = Store::default()
        .with("bounces", (1..=1200).map(bounce))
        .with(
            "unsubscribes",
            [json!({"created": second(3), "email": "u@example.com"})],
        )
        .with("lists", (1..=150).map(list))
        .with(
            "groups",
            [json!({"id": 4, "name": "News", "is_default": true, "unsubscribes": 2})],
        );
    let sendgrid = StandIn::open(Sendgrid {
        store,
        limit: Limit::default(),
        asked: 0,
    })
    .await;
    let connector = Connected::new(
        "sendgrid",
        &["https://api.sendgrid.com"],
        &sendgrid.base,
        config("SG.right"),
    );
    assert!(
        connector
            .with(config("SG.wrong"))
            .refusal()
            .await
            .starts_with("SendGrid refused the API key.")
    );
    connector.check().await.unwrap();
    let streams = [
        "blocks",
        "bounces",
        "contacts",
        "global_suppressions",
        "invalid_emails",
        "lists",
        "segments",
        "singlesends",
        "spam_reports",
        "suppression_groups",
        "templates",
    ];
    assert_eq!(connector.streams().await, streams);

    let first = connector.read().await;
    assert_eq!(first.ids("bounces").len(), 1200);
    assert_eq!(first.ids("lists").len(), 150);
    assert_eq!(first.ids("contacts"), ["k1", "k2"]);
    assert_eq!(first.ids("suppression_groups"), ["4"]);
    assert_eq!(first.records("global_suppressions").len(), 1);
    assert_eq!(
        sendgrid.asked("/v3/suppression/bounces").len(),
        4,
        "three pages and one refusal"
    );

    sendgrid.then(|sendgrid| sendgrid.store.add("bounces", bounce(1201)));
    let again = connector.read_from(&first).await;
    let emails: Vec<&Value> = again
        .records("bounces")
        .iter()
        .map(|one| &one["email"])
        .collect();
    assert_eq!(emails, ["b1200@example.com", "b1201@example.com"]);
    sendgrid.is_content();
    connector.airbyte_reads_the_same().await;
}
