//! Tenants with real databases and the real engine: prepared whatever happens, and walled in.

use std::time::Duration;

use hub::{admin, scope, tenants};
use model::{StepName, StepState, TenantDetail, TenantId, TenantState};
use queue::{Worker, WorkerOptions};
use secrecy::ExposeSecret;
use store::logins::Purpose;

use crate::{
    people::People,
    world::{World, until},
};

pub async fn detail(t: &World, tenant: TenantId) -> TenantDetail {
    admin::tenant(&t.hub, &scope::operator(), tenant)
        .await
        .expect("a tenant")
}

pub async fn reaches(t: &World, tenant: TenantId, state: TenantState) -> TenantDetail {
    until("the tenant gets there", || async {
        let found = detail(t, tenant).await;
        (found.row.state == state).then_some(found)
    })
    .await
}

pub fn state_of(detail: &TenantDetail, step: StepName) -> StepState {
    detail
        .steps
        .iter()
        .find(|found| found.name == step)
        .expect("every step is listed")
        .state
}

pub async fn workspaces(t: &World, tenant: TenantId) -> usize {
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

pub async fn run(conn: &mut sqlx::PgConnection, statement: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()))
        .execute(conn)
        .await
        .map(|_| ())
}

#[tokio::test]
async fn a_silent_engine_delays_and_does_not_fail() {
    // Nothing answers where this hub looks for its engine.
    let t = People::new().await;
    let operator = scope::operator();
    let tenant = tenants::create(&t.hub, &operator, "Patient", "pia@example.com")
        .await
        .unwrap();
    let mut options = WorkerOptions::new(1, "only");
    options.backoff = Duration::ZERO;
    let mut worker = Worker::new(t.hub.store().pool.clone(), options);
    hub::register(&t.hub, &mut worker);
    let tried = async {
        loop {
            let job = "SELECT attempt FROM jobs WHERE kind = 'provision_tenant'";
            let tries: i32 = sqlx::query_scalar(job)
                .fetch_one(&t.hub.store().pool)
                .await
                .unwrap();
            if tries > 6 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        () = tried => {}
        drained = worker.drain() => panic!("it was given up: {drained:?}"),
    }
    let found = admin::tenant(&t.hub, &operator, tenant).await.unwrap();
    assert_eq!(found.row.state, TenantState::Provisioning);
    assert_eq!(state_of(&found, StepName::Workspace), StepState::Running);
    let step = found
        .steps
        .iter()
        .find(|step| step.name == StepName::Workspace);
    let detail = &step.expect("the step").detail;
    assert!(detail.ends_with("It is tried again by itself."), "{detail}");
    t.hub
        .tenant_db()
        .functions()
        .drop_tenant(tenant)
        .await
        .unwrap();
    t.end().await;
}

#[tokio::test]
async fn a_step_that_can_not_be_done_fails_with_its_reason_and_waits_for_a_retry() {
    // Its engine knows nobody by the name of this hub.
    let t = People::with_engine_that_refuses().await;
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
