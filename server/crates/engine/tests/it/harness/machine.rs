//! What a test engine stands on: a fresh database, the sandbox's launcher, the scripted connector, uv.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use engine::PythonTools;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use uuid::Uuid;

#[expect(clippy::disallowed_methods, reason = "where the tests' database is")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

pub fn server_url() -> String {
    variable("TEST_DATABASE_URL")
        .expect("TEST_DATABASE_URL names a superuser's database on a scratch server")
}

/// The superuser's password, which connect options do not give back.
pub fn server_password() -> String {
    let url = reqwest::Url::parse(&server_url()).expect("a URL");
    url.password().unwrap_or_default().to_owned()
}

/// The launcher of the sandbox, next to the tests' own program; built when it is not there yet.
pub fn launcher() -> PathBuf {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    let find = || {
        let own = std::env::current_exe().unwrap();
        let path = own.parent().unwrap().parent().unwrap().join("sandbox-exec");
        if !path.is_file() {
            let built = std::process::Command::new(env!("CARGO"))
                .args(["build", "-q", "-p", "sync", "--bin", "sandbox-exec"])
                .status();
            assert!(
                built.is_ok_and(|status| status.success()) && path.is_file(),
                "{} is needed",
                path.display()
            );
        }
        path
    };
    FOUND.get_or_init(find).clone()
}

/// What the engine stands on, of the product's own migrations.
const MIGRATIONS: [&str; 10] = [
    include_str!("../../../../../../migrations/control/0002_jobs.sql"),
    include_str!("../../../../../../migrations/control/0010_engine.sql"),
    include_str!("../../../../../../migrations/control/0030_engine_oauth.sql"),
    include_str!("../../../../../../migrations/control/0035_engine_manifests.sql"),
    include_str!("../../../../../../migrations/control/0038_engine_attempts.sql"),
    include_str!("../../../../../../migrations/control/0042_engine_schedules.sql"),
    include_str!("../../../../../../migrations/control/0052_engine_grants.sql"),
    include_str!("../../../../../../migrations/control/0054_engine_debug.sql"),
    include_str!("../../../../../../migrations/control/0056_engine_advanced.sql"),
    include_str!("../../../../../../migrations/control/0061_engine_field_order.sql"),
];
/// Migrations grant to the login the product runs as.
const ROLE: &str = "DO $$ BEGIN CREATE ROLE hub_app NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";

pub async fn fresh_database() -> (String, PgPool) {
    let name = format!("engine_test_{}", Uuid::now_v7().simple());
    let mut admin = PgConnection::connect(&server_url()).await.unwrap();
    sqlx::raw_sql(ROLE).execute(&mut admin).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut admin)
        .await
        .unwrap();
    let options: sqlx::postgres::PgConnectOptions = server_url().parse().unwrap();
    let pool = PgPool::connect_with(options.database(&name)).await.unwrap();
    for migration in MIGRATIONS {
        sqlx::raw_sql(migration).execute(&pool).await.unwrap();
    }
    (name, pool)
}

pub fn install_connector(folder: &Path) -> PathBuf {
    let bin = folder.join("connectors");
    std::fs::create_dir(&bin).unwrap();
    let path = bin.join("scripted");
    std::fs::write(&path, include_str!("../connector.py")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

pub fn python() -> PythonTools {
    let names = [
        "PATH",
        "HOME",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "HTTPS_PROXY",
        "UV_CACHE_DIR",
        "UV_INDEX_URL",
        "UV_DEFAULT_INDEX",
    ];
    let env = names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), variable(name)?)))
        .collect();
    PythonTools {
        uv: PathBuf::from("uv"),
        env,
    }
}
