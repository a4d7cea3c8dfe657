//! Grants from before a Salesforce account was the organisation: they are taken over, so that a colleague may sign in again.

use hub::connections::{self, Target};

use crate::world::{World, sql};

const MIGRATION: &str =
    include_str!("../../../../../migrations/control/0055_salesforce_organisations.sql");

/// A connection, and what was once kept of its sign-in.
async fn grant(world: &World, name: &str, provider: &str, account: (&str, &str)) {
    let target = Target::New {
        slug: "postgresql".to_owned(),
        name: name.to_owned(),
    };
    connections::save_draft(&world.hub, &world.anna.scope, target, &[])
        .await
        .unwrap();
    let (id, called) = account;
    let kept = format!(
        "INSERT INTO oauth_grants (tenant_id, connection_id, provider, own_client, account_id, account_name, state, granted_at)
         SELECT tenant_id, id, '{provider}', false, '{id}', '{called}', 'active', now() FROM connections WHERE name = '{name}'"
    );
    sql(world.control(), &kept).await;
}

/// What the engine once kept of a sign-in by its own API.
async fn engine_grant(world: &World, client: &str, provider: &str, account: &str) {
    let kept = format!(
        "INSERT INTO engine.oauth_grants (id, workspace_id, source_type, provider, client_id, account_id, sealed, open_until)
         VALUES (gen_random_uuid(), gen_random_uuid(), '{provider}', '{provider}', '{client}', '{account}', '', now())"
    );
    sql(world.control(), &kept).await;
}

async fn is_in_engine(world: &World, client: &str, id: &str) -> bool {
    let same = format!(
        "SELECT count(*)
         FROM engine.oauth_grants
         WHERE client_id = '{client}'
           AND account_id IS NOT DISTINCT FROM {id}"
    );
    world.control_count(&same).await == 1
}

async fn is(world: &World, name: &str, id: &str, called: &str) -> bool {
    let same = format!(
        "SELECT count(*)
         FROM oauth_grants
         JOIN connections ON connections.id = oauth_grants.connection_id
         WHERE name = '{name}'
           AND account_id IS NOT DISTINCT FROM {id}
           AND account_name IS NOT DISTINCT FROM {called}"
    );
    world.control_count(&same).await == 1
}

#[tokio::test]
async fn accounts_that_named_a_person_or_a_data_centre_are_taken_over() {
    let world = World::new().await;
    let acme = "https://acme.my.salesforce.com";
    let person = "https://login.salesforce.com/id/00Dx0000000BV7z/005x00000012Q9P";
    grant(&world, "Ours", "salesforce", (person, acme)).await;
    grant(
        &world,
        "Known by now",
        "salesforce",
        ("00Dx0000000CW8y", acme),
    )
    .await;
    let own = ("anna@example.com", "Anna");
    grant(&world, "As described here", "salesforce", own).await;
    let centre = "https://www.zohoapis.com";
    grant(&world, "Zoho", "zoho", (centre, centre)).await;
    grant(&world, "Pipedrive", "pipedrive", (acme, acme)).await;
    engine_grant(&world, "client-1", "salesforce", person).await;
    engine_grant(&world, "client-2", "salesforce", own.0).await;
    engine_grant(&world, "client-3", "zoho", centre).await;

    // As the role that migrates: the wall between tenants stands for it, too.
    let migrates = format!("SET ROLE hub_owner; BEGIN; {MIGRATION} COMMIT");
    sql(world.control(), &migrates).await;
    let acme = format!("'{acme}'");
    let organisation = "'00Dx0000000BV7z'";
    assert!(is(&world, "Ours", organisation, &acme).await);
    assert!(is(&world, "Known by now", "'00Dx0000000CW8y'", &acme).await);
    assert!(is(&world, "As described here", "'anna@example.com'", "'Anna'").await);
    assert!(is(&world, "Zoho", "NULL", "NULL").await);
    assert!(is(&world, "Pipedrive", &acme, &acme).await);
    assert!(is_in_engine(&world, "client-1", organisation).await);
    assert!(is_in_engine(&world, "client-2", "'anna@example.com'").await);
    assert!(is_in_engine(&world, "client-3", "NULL").await);
    world.end().await;
}
