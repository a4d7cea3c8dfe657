//! HubSpot: objects with the properties of the account, lists at first and searches from then on.

mod archived;
mod associations;
mod search;

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{
    Answer, Limit, Request, StandIn, Store, Vendor, hour, ok, page, second, status, wrong,
};

const OBJECTS: [&str; 11] = [
    "calls",
    "companies",
    "contacts",
    "deals",
    "emails",
    "line_items",
    "meetings",
    "notes",
    "products",
    "tasks",
    "tickets",
];

struct HubSpot {
    store: Store,
    limit: Limit,
    /// The app may not read forms.
    no_forms: bool,
}

fn said(code: u16, category: &str, text: &str) -> Answer {
    status(
        code,
        json!({"status": "error", "message": text, "category": category, "correlationId": "c"}),
    )
}

impl Vendor for HubSpot {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        if request.path == "/oauth/2026-03/token" {
            let asked = json!({
                "grant_type": "refresh_token", "client_id": "id", "client_secret": "secret", "refresh_token": "renew",
            });
            if request.body != asked {
                return Err(status(
                    400,
                    json!({"status": "BAD_REFRESH_TOKEN", "message": "missing or invalid refresh token"}),
                ));
            }
            return Ok(ok(json!({
                "token_type": "bearer", "access_token": "right", "refresh_token": "renew", "expires_in": 1800,
            })));
        }
        if request.bearer() != "right" {
            let text = "Authentication credentials not found.";
            return Err(said(401, "INVALID_AUTHENTICATION", text));
        }
        match request.parts()[..] {
            ["crm", "v3", "properties", kind] if OBJECTS.contains(&kind) => {
                let held = self.store.list(kind);
                let first = held.first().copied().unwrap_or(&Value::Null);
                Ok(ok(json!({"results": properties(kind, first)})))
            }
            ["crm", "v3", "objects", kind] if OBJECTS.contains(&kind) => self.list(kind, request),
            ["crm", "v3", "objects", kind, "search"] if OBJECTS.contains(&kind) => {
                self.search(kind, request)
            }
            ["crm", "v4", "associations", from, to, "batch", "read"]
                if OBJECTS.contains(&from) && OBJECTS.contains(&to) =>
            {
                self.associated(from, to, request)
            }
            ["crm", "v3", "owners"] => {
                request.only(&["limit", "after"])?;
                let from = request.number("after")?.unwrap_or(0);
                let owners = self.store.list("owners");
                let (found, next) = page(&owners, from, request.size("limit", 500)?);
                let found: Vec<Value> = found.into_iter().cloned().collect();
                Ok(ok(answered(&found, next)))
            }
            ["crm", "v3", "pipelines", kind @ ("deals" | "tickets")] => {
                request.only(&[])?;
                let pipelines = self.store.list(&format!("pipelines of {kind}"));
                Ok(ok(json!({"results": pipelines})))
            }
            ["marketing", "v3", "forms"] if !self.no_forms => {
                request.only(&["limit", "after", "formTypes"])?;
                let kind = request.param("formTypes").unwrap_or("hubspot");
                let mut found = self.store.list("forms");
                found.retain(|form| kind == "all" || form["formType"] == kind);
                Ok(ok(json!({"results": found})))
            }
            ["marketing", "v3", "forms"] => Err(said(
                403,
                "MISSING_SCOPES",
                "This app hasn't been granted all required scopes to make this call.",
            )),
            _ => Err(wrong(format!("{} is unknown", request.path))),
        }
    }
}

impl HubSpot {
    /// What is there of a kind, or what of it was archived.
    fn list(&mut self, kind: &str, request: &Request) -> Result<Answer, Answer> {
        request.only(&["limit", "after", "archived", "properties"])?;
        self.limit.once(
            status(
                429,
                json!({
                    "status": "error", "message": "You have reached your ten_secondly_rolling limit.",
                    "errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING",
                }),
            )
            .header("X-HubSpot-RateLimit-Interval-Milliseconds", "1000")
            .header("X-HubSpot-RateLimit-Max", "100")
            .header("X-HubSpot-RateLimit-Remaining", "0"),
        )?;
        let size = request.size("limit", 100)?;
        let asked = request.param("properties").unwrap_or_default();
        if asked.len() > 16_000 {
            return Err(status(414, json!({})));
        }
        let asked: Vec<&str> = asked.split(',').collect();
        let from = request.number("after")?.unwrap_or(0);
        let held = match request.param("archived") {
            Some("true") => format!("archived {kind}"),
            _ => kind.to_owned(),
        };
        let (found, next) = page(&self.store.list(&held), from, size);
        let found = found.into_iter().map(|one| shown(one, &asked));
        Ok(ok(answered(&found.collect::<Vec<_>>(), next)))
    }
}

fn answered(found: &[Value], next: Option<usize>) -> Value {
    let mut answer = json!({"results": found});
    if let Some(next) = next {
        answer["paging"] = json!({"next": {"after": next.to_string(), "link": "?after"}});
    }
    answer
}

/// The names of the properties: those of an object that has some, and else so many for contacts that they do not fit
/// into one address.
fn properties(kind: &str, one: &Value) -> Vec<Value> {
    if let Some(own) = one["properties"].as_object() {
        let names = own.keys();
        return names
            .map(|name| json!({"name": name, "type": "string"}))
            .collect();
    }
    let count = if kind == "contacts" { 900 } else { 3 };
    let many = (0..count).map(|at| format!("own_property_{at:04}"));
    let names = ["name".to_owned()].into_iter().chain(many);
    names
        .map(|name| json!({"name": name, "type": "string"}))
        .collect()
}

/// An object as it is shown: only the properties that were asked for.
fn shown(one: &Value, asked: &[&str]) -> Value {
    let mut properties = json!({"hs_object_id": one["id"]});
    for name in asked {
        properties[*name] = one["properties"].get(*name).cloned().unwrap_or(json!("x"));
    }
    let mut shown = json!({
        "id": one["id"], "properties": properties, "createdAt": hour(0), "updatedAt": one["updatedAt"], "archived": false,
        "url": format!("https://app.hubspot.com/contacts/1/record/0-1/{}", one["id"]),
    });
    if let Some(moment) = one.get("archivedAt") {
        shown["archived"] = json!(true);
        shown["archivedAt"] = moment.clone();
    }
    shown
}

fn object(id: i64, at: i64) -> Value {
    let moment = hour(at).replace('Z', ".000Z");
    json!({"id": id.to_string(), "updatedAt": moment})
}

fn private(token: &str) -> Value {
    json!({"credentials": {"credentials_title": "Private App Credentials", "access_token": token}})
}

fn oauth(token: &str) -> Value {
    json!({"credentials": {
        "credentials_title": "OAuth Credentials", "client_id": "id", "client_secret": "secret", "refresh_token": token,
    }})
}

async fn account() -> (StandIn<HubSpot>, Connected) {
    let store = Store::default()
        .with("contacts", (1..=250).map(|at| object(at, at)))
        .with("deals", [object(9, 1)])
        .with("products", [object(9, 1)])
        .with("contacts to companies", [associations::pair(250, 15)])
        .with(
            "deals to contacts",
            (1..=501).map(|id| associations::pair(9, id)),
        )
        .with(
            "forms",
            [
                json!({"id": "news", "formType": "hubspot"}),
                json!({"id": "pop-up", "formType": "flow"}),
            ],
        )
        .with(
            "owners",
            (1..=120).map(|at| json!({"id": at.to_string(), "userId": at})),
        );
    let hubspot = StandIn::open(HubSpot {
        store,
        limit: Limit::default(),
        no_forms: false,
    })
    .await;
    let address = ["https://api.hubapi.com"];
    let connector = Connected::new("hubspot", &address, &hubspot.base, private("right"));
    (hubspot, connector)
}

pub async fn whole() -> Whole {
    let hubspot = StandIn::open(HubSpot {
        store: Store::of(include_str!("examples/hubspot.json")),
        limit: Limit::default(),
        no_forms: false,
    })
    .await;
    let address = ["https://api.hubapi.com"];
    let connector = Connected::new("hubspot", &address, &hubspot.base, private("right"));
    Whole::new([connector], hubspot)
}

/// How often the contacts that are there were listed with their properties.
fn listed(hubspot: &StandIn<HubSpot>) -> usize {
    let asked = hubspot.asked("/crm/v3/objects/contacts");
    let whole = asked.iter().filter(|request| {
        request.param("archived") == Some("false")
            && request.param("properties") != Some("hs_object_id")
    });
    whole.count()
}

#[tokio::test]
async fn a_private_app_and_a_sign_in_are_taken_and_wrong_ones_refused() {
    let (hubspot, connector) = account().await;
    connector.check().await.unwrap();
    connector.with(oauth("renew")).check().await.unwrap();
    let refusal = connector.with(private("wrong")).refusal().await;
    assert!(
        refusal.starts_with("HubSpot refused the sign-in."),
        "{refusal}"
    );
    connector.with(oauth("old")).check().await.unwrap_err();
    hubspot.is_content();
}

#[tokio::test]
async fn objects_are_listed_once_and_changes_are_searched_for() {
    let (hubspot, connector) = account().await;
    assert_eq!(
        connector.streams().await,
        [
            "companies",
            "companies_archived",
            "contacts",
            "contacts_archived",
            "contacts_companies",
            "deal_pipelines",
            "deals",
            "deals_archived",
            "deals_companies",
            "deals_contacts",
            "deals_line_items",
            "engagements_calls",
            "engagements_emails",
            "engagements_meetings",
            "engagements_notes",
            "engagements_tasks",
            "forms",
            "line_items",
            "owners",
            "products",
            "ticket_pipelines",
            "tickets",
            "tickets_archived",
            "tickets_companies",
            "tickets_contacts"
        ]
    );
    let first = connector.read().await;
    assert_eq!(first.ids("contacts").len(), 250);
    for contact in first.records("contacts") {
        let properties = contact["properties"].as_object().unwrap();
        assert_eq!(properties.len(), 902, "the parts are put together");
    }
    assert_eq!(first.records("deals")[0]["properties"]["name"], "x");
    assert_eq!(first.ids("owners").len(), 120);
    assert_eq!(first.ids("forms"), ["news", "pop-up"]);
    assert_eq!(hubspot.refused(), 1);
    assert_eq!(
        hubspot.asked("/crm/v3/properties/contacts").len(),
        1,
        "one answer for those that are there and those that were archived"
    );

    hubspot.then(|hubspot| {
        for id in 1..=450 {
            hubspot.store.add("contacts", object(1000 - id, 260 + id));
        }
    });
    let again = connector.read_from(&first).await;
    assert_eq!(
        again.ids("contacts").len(),
        451,
        "what changed, and the last one before"
    );
    let asked = hubspot.asked("/crm/v3/objects/contacts/search");
    assert_eq!(asked.len(), 3);
    let since = (second(250) - 1800) * 1000;
    assert_eq!(
        asked[0].body["filterGroups"][0]["filters"][0],
        json!({"propertyName": "lastmodifieddate", "operator": "GTE", "value": since.to_string()})
    );
    let record = again.records("contacts")[0]["properties"]
        .as_object()
        .unwrap();
    assert_eq!(record.len(), 902);
    assert_eq!(again.ids("deals"), ["9"]);
    assert!(listed(&hubspot) > 3);

    let third = connector.read_from(&again).await;
    assert_eq!(third.ids("contacts"), ["550"]);
    assert_eq!(listed(&hubspot), 0);
    hubspot.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn what_the_app_may_not_read_is_told_in_plain_words() {
    let (hubspot, connector) = account().await;
    hubspot.then(|hubspot| hubspot.no_forms = true);
    let fault = connector
        .try_read(&super::connector::Brought::default())
        .await;
    let fault = fault.unwrap_err().to_string();
    assert!(
        fault.contains("The HubSpot app may not read this."),
        "{fault}"
    );
    hubspot.is_content();
}
