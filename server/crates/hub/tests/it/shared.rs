//! Giving back waits for everybody who may live by what would end: by the same account, or by the very same token.

use hub::connections;
use model::{ConnectionId, ConsentOutcome, Progress};

use crate::{
    consent::{back, leave, new, world, world_of},
    provider::Provider,
    world::{World, server_password, sql, until},
};

/// Signs in for a new connection as somebody, or as nobody knows who; how its test ends.
async fn signed_in_as(
    world: &World,
    provider: &Provider,
    name: &str,
    account: &str,
) -> (ConnectionId, Progress) {
    let (_, url) = leave(world, &new(name)).await;
    let landing = back(world, &provider.allow(&url, account)).await.unwrap();
    let ConsentOutcome::Tested { connection, test } = landing.outcome else {
        panic!("{landing:?}")
    };
    (connection, world.wait_for_test(test).await.state)
}

async fn connected(world: &World, provider: &Provider, name: &str, account: &str) -> ConnectionId {
    let (connection, state) = signed_in_as(world, provider, name, account).await;
    assert_eq!(state, Progress::Passed);
    connection
}

/// A sign-in that waits: its test has failed and may be repeated.
async fn waiting(world: &World, provider: &Provider, name: &str, account: &str) -> ConnectionId {
    let gives = |token: &str| token.clone_into(&mut provider.memory.lock().unwrap().password);
    gives("of no use");
    let (connection, state) = signed_in_as(world, provider, name, account).await;
    gives(&server_password());
    assert_eq!(state, Progress::Failed);
    connection
}

/// Removes a connection; how many grants were given back until it was gone.
async fn removed(world: &World, provider: &Provider, id: ConnectionId, name: &str) -> usize {
    let all = "SELECT count(*) FROM connections";
    let before = world.control_count(all).await;
    connections::remove(&world.hub, &world.anna.scope, id, name)
        .await
        .unwrap();
    until("it is gone", || async {
        (world.control_count(all).await < before).then_some(())
    })
    .await;
    provider.memory.lock().unwrap().given_back.len()
}

#[tokio::test]
async fn an_account_that_nobody_knows_may_be_the_same() {
    let (world, provider) = world().await;
    let shop = connected(&world, &provider, "Shop", "anna@example.com").await;
    let branch = connected(&world, &provider, "Branch", "").await;
    assert_eq!(
        removed(&world, &provider, branch, "Branch").await,
        0,
        "it may have been Anna's, which the shop lives by"
    );
    let quay = connected(&world, &provider, "Quay", "").await;
    assert_eq!(
        removed(&world, &provider, shop, "Shop").await,
        0,
        "the quay may live by Anna's"
    );
    assert_eq!(removed(&world, &provider, quay, "Quay").await, 1);
    world.end().await;
}

#[tokio::test]
async fn a_sign_in_that_waits_for_its_test_may_be_of_the_same_account() {
    let (world, provider) = world().await;
    let shop = connected(&world, &provider, "Shop", "anna@example.com").await;
    let second = waiting(&world, &provider, "Second", "anna@example.com").await;
    assert_eq!(
        removed(&world, &provider, shop, "Shop").await,
        0,
        "the second would be left with nothing to test"
    );
    assert_eq!(
        removed(&world, &provider, second, "Second").await,
        1,
        "its own sign-in keeps nothing"
    );
    world.end().await;
}

/// What is told of the sign-in that waits, in clear.
async fn tell(world: &World, provider: &str, account: &str, own_client: &str) {
    let told = format!(
        "UPDATE connection_tests
         SET granted_provider = {provider}, granted_account = {account}, granted_own_client = {own_client}
         WHERE granted IS NOT NULL"
    );
    sql(world.control(), &told).await;
}

#[tokio::test]
async fn only_a_sign_in_that_may_be_of_the_same_account_holds_another_up() {
    let (world, provider) = world().await;
    waiting(&world, &provider, "Second", "ben@example.com").await;
    let shop = connected(&world, &provider, "Shop", "anna@example.com").await;
    assert_eq!(
        removed(&world, &provider, shop, "Shop").await,
        1,
        "it is Ben's that waits"
    );

    tell(&world, "'elsewhere'", "'anna@example.com'", "false").await;
    let quay = connected(&world, &provider, "Quay", "anna@example.com").await;
    assert_eq!(
        removed(&world, &provider, quay, "Quay").await,
        2,
        "it waits at another provider"
    );

    // Its tool was signed in for elsewhere before.
    sql(
        world.control(),
        "UPDATE connections SET integration = 'mysql' WHERE name = 'Second';
         INSERT INTO oauth_grants (tenant_id, connection_id, provider, own_client, state, granted_at)
         SELECT tenant_id, id, 'elsewhere', false, 'active', now() FROM connections WHERE name = 'Second'",
    )
    .await;
    tell(&world, "'local'", "'anna@example.com'", "false").await;
    let dock = connected(&world, &provider, "Dock", "anna@example.com").await;
    assert_eq!(
        removed(&world, &provider, dock, "Dock").await,
        2,
        "where it waits counts, and not where others were"
    );

    tell(&world, "NULL", "NULL", "NULL").await;
    let pier = connected(&world, &provider, "Pier", "anna@example.com").await;
    assert_eq!(
        removed(&world, &provider, pier, "Pier").await,
        2,
        "of one from before nobody knows whose it is"
    );
    world.end().await;
}

/// A sign-in ends alone there, and everybody is given the same token whenever they sign in.
fn gives_one_token(provider: &Provider) -> String {
    let described = provider.described();
    let described = described.replace(", whole_account = true", "");
    described.replace("renewal = 'hub'", "renewal = 'never'")
}

#[tokio::test]
async fn a_token_that_another_connection_lives_by_too_is_not_given_back() {
    let (world, provider) = world_of(gives_one_token).await;
    let shop = connected(&world, &provider, "Shop", "anna@example.com").await;
    let branch = connected(&world, &provider, "Branch", "anna@example.com").await;
    assert_eq!(
        removed(&world, &provider, shop, "Shop").await,
        0,
        "the branch lives by the same token"
    );
    world.at_source("DROP TABLE orders").await;
    let (second, state) = signed_in_as(&world, &provider, "Second", "anna@example.com").await;
    assert_eq!(state, Progress::Failed);
    assert_eq!(
        removed(&world, &provider, branch, "Branch").await,
        0,
        "the second would be left with nothing to test"
    );
    assert_eq!(removed(&world, &provider, second, "Second").await, 1);
    let given_back = provider.memory.lock().unwrap().given_back.clone();
    assert_eq!(given_back, [server_password()]);
    world.end().await;
}

#[tokio::test]
async fn another_token_of_the_same_account_is_given_back() {
    let (world, provider) = world_of(gives_one_token).await;
    let shop = connected(&world, &provider, "Shop", "anna@example.com").await;
    waiting(&world, &provider, "Second", "anna@example.com").await;
    assert_eq!(removed(&world, &provider, shop, "Shop").await, 1);
    world.end().await;
}
