//! Jira: a query language for issues, three ways of paging, and boards that not all have.

use regex::Regex;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, ok, page, status};

/// The addresses the manifest makes.
const PUBLIC: [&str; 3] = [
    "https://{{ config['domain'] }}",
    "https://api.atlassian.com",
    "https://auth.atlassian.com",
];

#[derive(Default)]
struct Jira {
    store: Store,
    limit: Limit,
    /// The refresh token that is good now.
    renews: u32,
}

impl Vendor for Jira {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let said =
            |code: u16, text: &str| status(code, json!({"errorMessages": [text], "errors": {}}));
        let parts = match request.parts()[..] {
            ["oauth", "token"] => return self.renew(request),
            ["ex", "jira", "cloud-1", ref parts @ ..] if request.bearer() == "fresh" => {
                parts.to_vec()
            }
            ref parts if request.login() == "ada@example.com:right" => parts.to_vec(),
            _ => {
                return Err(said(
                    401,
                    "Client must be authenticated to access this resource.",
                ));
            }
        };
        let list = match parts[..] {
            ["rest", "api", "3", "field"] => return Ok(ok(json!(self.store.list("fields")))),
            ["rest", "api", "3", "search", "jql"] => return self.search(request),
            ["rest", "api", "3", "users", "search"] => {
                request.only(&["startAt", "maxResults"])?;
                let (data, _) = page(
                    &self.store.list("users"),
                    request.number("startAt")?.unwrap_or(0),
                    request.size("maxResults", 1000)?,
                );
                return Ok(ok(json!(data)));
            }
            ["rest", "api", "3", "issue", id, "comment"] if self.has("issues", id) => {
                format!("comments of {id}")
            }
            ["rest", "api", "3", "issue", id, "worklog"] if self.has("issues", id) => {
                format!("worklogs of {id}")
            }
            ["rest", "api", "3", "project", "search"] => "projects".to_owned(),
            ["rest", "agile", "1.0", "board"] => "boards".to_owned(),
            ["rest", "agile", "1.0", "board", "2", "sprint"] => {
                return Err(said(400, "The board does not support sprints"));
            }
            ["rest", "agile", "1.0", "board", id, "sprint"] if self.has("boards", id) => {
                format!("sprints of {id}")
            }
            _ => return Err(said(404, "no such page")),
        };
        request.only(&["startAt", "maxResults", "expand"])?;
        let found = self.store.list(&list);
        let from = request.number("startAt")?.unwrap_or(0);
        let (data, next) = page(&found, from, request.size("maxResults", 50)?);
        let items = match list.split_once(" of ") {
            Some((items @ ("comments" | "worklogs"), _)) => items,
            _ => "values",
        };
        let mut answer =
            json!({"startAt": from, "maxResults": 50, "total": found.len(), items: data});
        if items == "values" {
            answer["isLast"] = json!(next.is_none());
        }
        Ok(ok(answer))
    }
}

impl Jira {
    fn has(&self, list: &str, id: &str) -> bool {
        let number = id.parse::<i64>();
        let is_it =
            |one: &Value| one["id"] == id || one["id"].as_i64().map(Ok) == Some(number.clone());
        self.store.list(list).into_iter().any(is_it)
    }

    fn renew(&mut self, request: &Request) -> Result<Answer, Answer> {
        let asked = json!({"grant_type": "refresh_token", "client_id": "id", "client_secret": "secret", "refresh_token": format!("renew{}", self.renews)});
        if request.body != asked {
            let said = json!({"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."});
            return Err(status(403, said));
        }
        self.renews += 1;
        let renewed = format!("renew{}", self.renews);
        Ok(ok(
            json!({"access_token": "fresh", "refresh_token": renewed, "expires_in": 3600, "scope": "read:jira-work"}),
        ))
    }

    fn search(&mut self, request: &Request) -> Result<Answer, Answer> {
        request.only(&["jql", "fields", "maxResults", "nextPageToken"])?;
        let refusal = status(429, json!({"errorMessages": ["Rate limit exceeded."]}));
        self.limit.once(refusal.header("Retry-After", "1"))?;
        let shape = Regex::new(
            r#"^(?:project in \("SALES"\) AND )?updated >= (\d{13}) ORDER BY updated ASC$"#,
        )
        .unwrap();
        let jql = shape.captures(request.param("jql").unwrap_or_default());
        let since: i64 = jql.ok_or_else(|| request.malformed("jql"))?[1]
            .parse()
            .unwrap();
        let mut found = self.store.list("issues");
        found.retain(|issue| millis(&issue["fields"]["updated"]) >= since);
        let from = request.param("nextPageToken").map_or(0, |token| {
            token.trim_start_matches("token-").parse().unwrap()
        });
        let (data, next) = page(&found, from, request.size("maxResults", 100)?);
        let mut answer = json!({"issues": data, "isLast": next.is_none()});
        if let Some(next) = next {
            answer["nextPageToken"] = json!(format!("token-{next}"));
        }
        Ok(ok(answer))
    }
}

/// Milliseconds of a moment that Jira writes.
fn millis(moment: &Value) -> i64 {
    let moment = moment.as_str().unwrap().replace("+0000", "Z");
    let moment = OffsetDateTime::parse(&moment, &Rfc3339).unwrap();
    moment.unix_timestamp() * 1000 + i64::from(moment.millisecond())
}

fn moment(at: i64) -> String {
    super::stand_in::hour(at).replace('Z', ".250+0000")
}

fn issue(at: i64) -> Value {
    json!({"id": at.to_string(), "key": format!("SALES-{at}"), "fields": {"summary": "Fix it", "created": moment(0), "updated": moment(at)}})
}

fn config(token: &str) -> Value {
    json!({"domain": "example.atlassian.net", "email": "ada@example.com", "api_token": token, "projects": ["SALES"]})
}

pub async fn whole() -> Whole {
    let jira = StandIn::open(Jira {
        store: Store::of(include_str!("examples/jira.json")),
        ..Jira::default()
    })
    .await;
    let connector = Connected::new("jira", &PUBLIC, &jira.base, config("right"));
    Whole::new([connector], jira)
}

#[tokio::test]
async fn issues_and_their_worklogs_are_read_and_then_what_changed() {
    let log = |id: &str, at: i64| json!({"id": id, "updated": moment(at), "timeSpentSeconds": 60});
    let store = Store::default()
        .with(
            "fields",
            [json!({"id": "summary", "name": "Summary", "custom": false})],
        )
        .with("issues", (1..=210).map(issue))
        .with("worklogs of 5", [log("w1", 5)])
        .with("worklogs of 210", [log("w2", 210)])
        .with(
            "projects",
            (1..=60).map(|id| json!({"id": id.to_string(), "key": "SALES"})),
        )
        .with(
            "boards",
            [
                json!({"id": 1, "type": "scrum"}),
                json!({"id": 2, "type": "kanban"}),
            ],
        )
        .with("sprints of 1", [json!({"id": 9, "state": "active"})])
        .with(
            "users",
            (1..=70).map(|id| json!({"accountId": format!("a{id}")})),
        );
    let jira = StandIn::open(Jira {
        store,
        ..Jira::default()
    })
    .await;
    let connector = Connected::new("jira", &PUBLIC, &jira.base, config("right"));
    assert!(
        connector
            .with(config("wrong"))
            .refusal()
            .await
            .starts_with("Jira refused the sign-in.")
    );
    connector.check().await.unwrap();
    let streams = [
        "boards",
        "issue_comments",
        "issue_fields",
        "issue_worklogs",
        "issues",
        "projects",
        "sprints",
        "users",
    ];
    assert_eq!(connector.streams().await, streams);

    let first = connector.read().await;
    assert_eq!(first.ids("issues").len(), 210);
    assert_eq!(
        (first.ids("projects").len(), first.ids("users").len()),
        (60, 70)
    );
    assert_eq!(first.ids("issue_worklogs"), ["w1", "w2"]);
    assert_eq!(
        first.ids("sprints"),
        ["1/9"],
        "and the board without sprints is no fault"
    );
    assert_eq!(jira.refused(), 1);

    jira.asked("/rest/api/3/issue/5/worklog");
    jira.then(|jira| {
        jira.store.add("issues", issue(211));
        jira.store.add("worklogs of 211", log("w3", 211));
    });
    let second = connector.read_from(&first).await;
    assert_eq!(second.ids("issues"), ["210", "211"]);
    assert_eq!(second.ids("issue_worklogs"), ["w2", "w3"]);
    assert!(
        jira.asked("/rest/api/3/issue/5/worklog").is_empty(),
        "an issue that did not change is left alone"
    );
    jira.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn whoever_signed_in_reads_the_site_by_its_id() {
    let store = Store::default()
        .with("fields", [json!({"id": "summary", "name": "Summary"})])
        .with("issues", (1..=3).map(issue))
        .with("boards", [json!({"id": 1, "type": "scrum"})]);
    let jira = StandIn::open(Jira {
        store,
        ..Jira::default()
    })
    .await;
    let signed_in = json!({"domain": "example.atlassian.net", "email": "", "api_token": "old", "projects": ["SALES"], "credentials": {
        "auth_type": "oauth2.0", "client_id": "id", "client_secret": "secret", "refresh_token": "renew0",
        "token_expiry_date": "2020-01-01T00:00:00Z", "cloud_id": "cloud-1",
    }});
    let connector = Connected::new("jira", &PUBLIC, &jira.base, signed_in);
    let kept = connector.read().await.config;
    let kept = kept.expect("the new tokens are handed out");
    assert_eq!(kept["api_token"], "fresh");
    assert_eq!(kept["credentials"]["refresh_token"], "renew1");
    let connector = connector.with(kept);
    connector.check().await.unwrap();
    let read = connector.read().await;
    assert_eq!(read.ids("issues"), ["1", "2", "3"]);
    assert_eq!(read.ids("boards"), ["1"]);
    assert_eq!(
        jira.asked("/oauth/token").len(),
        1,
        "while a token is good it is used"
    );
    jira.is_content();
    connector.airbyte_reads_the_same().await;
}
