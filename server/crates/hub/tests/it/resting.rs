//! A source that is to be left alone, where there is no other way: runs that start by themselves wait or stop, and whoever
//! wants the rows now gets them.

use std::time::Duration;

use hub::{connections, routes, runs, scope};
use model::{ConnectionId, ConnectionState, Rule, RunId, RunState, RunView};
use store::breakers;

use crate::world::{World, until};

/// It asked for so many minutes.
async fn asked_for(world: &World, id: ConnectionId, minutes: u64) {
    let (tenant, now) = (world.anna.id, world.hub.clock().now());
    let until = now + Duration::from_mins(minutes);
    let mut tx = world.hub.store().tenant(tenant).await.unwrap();
    breakers::pause(&mut tx, tenant, &id.to_string(), until, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// As if its time had come.
async fn start(world: &World, id: ConnectionId) -> RunId {
    let scope = scope::for_job(&world.hub, world.anna.id).await.unwrap();
    runs::start(&world.hub, &scope, id, runs::Way::AsSet)
        .await
        .unwrap()
}

async fn rests(world: &World, id: ConnectionId) -> bool {
    let told = routes::get(&world.hub, &world.anna.scope, id);
    told.await.unwrap().direct_rests_until.is_some()
}

fn rules(run: &RunView) -> Vec<Rule> {
    run.decisions.iter().map(|one| one.rule).collect()
}

#[tokio::test]
async fn a_source_that_asked_for_a_pause_is_left_alone_by_what_starts_by_itself() {
    let world = World::new().await;
    world
        .at_source("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
        .await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let id = world.connect("Shop").await;
    let other = world.connect("Shop, by another account").await;
    asked_for(&world, id, 120).await;
    let run = world.wait_for_run(start(&world, id).await).await;
    assert_eq!(run.row.state, RunState::Failed, "{run:#?}");
    assert_eq!(rules(&run), [Rule::Rests], "{run:#?}");
    let why = run.row.problem.unwrap_or_default();
    assert!(why.contains("leave it alone until"), "{why}");
    let row = connections::get(hub, scope, id).await.unwrap().row;
    assert_eq!(row.state, ConnectionState::Failing, "{row:?}");
    let run = world.wait_for_run(start(&world, other).await).await;
    assert_eq!(rules(&run), [Rule::OnlyDirect], "{run:#?}");

    assert!(rests(&world, id).await);
    let run = world.sync(id).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
    assert_eq!(rules(&run), [Rule::OnlyDirect], "{run:#?}");
    assert!(!rests(&world, id).await, "it answers again");

    asked_for(&world, id, 10).await;
    let run = start(&world, id).await;
    let waits = until("it waits", || async {
        let run = runs::get(hub, scope, run).await.unwrap();
        (!run.decisions.is_empty()).then_some(run)
    })
    .await;
    assert_eq!(rules(&waits), [Rule::AfterRest], "{waits:#?}");
    assert!(waits.decisions[0].not_before.is_some(), "{waits:#?}");
    runs::cancel(hub, scope, run).await.unwrap();
    let run = world.wait_for_run(run).await;
    assert_eq!(run.row.state, RunState::Cancelled, "{run:#?}");
    world.end().await;
}
