//! The scratch server of the tests: where it is, the passwords of its logins, and SQL run there as its superuser.

use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};
use store::bootstrap;

#[expect(clippy::disallowed_methods, reason = "where the tests' database is")]
fn server_url() -> String {
    std::env::var("TEST_DATABASE_URL")
        .expect("TEST_DATABASE_URL names a superuser's database on a scratch server")
}

pub fn server() -> PgConnectOptions {
    server_url().parse().expect("a PostgreSQL URL")
}

/// The superuser's password, which connect options do not give back.
pub fn server_password() -> String {
    let url = url::Url::parse(&server_url()).expect("a URL");
    url.password().unwrap_or_default().to_owned()
}

/// The logins are roles of the whole server, so every test must give them the same passwords (those of `store`'s).
pub fn passwords() -> bootstrap::Passwords {
    bootstrap::Passwords {
        owner: SecretString::from("test-owner"),
        app: SecretString::from("test-app"),
        provisioner: SecretString::from("test-provisioner"),
    }
}

/// Runs SQL on one of the server's databases.
pub async fn number(database: &str, text: &str) -> i64 {
    let mut conn = PgConnection::connect_with(&server().database(database))
        .await
        .expect("the server answers");
    sqlx::query_scalar(AssertSqlSafe(text.to_owned()))
        .fetch_one(&mut conn)
        .await
        .expect("a number")
}

pub async fn sql(database: &str, text: &str) {
    let mut conn = PgConnection::connect_with(&server().database(database))
        .await
        .expect("the server answers");
    sqlx::raw_sql(AssertSqlSafe(text.to_owned()))
        .execute(&mut conn)
        .await
        .expect("the statement runs");
}
