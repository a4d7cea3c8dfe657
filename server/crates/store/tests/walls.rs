//! The wall between tenants in the control database, asked of every table there is. What else guards it has files of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "walls/rate_limits.rs"]
mod rate_limits;
#[path = "walls/secrets.rs"]
mod secrets;
#[path = "walls/self_check.rs"]
mod self_check;
mod support;

use model::{Role, TenantId, UserId};
use sqlx::AssertSqlSafe;
use store::{Error, TenantTx, accounts, ids::Id, steps, tenants};
use support::{Databases, with_databases};
use time::{OffsetDateTime, macros::datetime};

const NOON: OffsetDateTime = datetime!(2026-05-04 12:00:00 UTC);

async fn tenant(databases: &Databases, name: &str) -> (TenantId, UserId) {
    let (tenant, user) = (TenantId::fresh(), UserId::fresh());
    let mut tx = databases.store.platform().await.unwrap();
    let email = format!("{name}@example.com");
    accounts::insert(&mut tx, user, &email, "!", accounts::Kind::Member, NOON)
        .await
        .unwrap();
    tenants::insert(&mut tx, tenant, name, NOON).await.unwrap();
    tenants::add_member(&mut tx, tenant, user, Role::Owner, NOON)
        .await
        .unwrap();
    steps::plan(&mut tx, tenant).await.unwrap();
    tx.commit().await.unwrap();
    (tenant, user)
}

#[tokio::test]
async fn every_table_with_a_tenant_has_its_wall_up() {
    with_databases(async |databases| {
        let tables: Vec<(String, bool, bool, i64)> = sqlx::query_as(
            "SELECT class.relname::text, class.relrowsecurity, class.relforcerowsecurity,
                    (SELECT count(*) FROM pg_policy WHERE polrelid = class.oid)
             FROM pg_class AS class
             JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attname = 'tenant_id'
             WHERE class.relkind = 'r'
               AND class.relnamespace = 'public'::regnamespace",
        )
        .fetch_all(&databases.store.pool)
        .await
        .unwrap();
        assert!(tables.len() >= 12, "{tables:?}");
        for (table, on, forced, policies) in tables {
            assert!(on && forced && policies == 2, "{table} is open");
        }
    })
    .await;
}

#[tokio::test]
async fn the_program_sees_no_row_of_any_tenant_without_saying_whose() {
    with_databases(async |databases| {
        let (ana, _) = tenant(databases, "ana").await;
        let (bob, _) = tenant(databases, "bob").await;
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT class.relname::text
             FROM pg_class AS class
             JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attname = 'tenant_id'
             WHERE class.relkind = 'r' AND class.relnamespace = 'public'::regnamespace
             UNION SELECT 'tenants'",
        )
        .fetch_all(&databases.store.pool)
        .await
        .unwrap();
        for table in tables {
            let count = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
            let blind: i64 = sqlx::query_scalar(count).fetch_one(&databases.store.pool).await.unwrap();
            assert_eq!(blind, 0, "{table} shows rows to nobody in particular");
            let column = if table == "tenants" { "id" } else { "tenant_id" };
            let foreign = AssertSqlSafe(format!("SELECT count(*) FROM {table} WHERE {column} = '{}'", bob.uuid()));
            let mut tx = TenantTx::begin(&databases.store.pool, ana).await.unwrap();
            let seen: i64 = sqlx::query_scalar(foreign).fetch_one(&mut *tx).await.unwrap();
            assert_eq!(seen, 0, "{table} shows another tenant's rows");
        }
        let mut tx = TenantTx::begin(&databases.store.pool, ana).await.unwrap();
        assert!(matches!(tenants::get(&mut tx, bob).await, Err(Error::NotFound)));
        assert!(steps::list(&mut tx, bob).await.unwrap().is_empty());
        assert_eq!(steps::list(&mut tx, ana).await.unwrap().len(), 7);
    })
    .await;
}

#[tokio::test]
async fn nothing_can_be_written_into_another_tenant() {
    with_databases(async |databases| {
        let (ana, user) = tenant(databases, "ana").await;
        let (bob, _) = tenant(databases, "bob").await;
        let mut tx = TenantTx::begin(&databases.store.pool, ana).await.unwrap();
        let refused = tenants::add_member(&mut tx, bob, user, Role::Owner, NOON).await;
        assert!(refused.is_err(), "ana made herself an owner of bob's");
        drop(tx);
        let mut tx = TenantTx::begin(&databases.store.pool, ana).await.unwrap();
        let missed =
            tenants::set_state(&mut tx, bob, model::TenantState::Deleting, None, NOON).await;
        assert!(matches!(missed, Err(Error::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn a_tenant_does_not_survive_its_transaction() {
    with_databases(async |databases| {
        let (ana, _) = tenant(databases, "ana").await;
        for _ in 0..3 {
            let mut tx = TenantTx::begin(&databases.store.pool, ana).await.unwrap();
            tenants::get(&mut tx, ana).await.unwrap();
            tx.commit().await.unwrap();
            let left: i64 = sqlx::query_scalar("SELECT count(*) FROM tenants")
                .fetch_one(&databases.store.pool)
                .await
                .unwrap();
            assert_eq!(left, 0);
        }
        // Somebody who sets it for the whole connection does not hand it on.
        let mut conn = databases.store.pool.acquire().await.unwrap();
        sqlx::query("SELECT set_config('app.tenant_id', $1, false)")
            .bind(ana.uuid().to_string())
            .execute(&mut *conn)
            .await
            .unwrap();
        drop(conn);
        for _ in 0..16 {
            let left: i64 = sqlx::query_scalar("SELECT count(*) FROM tenants")
                .fetch_one(&databases.store.pool)
                .await
                .unwrap();
            assert_eq!(left, 0);
        }
    })
    .await;
}

#[tokio::test]
async fn the_program_can_not_change_its_own_walls() {
    with_databases(async |databases| {
        for forbidden in [
            "ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY",
            "DROP POLICY tenant_rows ON tenants",
            "CREATE TABLE mine (id int)",
            "CREATE ROLE mine",
            "SET ROLE hub_owner",
            "CALL raise_tenant_wall('users')",
        ] {
            assert!(
                sqlx::raw_sql(forbidden)
                    .execute(&databases.store.pool)
                    .await
                    .is_err(),
                "{forbidden}"
            );
        }
    })
    .await;
}
