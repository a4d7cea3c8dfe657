//! A destination at an Airbyte elsewhere that the operator names: used as it is, for the one tenant of the one workspace.

use serde_json::json;

use super::{
    client::POSTGRES_DESTINATION,
    scene::{settings, shop},
    standin::Platform,
};
use crate::harness::{Hub, Person, eventually, text};

/// The company's workspace and its own destination, which leads nowhere yet.
fn company(platform: &Platform) -> (String, String) {
    let workspace = platform.workspace_of_others("The company");
    let destination = platform.make(
        "destinations",
        &json!({
            "name": "Warehouse", "workspaceId": workspace, "definitionId": POSTGRES_DESTINATION,
            "configuration": {
                "host": "127.0.0.1", "port": 1, "database": "warehouse", "schema": "public",
                "username": "warehouse", "password": "of the warehouse", "ssl_mode": { "mode": "disable" },
            },
        }),
    );
    let id = text(&destination, "destinationId").to_owned();
    (workspace, id)
}

fn hub_on(platform: &Platform, (workspace, destination): (&str, &str)) -> Hub {
    let mut settings = settings(platform);
    settings.push(("AIRBYTE_WORKSPACE_ID", workspace.to_owned()));
    settings.push(("AIRBYTE_DESTINATION_ID", destination.to_owned()));
    Hub::start_with(&settings)
}

/// What the step of the destination says.
fn step(hub: &Hub) -> String {
    let rows = hub.control("SELECT detail FROM provision_steps WHERE name = 'destination'");
    rows.concat()
}

#[test]
fn a_destination_that_was_given_is_used_as_it_is() {
    let platform = Platform::start();
    let (workspace, destination) = company(&platform);
    let hub = hub_on(&platform, (&workspace, &destination));
    let anna = hub.tenant("Anna");
    let why = step(&hub);
    assert!(why.contains("warehouse at 127.0.0.1:1"), "{why}");
    let shop = shop();
    let (connection, test) = anna.connect("postgresql", "Shop", &shop.configuration());
    assert_eq!(test["state"], "passed", "{test}");
    assert_eq!(anna.run(&connection)["row"]["method"], "direct");

    // One thing after the other is told, until it can be used.
    let schema = format!("t_{}", anna.tenant.trim_start_matches("ten_"));
    let place = json!({ "port": hub.port().parse::<u16>().expect("a number"), "database": "tributary_data" });
    for (settings, told) in [
        (place, format!("Set its default schema to {schema}.")),
        (
            json!({ "schema": schema }),
            format!("GRANT {schema}_load TO \"warehouse\""),
        ),
    ] {
        platform.change(
            "destinations",
            &destination,
            &json!({ "configuration": settings }),
        );
        let run = anna.rehearse(&connection);
        let why = text(&run["row"], "problem");
        assert!(why.contains(&told), "{run}");
        assert!(step(&hub).contains(&told));
    }
    hub.rows(
        &anna.tenant,
        &format!(
            "CREATE ROLE warehouse LOGIN PASSWORD 'of the warehouse';
             GRANT CONNECT ON DATABASE tributary_data TO warehouse;
             GRANT {schema}_load TO warehouse;
             ALTER ROLE warehouse IN DATABASE tributary_data SET role = {schema}_load"
        ),
    );
    let before = platform.all("destinations");
    let run = anna.rehearse(&connection);
    assert_eq!(run["row"]["state"], "succeeded", "{run}");
    assert_eq!(run["streams"][0]["table_rows"], 30, "{run}");
    assert_eq!(
        anna.run(&connection)["row"]["method"],
        "direct",
        "both ways fill one table"
    );
    assert_eq!(platform.all("destinations"), before, "it was not changed");
    assert!(step(&hub).ends_with("Airbyte reaches it."));

    let operator = Person::operating(&hub);
    let answer = operator.call(
        "admin/delete_tenant",
        &[("tenant", &anna.tenant), ("name", "Anna")],
    );
    assert!(
        answer.status.is_success() || answer.status.is_redirection(),
        "{answer:?}"
    );
    eventually("the tenant is deleted", || {
        let left = hub.control("SELECT count(*) FROM tenants WHERE state = 'deleting'");
        (left == ["0"]).then_some(())
    });
    assert_eq!(platform.names("destinations"), ["Warehouse"]);
}

#[test]
fn a_destination_of_another_workspace_is_refused_in_words() {
    let platform = Platform::start();
    let (_, destination) = company(&platform);
    let other = platform.workspace_of_others("Another company");
    let hub = hub_on(&platform, (&other, &destination));
    let told = "is no destination of the workspace";
    let owner = "anna@example.com";
    hub.ok(&["tenant", "create", "--name", "Anna", "--owner-email", owner]);
    eventually("the tenant's preparation says why", || {
        step(&hub).contains(told).then_some(())
    });
    let operator = Person::operating(&hub);
    for words in [hub.ok(&["doctor"]), operator.get("/admin/health").text] {
        assert!(words.contains(told), "{words}");
    }
}
