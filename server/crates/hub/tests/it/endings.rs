//! A tenant that is suspended, taken back or deleted, and a connection that is removed: what stops, what stays, and that
//! nothing is left behind.

use bytes::Bytes;
use futures::stream;
use hub::{
    Error, accounts, admin, audit,
    connections::{self, Input, Target},
    consent::clients,
    links, scope, tenants, uploads,
};
use model::{ConnectionId, Progress, StepName, StepState, TenantState, UploadId};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sqlx::{Connection, PgConnection};
use store::{breakers, ids::Id, logins::Purpose, own};
use uuid::Uuid;

use crate::{
    consent,
    provider::CLIENT,
    tenancy::{detail, reaches, run, state_of, workspaces},
    world::{World, server, until},
};

/// Tables that keep rows of a deleted tenant, and why.
const KEPT: [(&str, &str); 2] = [
    ("tenant_keys", "that its keys were destroyed, and when"),
    ("provision_steps", "how each step was taken back"),
];

async fn open_logins(t: &World) -> i64 {
    t.count(&format!(
        "SELECT count(*) FROM pg_roles WHERE starts_with(rolname::text, 't_{}') AND rolcanlogin",
        t.anna.id.suffix()
    ))
    .await
}

async fn sessions_of(t: &World) -> i64 {
    t.count(&format!(
        "SELECT count(*) FROM pg_stat_activity WHERE starts_with(usename::text, 't_{}')",
        t.anna.id.suffix()
    ))
    .await
}

/// Every table with rows of tenants.
async fn tables_of_tenants(t: &World) -> Vec<String> {
    let mut conn = PgConnection::connect_with(&server().database(t.control()))
        .await
        .unwrap();
    sqlx::query_scalar(
        "SELECT table_name::text
         FROM information_schema.columns
         WHERE table_schema = 'public'
           AND column_name = 'tenant_id'
         ORDER BY table_name",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap()
}

async fn nothing_is_left(t: &World) {
    let tables = tables_of_tenants(t).await;
    assert!(tables.len() > 20, "{tables:?}");
    for table in tables {
        let rows = format!(
            "SELECT count(*) FROM {table} WHERE tenant_id = '{}'",
            t.anna.id.uuid()
        );
        let is_kept = KEPT.iter().any(|(kept, _)| *kept == table);
        let left = t.control_count(&rows).await;
        assert!(is_kept || left == 0, "{table} keeps {left}");
    }
}

/// An integration that Anna described herself, and a source that did not answer.
async fn of_her_own(t: &World) {
    let (tenant, now) = (t.anna.id, t.hub.clock().now());
    let harbour = own::Own {
        slug: "harbour-1".to_owned(),
        name: "Harbour".to_owned(),
        description: String::new(),
        tables: vec!["ships".to_owned()],
        document: "apis: {}".to_owned(),
        definition: Uuid::now_v7(),
    };
    let mut tx = t.hub.store().tenant(tenant).await.unwrap();
    own::put(&mut tx, tenant, &harbour, "Anna", now)
        .await
        .unwrap();
    breakers::failed(&mut tx, tenant, "postgresql db.anna.example", now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_suspended_tenant_keeps_its_rows_and_loses_its_logins() {
    let t = World::new().await;
    let operator = scope::operator();
    let load = tenants::stored_login(&t.hub, t.anna.id, Purpose::Load)
        .await
        .unwrap();
    let mut open = t.as_login(&load.login, load.password.expose_secret()).await;
    run(&mut open, "CREATE TABLE kept AS SELECT 1 AS id")
        .await
        .unwrap();
    assert!(matches!(
        admin::suspend(&t.hub, &operator, t.anna.id, " ").await,
        Err(Error::Invalid(_))
    ));
    admin::suspend(&t.hub, &operator, t.anna.id, "The invoice is open.")
        .await
        .unwrap();
    until("the logins are shut", || async {
        (open_logins(&t).await == 0).then_some(())
    })
    .await;
    until("the open session is ended", || async {
        (sessions_of(&t).await == 0).then_some(())
    })
    .await;
    assert!(run(&mut open, "SELECT 1").await.is_err());
    let me = accounts::me(&t.hub, t.anna.owner).await.unwrap();
    let suspended = scope::for_person(&me, &hub::Client::local()).unwrap();
    assert!(matches!(
        suspended.require(hub::Permission::Sync),
        Err(Error::Conflict(_))
    ));
    assert_eq!(
        tenants::view(&t.hub, &suspended)
            .await
            .unwrap()
            .state_reason
            .as_deref(),
        Some("The invoice is open.")
    );
    assert!(matches!(
        admin::suspend(&t.hub, &operator, t.anna.id, "again").await,
        Err(Error::Conflict(_))
    ));

    admin::resume(&t.hub, &operator, t.anna.id).await.unwrap();
    until("the logins are open", || async {
        (open_logins(&t).await == 2).then_some(())
    })
    .await;
    let mut again = t.as_login(&load.login, load.password.expose_secret()).await;
    run(&mut again, "SELECT id FROM kept")
        .await
        .expect("the rows are there");
    t.end().await;
}

#[tokio::test]
async fn steps_taken_back_are_prepared_again() {
    let t = World::new().await;
    let operator = scope::operator();
    admin::undo_step(&t.hub, &operator, t.anna.id, StepName::Workspace)
        .await
        .unwrap();
    let found = detail(&t, t.anna.id).await;
    assert_eq!(found.row.state, TenantState::Failed);
    assert_eq!(
        state_of(&found, StepName::Schema),
        StepState::Done,
        "what came before stays"
    );
    assert_eq!(state_of(&found, StepName::Workspace), StepState::Undone);
    assert_eq!(state_of(&found, StepName::Verify), StepState::Undone);
    assert_eq!(workspaces(&t, t.anna.id).await, 0);
    admin::retry(&t.hub, &operator, t.anna.id).await.unwrap();
    reaches(&t, t.anna.id, TenantState::Active).await;
    assert_eq!(workspaces(&t, t.anna.id).await, 1);
    admin::retry_step(&t.hub, &operator, t.anna.id, StepName::Verify)
        .await
        .unwrap();
    reaches(&t, t.anna.id, TenantState::Active).await;
    t.end().await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a story in one piece")]
async fn a_deletion_is_listed_first_and_then_leaves_nothing() {
    let t = World::new().await;
    let operator = scope::operator();
    let load = tenants::stored_login(&t.hub, t.anna.id, Purpose::Load)
        .await
        .unwrap();
    let mut conn = t.as_login(&load.login, load.password.expose_secret()).await;
    for n in 0..3 {
        run(
            &mut conn,
            &format!("CREATE TABLE orders_{n} AS SELECT generate_series(1, 100) AS id"),
        )
        .await
        .unwrap();
    }
    of_her_own(&t).await;
    let plan = admin::deletion_plan(&t.hub, &operator, t.anna.id)
        .await
        .unwrap();
    let tables = plan
        .items
        .iter()
        .find(|item| item.what.starts_with("tables"))
        .expect("the tables are listed");
    assert!(
        tables.count == 3 && tables.bytes.is_some_and(|bytes| bytes > 0),
        "{plan:?}"
    );
    for store in [
        "Database schema",
        "Storage",
        "Engine workspace",
        "Control database",
    ] {
        assert!(
            plan.items.iter().any(|item| item.store == store),
            "{store} is not in the plan"
        );
    }
    assert!(matches!(
        admin::delete(&t.hub, &operator, t.anna.id, "anna").await,
        Err(Error::Invalid(_))
    ));
    assert_eq!(
        detail(&t, t.anna.id).await.row.state,
        TenantState::Active,
        "a plan and a wrong name change nothing"
    );

    // An app that still runs keeps a table in use.
    run(&mut conn, "BEGIN; SELECT id FROM orders_0")
        .await
        .unwrap();
    admin::delete(&t.hub, &operator, t.anna.id, "Anna's Shop")
        .await
        .unwrap();
    let gone = reaches(&t, t.anna.id, TenantState::Deleted).await;
    assert_eq!((gone.row.name.as_str(), gone.members.len()), ("deleted", 0));
    assert_eq!(workspaces(&t, t.anna.id).await, 0);
    let roles = format!(
        "SELECT count(*) FROM pg_roles WHERE starts_with(rolname::text, 't_{}')",
        t.anna.id.suffix()
    );
    let schemas = format!(
        "SELECT count(*) FROM pg_namespace WHERE nspname = 't_{}'",
        t.anna.id.suffix()
    );
    assert_eq!((t.count(&roles).await, t.count(&schemas).await), (0, 0));
    nothing_is_left(&t).await;
    assert!(matches!(
        tenants::data_login(&t.hub, t.anna.id).await,
        Err(Error::Conflict(_) | Error::NotFound)
    ));
    let verdicts = audit::verify(&t.hub).await.unwrap();
    assert!(
        verdicts.iter().all(|(_, verdict)| verdict.is_sound()),
        "{verdicts:?}"
    );
    let query = admin::AuditQuery {
        tenant: Some(t.anna.id),
        ..admin::AuditQuery::default()
    };
    let trail = admin::audit(&t.hub, &operator, &query).await.unwrap();
    assert_eq!(trail.items[0].action, "tenant.deleted");
    assert!(
        trail
            .items
            .iter()
            .all(|line| line.detail == "erased" && line.ip.is_none()),
        "{trail:?}"
    );
    t.end().await;
}

#[tokio::test]
async fn a_deleted_tenant_gives_back_what_was_granted_and_leaves_no_client() {
    let (world, provider) = consent::world().await;
    let (hub, granter) = (&world.hub, &world.anna.scope);
    let secret = SecretString::from(CLIENT.1);
    clients::set_own(hub, granter, "local", CLIENT.0, &secret)
        .await
        .unwrap();
    consent::signed_in(&world, &provider, "Shop").await;
    let target = consent::new("Another shop");
    links::create(hub, granter, &target, "Maria", model::LinkLife::Day)
        .await
        .unwrap();
    admin::delete(hub, &scope::operator(), world.anna.id, "Anna's Shop")
        .await
        .unwrap();
    reaches(&world, world.anna.id, TenantState::Deleted).await;
    assert_eq!(provider.memory.lock().unwrap().given_back.len(), 1);
    nothing_is_left(&world).await;
    world.end().await;
}

/// A connection that reads an uploaded file.
async fn reads(world: &World, name: &str, file: UploadId) -> ConnectionId {
    let target = Target::New {
        slug: "files".to_owned(),
        name: name.to_owned(),
    };
    let settings = json!({
        "dataset_name": "prices",
        "location": {"from": "upload", "file": format!("upload://{file}")},
    });
    let input = Input::Json(&settings);
    let test = connections::submit(&world.hub, &world.anna.scope, target, input)
        .await
        .unwrap();
    let view = world.wait_for_test(test).await;
    assert_eq!(view.state, Progress::Passed, "{view:#?}");
    view.connection
}

/// Removes a connection and waits until so many are left.
async fn remove(world: &World, id: ConnectionId, name: &str, left: i64) {
    connections::remove(&world.hub, &world.anna.scope, id, name)
        .await
        .unwrap();
    until("it is removed", || async {
        let count = "SELECT count(*) FROM connections";
        (world.control_count(count).await == left).then_some(())
    })
    .await;
}

/// Uploads that are known, and files that are stored.
async fn files(world: &World) -> (i64, i64) {
    let known = world.control_count("SELECT count(*) FROM uploads").await;
    let stored = world.hub.storage().usage(world.anna.id).await.unwrap();
    (known, stored.objects)
}

#[tokio::test]
async fn an_uploaded_file_goes_with_the_last_connection_that_reads_it() {
    let world = World::new().await;
    let (hub, scope) = (&world.hub, &world.anna.scope);
    let content = Bytes::from_static(b"id,name\n1,tea\n");
    let body = stream::iter([Ok::<_, std::io::Error>(content)]);
    let file = uploads::put(hub, scope, "prices.csv", body).await.unwrap();
    let prices = reads(&world, "Prices", file).await;
    let again = reads(&world, "Prices again", file).await;
    remove(&world, prices, "Prices", 1).await;
    assert_eq!(files(&world).await, (1, 1), "another connection reads it");
    remove(&world, again, "Prices again", 0).await;
    assert_eq!(files(&world).await, (0, 0));
    world.end().await;
}
