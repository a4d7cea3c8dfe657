//! What whoever sets up a hub learns about its Airbyte elsewhere before anybody waits for a sync.

use reqwest::Method;

use super::{
    scene::{hub_with, settings, shop},
    standin::{Platform, Trouble},
};
use crate::harness::{Hub, Person, eventually, text};

/// State of the tenant, and what the step of its destination says.
fn destination(hub: &Hub) -> Option<(String, String)> {
    let rows = hub.control(
        "SELECT t.state, s.detail FROM provision_steps s JOIN tenants t ON t.id = s.tenant_id
         WHERE s.name = 'destination'",
    );
    let (state, detail) = rows.first()?.split_once('|')?;
    Some((state.to_owned(), detail.to_owned()))
}

#[test]
fn a_tenant_database_that_airbyte_does_not_reach_is_told_before_the_first_sync() {
    let platform = Platform::start();
    let mut settings = settings(&platform);
    let nowhere = "postgres://127.0.0.1:1/tributary_data".to_owned();
    settings.push(("TENANT_DATABASE_EXTERNAL_URL", nowhere));
    let mut hub = Hub::start_with(&settings);
    let mut anna = hub.tenant("Anna");
    let (state, why) = destination(&hub).expect("a step");
    assert_eq!(state, "active", "{why}");
    for words in [
        "127.0.0.1:1",
        "Message: Connection to 127.0.0.1:1 refused.",
        "TENANT_DATABASE_EXTERNAL_URL",
        "rows come the direct way only",
    ] {
        assert!(why.contains(words), "{why}");
    }
    let shop = shop();
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    assert_eq!(platform.count("jobs"), 0);

    // The new address is told to that Airbyte before it is used.
    hub.stop();
    hub.unset("TENANT_DATABASE_EXTERNAL_URL");
    hub.launch();
    anna.moved_to(&hub.url);
    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    let (_, how) = destination(&hub).expect("a step");
    assert!(how.ends_with("Airbyte reaches it."), "{how}");
    assert_eq!(platform.count("destinations"), 1);
}

#[test]
fn where_airbyte_does_not_reach_the_tables_the_direct_way_works() {
    let platform = Platform::start();
    let refusal =
        r#"{"status": "failed", "message": "No route to host.", "jobInfo": {"succeeded": true}}"#;
    platform.trouble(
        Method::POST,
        "destinations/check_connection",
        Trouble::Answer(refusal),
        usize::MAX,
    );
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let operator = Person::operating(&hub);
    let steps = format!("/admin/tenants/{}", anna.tenant);
    for told in [
        hub.ok(&["doctor"]),
        operator.get("/admin/health").text,
        operator.get(&steps).text,
    ] {
        assert!(told.contains("No route to host."), "{told}");
    }
    let shop = shop();
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.run(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["row"]["method"], "direct", "{run}");
    assert_eq!(run["streams"][0]["table_rows"], 30, "{run}");

    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "failed", "{run}");
    let why = text(&run["row"], "problem");
    assert!(why.contains("No route to host."), "{why}");
    assert_eq!(platform.count("jobs"), 0);

    platform.relent();
    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    let told = hub.ok(&["doctor"]);
    assert!(!told.contains("No route to host."), "{told}");
}

#[test]
fn where_nobody_may_ask_the_first_sync_tells_whether_the_tables_are_reached() {
    let platform = Platform::keeping_its_list();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let (_, how) = destination(&hub).expect("a step");
    assert!(how.contains("the first sync will"), "{how}");
    let shop = shop();
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
}

#[test]
fn rows_land_in_the_schema_of_their_tenant() {
    let platform = Platform::start();
    let hub = hub_with(&platform);
    let anna = hub.tenant("Anna");
    let shop = shop();
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    let schema = format!("t_{}", anna.tenant.trim_start_matches("ten_"));
    let destinations = platform.all("destinations");
    assert_eq!(destinations[0]["configuration"]["schema"], schema.as_str());
    // The destination's schema, whatever the source calls its own; and a prefix for the connection.
    let there = &platform.all("connections")[0];
    assert_eq!(there["namespaceDefinition"], "destination", "{there}");
    let table = anna.table_of(&connection, "orders");
    let prefix = text(there, "prefix");
    assert_eq!(table, format!("{prefix}orders"), "{there}");
}

#[test]
fn what_only_a_workspace_tells_is_not_known_yet_and_found_out_with_the_first_one() {
    let platform = Platform::signing_nobody_in();
    let hub = hub_with(&platform);
    let operator = Person::operating(&hub);
    let not_yet = "Not known yet: what it can run, and whether it signs people in";
    eventually("the start tells what is not known", || {
        hub.log().contains(not_yet).then_some(())
    });
    let signs_in = "signs nobody in at providers";
    for told in [hub.ok(&["doctor"]), operator.get("/admin/health").text] {
        assert!(told.contains(not_yet), "{told}");
        assert!(!told.contains(signs_in), "{told}");
    }
    hub.tenant("Anna");
    eventually("it is found out by itself", || {
        hub.log().contains(signs_in).then_some(())
    });
    for told in [hub.ok(&["doctor"]), operator.get("/admin/health").text] {
        assert!(told.contains(signs_in) && !told.contains(not_yet), "{told}");
    }
}
