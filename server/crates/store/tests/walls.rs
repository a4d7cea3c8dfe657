//! The wall between tenants in the control database, asked of every table there is.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use model::{Role, TenantId, UserId};
use seal::KeyRing;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use store::{
    Error, TenantTx, accounts,
    ids::Id,
    logins::{self, Login, Purpose},
    rate_limits::{self, Limit},
    secrets::{self, Place},
    self_check::{self, OldServer},
    steps, tenants,
};
use support::{Databases, with_databases};
use time::{Duration, OffsetDateTime, macros::datetime};

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
#[expect(clippy::too_many_lines, reason = "a story in one piece")]
async fn secrets_open_for_their_tenant_at_their_place_only() {
    with_databases(async |databases| {
        let ring = KeyRing::random().unwrap();
        let (ana, _) = tenant(databases, "ana").await;
        let (bob, _) = tenant(databases, "bob").await;
        let mut tx = databases.store.platform().await.unwrap();
        assert!(matches!(
            secrets::keys(&mut tx, &ring, ana).await,
            Err(Error::NoKey)
        ));
        for tenant in [ana, bob] {
            assert_eq!(
                secrets::ensure_key(&mut tx, &ring, tenant, NOON)
                    .await
                    .unwrap(),
                1
            );
            assert_eq!(
                secrets::ensure_key(&mut tx, &ring, tenant, NOON)
                    .await
                    .unwrap(),
                1,
                "one is enough"
            );
        }
        let (hers, his) = (
            secrets::keys(&mut tx, &ring, ana).await.unwrap(),
            secrets::keys(&mut tx, &ring, bob).await.unwrap(),
        );
        let place = Place {
            table: "connections",
            column: "secrets",
            row: uuid::Uuid::now_v7(),
        };
        let record = hers.seal_text(place, &SecretString::from("sk_live"));
        assert_eq!(
            hers.open_text(place, &record).unwrap().expose_secret(),
            "sk_live"
        );
        assert!(his.open_text(place, &record).is_err());
        assert!(
            hers.open_text(
                Place {
                    row: uuid::Uuid::now_v7(),
                    ..place
                },
                &record
            )
            .is_err()
        );
        assert!(
            hers.open_text(
                Place {
                    column: "config",
                    ..place
                },
                &record
            )
            .is_err()
        );

        let rotated = ring.rotated().unwrap();
        assert_eq!(secrets::rewrap(&mut tx, &rotated).await.unwrap(), 2);
        assert_eq!(secrets::rewrap(&mut tx, &rotated).await.unwrap(), 0);
        assert!(
            secrets::keys(&mut tx, &ring, ana).await.is_err(),
            "the old ring alone opens nothing any more"
        );
        let hers = secrets::keys(&mut tx, &rotated, ana).await.unwrap();
        assert!(hers.open_text(place, &record).is_ok());

        assert_eq!(secrets::destroy_keys(&mut tx, ana, NOON).await.unwrap(), 1);
        assert!(matches!(
            secrets::keys(&mut tx, &rotated, ana).await,
            Err(Error::NoKey)
        ));
        assert_eq!(
            secrets::ensure_key(&mut tx, &rotated, ana, NOON)
                .await
                .unwrap(),
            2
        );
        let newer = secrets::keys(&mut tx, &rotated, ana).await.unwrap();
        assert!(
            newer.open_text(place, &record).is_err(),
            "what was shredded stays shredded"
        );
    })
    .await;
}

#[tokio::test]
async fn a_repeated_step_keeps_the_first_password() {
    with_databases(async |databases| {
        let ring = KeyRing::random().unwrap();
        let (ana, _) = tenant(databases, "ana").await;
        let mut tx = databases.store.tenant(ana).await.unwrap();
        secrets::ensure_key(&mut tx, &ring, ana, NOON)
            .await
            .unwrap();
        let keys = secrets::keys(&mut tx, &ring, ana).await.unwrap();
        for password in ["first", "second"] {
            let new = Login {
                login: "t_x_load".to_owned(),
                password: SecretString::from(password),
            };
            let kept = logins::ensure(&mut tx, ana, &keys, Purpose::Load, &new, NOON)
                .await
                .unwrap();
            assert_eq!(kept.password.expose_secret(), "first");
        }
        let stored: Vec<u8> = sqlx::query_scalar("SELECT password FROM data_logins")
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert!(!stored.windows(5).any(|part| part == b"first"));
    })
    .await;
}

#[tokio::test]
async fn the_start_up_check_finds_what_is_unsafe() {
    with_databases(async |databases| {
        let ring = KeyRing::random().unwrap();
        let pool = &databases.store.pool;
        let problems = |checks: Vec<self_check::Check>| -> Vec<(&'static str, String)> {
            checks
                .into_iter()
                .filter_map(|check| check.problem.map(|why| (check.name, why)))
                .collect()
        };
        assert_eq!(
            problems(
                self_check::run(pool, &ring, OldServer::Refuse, NOON)
                    .await
                    .unwrap()
            ),
            []
        );

        let stranger = KeyRing::random().unwrap();
        let found = problems(
            self_check::run(pool, &stranger, OldServer::Refuse, NOON)
                .await
                .unwrap(),
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "Key file");

        let mut owner = PgConnection::connect_with(&databases.logins.control_owner)
            .await
            .unwrap();
        sqlx::raw_sql("ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY")
            .execute(&mut owner)
            .await
            .unwrap();
        let found = problems(
            self_check::run(pool, &ring, OldServer::Refuse, NOON)
                .await
                .unwrap(),
        );
        assert!(
            found.len() == 1 && found[0].1.contains("api_keys"),
            "{found:?}"
        );

        let superuser = store::Store::connect(
            databases
                .logins
                .data_superuser
                .clone()
                .database(databases.logins.control.get_database().unwrap()),
            1,
        )
        .await
        .unwrap();
        let found = problems(
            self_check::run(&superuser.pool, &ring, OldServer::Refuse, NOON)
                .await
                .unwrap(),
        );
        assert!(
            found
                .iter()
                .any(|(name, why)| *name == "Database login" && why.contains("use hub_app")),
            "{found:?}"
        );
        superuser.pool.close().await;
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

#[tokio::test]
async fn limits_count_across_windows_and_forget() {
    with_databases(async |databases| {
        let limit = Limit {
            bucket: "test",
            most: 2,
            window: std::time::Duration::from_mins(1),
        };
        let pool = &databases.store.pool;
        assert_eq!(
            rate_limits::hit(pool, limit, "ana", NOON).await.unwrap(),
            None
        );
        assert_eq!(
            rate_limits::hit(pool, limit, "ana", NOON + Duration::seconds(10))
                .await
                .unwrap(),
            None
        );
        let wait = rate_limits::hit(pool, limit, "ana", NOON + Duration::seconds(20))
            .await
            .unwrap();
        assert_eq!(wait, Some(std::time::Duration::from_secs(40)));
        assert_eq!(
            rate_limits::hit(pool, limit, "bob", NOON).await.unwrap(),
            None
        );
        assert_eq!(
            rate_limits::hit(pool, limit, "ana", NOON + Duration::seconds(60))
                .await
                .unwrap(),
            None,
            "a new window"
        );
        rate_limits::clear(pool, limit, "ana").await.unwrap();
        assert_eq!(
            rate_limits::forget(pool, NOON + Duration::days(1))
                .await
                .unwrap(),
            1
        );
    })
    .await;
}
