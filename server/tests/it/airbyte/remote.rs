//! With one setting the same journey runs on an Airbyte elsewhere.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    scene::{hub_with, settings},
    standin::Platform,
};
use crate::harness::{Api, Hub, Person, SourceDatabase, eventually, text};

#[test]
fn connect_see_rows_and_sync_through_an_airbyte_elsewhere() {
    let platform = Platform::watched();
    let hub = hub_with(&platform);
    let shop = SourceDatabase::create(
        "CREATE TABLE orders (id int PRIMARY KEY, item text); INSERT INTO orders SELECT n, 'lamp' FROM generate_series(1, 300) n",
    );
    let anna = hub.tenant("Anna");

    let mut wrong = shop.configuration();
    wrong["password"] = json!("not this one");
    let (_, refused) = anna.connect("postgresql", "Shop", &wrong);
    assert_eq!(refused["state"], "failed", "{refused}");
    assert_eq!(
        refused["steps"][0]["name"], "Checked by Airbyte",
        "{refused}"
    );

    let (connection, test) = anna.connect("postgresql", "Shop again", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    assert_eq!(test["streams"], 1, "{test}");

    let before = look(&anna, &connection);
    assert!(
        before["streams"][0]["problem"]
            .as_str()
            .is_some_and(|why| why.contains("after the first sync")),
        "{before}"
    );

    // This hub reads the source itself first; then once as if it could not.
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["row"]["method"], "direct", "{run}");
    let directly = orders(&hub, &anna, &connection);
    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["row"]["method"], "airbyte-fallback", "{run}");
    assert_eq!(
        orders(&hub, &anna, &connection),
        directly,
        "both bring the same rows"
    );
    let receipt = &run["streams"][0];
    assert_eq!(receipt["rows_written"], 300, "{run}");
    assert_eq!(receipt["table_rows"], 300, "{run}");
    let table = anna.table_of(&connection, "orders");
    assert_eq!(
        hub.rows(&anna.tenant, &format!("SELECT count(*) FROM {table}")),
        ["300"]
    );

    let after = look(&anna, &connection);
    assert_eq!(
        after["streams"][0]["columns"].as_array().map(Vec::len),
        Some(2),
        "{after}"
    );
    let health = String::from_utf8(hub.cli(&["doctor"], "").stdout).expect("text");
    assert!(
        health.contains(&platform.url) && health.contains("sources"),
        "{health}"
    );
    let violations = platform.violations();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// All orders without what loading adds, as one hash.
fn orders(hub: &Hub, api: &Api, connection: &str) -> Vec<String> {
    let table = api.table_of(connection, "orders");
    let query = format!("SELECT md5(string_agg(id || ' ' || item, '|' ORDER BY id)) FROM {table}");
    hub.rows(&api.tenant, &query)
}

#[test]
fn an_airbyte_elsewhere_is_not_sent_where_this_hub_may_not_go() {
    let platform = Platform::start();
    let hub = Hub::start_closed_with(&settings(&platform));
    let anna = hub.tenant("Anna");
    for (host, tunnel) in [
        ("169.254.169.254", None),
        ("2130706433", None),
        ("localhost", None),
        ("93.184.216.34", Some("10.0.0.8")),
    ] {
        let tunnel = match tunnel {
            None => json!({ "tunnel_method": "NO_TUNNEL" }),
            Some(host) => json!({
                "tunnel_method": "SSH_PASSWORD_AUTH", "tunnel_host": host, "tunnel_port": 22,
                "tunnel_user": "anna", "tunnel_user_password": "secret",
            }),
        };
        let settings = json!({
            "host": host, "port": 5432, "database": "shop", "username": "reader", "password": "secret",
            "ssl_mode": { "mode": "disable" }, "tunnel_method": tunnel,
        });
        let (_, test) = anna.connect("postgresql", &format!("Shop at {host}"), &settings);
        assert_eq!(test["state"], "failed", "{host}: {test}");
        let problem = text(&test, "problem");
        assert!(
            problem.contains("a private or reserved network"),
            "{host}: {problem}"
        );
    }
    assert_eq!(platform.calls("sources/check_connection"), 0);
    // What is asked at any time is whether it signs people in.
    let posts = platform.calls("POST /api/public/v1/sources");
    assert_eq!(posts, platform.calls("/sources/initiateOAuth"));
}

fn look(api: &Api, connection: &str) -> Value {
    let started = api.post(
        &format!("/api/v1/connections/{connection}/samples"),
        &json!({}),
    );
    let id = text(&started, "sample").to_owned();
    crate::harness::eventually("the look is over", || {
        let sample = api.get(&format!("/api/v1/samples/{id}"));
        ["passed", "failed"]
            .contains(&text(&sample, "state"))
            .then_some(sample)
    })
}

#[test]
fn half_a_set_of_credentials_and_those_of_others_are_refused_at_start() {
    let hub = Hub::start();
    for (name, value) in [
        ("AIRBYTE_CLIENT_ID", "id"),
        ("AIRBYTE_API_KEY", "key without an address"),
        ("AIRBYTE_BASE_URL", "airbyte.example.com"),
    ] {
        let refused = hub.cli_with(&[(name, value)], &["doctor"]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(
            !refused.status.success() && said.contains("AIRBYTE_"),
            "{name}: {said}"
        );
        assert!(!said.contains("without an address"), "{said}");
    }
    let refused = hub.cli_with(&[("PGPASSWORD", "of somebody else's")], &["doctor"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("Unset it"),
        "{said}"
    );
    assert!(!said.contains("somebody"), "{said}");
}

/// One source as programs see it.
fn source(api: &Api, slug: &str) -> Value {
    let sources = api.get("/api/airbyte/sources");
    let all = sources.as_array().expect("sources");
    let found = all.iter().find(|source| source["slug"] == slug);
    found.unwrap_or_else(|| panic!("{slug} is gone")).clone()
}

#[test]
fn what_an_airbyte_elsewhere_lacks_is_told_before_anybody_tries() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    assert_eq!(source(&anna, "postgresql")["availability"], "ready");
    let snowflake = source(&anna, "snowflake");
    assert_eq!(snowflake["availability"], "unavailable", "{snowflake}");
    let why = "This Airbyte does not offer Snowflake.";
    assert_eq!(snowflake["runs"]["nowhere"]["why"], why, "{snowflake}");

    let (status, refused) = anna.call(
        Method::POST,
        "/api/v1/connections",
        Some(&json!({ "integration": "snowflake", "name": "Shop", "configuration": {} })),
    );
    assert_eq!(status, StatusCode::CONFLICT, "{refused}");
    assert!(text(&refused, "detail").starts_with(why), "{refused}");
}

#[test]
fn an_airbyte_that_does_not_tell_what_it_runs_changes_nothing() {
    let platform = Platform::keeping_its_list();
    // Without any workspace there, nothing could be told at the start.
    platform.workspace_of_others("The company");
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    for slug in ["postgresql", "mysql", "stripe"] {
        let told = source(&anna, slug);
        assert_eq!(told["availability"], "ready", "{told}");
    }
    assert_eq!(source(&anna, "heap")["availability"], "unavailable");
    let doctor = String::from_utf8(hub.cli(&["doctor"], "").stdout).expect("text");
    let page = Person::operating(&hub).get("/admin/health").text;
    for told in [&doctor, &page] {
        assert!(told.contains("public list"), "{told}");
    }
    eventually("the log of the start tells, too", || {
        hub.log().contains("public list").then_some(())
    });

    // What a connector asks for is read from the public list then.
    let shop = SourceDatabase::create("CREATE TABLE orders (id int PRIMARY KEY)");
    let (_, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
}

#[test]
fn what_only_that_airbyte_knows_is_found_connected_and_synced() {
    let platform = Platform::watched();
    let hub = hub_with(&platform);
    let register = SourceDatabase::create(
        "CREATE TABLE ships (id int PRIMARY KEY, name text); INSERT INTO ships VALUES (1, 'Elbe'), (2, 'Weser')",
    );
    let anna = hub.tenant("Anna");
    let sources = anna.get("/api/airbyte/sources");
    let others: Vec<&Value> = sources
        .as_array()
        .expect("sources")
        .iter()
        .filter(|source| source["category"] == "others")
        .collect();
    let [harbour] = others.as_slice() else {
        panic!("one is not in the catalogue: {others:?}");
    };
    assert_eq!(harbour["name"], "Harbour Register");
    assert_eq!(harbour["availability"], "ready", "{harbour}");
    assert_eq!(harbour["effort"], "", "nobody has measured it: {harbour}");

    let slug = text(harbour, "slug");
    let (connection, test) = anna.connect(slug, "Ships", &register.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    assert_eq!(anna.run(&connection)["row"]["state"], "succeeded");
    let table = anna.table_of(&connection, "ships");
    assert_eq!(
        hub.rows(
            &anna.tenant,
            &format!("SELECT name FROM {table} ORDER BY id")
        ),
        ["Elbe", "Weser"]
    );
    let listed = anna.get("/api/v1/connections");
    assert_eq!(
        listed["items"][0]["integration_name"], "Harbour Register",
        "{listed}"
    );

    // By Airbyte's name of the connector, too.
    let created = anna.post(
        "/api/airbyte/sources/create",
        &json!({
            "tenantId": anna.tenant, "sourceType": "harbour-register", "name": "Ships again",
            "configuration": register.configuration(),
        }),
    );
    assert_eq!(created["test"]["state"], "passed", "{created}");
    let violations = platform.violations();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn a_licence_for_one_workspace_is_found_out_before_a_tenant_is_let_in() {
    let platform = Platform::with_one_workspace();
    let told = |platform: &Platform| {
        let hub = hub_with(platform);
        String::from_utf8(hub.cli(&["doctor"], "").stdout).expect("text")
    };
    let refused = told(&platform);
    assert!(refused.contains("no further workspace"), "{refused}");

    let platform = Platform::start();
    let before = platform.names("workspaces");
    let allowed = told(&platform);
    assert!(!allowed.contains("no further workspace"), "{allowed}");
    assert_eq!(
        platform.names("workspaces"),
        before,
        "what the probe made is gone"
    );
}
