//! Connections found by name or pattern, over tenants.

use std::{sync::Arc, time::Duration};

use hub::{
    Error,
    connections::{self, Target},
    names, scope,
};
use model::NamedConnection;

use crate::world::{Tenant, World, number, sql};

async fn draft(world: &World, of: &Tenant, name: &str) {
    let target = Target::New {
        slug: "postgresql".to_owned(),
        name: name.to_owned(),
    };
    connections::save_draft(&world.hub, &of.scope, target, &[])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_name_or_pattern_finds_one_and_several_are_listed() {
    let world = World::new().await;
    let ben = world.another_tenant().await;
    for name in ["mysql (PROD)", "mysql (PROD) 2", "100% of_it"] {
        draft(&world, &world.anna, name).await;
    }
    draft(&world, &ben, "MySQL (prod)").await;
    let (hub, operator) = (&world.hub, scope::operator());

    let names = |found: Arc<[NamedConnection]>| -> Vec<String> {
        found.iter().map(|named| named.name.clone()).collect()
    };
    let all = names::list(hub, &operator, "mysql*", None).await.unwrap();
    assert_eq!(
        names(all),
        ["mysql (PROD)", "mysql (PROD) 2", "MySQL (prod)"]
    );
    let found = names::find(hub, &operator, "mysql (prod)", Some(ben.id))
        .await
        .unwrap();
    assert_eq!(
        (found.tenant, found.name.as_str()),
        (ben.id, "MySQL (prod)")
    );
    // Exactly this name comes before names that only begin so.
    let found = names::find(hub, &operator, "mysql (PROD)", Some(world.anna.id))
        .await
        .unwrap();
    assert_eq!(found.name, "mysql (PROD)");
    let found = names::find(hub, &operator, "100%*", None).await.unwrap();
    assert_eq!(found.name, "100% of_it", "a percent sign is only itself");

    let Err(Error::Conflict(words)) = names::find(hub, &operator, "mysql (prod)", None).await
    else {
        panic!("two tenants have it")
    };
    assert!(words.contains("fits 2 connections"), "{words}");
    assert!(
        words.contains("Anna's Shop") && words.contains("Ben & Sons"),
        "{words}"
    );
    let Err(Error::Conflict(words)) = names::find(hub, &operator, "oracle", None).await else {
        panic!("nobody has it")
    };
    assert!(words.contains("No connection is called"), "{words}");
    world.end().await;
}

/// Renames every connection; `quietly`, so that nobody is told.
async fn rename(world: &World, name: &str, quietly: bool) {
    let role = if quietly { "replica" } else { "origin" };
    let text =
        format!("SET session_replication_role = {role}; UPDATE connections SET name = '{name}'");
    sql(world.control(), &text).await;
}

async fn name_of_all(world: &World) -> String {
    let found = names::list(&world.hub, &scope::operator(), "*", None)
        .await
        .unwrap();
    let [one] = &*found else {
        panic!("there is one connection: {found:?}")
    };
    one.name.clone()
}

/// Renames quietly until that goes unnoticed: then names are remembered. Returns the one that is.
async fn remembered(world: &World, word: &str) -> String {
    for n in 0..500 {
        let known = name_of_all(world).await;
        rename(world, &format!("{word} {n}"), true).await;
        if name_of_all(world).await == known {
            return known;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("names are never remembered")
}

async fn until_known(world: &World, name: &str) {
    for _ in 0..1000 {
        if name_of_all(world).await == name {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("“{name}” is never seen")
}

#[tokio::test]
async fn names_are_remembered_until_the_database_tells_of_a_change() {
    let world = World::new().await;
    draft(&world, &world.anna, "first").await;
    let listening = tokio::spawn(names::listen(world.hub.clone()));

    remembered(&world, "quiet").await;
    rename(&world, "told", false).await;
    until_known(&world, "told").await;

    // What happens while the line is down is not told; nothing is remembered over it.
    let known = remembered(&world, "quiet again").await;
    rename(&world, "while nobody listens", true).await;
    assert_eq!(name_of_all(&world).await, known);
    sql(
        "postgres",
        &format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = '{}' AND query ILIKE 'LISTEN%names_changed%'",
            world.control()
        ),
    )
    .await;
    until_known(&world, "while nobody listens").await;
    listening.abort();
    world.end().await;
}

#[tokio::test]
async fn a_question_that_the_database_broke_off_is_put_again() {
    let world = World::new().await;
    draft(&world, &world.anna, "mysql (PROD)").await;
    let breaking = tokio::spawn(broken_off(world.control().to_owned()));
    tokio::time::timeout(Duration::from_secs(30), asked_of(world.control()))
        .await
        .expect("the table is locked");

    let found = names::find(&world.hub, &scope::operator(), "mysql*", None).await;
    assert_eq!(found.unwrap().name, "mysql (PROD)");
    breaking.await.unwrap();
    world.end().await;
}

/// Until somebody holds the lock of `broken_off`.
async fn asked_of(control: &str) {
    while number(control, "SELECT count(*) FROM pg_locks WHERE relation = 'connections'::regclass AND mode = 'AccessExclusiveLock' AND granted").await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Locks the connections, and ends whoever waits for them.
async fn broken_off(control: String) {
    let waits = "SELECT pid FROM pg_locks WHERE relation = 'connections'::regclass AND NOT granted";
    let text = format!(
        "BEGIN; LOCK connections;
         DO $$
         BEGIN
           FOR n IN 1..3000 LOOP
             EXIT WHEN EXISTS ({waits});
             PERFORM pg_sleep(0.01);
           END LOOP;
           IF NOT EXISTS ({waits}) THEN RAISE 'nobody asked'; END IF;
           PERFORM pg_terminate_backend(pid) FROM ({waits}) AS waiting;
         END $$;
         COMMIT"
    );
    sql(&control, &text).await;
}
