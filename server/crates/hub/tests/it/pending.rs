//! What was granted counts when its test has passed: until then an older sign-in stays as it was.

use hub::{
    Client,
    connections::{self, Input, Target},
    consent::{self, Unknown, Window},
    links, tests,
};
use model::{ConnectionId, ConsentOutcome, LinkLife, Progress, RunState, SignInState, TestId};
use serde_json::json;

use crate::{
    consent::{SESSION, back, form_of, leave, new, signed_in, typed, world},
    provider::Provider,
    world::{World, server_password, sql, until},
};

/// Signs in, whatever the test will say.
async fn sign_in(
    world: &World,
    provider: &Provider,
    target: &Target,
    account: &str,
) -> (ConnectionId, TestId) {
    let (_, url) = leave(world, target).await;
    let landing = back(world, &provider.allow(&url, account)).await.unwrap();
    match landing.outcome {
        ConsentOutcome::Tested { connection, test } => (connection, test),
        other => panic!("{other:?}"),
    }
}

/// Gives tokens that the source database refuses, or takes.
fn gives(provider: &Provider, password: &str) {
    password.clone_into(&mut provider.memory.lock().unwrap().password);
}

async fn account_of(world: &World, connection: ConnectionId) -> Option<String> {
    match form_of(world, connection).await.sign_in.unwrap().state {
        SignInState::Done { account, .. } => account,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_new_sign_in_whose_test_fails_leaves_the_old_one_in_force() {
    let (world, provider) = world().await;
    let connection = signed_in(&world, &provider, "Shop").await;
    gives(&provider, "of no use");
    let target = Target::Existing(connection);
    let (_, test) = sign_in(&world, &provider, &target, "anna@example.com").await;
    assert_eq!(world.wait_for_test(test).await.state, Progress::Failed);
    gives(&provider, &server_password());

    // The provider forgets the sign-in that failed. The one before it is renewed all the same.
    provider.forget_newest();
    sql(
        world.control(),
        "UPDATE oauth_grants SET expires_at = now() + interval '1 minute'",
    )
    .await;
    let run = world.sync(connection).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
    assert_eq!(provider.refreshes(), 1);
    world.end().await;
}

#[tokio::test]
async fn a_first_sign_in_that_failed_binds_nobody_to_its_account() {
    let (world, provider) = world().await;
    gives(&provider, "of no use");
    let (connection, test) = sign_in(&world, &provider, &new("Shop"), "ben@example.com").await;
    assert_eq!(world.wait_for_test(test).await.state, Progress::Failed);
    assert_eq!(
        account_of(&world, connection).await.as_deref(),
        Some("ben@example.com"),
        "the form says whose sign-in was tried"
    );

    gives(&provider, &server_password());
    let target = Target::Existing(connection);
    let (_, test) = sign_in(&world, &provider, &target, "anna@example.com").await;
    assert_eq!(world.wait_for_test(test).await.state, Progress::Passed);
    assert_eq!(
        account_of(&world, connection).await.as_deref(),
        Some("anna@example.com")
    );
    world.end().await;
}

#[tokio::test]
async fn a_sign_in_is_not_lost_to_a_test_that_still_runs() {
    let (world, provider) = world().await;
    let connection = signed_in(&world, &provider, "Shop").await;
    // A server that takes the call and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let keys = world.settings(json!({"host": "127.0.0.1", "port": port}));
    let target = Target::Existing(connection);
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let running = connections::submit(hub, scope, target.clone(), Input::Json(&keys))
        .await
        .unwrap();

    let (same, test) = sign_in(&world, &provider, &target, "anna@example.com").await;
    assert_eq!(same, connection);
    assert_eq!(world.wait_for_test(test).await.state, Progress::Passed);
    let other = world.wait_for_test(running).await;
    let why = other.problem.unwrap_or_default();
    assert!(why.contains("new sign-in took its place"), "{why}");
    assert_eq!(world.sync(connection).await.row.state, RunState::Succeeded);
    world.end().await;
}

#[tokio::test]
async fn a_test_that_is_repeated_takes_its_sign_in_along() {
    let (world, provider) = world().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    world.at_source("DROP TABLE orders").await;
    let (connection, test) = sign_in(&world, &provider, &new("Shop"), "anna@example.com").await;
    assert_eq!(world.wait_for_test(test).await.state, Progress::Failed);

    world
        .at_source("CREATE TABLE orders (id int PRIMARY KEY)")
        .await;
    let again = tests::start(hub, scope, connection).await.unwrap();
    assert_eq!(world.wait_for_test(again).await.state, Progress::Passed);
    assert_eq!(
        account_of(&world, connection).await.as_deref(),
        Some("anna@example.com")
    );
    sql(
        world.control(),
        "UPDATE oauth_grants SET expires_at = now() + interval '1 minute'",
    )
    .await;
    let run = world.sync(connection).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
    assert_eq!(provider.refreshes(), 1, "its refresh token came along");
    world.end().await;
}

#[tokio::test]
async fn a_draft_keeps_the_sign_in_of_the_test_it_was_made_from() {
    let (world, provider) = world().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    gives(&provider, "of no use");
    let (connection, test) = sign_in(&world, &provider, &new("Shop"), "anna@example.com").await;
    assert_eq!(world.wait_for_test(test).await.state, Progress::Failed);
    connections::keep_tried(hub, scope, connection)
        .await
        .unwrap();
    assert_eq!(
        account_of(&world, connection).await.as_deref(),
        Some("anna@example.com")
    );
    world.end().await;
}

#[tokio::test]
async fn what_was_granted_for_a_test_that_never_passed_is_given_back() {
    let (world, provider) = world().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    gives(&provider, "of no use");
    let (connection, test) = sign_in(&world, &provider, &new("Shop"), "anna@example.com").await;
    assert_eq!(world.wait_for_test(test).await.state, Progress::Failed);
    connections::remove(hub, scope, connection, "Shop")
        .await
        .unwrap();
    until("it is given back", || async {
        (!provider.memory.lock().unwrap().given_back.is_empty()).then_some(())
    })
    .await;
    assert!(provider.memory.lock().unwrap().given_back[0].starts_with("refresh-"));
    world.end().await;
}

#[tokio::test]
async fn nothing_is_given_back_while_another_sign_in_waits_for_its_test() {
    let (world, provider) = world().await;
    gives(&provider, "of no use");
    let (_, test) = sign_in(&world, &provider, &new("Shop"), "anna@example.com").await;
    assert_eq!(world.wait_for_test(test).await.state, Progress::Failed);
    provider.memory.lock().unwrap().granted = "less".to_owned();
    let (_, url) = leave(&world, &new("Second")).await;
    let landing = back(&world, &provider.allow(&url, "anna@example.com")).await;
    let outcome = landing.unwrap().outcome;
    assert!(
        matches!(outcome, ConsentOutcome::MissingScopes { .. }),
        "{outcome:?}"
    );
    assert_eq!(
        provider.memory.lock().unwrap().given_back,
        Vec::<String>::new()
    );
    world.end().await;
}

async fn sweep(world: &World) {
    let mut tx = world.hub.store().platform().await.unwrap();
    let job = queue::NewJob::new("sweep_leftovers", json!({})).dedup("now");
    queue::enqueue(&mut tx, job).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_removal_that_failed_is_tried_again() {
    let (world, provider) = world().await;
    signed_in(&world, &provider, "Shop").await;
    // Its job has given up.
    sql(world.control(), "UPDATE connections SET stage = 'removing'").await;
    sweep(&world).await;
    until("it is gone, and given back", || async {
        let given = provider.memory.lock().unwrap().given_back.len();
        let left = world
            .control_count("SELECT count(*) FROM connections")
            .await;
        (given == 1 && left == 0).then_some(())
    })
    .await;
    world.end().await;
}

#[tokio::test]
async fn what_was_granted_for_settings_that_are_forgotten_is_given_back() {
    let (world, provider) = world().await;
    gives(&provider, "of no use");
    let (_, test) = sign_in(&world, &provider, &new("Shop"), "anna@example.com").await;
    assert_eq!(world.wait_for_test(test).await.state, Progress::Failed);
    for past in [
        "UPDATE connections SET updated_at = now() - interval '2 hours'",
        "UPDATE connection_tests SET created_at = now() - interval '2 hours', finished_at = now() - interval '2 hours'",
    ] {
        sql(world.control(), past).await;
    }
    sweep(&world).await;
    until("it is given back, and the connection is gone", || async {
        let given = provider.memory.lock().unwrap().given_back.len();
        let left = world
            .control_count("SELECT count(*) FROM connections")
            .await;
        (given == 1 && left == 0).then_some(())
    })
    .await;
    world.end().await;
}

#[tokio::test]
async fn whose_a_sign_in_is_stands_with_its_test_only_while_it_waits() {
    let (world, provider) = world().await;
    let told = "SELECT count(*) FROM connection_tests
         WHERE (granted_provider, granted_account, granted_own_client) IS DISTINCT FROM (NULL::text, NULL::text, NULL::boolean)";
    let connection = signed_in(&world, &provider, "Shop").await;
    assert_eq!(world.control_count(told).await, 0, "it waits no more");
    gives(&provider, "of no use");
    let target = Target::Existing(connection);
    let (_, test) = sign_in(&world, &provider, &target, "anna@example.com").await;
    assert_eq!(world.wait_for_test(test).await.state, Progress::Failed);
    let anna = "SELECT count(*) FROM connection_tests
         WHERE (granted_provider, granted_account, granted_own_client) = ('local', 'anna@example.com', false)";
    assert_eq!(world.control_count(anna).await, 1);
    sql(
        world.control(),
        "UPDATE connection_tests SET finished_at = now() - interval '2 hours'",
    )
    .await;
    sweep(&world).await;
    until("nothing of it is kept", || async {
        (world.control_count(told).await == 0).then_some(())
    })
    .await;
    world.end().await;
}

#[tokio::test]
async fn a_sign_in_that_waits_and_the_one_in_force_are_both_given_back() {
    let (world, provider) = world().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let connection = signed_in(&world, &provider, "Shop").await;
    gives(&provider, "of no use");
    let target = Target::Existing(connection);
    let (_, test) = sign_in(&world, &provider, &target, "anna@example.com").await;
    assert_eq!(world.wait_for_test(test).await.state, Progress::Failed);
    connections::remove(hub, scope, connection, "Shop")
        .await
        .unwrap();
    until("both are given back", || async {
        (provider.memory.lock().unwrap().given_back.len() == 2).then_some(())
    })
    .await;
    world.end().await;
}

#[tokio::test]
async fn keys_that_take_the_place_of_a_sign_in_end_it_once_they_work() {
    let (world, provider) = world().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let connection = signed_in(&world, &provider, "Shop").await;
    let target = Target::Existing(connection);
    let login = format!("keys_{}", uuid::Uuid::now_v7().simple());
    let keys = world.settings(json!({"username": login, "password": "typed by hand"}));

    // They do not work yet: the sign-in stays in force.
    let test = connections::submit(hub, scope, target.clone(), Input::Json(&keys)).await;
    let view = world.wait_for_test(test.unwrap()).await;
    assert_eq!(view.state, Progress::Failed);
    assert_eq!(
        account_of(&world, connection).await.as_deref(),
        Some("anna@example.com")
    );

    let role = format!("CREATE ROLE {login} LOGIN PASSWORD 'typed by hand'");
    world.at_source(&role).await;
    let right = format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {login}");
    world.at_source(&right).await;
    let test = connections::submit(hub, scope, target, Input::Json(&keys)).await;
    let view = world.wait_for_test(test.unwrap()).await;
    assert_eq!(view.state, Progress::Passed, "{view:#?}");
    until("the sign-in is given back", || async {
        (provider.memory.lock().unwrap().given_back.len() == 1).then_some(())
    })
    .await;
    until("that is noted", || async {
        let noted = "SELECT count(*) FROM audit_lines WHERE action = 'connection.give_back'";
        (world.control_count(noted).await == 1).then_some(())
    })
    .await;
    let signs_in = form_of(&world, connection).await.sign_in.unwrap();
    assert_eq!(signs_in.state, SignInState::ByHand);
    let run = world.sync(connection).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
    world
        .at_source(&format!("DROP OWNED BY {login}; DROP ROLE {login}"))
        .await;
    world.end().await;
}

#[tokio::test]
async fn the_trip_of_a_link_and_that_of_a_person_cannot_be_exchanged() {
    let (world, provider) = world().await;
    let (hub, anna) = (&world.hub, &world.anna.scope);
    let (link, address) = links::create(hub, anna, &new("Shop"), "Maria", LinkLife::Day)
        .await
        .unwrap();
    let address = secrecy::ExposeSecret::expose_secret(&address).to_owned();
    let token = address.rsplit('/').next().unwrap();
    let holder = links::open(hub, token, None, &Client::local())
        .await
        .unwrap();
    let visit = links::enter(hub, holder, &Client::local()).await.unwrap();
    let guest = &visit.scope;

    // Both in one browser: its session is the same.
    let (_, persons) = leave(&world, &new("Mine")).await;
    let persons = provider.allow(&persons, "anna@example.com");
    let trip = consent::begin(
        hub,
        guest,
        &SESSION,
        &visit.target,
        &typed(&world),
        Window::Same,
    )
    .await
    .unwrap();
    let departure = consent::departure(hub, guest, &SESSION, trip)
        .await
        .unwrap();
    let guests = provider.allow(&departure.url, "maria@example.com");
    for (scope, said) in [(guest, &persons), (anna, &guests)] {
        let landed = consent::land(hub, scope, &SESSION, said).await.unwrap();
        assert_eq!(landed, Err(Unknown));
    }

    // Taken back while the guest was away: what was granted connects nothing.
    links::revoke(hub, anna, link.id).await.unwrap();
    let landed = consent::land(hub, guest, &SESSION, &guests).await;
    let outcome = landed.unwrap().unwrap().outcome;
    assert!(
        matches!(outcome, ConsentOutcome::NotKept { .. }),
        "{outcome:?}"
    );
    assert_eq!(provider.memory.lock().unwrap().given_back.len(), 1);
    let page = connections::list(hub, anna, &connections::Filter::default(), None)
        .await
        .unwrap();
    assert!(page.items.is_empty(), "{page:?}");
    world.end().await;
}
