//! A tenant describes an integration of its own: by command, by REST, for itself alone, and until nothing uses it.

mod changed;
mod dock;
mod page;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    harbour::{Harbour, Mood, TOKEN},
    routes::rules,
};
use crate::harness::{Api, Hub, SourceDatabase, text};
use dock::Dock;

/// The harbour, whose requests may lack a certificate, and a database of which only the login is known.
fn document(url: &str, shop: &Value, table: &str) -> String {
    format!(
        "apis:
  integrations:
    - name: The Harbour
      type: rest
      base_url: {url}
      authentication: {{ type: bearer, secret_name: harbour_token }}
      endpoints:
        - name: {table}
          path: /ships
          records: ships
          primary_key: id
          cursor: {{ field: called_on, parameter: since, format: date, start: 2026-01-01 }}
          paging: {{ type: page, size: 2 }}
          fields: {{ id: integer, name: string, called_on: date }}
    - {{ name: Shop, type: database, engine: postgresql, host: {host}, port: {port}, database: {database}, username: {user}, password: \"${{secrets.shop}}\", ssl_mode: disable }}
",
        host = shop["host"].as_str().expect("a host"),
        port = shop["port"],
        database = shop["database"].as_str().expect("a name"),
        user = shop["username"].as_str().expect("a name"),
    )
}

fn hub() -> Hub {
    Hub::start_with(&[("TRIBUTARY_ALLOW_HTTP", "1".to_owned())])
}

/// Applies by REST; what became of each.
fn apply(api: &Api, document: &str) -> Vec<Value> {
    let done = api.post("/api/v1/integrations", &json!({ "document": document }));
    done.as_array().expect("a list").clone()
}

fn names(api: &Api) -> Vec<String> {
    let all = api.get("/api/v1/integrations");
    let all = all.as_array().expect("a list").iter();
    all.map(|one| text(one, "name").to_owned()).collect()
}

#[test]
fn a_document_becomes_a_tool_and_a_draft_and_rows() {
    let (harbour, hub) = (Harbour::with_ships(), hub());
    let shop = SourceDatabase::create(
        "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1), (2)",
    );
    let anna = hub.tenant("Anna");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("apis.yaml");
    let first = document(&harbour.url, &shop.configuration(), "ships");
    std::fs::write(&file, &first).expect("a document");
    let file = file.display().to_string();

    // By command, beside the running hub.
    let said = hub.ok(&["apply", "-f", &file, "--tenant", &anna.tenant]);
    let done: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON lines"))
        .collect();
    assert_eq!(done[0]["outcome"], "added", "{said}");
    assert_eq!(done[1]["outcome"], "drafted", "{said}");
    let slug = text(&done[0], "slug").to_owned();
    assert!(names(&anna).contains(&"The Harbour".to_owned()));

    let (connection, test) = anna.connect(&slug, "The harbour", &json!({ "harbour_token": TOKEN }));
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    let table = anna.table_of(&connection, "ships");
    let ships = hub.rows(
        &anna.tenant,
        &format!("SELECT name FROM {table} ORDER BY id"),
    );
    assert_eq!(ships, ["Elbe", "Weser", "Ems"]);

    // The database waits for its password and for nothing else.
    let drafts = anna.get("/api/v1/connections");
    let draft = drafts["items"].as_array().expect("a list").iter();
    let draft = draft
        .filter(|one| one["name"] == "Shop")
        .collect::<Vec<_>>();
    assert_eq!(draft[0]["state"], "draft", "{drafts}");
    let id = text(draft[0], "id");
    let whole = json!({ "configuration": shop.configuration() });
    let (status, sent) = anna.call(
        Method::PATCH,
        &format!("/api/v1/connections/{id}"),
        Some(&whole),
    );
    assert_eq!(status, StatusCode::ACCEPTED, "{sent}");
    assert_eq!(anna.tested(text(&sent, "test"))["state"], "passed");
    let run = anna.run(id);
    assert_eq!(run["row"]["rows_written"], 2, "{run}");

    // The same text again changes nothing; another one is told from the next test on.
    let again = apply(&anna, &first);
    assert_eq!(
        again[0],
        json!({ "name": "The Harbour", "outcome": "unchanged", "slug": slug })
    );
    assert_eq!(
        again[1],
        json!({ "name": "Shop", "outcome": "unchanged", "slug": "postgresql" })
    );
    let database = shop.configuration()["database"].clone();
    let moved = first.replace(database.as_str().expect("a name"), "another_shop");
    let why = text(&apply(&anna, &moved)[1], "why").to_owned();
    assert!(why.contains("works with its present settings"), "{why}");
    let other = document(&harbour.url, &shop.configuration(), "callers");
    assert_eq!(apply(&anna, &other)[0]["outcome"], "changed");
    let test = anna.test(&connection);
    assert_eq!(test["state"], "passed", "{test}");
    anna.table_of(&connection, "callers");

    let used = anna.call(
        Method::DELETE,
        &format!("/api/v1/integrations/{slug}"),
        None,
    );
    assert_eq!(used.0, StatusCode::CONFLICT, "{}", used.1);
    assert!(!hub.log().contains(TOKEN), "the token is in the log");
}

/// Airbyte's own runtime on this machine, which goes out by the same rules.
#[test]
fn its_rows_come_by_a_second_way_that_leads_nowhere_else() {
    let (harbour, hub) = (Harbour::with_ships(), hub());
    let anna = hub.tenant("Anna");
    let shop = SourceDatabase::create("CREATE TABLE orders (id int)");
    let done = apply(
        &anna,
        &document(&harbour.url, &shop.configuration(), "ships"),
    );
    let secret = json!({ "harbour_token": TOKEN });
    let (connection, test) = anna.connect(text(&done[0], "slug"), "The harbour", &secret);
    assert_eq!(test["state"], "passed", "{test}");

    harbour.feels(Mood::Answers(401));
    let run = anna.run(&connection);
    assert_eq!(rules(&run), ["direct_first", "fall_back_at_once"], "{run}");
    assert_eq!(run["row"]["method"], "airbyte-fallback", "{run}");
    assert_eq!(run["row"]["rows_written"], 3, "{run}");

    harbour.feels(Mood::SendsAway("http://169.254.169.254/ships"));
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "failed", "{run}");
    assert!(run.to_string().contains("reserved network"), "{run}");
    assert!(!hub.log().contains(TOKEN), "the token is in the log");
}

/// The same manifest, run here and by Airbyte's own runtime.
#[test]
fn who_signs_in_by_get_and_searches_by_nested_fields_gets_rows_by_both_ways() {
    let (dock, hub) = (Dock::open(), hub());
    let anna = hub.tenant("Anna");
    let done = apply(&anna, &dock.document());
    let secret = json!({ "door": dock::PASSWORD });
    let (connection, test) = anna.connect(text(&done[0], "slug"), "The dock", &secret);
    assert_eq!(test["state"], "passed", "{test}");

    let run = anna.run(&connection);
    assert_eq!(run["row"]["method"], "direct", "{run}");
    assert_eq!(run["row"]["rows_written"], 3, "{run}");
    dock.turns_picky();
    let run = anna.run(&connection);
    assert_eq!(run["row"]["method"], "airbyte-fallback", "{run}");
    assert_eq!(run["row"]["rows_written"], 3, "{run}");

    let table = anna.table_of(&connection, "ships");
    let ships = hub.rows(
        &anna.tenant,
        &format!("SELECT name FROM {table} ORDER BY id"),
    );
    assert_eq!(ships, ["Elbe", "Weser", "Ems"]);
    assert!(
        !hub.log().contains(dock::PASSWORD),
        "the password is in the log"
    );
}

#[test]
fn a_secret_in_the_address_and_rows_that_land_elsewhere_are_refused_with_their_places() {
    let hub = hub();
    let anna = hub.tenant("Anna");
    let before = names(&anna);
    let in_address = "apis:
  integrations:
    - name: The Dock
      type: rest
      base_url: https://dock.example.com
      authentication: { type: session_token, login_method: GET, login_path: /login, login_basic: { username: ana, secret_name: door }, login_parameters: { pin: \"${secrets.pin}\" }, token_path: session }
      endpoints: [{ name: ships, path: /ships }]
";
    let elsewhere = "apis:
  integrations:
    - name: The Dock
      type: rest
      base_url: https://dock.example.com
      endpoints: [{ name: ships, path: /ships }]
      airbyte_destination: snowflake
";
    for (document, place) in [
        (
            in_address,
            "line 6, column 161: integrations[0].authentication.login_parameters.pin would put a secret into the address",
        ),
        (
            elsewhere,
            "line 7, column 28: integrations[0].airbyte_destination leads elsewhere, and here rows land in PostgreSQL",
        ),
    ] {
        let body = json!({ "document": document });
        let (status, said) = anna.call(Method::POST, "/api/v1/integrations", Some(&body));
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
        let detail = text(&said["errors"][0], "detail");
        assert!(detail.starts_with(place), "{detail}");
        let told = anna.post("/api/v1/integrations/explain", &body);
        assert_eq!(told["mistakes"].as_array().map(Vec::len), Some(1), "{told}");
    }
    assert_eq!(names(&anna), before);

    // Whoever calls an Airbyte without a hub still learns what to tell it.
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("apis.yaml");
    std::fs::write(&file, elsewhere).expect("a document");
    let page = hub.ok(&["explain", "-f", &file.display().to_string()]);
    for words in [
        "destination: {\"destinationType\":\"snowflake\"}",
        "note: The destination is for whoever makes the connection there",
    ] {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
}

#[test]
fn a_secret_that_was_typed_as_its_own_name_is_refused_and_never_repeated() {
    let hub = hub();
    let anna = hub.tenant("Anna");
    let before = names(&anna);
    for key in [
        "sk_live_51HqLyABCabc12345",
        "k3y0d41d8cd98f00b204e9800998ecf8427e",
    ] {
        let api = |lines: &str| {
            format!(
                "apis:
  integrations:
    - name: The Dock
      type: rest
      base_url: https://dock.example.com
      {lines}
      endpoints: [{{ name: ships, path: /ships }}]
"
            )
        };
        let bearer = format!("authentication: {{ type: bearer, secret_name: {key} }}");
        let header = format!("headers: {{ X-Dock: '${{secrets.{key}}}' }}");
        for document in [api(&bearer), api(&header)] {
            let body = json!({ "document": document });
            let told = anna.post("/api/v1/integrations/explain", &body);
            let why = text(&told["mistakes"][0], "message");
            assert!(why.contains("looks like the secret itself"), "{why}");
            assert!(!told.to_string().contains(key), "{told}");
            let (status, said) = anna.call(Method::POST, "/api/v1/integrations", Some(&body));
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
            assert!(!said.to_string().contains(key), "{said}");
        }
    }
    assert_eq!(names(&anna), before);
}

/// The hub of these tests may call this machine, and no other network inside.
#[test]
fn an_address_that_is_not_called_is_a_mistake_before_anybody_connects() {
    let hub = hub();
    let anna = hub.tenant("Anna");
    let before = names(&anna);
    let at = |base_url: &str| {
        let document = format!(
            "apis:
  integrations:
    - name: The Dock
      type: rest
      base_url: {base_url}
      endpoints: [{{ name: ships, path: /ships }}]
"
        );
        json!({ "document": document })
    };
    for inside in ["https://169.254.169.254/latest", "https://10.0.0.8/v1"] {
        let told = anna.post("/api/v1/integrations/explain", &at(inside));
        assert_eq!(told["mistakes"][0]["place"], json!([5, 17]), "{told}");
        let why = text(&told["mistakes"][0], "message");
        assert!(why.contains("in a private or reserved network"), "{why}");
        let (status, said) = anna.call(Method::POST, "/api/v1/integrations", Some(&at(inside)));
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
    }
    assert_eq!(names(&anna), before);
    let told = anna.post("/api/v1/integrations/explain", &at("http://127.0.0.1:9/v1"));
    assert_eq!(told["integrations"][0]["name"], "The Dock", "{told}");
}

#[test]
fn nobody_else_sees_uses_or_removes_it() {
    let hub = hub();
    let (anna, ben) = (hub.tenant("Anna"), hub.tenant("Ben"));
    let shop = SourceDatabase::create("CREATE TABLE orders (id int)");
    let text_of = document(
        "https://harbour.example.com",
        &shop.configuration(),
        "ships",
    );
    let slug = text(&apply(&anna, &text_of)[0], "slug").to_owned();

    assert!(!names(&ben).contains(&"The Harbour".to_owned()));
    let at = format!("/api/v1/integrations/{slug}");
    let connect =
        json!({ "integration": slug, "name": "Mine", "configuration": { "harbour_token": "x" } });
    for (method, path, body) in [
        (Method::DELETE, at.as_str(), None),
        (Method::POST, "/api/v1/connections", Some(&connect)),
    ] {
        let (status, said) = ben.call(method, path, body);
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}: {said}");
    }
    // His own of the same name is another one.
    let his = apply(&ben, &text_of);
    assert_eq!(his[0]["outcome"], "added");
    assert_ne!(text(&his[0], "slug"), slug);

    let (status, _) = anna.call(Method::DELETE, &at, None);
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert!(!names(&anna).contains(&"The Harbour".to_owned()));
    assert!(names(&ben).contains(&"The Harbour".to_owned()));
}

#[test]
fn a_document_with_mistakes_changes_nothing_and_says_where() {
    let hub = hub();
    let anna = hub.tenant("Anna");
    let before = names(&anna);
    let wrong = "apis:\n  integrations:\n    - { name: A, type: rest, base_url: 'https://a.example.com', endpoints: [{ name: a, path: /a }] }\n    - { name: B, type: rest }\n";
    let (status, said) = anna.call(
        Method::POST,
        "/api/v1/integrations",
        Some(&json!({ "document": wrong })),
    );
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
    assert!(
        said["errors"][0]["detail"]
            .as_str()
            .is_some_and(|detail| detail.starts_with("line 4, column ")),
        "{said}"
    );
    assert_eq!(names(&anna), before);

    let told = anna.post(
        "/api/v1/integrations/explain",
        &json!({ "document": wrong }),
    );
    assert_eq!(told["mistakes"][0]["place"][0], 4, "{told}");
    let huge = "#".repeat(300 * 1024);
    let (status, _) = anna.call(
        Method::POST,
        "/api/v1/integrations",
        Some(&json!({ "document": huge })),
    );
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}
