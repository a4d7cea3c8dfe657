//! Airtable: every table of every base is a stream with the fields that people gave it.

use serde_json::{Value, json};

use super::connector::Connected;
use super::every_stream::Whole;
use super::stand_in::{Answer, Limit, Request, StandIn, Store, Vendor, ok, page, status};

struct Airtable {
    store: Store,
    limit: Limit,
    /// The refresh token that is good now.
    renews: u32,
}

impl Vendor for Airtable {
    fn answer(&mut self, request: &Request) -> Result<Answer, Answer> {
        let said = |code: u16, kind: &str, text: &str| {
            status(code, json!({"error": {"type": kind, "message": text}}))
        };
        if request.path == "/v1/token" {
            if request.login() != "id:secret"
                || request.body["refresh_token"] != format!("renew{}", self.renews)
            {
                return Err(status(
                    400,
                    json!({"error": "invalid_grant", "error_description": "the token was used already"}),
                ));
            }
            self.renews += 1;
            return Ok(ok(
                json!({"access_token": "fresh", "refresh_token": format!("renew{}", self.renews), "expires_in": 3600, "token_type": "Bearer"}),
            ));
        }
        if !["pat.right", "fresh"].contains(&request.bearer()) {
            return Err(said(
                401,
                "AUTHENTICATION_REQUIRED",
                "Authentication required",
            ));
        }
        request.only(&["offset", "pageSize"])?;
        let (list, items) = match request.parts()[..] {
            ["v0", "meta", "bases"] => ("bases".to_owned(), "bases"),
            ["v0", "meta", "bases", base, "tables"] => (format!("tables of {base}"), "tables"),
            ["v0", base, table] => {
                self.limit.once(
                    said(429, "RATE_LIMIT_REACHED", "Rate limit exceeded")
                        .header("Retry-After", "1"),
                )?;
                (format!("{base}/{table}"), "records")
            }
            _ => return Err(said(404, "NOT_FOUND", "not there")),
        };
        if !self.store.holds(&list) {
            return Err(said(404, "NOT_FOUND", "not there"));
        }
        let size = if items == "records" {
            request.size("pageSize", 100)?
        } else {
            1000
        };
        let found = self.store.list(&list);
        let from = request.param("offset").map_or(0, |offset| {
            offset.trim_start_matches("itr").parse().unwrap()
        });
        let (data, next) = page(&found, from, size);
        let mut answer = json!({items: data});
        if let Some(next) = next {
            answer["offset"] = json!(format!("itr{next}"));
        }
        Ok(ok(answer))
    }
}

fn office() -> Airtable {
    let field =
        |name: &str, kind: &str| json!({"id": format!("fld{name}"), "name": name, "type": kind});
    let sum = json!({"id": "fldSum", "name": "Sum", "type": "formula", "options": {"result": {"type": "currency"}}});
    let lookup = json!({"id": "fldCities", "name": "Cities", "type": "multipleLookupValues", "options": {
        "isValid": true, "recordLinkFieldId": "fldPlaces", "fieldIdInLinkedTable": "fldCity", "result": {"type": "singleLineText"},
    }});
    let fields = json!([
        field("Name", "singleLineText"),
        field("Amount", "number"),
        field("Done", "checkbox"),
        field("Tags", "multipleSelects"),
        field("Due", "date"),
        sum,
        lookup
    ]);
    let record = |at: i64| json!({"id": format!("rec{at:03}"), "createdTime": "2024-01-01T00:00:00.000Z", "fields": {"Name": "It’s \"this\"", "Amount": at}});
    let store = Store::default()
        .with(
            "bases",
            [
                json!({"id": "app1", "name": "Office", "permissionLevel": "read"}),
                json!({"id": "app2", "name": "Shop"}),
            ],
        )
        .with(
            "tables of app1",
            [json!({"id": "tbl1", "name": "Rooms", "fields": fields})],
        )
        .with(
            "tables of app2",
            [json!({"id": "tbl2", "name": "Goods", "fields": []})],
        )
        .with("app1/tbl1", (1..=230).map(record))
        .with("app2/tbl2", [record(1)]);
    Airtable {
        store,
        limit: Limit::default(),
        renews: 0,
    }
}

fn token(token: &str) -> Value {
    json!({"credentials": {"auth_method": "api_key", "api_key": token}})
}

/// The addresses the manifest uses.
const PUBLIC: [&str; 2] = ["https://api.airtable.com", "https://airtable.com/oauth2"];

pub async fn whole() -> Whole {
    let airtable = StandIn::open(Airtable {
        store: Store::of(include_str!("examples/airtable.json")),
        limit: Limit::default(),
        renews: 0,
    })
    .await;
    let connector = Connected::new("airtable", &PUBLIC, &airtable.base, token("pat.right"));
    Whole::new([connector], airtable)
}

#[tokio::test]
async fn every_table_is_a_stream_with_its_own_fields() {
    let airtable = StandIn::open(office()).await;
    let connector = Connected::new("airtable", &PUBLIC, &airtable.base, token("pat.right"));
    assert!(
        connector
            .with(token("pat.wrong"))
            .refusal()
            .await
            .starts_with("Airtable refused the sign-in.")
    );
    connector.check().await.unwrap();
    assert_eq!(
        connector.streams().await,
        ["Office/Rooms/tbl1", "Shop/Goods/tbl2"]
    );
    let fields = connector.fields("Office/Rooms/tbl1").await;
    for (name, kind) in [
        ("Name", "string"),
        ("Amount", "number"),
        ("Done", "boolean"),
        ("Tags", "array"),
        ("Sum", "number"),
        ("Cities", "array"),
    ] {
        assert_eq!(fields[name]["type"], json!([kind, "null"]), "{name}");
    }
    assert_eq!(
        fields["Due"],
        json!({"type": ["string", "null"], "format": "date"})
    );

    let read = connector.read().await;
    assert_eq!(read.ids("Office/Rooms/tbl1").len(), 230);
    assert_eq!(
        read.records("Office/Rooms/tbl1")[0],
        json!({"Name": "It’s \"this\"", "Amount": 1, "_airtable_id": "rec001", "_airtable_created_time": "2024-01-01T00:00:00.000Z"})
    );
    assert_eq!(read.ids("Shop/Goods/tbl2"), ["rec001"]);
    assert_eq!(airtable.refused(), 1);
    airtable.is_content();
    connector.airbyte_reads_the_same().await;
}

#[tokio::test]
async fn a_sign_in_is_renewed_and_its_new_tokens_are_kept() {
    let airtable = StandIn::open(office()).await;
    let config = json!({"credentials": {
        "auth_method": "oauth2.0", "client_id": "id", "client_secret": "secret", "access_token": "old",
        "refresh_token": "renew0", "token_expiry_date": "2020-01-01T00:00:00Z",
    }});
    let connector = Connected::new("airtable", &PUBLIC, &airtable.base, config);
    let (streams, kept) = connector.discovered().await;
    assert_eq!(streams.len(), 2);
    let credentials = &kept.expect("the new tokens are handed out")["credentials"];
    assert_eq!(
        (&credentials["access_token"], &credentials["refresh_token"]),
        (&json!("fresh"), &json!("renew1"))
    );
    airtable.is_content();
}
