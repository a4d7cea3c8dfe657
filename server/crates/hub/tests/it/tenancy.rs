//! Tenants with real databases and the real engine: prepared whatever happens, walled in, suspended, taken back, deleted.

use std::time::Duration;

use hub::{Error, accounts, admin, audit, scope, tenants};
use model::{StepName, StepState, TenantDetail, TenantId, TenantState};
use queue::{Worker, WorkerOptions};
use secrecy::ExposeSecret;
use store::logins::Purpose;

use crate::{
    people::People,
    world::{World, until},
};

async fn detail(t: &World, tenant: TenantId) -> TenantDetail {
    admin::tenant(&t.hub, &scope::operator(), tenant)
        .await
        .expect("a tenant")
}

async fn reaches(t: &World, tenant: TenantId, state: TenantState) -> TenantDetail {
    until("the tenant gets there", || async {
        let found = detail(t, tenant).await;
        (found.row.state == state).then_some(found)
    })
    .await
}

fn state_of(detail: &TenantDetail, step: StepName) -> StepState {
    detail
        .steps
        .iter()
        .find(|found| found.name == step)
        .expect("every step is listed")
        .state
}

async fn workspaces(t: &World, tenant: TenantId) -> usize {
    let all = t
        .hub
        .airbyte()
        .workspaces()
        .await
        .expect("the engine answers");
    all.iter()
        .filter(|workspace| workspace.name == tenant.suffix())
        .count()
}

#[tokio::test]
async fn a_prepared_tenant_has_all_its_parts() {
    let t = World::new().await;
    let found = detail(&t, t.anna.id).await;
    assert_eq!(found.row.state, TenantState::Active);
    for step in StepName::ALL {
        let wanted = if step == StepName::Cache {
            StepState::NotConfigured
        } else {
            StepState::Done
        };
        assert_eq!(state_of(&found, step), wanted, "{step:?}");
    }
    assert_eq!(
        found.schema.as_deref(),
        Some(format!("t_{}", t.anna.id.suffix()).as_str())
    );
    assert_eq!(workspaces(&t, t.anna.id).await, 1);
    let target = tenants::data_login(&t.hub, t.anna.id)
        .await
        .expect("a login");
    assert_eq!(target.user, format!("t_{}_load", t.anna.id.suffix()));
    t.end().await;
}

/// What a kill leaves behind: this step begun and not recorded, those after it not begun.
async fn killed_at(t: &World, step: StepName) {
    let tenant = t.anna.id;
    let mut tx = t.hub.store().tenant(tenant).await.unwrap();
    for later in StepName::ALL.into_iter().filter(|later| *later >= step) {
        store::steps::reset(&mut tx, tenant, later).await.unwrap();
    }
    store::steps::start(&mut tx, tenant, step, t.hub.clock().now())
        .await
        .unwrap();
    store::tenants::set_state(
        &mut tx,
        tenant,
        TenantState::Provisioning,
        None,
        t.hub.clock().now(),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_kill_at_any_step_resumes_and_makes_nothing_double() {
    let t = World::new().await;
    let before = tenants::data_login(&t.hub, t.anna.id).await.unwrap();
    for step in StepName::ALL {
        killed_at(&t, step).await;
        tenants::retry_provisioning(
            &t.hub,
            &scope::for_operator(&t.hub, t.anna.id).await.unwrap(),
        )
        .await
        .unwrap();
        reaches(&t, t.anna.id, TenantState::Active).await;
    }
    assert_eq!(workspaces(&t, t.anna.id).await, 1);
    let workspace = tenants::workspace(&t.hub, t.anna.id).await.unwrap();
    assert_eq!(
        t.hub.airbyte().destinations(workspace).await.unwrap().len(),
        1
    );
    let after = tenants::data_login(&t.hub, t.anna.id).await.unwrap();
    assert_eq!(
        before.password.expose_secret(),
        after.password.expose_secret()
    );
    t.end().await;
}

#[tokio::test]
async fn the_logins_of_one_tenant_get_nowhere_else() {
    let t = World::new().await;
    let ben = t.another_tenant().await;
    let load = tenants::stored_login(&t.hub, t.anna.id, Purpose::Load)
        .await
        .unwrap();
    let mut conn = t.as_login(&load.login, load.password.expose_secret()).await;
    let (hers, his) = (
        format!("t_{}", t.anna.id.suffix()),
        format!("t_{}", ben.id.suffix()),
    );
    run(&mut conn, &format!("CREATE TABLE {hers}.orders (id int)"))
        .await
        .expect("her own schema is hers");
    for forbidden in [
        format!("CREATE TABLE {his}.orders (id int)"),
        format!("SELECT hub.tenant_drop('{}')", ben.id.suffix()),
        format!("SET ROLE {his}_load"),
        "CREATE TABLE public.orders (id int)".to_owned(),
        "CREATE ROLE mine".to_owned(),
        "COPY (SELECT 1) TO PROGRAM 'true'".to_owned(),
        "SELECT pg_read_file('/etc/passwd')".to_owned(),
        "SELECT lo_create(0)".to_owned(),
        "SELECT pg_advisory_lock(1)".to_owned(),
        "DO $$ BEGIN END $$".to_owned(),
    ] {
        assert!(run(&mut conn, &forbidden).await.is_err(), "{forbidden}");
    }
    let read = tenants::stored_login(&t.hub, t.anna.id, Purpose::Read)
        .await
        .unwrap();
    let mut conn = t.as_login(&read.login, read.password.expose_secret()).await;
    run(&mut conn, &format!("SELECT * FROM {hers}.orders"))
        .await
        .expect("the reader reads what the loader made");
    assert!(
        run(
            &mut conn,
            &format!("SET transaction_read_only = off; INSERT INTO {hers}.orders VALUES (1)")
        )
        .await
        .is_err()
    );
    t.hub
        .tenant_db()
        .functions()
        .drop_tenant(ben.id)
        .await
        .unwrap();
    t.end().await;
}

async fn run(conn: &mut sqlx::PgConnection, statement: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()))
        .execute(conn)
        .await
        .map(|_| ())
}

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
async fn a_step_that_can_not_be_done_fails_with_its_reason_and_waits_for_a_retry() {
    // Nothing answers where this hub looks for its engine.
    let t = People::new().await;
    let operator = scope::operator();
    let tenant = tenants::create(&t.hub, &operator, "Unlucky", "una@example.com")
        .await
        .unwrap();
    let mut options = WorkerOptions::new(1, "only");
    options.backoff = Duration::ZERO;
    let mut worker = Worker::new(t.hub.store().pool.clone(), options);
    hub::register(&t.hub, &mut worker);
    assert_eq!(worker.drain().await.unwrap(), 5, "every attempt was made");
    let found = admin::tenant(&t.hub, &operator, tenant).await.unwrap();
    assert_eq!(found.row.state, TenantState::Failed);
    let why = found.state_reason.clone().expect("a reason");
    assert!(
        why.starts_with("Engine workspace: The engine refused"),
        "{why}"
    );
    assert_eq!(
        state_of(&found, StepName::Storage),
        StepState::Done,
        "what was done stays done"
    );
    assert_eq!(state_of(&found, StepName::Workspace), StepState::Failed);
    assert_eq!(state_of(&found, StepName::Destination), StepState::Waiting);

    admin::retry(&t.hub, &operator, tenant).await.unwrap();
    let again = admin::tenant(&t.hub, &operator, tenant).await.unwrap();
    assert_eq!(
        (again.row.state, state_of(&again, StepName::Workspace)),
        (TenantState::Provisioning, StepState::Waiting)
    );
    t.hub
        .tenant_db()
        .functions()
        .drop_tenant(tenant)
        .await
        .unwrap();
    t.end().await;
}
