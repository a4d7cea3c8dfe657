//! A control database and a tenant data database of their own for each test, gone afterwards.

use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};
use store::{
    Store,
    bootstrap::{self, Logins, Names, Passwords},
};

/// Both databases, migrated, with the logins the program uses.
pub struct Databases {
    pub logins: Logins,
    pub store: Store,
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told where their server is"
)]
pub fn server() -> PgConnectOptions {
    std::env::var("TEST_DATABASE_URL")
        .expect("TEST_DATABASE_URL names a superuser of a scratch server")
        .parse()
        .expect("TEST_DATABASE_URL is a PostgreSQL URL")
}

/// The logins are roles of the whole server, so every test must give them the same passwords.
fn passwords() -> Passwords {
    Passwords {
        owner: SecretString::from("test-owner"),
        app: SecretString::from("test-app"),
        provisioner: SecretString::from("test-provisioner"),
    }
}

/// Runs a story with both databases.
pub async fn with_databases(story: impl AsyncFnOnce(&Databases)) {
    let mark = uuid::Uuid::now_v7().simple().to_string();
    let names = Names {
        control: format!("core_{mark}_c"),
        data: format!("core_{mark}_d"),
    };
    let logins = bootstrap::embedded(&server(), &names, &passwords())
        .await
        .unwrap();
    store::migrate(&logins.control_owner).await.unwrap();
    store::migrate_tenant_database(&logins.data_superuser)
        .await
        .unwrap();
    let store = Store::connect(logins.control.clone(), 8).await.unwrap();
    let databases = Databases { logins, store };
    story(&databases).await;
    databases.store.pool.close().await;
    let mut admin = PgConnection::connect_with(&server()).await.unwrap();
    for name in [&names.control, &names.data] {
        let drop = format!("DROP DATABASE \"{name}\" WITH (FORCE)");
        sqlx::raw_sql(AssertSqlSafe(drop))
            .execute(&mut admin)
            .await
            .unwrap();
    }
    let drop = format!("DROP ROLE \"{}_logins\"", names.data);
    sqlx::raw_sql(AssertSqlSafe(drop))
        .execute(&mut admin)
        .await
        .unwrap();
}
