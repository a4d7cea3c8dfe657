//! Intercom: searches in the body of a request, and a scroll through the companies.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, ok, page, second, status};

struct Intercom {
    store: Store,
    limit: Limit,
}

impl Vendor for Intercom {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let said = |code: u16, name: &str, text: &str| {
            status(
                code,
                json!({"type": "error.list", "errors": [{"code": name, "message": text}]}),
            )
        };
        if request.bearer() != "right" {
            return Err(said(401, "unauthorized", "Access Token Invalid"));
        }
        if request.header("intercom-version") != "2.11" {
            return Err(request.malformed("Intercom-Version"));
        }
        match request.parts()[..] {
            [kind @ ("contacts" | "conversations" | "tickets"), "search"]
                if request.method == "POST" =>
            {
                if kind == "contacts" {
                    self.limit.once(
                        said(429, "rate_limit_exceeded", "Exceeded rate limit")
                            .header("X-RateLimit-Reset", "1"),
                    )?;
                }
                self.search(kind, request)
            }
            ["companies", "scroll"] => {
                request.only(&["scroll_param"])?;
                let from = request.param("scroll_param").map_or(0, |param| {
                    param.trim_start_matches("scroll-").parse().unwrap()
                });
                let (data, _) = page(&self.store.list("companies"), from, 100);
                Ok(ok(
                    json!({"type": "list", "data": data, "scroll_param": format!("scroll-{}", from + data.len())}),
                ))
            }
            [list @ ("admins" | "teams" | "segments")] => {
                Ok(ok(json!({"type": "list", list: self.store.list(list)})))
            }
            ["tags"] => Ok(ok(json!({"type": "list", "data": self.store.list("tags")}))),
            _ => Err(said(404, "not_found", "Resource Not Found")),
        }
    }
}

impl Intercom {
    fn search(&self, kind: &str, request: &Request) -> Result<Answer, Answer> {
        let body = &request.body;
        let since = body["query"]["value"][0]["value"]
            .as_i64()
            .ok_or_else(|| request.malformed("query"))?;
        let asked = json!({"operator": "OR", "value": [
            {"field": "updated_at", "operator": ">", "value": since}, {"field": "updated_at", "operator": "=", "value": since},
        ]});
        if body["query"] != asked
            || body["sort"] != json!({"field": "updated_at", "order": "ascending"})
        {
            return Err(request.malformed("query"));
        }
        // Contacts are found by whole days.
        let since = if kind == "contacts" {
            since - since % 86_400
        } else {
            since
        };
        let mut found = self.store.list(kind);
        found.retain(|one| one["updated_at"].as_i64().unwrap() >= since);
        let paging = &body["pagination"];
        let from = paging["starting_after"]
            .as_str()
            .map_or(0, |after| after.trim_start_matches("Wz").parse().unwrap());
        let size = paging["per_page"]
            .as_u64()
            .filter(|size| *size <= 150)
            .ok_or_else(|| request.malformed("per_page"))?;
        let (data, next) = page(&found, from, usize::try_from(size).unwrap());
        let next = next.map(|next| json!({"page": 2, "starting_after": format!("Wz{next}")}));
        let items = if kind == "contacts" { "data" } else { kind };
        Ok(ok(
            json!({"type": "list", items: data, "total_count": found.len(), "pages": {"type": "pages", "next": next}}),
        ))
    }
}

fn contact(at: i64) -> Value {
    json!({"type": "contact", "id": format!("c{at}"), "email": "a@example.com", "updated_at": second(at)})
}

fn config(token: &str) -> Value {
    json!({"access_token": token, "start_date": "2023-01-01T00:00:00Z"})
}

pub async fn whole() -> Whole {
    let intercom = StandIn::open(Intercom {
        store: Store::of(include_str!("examples/intercom.json")),
        limit: Limit::default(),
    })
    .await;
    let address = ["https://api.intercom.io"];
    let connector = Connected::new("intercom", &address, &intercom.base, config("right"));
    Whole::new([connector], intercom)
}

#[tokio::test]
async fn contacts_and_conversations_are_read_and_then_what_changed() {
    let store = Store::default()
        .with("contacts", (1..=320).map(contact))
        .with(
            "conversations",
            [json!({"type": "conversation", "id": "v1", "updated_at": second(9)})],
        )
        .with(
            "companies",
            (1..=250).map(|at| json!({"type": "company", "id": format!("k{at}")})),
        )
        .with("tags", [json!({"type": "tag", "id": "1", "name": "VIP"})])
        .with(
            "teams",
            [json!({"type": "team", "id": "2", "name": "Help"})],
        );
    let intercom = StandIn::open(Intercom {
        store,
        limit: Limit::default(),
    })
    .await;
    let connector = Connected::new(
        "intercom",
        &["https://api.intercom.io"],
        &intercom.base,
        config("right"),
    );
    assert!(
        connector
            .with(config("wrong"))
            .refusal()
            .await
            .starts_with("Intercom refused the access token.")
    );
    connector.check().await.unwrap();
    let streams = [
        "admins",
        "companies",
        "contacts",
        "conversations",
        "segments",
        "tags",
        "teams",
        "tickets",
    ];
    assert_eq!(connector.streams().await, streams);

    let first = connector.read().await;
    assert_eq!(
        (first.ids("contacts").len(), first.ids("companies").len()),
        (320, 250)
    );
    assert_eq!(
        (first.ids("conversations"), first.ids("teams")),
        (vec!["v1".to_owned()], vec!["2".to_owned()])
    );
    assert_eq!(intercom.refused(), 1);

    intercom.asked("/contacts/search");
    intercom.then(|intercom| intercom.store.add("contacts", contact(321)));
    let again = connector.read_from(&first).await;
    assert_eq!(
        again.ids("contacts"),
        ["c320", "c321"],
        "the rest of that day is not given again"
    );
    let asked = intercom.asked("/contacts/search");
    assert_eq!(asked[0].body["query"]["value"][0]["value"], second(320));
    intercom.is_content();
    connector.airbyte_reads_the_same().await;
}
