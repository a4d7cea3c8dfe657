//! The wall: whatever belongs to another tenant is not there, and roles may what the matrix says.

use hub::{Error, apps, connections, forms, runs, samples, streams, tests};
use model::Preset;

use crate::world::{PASSWORD, World};

macro_rules! hidden {
    ($($call:expr),+ $(,)?) => {$(
        match $call.await {
            Err(Error::NotFound) => {}
            Err(other) => panic!("{}: {other:?}", stringify!($call)),
            Ok(_) => panic!("{} reached another tenant", stringify!($call)),
        }
    )+};
}

#[tokio::test]
async fn another_tenants_objects_are_not_there() {
    let world = World::new().await;
    world
        .at_source("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)")
        .await;
    let id = world.connect("Shop").await;
    let run = world.sync(id).await.row.id;
    let (hub, anna) = (&world.hub, &world.anna.scope);
    let test = connections::get(hub, anna, id)
        .await
        .expect("a page")
        .last_test
        .expect("a test")
        .id;
    let sample = samples::start(hub, anna, id, Vec::new(), samples::Reveal::Masked)
        .await
        .expect("started");
    let app = apps::create(hub, anna, "Invoices", vec!["t".to_owned()])
        .await
        .expect("registered");
    let ben = world.another_tenant().await;
    let scope = &ben.scope;
    hidden!(
        connections::get(hub, scope, id),
        connections::find(hub, scope, "Shop"),
        connections::rename(hub, scope, id, "Mine"),
        connections::pause(hub, scope, id),
        connections::resume(hub, scope, id),
        connections::removal_plan(hub, scope, id),
        connections::remove(hub, scope, id, "Shop"),
        connections::keep_tried(hub, scope, id),
        forms::edit_form(hub, scope, id, forms::Asked::default()),
        tests::start(hub, scope, id),
        tests::get(hub, scope, test),
        samples::start(hub, scope, id, Vec::new(), samples::Reveal::Masked),
        samples::get(hub, scope, sample),
        streams::choose(hub, scope, id, Vec::new()),
        streams::preset(hub, scope, id, Preset::ExactCopy, None),
        runs::start(hub, scope, id, runs::Way::AsSet),
        runs::get(hub, scope, run),
        runs::cancel(hub, scope, run),
        runs::logs(hub, scope, run, 0, 10),
        runs::list(
            hub,
            scope,
            &runs::Filter {
                connection: Some(id),
                state: None
            },
            None
        ),
        apps::get(hub, scope, app),
        apps::set_tables(hub, scope, app, Vec::new()),
        apps::download(hub, scope, app, PASSWORD),
        apps::rotate(hub, scope, app, PASSWORD),
        apps::revoke(hub, scope, app),
    );
    assert!(
        connections::list(hub, scope, &connections::Filter::default(), None)
            .await
            .expect("a list")
            .items
            .is_empty()
    );
    assert!(
        runs::list(hub, scope, &runs::Filter::default(), None)
            .await
            .expect("a list")
            .items
            .is_empty()
    );
    hub.tenant_db()
        .functions()
        .drop_tenant(ben.id)
        .await
        .expect("the other tenant's roles go");
    world.end().await;
}
