//! Choosing tables and running: receipts, progress, cancelling, failures that stay visible.

use hub::{Error, connections, runs, scope, streams};
use model::{ConnectionState, RunState, StreamChoice, SyncMode};

use crate::world::{World, until};

pub fn choice(name: &str, mode: SyncMode) -> StreamChoice {
    StreamChoice {
        namespace: Some("public".to_owned()),
        name: name.to_owned(),
        selected: true,
        mode,
        primary_key: vec!["id".to_owned()],
        cursor: Some("id".to_owned()),
        fields: Vec::new(),
    }
}

#[tokio::test]
async fn a_run_lands_rows_with_balanced_receipts_and_a_second_one_doubles_nothing() {
    let world = World::new().await;
    world.at_source("CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders SELECT n, 'n' || n FROM generate_series(1, 500) n; CREATE TABLE lines (id int PRIMARY KEY)").await;
    let id = world.connect("Shop").await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    streams::choose(
        hub,
        scope,
        id,
        vec![choice("orders", SyncMode::IncrementalDedupedHistory)],
    )
    .await
    .expect("chosen");
    let run = world.sync(id).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
    assert_eq!((run.row.rows_read, run.row.rows_written), (500, 500));
    assert!(
        run.streams.iter().all(|receipt| receipt.verified),
        "{run:#?}"
    );
    assert!(
        run.engine_job.is_some()
            && run.engine_connection.is_some()
            && run.row.finished_at.is_some()
    );
    let table = format!("t_{}.orders", world.anna.id.suffix());
    assert_eq!(
        world.count(&format!("SELECT count(*) FROM {table}")).await,
        500
    );

    world
        .at_source("INSERT INTO orders SELECT n, 'x' FROM generate_series(501, 510) n")
        .await;
    let run = world.sync(id).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
    assert_eq!(
        world
            .count(&format!(
                "SELECT count(DISTINCT id) * 1000 + count(*) FROM {table}"
            ))
            .await,
        510 * 1001
    );
    let row = connections::get(hub, scope, id).await.expect("a page").row;
    assert_eq!((row.state, row.rows), (ConnectionState::UpToDate, 510));
    let lines = runs::logs(hub, scope, run.row.id, 0, 100)
        .await
        .expect("a log");
    assert!(!lines.is_empty());
    world.end().await;
}

#[tokio::test]
async fn starting_twice_is_one_run_and_it_can_be_cancelled() {
    let world = World::new().await;
    world.at_source("CREATE TABLE slow (id int PRIMARY KEY, filler text); INSERT INTO slow SELECT n, repeat('x', 1000) FROM generate_series(1, 60000) n").await;
    let id = world.connect("Shop").await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let first = runs::start(hub, scope, id, runs::Way::AsSet)
        .await
        .expect("started");
    assert_eq!(
        runs::start(hub, scope, id, runs::Way::AsSet)
            .await
            .expect("attached"),
        first
    );
    until("it runs", || async {
        let view = runs::get(hub, scope, first).await.expect("a run");
        (view.row.state != RunState::Queued).then_some(())
    })
    .await;
    let asked = std::time::Instant::now();
    runs::cancel(hub, scope, first).await.expect("asked");
    let view = world.wait_for_run(first).await;
    assert!(
        matches!(view.row.state, RunState::Cancelled | RunState::Succeeded),
        "{view:#?}"
    );
    assert!(
        asked.elapsed() < std::time::Duration::from_secs(5),
        "it took {:?}",
        asked.elapsed()
    );
    runs::cancel(hub, scope, first)
        .await
        .expect("one that is over stays as it is");
    world.end().await;
}

#[tokio::test]
async fn a_failure_stays_visible_until_a_run_succeeds() {
    let world = World::new().await;
    world
        .at_source("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
        .await;
    let id = world.connect("Shop").await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    world.at_source("ALTER TABLE t RENAME TO gone").await;
    let run = world.sync(id).await;
    assert_eq!(run.row.state, RunState::Failed, "{run:#?}");
    assert!(run.row.problem.is_some());
    let row = connections::get(hub, scope, id).await.expect("a page").row;
    assert!(
        matches!(
            row.state,
            ConnectionState::NeedsYou | ConnectionState::Failing
        ),
        "{row:?}"
    );
    assert!(row.reason.is_some());
    world.at_source("ALTER TABLE gone RENAME TO t").await;
    let run = world.sync(id).await;
    assert_eq!(run.row.state, RunState::Succeeded, "{run:#?}");
    assert_eq!(
        connections::get(hub, scope, id)
            .await
            .expect("a page")
            .row
            .reason,
        None
    );
    world.end().await;
}

#[tokio::test]
async fn a_table_that_falls_silent_is_not_green() {
    let world = World::new().await;
    world
        .at_source(
            "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 200)",
        )
        .await;
    let id = world.connect("Shop").await;
    streams::choose(
        &world.hub,
        &world.anna.scope,
        id,
        vec![choice("t", SyncMode::FullRefreshOverwrite)],
    )
    .await
    .expect("chosen");
    assert_eq!(world.sync(id).await.row.state, RunState::Succeeded);
    world.at_source("TRUNCATE t").await;
    let run = world.sync(id).await;
    assert_eq!(run.row.state, RunState::Partial, "{run:#?}");
    assert!(
        run.row
            .problem
            .is_some_and(|problem| problem.contains("read nothing"))
    );
    // Who syncs again after that says that nothing is right: it is usual now, for schedules, too.
    assert_eq!(world.sync(id).await.row.state, RunState::Succeeded);
    world.end().await;
}

#[tokio::test]
async fn a_schedule_alone_does_not_make_silence_usual() {
    let world = World::new().await;
    world
        .at_source(
            "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 200)",
        )
        .await;
    let id = world.connect("Shop").await;
    let table = choice("t", SyncMode::FullRefreshOverwrite);
    streams::choose(&world.hub, &world.anna.scope, id, vec![table])
        .await
        .expect("chosen");
    assert_eq!(world.sync(id).await.row.state, RunState::Succeeded);
    world.at_source("TRUNCATE t").await;
    let schedule = scope::for_job(&world.hub, world.anna.id)
        .await
        .expect("the hub itself");
    for _ in 0..2 {
        let run = runs::start(&world.hub, &schedule, id, runs::Way::AsSet)
            .await
            .expect("started");
        let run = world.wait_for_run(run).await;
        assert_eq!(run.row.state, RunState::Partial, "{run:#?}");
    }
    // Somebody who looks and syncs again does.
    assert_eq!(world.sync(id).await.row.state, RunState::Succeeded);
    world.end().await;
}

#[tokio::test]
async fn paused_connections_do_not_run_and_removed_ones_leave_their_tables() {
    let world = World::new().await;
    world
        .at_source("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
        .await;
    let id = world.connect("Shop").await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    assert_eq!(world.sync(id).await.row.state, RunState::Succeeded);
    connections::pause(hub, scope, id).await.expect("paused");
    assert!(
        matches!(runs::start(hub, scope, id, runs::Way::AsSet).await, Err(Error::Conflict(why)) if why.contains("paused"))
    );
    connections::resume(hub, scope, id).await.expect("resumed");
    let plan = connections::removal_plan(hub, scope, id)
        .await
        .expect("a plan");
    assert_eq!(
        (plan.tables.as_slice(), plan.rows),
        (&["t".to_owned()][..], 1)
    );
    assert!(matches!(
        connections::remove(hub, scope, id, "shop!").await,
        Err(Error::Invalid(_))
    ));
    connections::remove(hub, scope, id, "Shop")
        .await
        .expect("removed");
    until("it is gone", || async {
        matches!(connections::get(hub, scope, id).await, Err(Error::NotFound)).then_some(())
    })
    .await;
    assert_eq!(
        world
            .count(&format!(
                "SELECT count(*) FROM t_{}.t",
                world.anna.id.suffix()
            ))
            .await,
        1
    );
    world.end().await;
}
