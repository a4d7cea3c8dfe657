//! A control database that an operator brings is closed to every login that is not the hub's.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use support::{server, with_databases};

#[tokio::test]
async fn logins_of_tenants_may_not_even_connect() {
    with_databases(async |databases| {
        let name = format!("brought_{}", uuid::Uuid::now_v7().simple());
        let owner = &databases.logins.control_owner;
        let mut admin = PgConnection::connect_with(&server()).await.unwrap();
        let create = format!("CREATE DATABASE {name} OWNER {}", owner.get_username());
        run(&mut admin, create).await;
        assert_eq!(may_connect(&mut admin, &name).await, (true, true));

        store::migrate(&owner.clone().database(&name))
            .await
            .unwrap();

        assert_eq!(may_connect(&mut admin, &name).await, (false, true));
        run(&mut admin, format!("DROP DATABASE {name} WITH (FORCE)")).await;
    })
    .await;
}

/// Everybody, and the hub.
async fn may_connect(admin: &mut PgConnection, database: &str) -> (bool, bool) {
    sqlx::query_as(
        "SELECT has_database_privilege('public', $1, 'CONNECT'),
                has_database_privilege('hub_app', $1, 'CONNECT')",
    )
    .bind(database)
    .fetch_one(admin)
    .await
    .unwrap()
}

async fn run(admin: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(admin)
        .await
        .unwrap();
}
