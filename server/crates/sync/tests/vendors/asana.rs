//! Asana: everything lives in workspaces, tasks in projects, and a sign-in is renewed.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, page, status};

struct Asana {
    store: Store,
    limit: Limit,
    renewed: usize,
}

impl Vendor for Asana {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let said = |code: u16, text: &str| status(code, json!({"errors": [{"message": text}]}));
        if request.path == "/-/oauth_token" {
            if request.body["refresh_token"] != "renew"
                || request.body["grant_type"] != "refresh_token"
            {
                return Err(status(
                    400,
                    json!({"error": "invalid_grant", "error_description": "The refresh token is wrong."}),
                ));
            }
            self.renewed += 1;
            return Ok(ok(
                json!({"access_token": "fresh", "token_type": "bearer", "expires_in": 3600}),
            ));
        }
        if !["personal", "fresh"].contains(&request.bearer()) {
            return Err(said(401, "Not Authorized"));
        }
        let (list, own): (&str, &[&str]) = match request.parts()[..] {
            ["api", "1.0", "workspaces"] => ("workspaces", &[]),
            [
                "api",
                "1.0",
                "workspaces",
                gid,
                list @ ("projects" | "tags" | "teams"),
            ] if self.has("workspaces", gid) => (list, &[]),
            ["api", "1.0", "users"] => ("users", &["workspace"]),
            ["api", "1.0", "projects", "p2", "sections"] => {
                return Err(said(404, "project: Unknown object: p2"));
            }
            ["api", "1.0", "projects", gid, "sections"] if self.has("projects", gid) => {
                ("sections", &[])
            }
            ["api", "1.0", "tasks"] => ("tasks", &["project", "modified_since"]),
            _ => return Err(said(404, "No matching route for request")),
        };
        if list == "teams" && request.path.contains("/w2/") {
            return Err(said(403, "The workspace is not an organization"));
        }
        request.only(&[&["limit", "offset", "opt_fields"], own].concat())?;
        if list == "users" {
            self.limit.once(
                said(429, "You have made too many requests recently.").header("Retry-After", "1"),
            )?;
        }
        let mut found = self
            .store
            .since(list, "modified_at", request.moment("modified_since")?);
        if list == "projects" {
            found.retain(|project| project["workspace"]["gid"] == request.parts()[3]);
        }
        if let Some(project) = request.param("project") {
            found.retain(|task| task["projects"][0]["gid"] == project);
        }
        let (data, next) = page(
            &found,
            request.number("offset")?.unwrap_or(0),
            request.size("limit", 100)?,
        );
        let next = next.map(
            |next| json!({"offset": next.to_string(), "path": request.path, "uri": request.base}),
        );
        Ok(ok(json!({"data": data, "next_page": next})))
    }
}

impl Asana {
    fn has(&self, list: &str, gid: &str) -> bool {
        self.store.list(list).iter().any(|one| one["gid"] == gid)
    }
}

fn task(at: i64) -> Value {
    json!({"gid": format!("t{at}"), "name": "Do it", "projects": [{"gid": "p1"}], "modified_at": hour(at).replace('Z', ".123Z")})
}

fn work() -> Asana {
    let store = Store::default()
        .with(
            "workspaces",
            [
                json!({"gid": "w1", "is_organization": true}),
                json!({"gid": "w2", "is_organization": false}),
            ],
        )
        .with(
            "projects",
            [
                json!({"gid": "p1", "workspace": {"gid": "w1"}}),
                json!({"gid": "p2", "workspace": {"gid": "w2"}}),
            ],
        )
        .with("sections", [json!({"gid": "s1"})])
        .with("teams", [json!({"gid": "g1"})])
        .with("tasks", (1..=250).map(task))
        .with("users", [json!({"gid": "u1", "email": "a@example.com"})]);
    Asana {
        store,
        limit: Limit::default(),
        renewed: 0,
    }
}

fn personal(token: &str) -> Value {
    json!({"credentials": {"option_title": "PAT Credentials", "personal_access_token": token}})
}

pub async fn whole() -> Whole {
    let asana = StandIn::open(Asana {
        store: Store::of(include_str!("examples/asana.json")),
        ..work()
    })
    .await;
    let address = ["https://app.asana.com"];
    let connector = Connected::new("asana", &address, &asana.base, personal("personal"));
    Whole::new([connector], asana)
}

#[tokio::test]
async fn projects_and_tasks_are_read_and_then_what_was_modified() {
    let asana = StandIn::open(work()).await;
    let connector = Connected::new(
        "asana",
        &["https://app.asana.com"],
        &asana.base,
        personal("personal"),
    );
    assert!(
        connector
            .with(personal("wrong"))
            .refusal()
            .await
            .starts_with("Asana refused the sign-in.")
    );
    connector.check().await.unwrap();
    let streams = [
        "projects",
        "sections",
        "tags",
        "tasks",
        "teams",
        "users",
        "workspaces",
    ];
    assert_eq!(connector.streams().await, streams);

    let first = connector.read().await;
    assert_eq!(first.ids("workspaces"), ["w1", "w2"]);
    assert_eq!(first.ids("tasks").len(), 250);
    assert_eq!(
        first.ids("sections"),
        ["s1"],
        "and the project that is gone keeps nothing from being read"
    );
    assert_eq!(first.ids("teams"), ["g1"], "of the organisation alone");
    assert_eq!(asana.refused(), 1);

    asana.asked("/api/1.0/tasks");
    asana.then(|asana| asana.store.add("tasks", task(251)));
    let second = connector.read_from(&first).await;
    assert_eq!(second.ids("tasks"), ["t250", "t251"]);
    let asked = asana.asked("/api/1.0/tasks");
    let since = asked
        .iter()
        .find(|one| one.param("project") == Some("p1"))
        .unwrap();
    assert_eq!(
        since.param("modified_since"),
        Some("2024-01-11T10:00:00.123Z")
    );
    asana.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn who_signed_in_stays_signed_in() {
    let asana = StandIn::open(work()).await;
    let signed = |token: &str| json!({"credentials": {"option_title": "OAuth Credentials", "client_id": "id", "client_secret": "secret", "refresh_token": token}});
    let connector = Connected::new(
        "asana",
        &["https://app.asana.com"],
        &asana.base,
        signed("renew"),
    );
    connector.check().await.unwrap();
    connector.with(signed("spent")).check().await.unwrap_err();
    asana.then(|asana| assert!(asana.renewed >= 1));
    asana.is_content();
}
