//! After signing in: tokens are renewed, grants end and are given back, and whose client it was.

use hub::{
    Error,
    connections::{self, Input, Target},
    consent::{self, Window, clients},
    runs,
};
use model::{ConnectionId, ConnectionState, ConsentOutcome, Progress, RunState, SignInState};
use secrecy::SecretString;
use sqlx::{Connection as _, PgConnection};

use crate::{
    consent::{SESSION, back, form_of, leave, new, signed_in, typed, world},
    provider::CLIENT,
    world::{server, sql, until},
};

#[tokio::test]
async fn a_token_is_renewed_once_and_a_grant_that_ended_asks_for_a_person() {
    let (world, provider) = world().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    // Short-lived: due before every use.
    provider.memory.lock().unwrap().expires_in = 60;
    let connection = signed_in(&world, &provider, "Shop").await;
    provider.memory.lock().unwrap().expires_in = 3600;
    // A run and two looks at rows at once: all need a fresh token, one asks for it.
    let run = hub::runs::start(hub, scope, connection, hub::runs::Way::AsSet)
        .await
        .unwrap();
    let mut looks = Vec::new();
    for _ in 0..2 {
        let masked = hub::samples::Reveal::Masked;
        let look = hub::samples::start(hub, scope, connection, Vec::new(), masked).await;
        looks.push(look.unwrap());
    }
    let run = world.wait_for_run(run).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
    for look in looks {
        let seen = until("the look is over", || async {
            let seen = hub::samples::get(hub, scope, look).await.unwrap();
            seen.state.is_over().then_some(seen)
        })
        .await;
        assert_eq!(seen.state, Progress::Passed, "{seen:#?}");
    }
    assert_eq!(provider.refreshes(), 1, "one asked for all three");

    sql(
        world.control(),
        "UPDATE oauth_grants SET expires_at = now() + interval '1 minute'",
    )
    .await;
    let run = world.sync(connection).await;
    assert_eq!(
        run.row.state,
        RunState::Succeeded,
        "the replaced refresh token was kept: {run:#?}"
    );
    assert_eq!(provider.refreshes(), 2);

    provider.forget_everything();
    sql(
        world.control(),
        "UPDATE oauth_grants SET expires_at = now() - interval '1 minute'",
    )
    .await;
    for _ in 0..3 {
        let run = world.sync(connection).await;
        assert_eq!(run.row.state, RunState::Failed, "{run:#?}");
    }
    assert_eq!(provider.refreshes(), 3, "no storm of questions");
    let page = connections::get(hub, scope, connection).await.unwrap();
    assert_eq!(page.row.state, ConnectionState::NeedsYou, "{page:#?}");
    let form = form_of(&world, connection).await;
    assert!(matches!(
        form.sign_in.unwrap().state,
        SignInState::Expired { .. }
    ));

    let (_, url) = leave(&world, &Target::Existing(connection)).await;
    let landing = back(&world, &provider.allow(&url, "anna@example.com"))
        .await
        .unwrap();
    let ConsentOutcome::Tested { test, .. } = landing.outcome else {
        panic!("{landing:?}")
    };
    world.wait_for_test(test).await;
    let run = world.sync(connection).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
    world.end().await;
}

#[tokio::test]
async fn what_signing_in_gave_is_sealed_wherever_it_is() {
    let (world, provider) = world().await;
    let token = provider.memory.lock().unwrap().password.clone();
    // One that waits for its person, and one that has come back.
    leave(&world, &new("Branch")).await;
    signed_in(&world, &provider, "Shop").await;
    for table in [
        "oauth_platform_clients",
        "oauth_flows",
        "oauth_grants",
        "connections",
        "connection_tests",
        "audit_lines",
        "jobs",
    ] {
        let rows = format!("SELECT count(*) FROM {table}");
        assert!(world.control_count(&rows).await > 0, "{table} is empty");
        for secret in [token.as_str(), "refresh-2", CLIENT.1] {
            let open = format!(
                "SELECT count(*) FROM {table} AS line WHERE line::text LIKE '%{secret}%'
                 OR line::text LIKE '%' || encode('{secret}', 'hex') || '%'"
            );
            assert_eq!(world.control_count(&open).await, 0, "{secret} in {table}");
        }
    }
    world.end().await;
}

#[tokio::test]
async fn removing_a_connection_gives_the_sign_in_back() {
    let (world, provider) = world().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let connection = signed_in(&world, &provider, "Shop").await;
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
async fn a_sign_in_that_others_use_is_given_back_with_the_last_of_them() {
    let (world, provider) = world().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let given_back = || provider.memory.lock().unwrap().given_back.len();
    let shop = signed_in(&world, &provider, "Shop").await;
    let branch = signed_in(&world, &provider, "Branch").await;
    connections::remove(hub, scope, shop, "Shop").await.unwrap();
    until("the shop is gone", || async {
        let left = "SELECT count(*) FROM connections";
        (world.control_count(left).await == 1).then_some(())
    })
    .await;
    assert_eq!(given_back(), 0, "the branch would lose its own");
    let run = world.sync(branch).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
    connections::remove(hub, scope, branch, "Branch")
        .await
        .unwrap();
    until("it is given back", || async {
        (given_back() == 1).then_some(())
    })
    .await;
    world.end().await;
}

#[tokio::test]
async fn a_tenant_s_own_client_comes_first_and_nobody_reads_its_secret() {
    let (world, provider) = world().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let secret = SecretString::from("own-secret");
    clients::set_own(hub, scope, "local", "client-own", &secret)
        .await
        .unwrap();
    let (_, url) = leave(&world, &new("Shop")).await;
    assert!(url.contains("client_id=client-own"), "{url}");
    let views = clients::own(hub, scope).await.unwrap();
    let view = views.iter().find(|view| view.provider == "local").unwrap();
    assert_eq!(
        (view.client_id.as_deref(), view.platform),
        (Some("client-own"), true)
    );
    assert!(!format!("{views:?}").contains("own-secret"));
    let ben = world.another_tenant().await;
    let theirs = clients::own(hub, &ben.scope).await.unwrap();
    assert!(theirs.iter().all(|view| view.client_id.is_none()));
    clients::remove_own(hub, scope, "local").await.unwrap();
    let connection = signed_in(&world, &provider, "Shop").await;
    assert_eq!(
        form_of(&world, connection).await.sign_in.unwrap().provider,
        "Local"
    );
    for (id, secret) in [("", "x"), ("x", ""), ("a b", "x")] {
        let refused = clients::set_own(hub, scope, "local", id, &SecretString::from(secret)).await;
        assert!(matches!(refused, Err(Error::Invalid(_))));
    }
    world.end().await;
}

#[tokio::test]
async fn a_refresh_token_that_was_replaced_survives_whatever_comes_after() {
    let (world, provider) = world().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    provider.memory.lock().unwrap().expires_in = 60;
    let connection = signed_in(&world, &provider, "Shop").await;
    provider.memory.lock().unwrap().expires_in = 3600;
    // The provider replaces the token, and then nothing of the new settings can be stored.
    sql(
        world.control(),
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
         CREATE TRIGGER broken BEFORE UPDATE OF secrets ON connections FOR EACH ROW EXECUTE FUNCTION broken()",
    )
    .await;
    let run = hub::runs::start(hub, scope, connection, hub::runs::Way::AsSet)
        .await
        .unwrap();
    until("the provider was asked", || async {
        (provider.refreshes() > 0).then_some(())
    })
    .await;
    sql(world.control(), "DROP TRIGGER broken ON connections").await;
    let run = world.wait_for_run(run).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
    let page = connections::get(hub, scope, connection).await.unwrap();
    assert_eq!(page.row.state, ConnectionState::UpToDate, "{page:#?}");
    world.end().await;
}

/// Takes the turn to renew this connection's grant, and keeps it until it is dropped.
async fn turn(control: &str, connection: ConnectionId) -> PgConnection {
    let mut conn = PgConnection::connect_with(&server().database(control))
        .await
        .unwrap();
    sqlx::query("SELECT pg_advisory_lock(hashtextextended($1, 0))")
        .bind(format!("oauth_grants/{connection}"))
        .execute(&mut conn)
        .await
        .unwrap();
    conn
}

#[tokio::test]
async fn a_token_that_is_renewed_during_a_test_is_not_lost_to_the_older_one() {
    let (world, provider) = world().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let reader = format!("reader_{}", uuid::Uuid::now_v7().simple());
    let opens = |token: &str| {
        token.clone_into(&mut provider.memory.lock().unwrap().password);
        format!("ALTER ROLE {reader} PASSWORD '{token}'")
    };
    world
        .at_source(&format!(
            "CREATE ROLE {reader} LOGIN; GRANT SELECT ON orders TO {reader}; {}",
            opens("the older one")
        ))
        .await;
    let mut pairs = typed(&world);
    for (name, value) in &mut pairs {
        if name == "username" {
            reader.clone_into(value);
        }
    }
    let flow = consent::begin(hub, scope, &SESSION, &new("Shop"), &pairs, Window::Same)
        .await
        .unwrap();
    let departure = consent::departure(hub, scope, &SESSION, flow)
        .await
        .unwrap();
    let said = provider.allow(&departure.url, "anna@example.com");
    let landing = back(&world, &said).await.unwrap();
    let ConsentOutcome::Tested { connection, test } = landing.outcome else {
        panic!("{landing:?}")
    };
    assert_eq!(world.wait_for_test(test).await.state, Progress::Passed);

    // A run is about to renew the token when a test of the stored settings begins, which passes with the older one.
    let waiting = |count: i64| {
        let world = &world;
        until("they wait for their turn", move || async move {
            let waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
            (world.control_count(waits).await == count).then_some(())
        })
    };
    let held = turn(world.control(), connection).await;
    let due = "UPDATE oauth_grants SET expires_at = now() + interval '1 minute'";
    sql(world.control(), due).await;
    let run = runs::start(hub, scope, connection, runs::Way::AsSet)
        .await
        .unwrap();
    waiting(1).await;
    let target = Target::Existing(connection);
    let test = connections::submit(hub, scope, target, Input::Posted(&pairs))
        .await
        .unwrap();
    waiting(2).await;
    world.at_source(&opens("the newer one")).await;
    held.close().await.unwrap();
    let test = world.wait_for_test(test).await;
    assert_eq!(test.state, Progress::Passed, "{test:#?}");
    for run in [world.wait_for_run(run).await, world.sync(connection).await] {
        assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
        assert_eq!(run.decisions.len(), 1, "the first try: {run:#?}");
    }
    assert_eq!(provider.refreshes(), 1);
    world.end().await;
    sql("postgres", &format!("DROP ROLE {reader}")).await;
}
