//! A database with a queue for one story, and short ways to fill and look at it.

use std::time::Duration;

use queue::{NewJob, Worker, WorkerOptions, enqueue};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool, postgres::PgConnectOptions};
use uuid::Uuid;

const JOBS: &str = include_str!("../../../../../migrations/control/0002_jobs.sql");

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told where their server is"
)]
fn server() -> PgConnectOptions {
    std::env::var("TEST_DATABASE_URL")
        .expect("TEST_DATABASE_URL names a superuser of a scratch server")
        .parse()
        .unwrap()
}

/// A database with the jobs table, gone afterwards.
pub async fn with_queue(story: impl AsyncFnOnce(PgPool)) {
    let admin = PgPool::connect_with(server()).await.unwrap();
    let name = format!("core_queue_{}", Uuid::now_v7().simple());
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&admin)
        .await
        .unwrap();
    let role = "DO $$ BEGIN CREATE ROLE hub_app LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";
    sqlx::raw_sql(role).execute(&admin).await.unwrap();
    let pool = PgPool::connect_with(server().database(&name))
        .await
        .unwrap();
    sqlx::raw_sql(JOBS).execute(&pool).await.unwrap();
    story(pool.clone()).await;
    pool.close().await;
    sqlx::raw_sql(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)")))
        .execute(&admin)
        .await
        .unwrap();
}

pub fn options(owner: &str) -> WorkerOptions {
    WorkerOptions {
        lease: Duration::from_millis(600),
        poll: Duration::from_millis(20),
        backoff: Duration::ZERO,
        grace: Duration::from_millis(200),
        ..WorkerOptions::new(4, owner)
    }
}

pub fn worker(pool: &PgPool, owner: &str) -> Worker {
    Worker::new(pool.clone(), options(owner))
}

pub async fn put(pool: &PgPool, job: NewJob) -> Option<queue::JobId> {
    let mut conn = pool.acquire().await.unwrap();
    enqueue(&mut conn, job).await.unwrap()
}

pub fn job() -> NewJob {
    NewJob::new("work", json!({"row": 7}))
}

pub async fn state(pool: &PgPool, id: queue::JobId) -> String {
    sqlx::query_scalar("SELECT state FROM jobs WHERE id = $1")
        .bind(id.0)
        .fetch_one(pool)
        .await
        .unwrap()
}
