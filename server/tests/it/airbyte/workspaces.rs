//! Workspaces at an Airbyte elsewhere: each tenant's own, never somebody else's; or the one that its licence allows.

use reqwest::Method;
use serde_json::Value;

use super::{
    scene::settings,
    standin::{Platform, Trouble},
};
use crate::harness::{Hub, Person, Setting, SourceDatabase, eventually, text};

fn hub_with(platform: &Platform, more: &[Setting]) -> Hub {
    let mut settings = settings(platform);
    settings.extend_from_slice(more);
    Hub::start_with(&settings)
}

fn shop() -> SourceDatabase {
    SourceDatabase::create(
        "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1)",
    )
}

/// Makes a tenant and does not wait for it; answers its id.
fn tenant(hub: &Hub, name: &str) -> String {
    let owner = format!("{}@example.com", name.to_lowercase());
    let made = hub.ok(&["tenant", "create", "--name", name, "--owner-email", &owner]);
    let made: Value = serde_json::from_str(&made).expect("JSON");
    text(&made, "tenant_id").to_owned()
}

/// How far the newest tenant is: its state, and how making its workspace went.
fn newest(hub: &Hub) -> (String, String) {
    let rows = hub.control(
        "SELECT t.state, s.state, s.detail
         FROM provision_steps s JOIN tenants t ON t.id = s.tenant_id
         WHERE s.name = 'workspace'
         ORDER BY t.created_at DESC
         LIMIT 1",
    );
    let (state, step) = rows[0].split_once('|').expect("three columns");
    (state.to_owned(), step.to_owned())
}

fn deleted(hub: &Hub, operator: &Person, tenant: &str, name: &str) {
    let answer = operator.call("admin/delete_tenant", &[("tenant", tenant), ("name", name)]);
    let taken = answer.status.is_success() || answer.status.is_redirection();
    assert!(taken, "{answer:?}");
    eventually("the tenant is deleted", || {
        let left = hub.control("SELECT count(*) FROM tenants WHERE state = 'deleting'");
        (left == ["0"]).then_some(())
    });
}

#[test]
fn a_workspace_of_the_same_name_that_is_somebody_else_s_is_left_alone() {
    let platform = Platform::start();
    let hub = hub_with(&platform, &[]);
    let operator = Person::operating(&hub);
    platform.trouble(
        Method::GET,
        "/v1/workspaces",
        Trouble::Status(503),
        usize::MAX,
    );
    let anna = tenant(&hub, "Anna");
    let name = anna.trim_start_matches("ten_").to_owned();
    platform.workspace_of_others(&name);
    platform.relent();
    eventually("Anna's workspace is ready", || {
        (newest(&hub).0 == "active").then_some(())
    });
    let both = platform.names("workspaces");
    assert_eq!(
        both,
        [name.as_str(), name.as_str()],
        "one of its own beside it"
    );

    deleted(&hub, &operator, &anna, "Anna");
    assert_eq!(platform.names("workspaces"), [name]);
    assert_eq!(platform.names("sources"), ["Somebody else's"]);
}

#[test]
fn a_workspace_that_was_given_stays_even_when_the_setting_has_gone() {
    let platform = Platform::start();
    let only = platform.workspace_of_others("The company");
    let mut hub = hub_with(&platform, &[("AIRBYTE_WORKSPACE_ID", only)]);
    let anna = hub.tenant("Anna");
    let shop = shop();
    let (_, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    assert!(hub.stop());
    hub.unset("AIRBYTE_WORKSPACE_ID");
    hub.launch();
    deleted(&hub, &Person::operating(&hub), &anna.tenant, "Anna");
    assert_eq!(platform.names("workspaces"), ["The company"]);
    assert_eq!(platform.names("sources"), ["Somebody else's"]);
}

#[test]
fn where_the_licence_allows_one_workspace_one_tenant_works_in_it() {
    let platform = Platform::with_one_workspace();
    let only = platform.workspace_of_others("The company");
    let hub = hub_with(&platform, &[("AIRBYTE_WORKSPACE_ID", only.clone())]);
    let operator = Person::operating(&hub);
    let doctor = String::from_utf8(hub.cli(&["doctor"], "").stdout).expect("text");
    let page = operator.get("/admin/health").text;
    for told in [&doctor, &page] {
        assert!(
            told.contains(&format!("workspace {only} for one tenant")),
            "{told}"
        );
    }
    eventually("the log of the start tells, too", || {
        hub.log()
            .contains(&format!("workspace {only} for one tenant"))
            .then_some(())
    });

    let anna = hub.tenant("Anna");
    let shop = shop();
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(platform.count("sources"), 2);

    let ben = tenant(&hub, "Ben");
    let (_, why) = eventually("Ben's workspace is refused", || {
        let now = newest(&hub);
        (now.0 == "failed").then_some(now)
    });
    assert!(
        why.contains("has one workspace") && why.contains("AIRBYTE_WORKSPACE_ID"),
        "{why}"
    );

    deleted(&hub, &operator, &ben, "Ben");
    assert_eq!(
        platform.count("sources"),
        2,
        "Ben's end takes nothing of Anna's"
    );
    deleted(&hub, &operator, &anna.tenant, "Anna");
    assert_eq!(platform.names("workspaces"), ["The company"]);
    assert_eq!(platform.names("sources"), ["Somebody else's"]);
    assert_eq!(platform.count("connections"), 0);
    assert_eq!(platform.count("destinations"), 0);
}
