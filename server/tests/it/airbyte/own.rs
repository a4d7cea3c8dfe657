//! What a workspace describes itself, on a hub whose data an Airbyte elsewhere moves: read here first, by that Airbyte when
//! that fails, and looked at before anything is kept.

use serde_json::{Value, json};

use super::{scene::settings, standin::Platform};
use crate::{
    harness::{Hub, Person, text},
    journeys::harbour::{Harbour, Mood, TOKEN},
};

fn document(url: &str) -> String {
    format!(
        "apis:
  integrations:
    - name: The Harbour
      type: rest
      base_url: {url}
      authentication: {{ type: bearer, secret_name: harbour_token }}
      endpoints:
        - name: ships
          path: /ships
          parameters: {{ since: 2026-01-01 }}
          records: ships
          primary_key: id
          paging: {{ type: page, size: 2 }}
          fields: {{ id: integer, name: string }}
"
    )
}

#[test]
fn it_is_read_here_first_and_by_that_airbyte_when_that_fails() {
    let harbour = Harbour::with_ships();
    let plain = ("TRIBUTARY_ALLOW_HTTP", "1".to_owned());
    let platform = Platform::with(std::slice::from_ref(&plain));
    let hub = Hub::start_with(&[settings(&platform), vec![plain]].concat());
    let person = Person::joining(&hub, "Anna");
    let anna = person.api(&hub);
    let document = document(&harbour.url);

    let tried = person.post(
        "/integrations/new",
        &[
            ("try", "0"),
            ("document", &document),
            ("name", "The Harbour"),
            ("secret.0.harbour_token", TOKEN),
        ],
    );
    assert!(tried.text.contains("Weser"), "{}", tried.text);
    assert!(!tried.text.contains(TOKEN));

    let applied = anna.post("/api/v1/integrations", &json!({ "document": document }));
    let slug = text(&applied[0], "slug").to_owned();
    let secret = json!({ "harbour_token": TOKEN });
    let (connection, test) = anna.connect(&slug, "The harbour", &secret);
    assert_eq!(test["state"], "passed", "{test}");

    let way_of = |run: &Value| {
        assert_eq!(run["row"]["state"], "succeeded", "{run}");
        text(&run["row"], "method").to_owned()
    };
    let table = || anna.table_of(&connection, "ships");
    let ships = |table: &str| {
        hub.rows(
            &anna.tenant,
            &format!("SELECT name FROM {table} ORDER BY id"),
        )
    };
    assert_eq!(way_of(&anna.run(&connection)), "direct");
    assert_eq!(ships(&table()), ["Elbe", "Weser", "Ems"]);

    // The harbour refuses whoever is not Airbyte's runtime. That Airbyte is this program too, so it is asked by force.
    harbour.calls(4, "Oder", "2026-05-01");
    assert_eq!(way_of(&anna.rehearse(&connection)), "airbyte-fallback");
    assert_eq!(ships(&table()), ["Elbe", "Weser", "Ems", "Oder"]);
    assert_eq!(platform.count("sources"), 1);

    // What is described anew is read so on both ways.
    let named = document.replace("name: ships", "name: callers");
    let again = anna.post("/api/v1/integrations", &json!({ "document": named }));
    assert_eq!(again[0]["outcome"], "changed", "{again}");
    let test = anna.test(&connection);
    assert_eq!(test["state"], "passed", "{test}");
    anna.choose(&connection, &["callers"]);
    let callers = anna.table_of(&connection, "callers");
    for expected in ["direct", "airbyte-fallback"] {
        let run = match expected {
            "direct" => anna.run(&connection),
            _ => anna.rehearse(&connection),
        };
        assert_eq!(way_of(&run), expected);
        assert_eq!(ships(&callers).len(), 4, "{expected}");
    }
    harbour.feels(Mood::AnswersAll(401));
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "failed", "{run}");
    assert!(!hub.log().contains(TOKEN), "the token is in the log");
}

#[test]
fn it_is_not_described_to_an_airbyte_elsewhere_where_it_leads_inside() {
    let platform = Platform::start();
    let hub = Hub::start_closed_with(&settings(&platform));
    let anna = hub.tenant("Anna");
    let public = "https://93.184.216.34/v1";
    let apply = |base_url: &str, token_url: &str| {
        let sign_in = format!(
            "{{ type: oauth2, token_url: \"{token_url}\", client_id: hub, secret_name: harbour_token }}"
        );
        let bearer = "{ type: bearer, secret_name: harbour_token }";
        let document = document(base_url).replace(bearer, &sign_in);
        let done = anna.post("/api/v1/integrations", &json!({ "document": document }));
        done[0].clone()
    };
    for (base_url, token_url, field) in [
        ("https://10.0.0.8/v1", public, "base_url"),
        ("https://2130706433", public, "base_url"),
        (public, "https://169.254.169.254/token", "token_url"),
    ] {
        let refused = apply(base_url, token_url);
        assert_eq!(refused["outcome"], "refused", "{refused}");
        let why = text(&refused, "why");
        assert!(why.starts_with(field), "{why}");
        assert!(why.contains("a private or reserved network"), "{why}");
    }
    assert_eq!(platform.calls("declarative_sources"), 0);
    // Which host a secret fills in is known once it is typed.
    for base_url in [public, "https://${secrets.quay}.example.com"] {
        let added = apply(base_url, public);
        assert_ne!(added["outcome"], "refused", "{added}");
    }
}
