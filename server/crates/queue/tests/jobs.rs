//! What the queue promises, on a real PostgreSQL: nothing lost, nothing done by two at once, nothing forever.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    time::Duration,
};

use queue::{
    Cancelled, Error, JobContext, JobError, NewJob, Worker, WorkerOptions, cancel, enqueue,
};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool, postgres::PgConnectOptions};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const JOBS: &str = include_str!("../../../../migrations/control/0002_jobs.sql");

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
async fn with_queue(story: impl AsyncFnOnce(PgPool)) {
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

fn options(owner: &str) -> WorkerOptions {
    WorkerOptions {
        lease: Duration::from_millis(600),
        poll: Duration::from_millis(20),
        backoff: Duration::ZERO,
        grace: Duration::from_millis(200),
        ..WorkerOptions::new(4, owner)
    }
}

fn worker(pool: &PgPool, owner: &str) -> Worker {
    Worker::new(pool.clone(), options(owner))
}

async fn put(pool: &PgPool, job: NewJob) -> Option<queue::JobId> {
    let mut conn = pool.acquire().await.unwrap();
    enqueue(&mut conn, job).await.unwrap()
}

fn job() -> NewJob {
    NewJob::new("work", json!({"row": 7}))
}

async fn state(pool: &PgPool, id: queue::JobId) -> String {
    sqlx::query_scalar("SELECT state FROM jobs WHERE id = $1")
        .bind(id.0)
        .fetch_one(pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_job_runs_once_with_its_payload() {
    with_queue(async |pool| {
        let id = put(&pool, job()).await.unwrap();
        let runs = Arc::new(AtomicI32::new(0));
        let mut worker = worker(&pool, "a");
        let counted = runs.clone();
        worker.register("work", move |context: JobContext| {
            let runs = counted.clone();
            async move {
                assert_eq!(
                    (context.payload["row"].as_i64(), context.attempt),
                    (Some(7), 1)
                );
                runs.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
        });
        assert_eq!(worker.drain().await.unwrap(), 1);
        assert_eq!(
            (runs.load(Ordering::SeqCst), state(&pool, id).await.as_str()),
            (1, "done")
        );
    })
    .await;
}

#[tokio::test]
async fn a_job_of_a_transaction_that_failed_never_existed() {
    with_queue(async |pool| {
        let mut tx = pool.begin().await.unwrap();
        enqueue(&mut tx, job()).await.unwrap();
        tx.rollback().await.unwrap();
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM jobs")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(left, 0);
    })
    .await;
}

#[tokio::test]
async fn equal_jobs_wait_once_per_tenant_and_again_when_over() {
    with_queue(async |pool| {
        let (ana, bob) = (Uuid::now_v7(), Uuid::now_v7());
        let first = put(&pool, job().tenant(ana).dedup("x")).await;
        assert!(first.is_some());
        assert_eq!(put(&pool, job().tenant(ana).dedup("x")).await, None);
        assert!(put(&pool, job().tenant(bob).dedup("x")).await.is_some());
        assert!(
            put(&pool, job().dedup("x")).await.is_some(),
            "no tenant is another one"
        );
        assert_eq!(put(&pool, job().dedup("x")).await, None);
        let mut worker = worker(&pool, "a");
        worker.register("work", |_| async { Ok(()) });
        assert_eq!(worker.drain().await.unwrap(), 3);
        assert!(put(&pool, job().tenant(ana).dedup("x")).await.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_failing_job_is_retried_then_given_up_with_last_words() {
    with_queue(async |pool| {
        let id = put(
            &pool,
            NewJob {
                max_attempts: 3,
                ..job()
            },
        )
        .await
        .unwrap();
        let words = Arc::new(AtomicI32::new(0));
        let mut worker = worker(&pool, "a");
        worker.register("work", |_| async {
            Err(JobError::retry("the door is shut"))
        });
        let said = words.clone();
        worker.on_giving_up("work", move |_| {
            said.fetch_add(1, Ordering::SeqCst);
            async { Ok(()) }
        });
        assert_eq!(worker.drain().await.unwrap(), 3);
        assert_eq!(
            (
                state(&pool, id).await.as_str(),
                words.load(Ordering::SeqCst)
            ),
            ("dead", 1)
        );
        let dead = queue::dead(&pool, 10).await.unwrap();
        assert_eq!(dead[0].last_error.as_deref(), Some("the door is shut"));
        let mut conn = pool.acquire().await.unwrap();
        assert!(queue::requeue(&mut conn, id).await.unwrap());
        assert!(
            !queue::requeue(&mut conn, id).await.unwrap(),
            "it waits already"
        );
        assert_eq!(
            worker.drain().await.unwrap(),
            3,
            "its attempts are its own again"
        );
    })
    .await;
}

#[tokio::test]
async fn what_can_not_succeed_is_not_retried_and_a_panic_is() {
    with_queue(async |pool| {
        let hopeless = put(&pool, NewJob::new("hopeless", json!(null)))
            .await
            .unwrap();
        let shaky = put(&pool, NewJob::new("shaky", json!(null))).await.unwrap();
        let mut worker = worker(&pool, "a");
        worker.register("hopeless", |_| async {
            Err(JobError::fail("there is no such thing"))
        });
        worker.register("shaky", |context: JobContext| async move {
            assert!(context.attempt > 1, "the first attempt panics");
            Ok(())
        });
        assert_eq!(worker.drain().await.unwrap(), 3);
        assert_eq!(state(&pool, hopeless).await, "dead");
        assert_eq!(state(&pool, shaky).await, "done");
    })
    .await;
}

/// A worker that was killed leaves a running job whose lease runs out.
async fn leave_behind(pool: &PgPool, id: queue::JobId, attempt: i32) {
    sqlx::query(
        "UPDATE jobs
         SET state = 'running', attempt = $2, fence = fence + 1, lease_owner = 'killed', lease_until = now() - INTERVAL '1 second'
         WHERE id = $1",
    )
    .bind(id.0)
    .bind(attempt)
    .execute(pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn another_worker_takes_over_from_a_killed_one_and_the_dead_hand_writes_nothing() {
    with_queue(async |pool| {
        let id = put(&pool, job()).await.unwrap();
        leave_behind(&pool, id, 1).await;
        let stale_fence: i64 = sqlx::query_scalar("SELECT fence FROM jobs WHERE id = $1")
            .bind(id.0)
            .fetch_one(&pool)
            .await
            .unwrap();
        let mut worker = worker(&pool, "b");
        worker.register("work", move |context: JobContext| async move {
            assert_eq!((context.attempt, context.fence), (2, stale_fence + 1));
            Ok(())
        });
        let mut tx = pool.begin().await.unwrap();
        queue::hold(&mut tx, id, stale_fence)
            .await
            .expect("it is still the killed one's");
        tx.rollback().await.unwrap();
        assert_eq!(worker.drain().await.unwrap(), 1);
        let mut tx = pool.begin().await.unwrap();
        assert!(matches!(
            queue::hold(&mut tx, id, stale_fence).await,
            Err(Error::LeaseLost)
        ));
    })
    .await;
}

#[tokio::test]
async fn a_job_that_kills_every_worker_is_given_up() {
    with_queue(async |pool| {
        let id = put(
            &pool,
            NewJob {
                max_attempts: 2,
                ..job()
            },
        )
        .await
        .unwrap();
        leave_behind(&pool, id, 2).await;
        let words = Arc::new(AtomicI32::new(0));
        let mut worker = worker(&pool, "b");
        worker.register("work", |_| async {
            panic!("must not be tried a third time")
        });
        let said = words.clone();
        worker.on_giving_up("work", move |_| {
            said.fetch_add(1, Ordering::SeqCst);
            async { Ok(()) }
        });
        worker.drain().await.unwrap();
        assert_eq!(
            (
                state(&pool, id).await.as_str(),
                words.load(Ordering::SeqCst)
            ),
            ("dead", 1)
        );
    })
    .await;
}

/// Tells when the work that holds it is over, however it ends.
struct Farewell(Arc<Notify>);

impl Drop for Farewell {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[tokio::test]
async fn a_lost_lease_ends_the_work() {
    with_queue(async |pool| {
        let id = put(&pool, job()).await.unwrap();
        let (started, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let mut worker = worker(&pool, "slow");
        let (told, tell) = (started.clone(), ended.clone());
        worker.register("work", move |_| {
            let (started, ended) = (told.clone(), tell.clone());
            async move {
                let _farewell = Farewell(ended);
                started.notify_one();
                std::future::pending().await
            }
        });
        let stop = CancellationToken::new();
        let running = tokio::spawn(worker.run(stop.clone()));
        started.notified().await;
        sqlx::query("UPDATE jobs SET fence = fence + 1, lease_owner = 'thief', lease_until = now() + INTERVAL '1 hour' WHERE id = $1")
            .bind(id.0)
            .execute(&pool)
            .await
            .unwrap();
        tokio::time::timeout(Duration::from_secs(5), ended.notified()).await.expect("the work is ended");
        stop.cancel();
        tokio::time::timeout(Duration::from_secs(5), running).await.expect("nothing hangs").unwrap();
        let owner: String = sqlx::query_scalar("SELECT lease_owner FROM jobs WHERE id = $1").bind(id.0).fetch_one(&pool).await.unwrap();
        assert_eq!(owner, "thief", "the one who lost it let go without touching it");
    })
    .await;
}

#[tokio::test]
async fn long_work_keeps_its_lease() {
    with_queue(async |pool| {
        put(&pool, job()).await.unwrap();
        let mut worker = worker(&pool, "long");
        worker.register("work", |_| async {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            Ok(())
        });
        let other = {
            let mut other = Worker::new(pool.clone(), options("other"));
            other.register("work", |_| async {
                panic!("the lease was renewed, nobody may take it")
            });
            other
        };
        let (worked, _) = tokio::join!(worker.drain(), async {
            tokio::time::sleep(Duration::from_millis(1200)).await;
            other.drain().await.unwrap()
        });
        assert_eq!(worked.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn cancelling_removes_what_waits_and_tells_what_runs() {
    with_queue(async |pool| {
        let waiting = put(&pool, NewJob::new("nobody", json!(null)))
            .await
            .unwrap();
        let mut conn = pool.acquire().await.unwrap();
        assert_eq!(
            cancel(&mut conn, waiting).await.unwrap(),
            Cancelled::Removed
        );
        assert_eq!(cancel(&mut conn, waiting).await.unwrap(), Cancelled::Over);

        let running = put(&pool, job()).await.unwrap();
        let started = Arc::new(Notify::new());
        let mut worker = worker(&pool, "a");
        let told = started.clone();
        worker.register("work", move |context: JobContext| {
            let started = told.clone();
            async move {
                started.notify_one();
                context.cancelled.cancelled().await;
                Err(JobError::fail("stopped as asked"))
            }
        });
        let stop = CancellationToken::new();
        let task = tokio::spawn(worker.run(stop.clone()));
        started.notified().await;
        assert_eq!(cancel(&mut conn, running).await.unwrap(), Cancelled::Asked);
        let over = async {
            while state(&pool, running).await != "cancelled" {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), over)
            .await
            .expect("it stops soon");
        stop.cancel();
        task.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn leaving_gives_unfinished_work_back_uncounted() {
    with_queue(async |pool| {
        let id = put(&pool, job()).await.unwrap();
        let started = Arc::new(Notify::new());
        let mut worker = worker(&pool, "leaving");
        let told = started.clone();
        worker.register("work", move |_| {
            told.notify_one();
            std::future::pending()
        });
        let stop = CancellationToken::new();
        let task = tokio::spawn(worker.run(stop.clone()));
        started.notified().await;
        stop.cancel();
        tokio::time::timeout(Duration::from_secs(5), task)
            .await
            .expect("the grace is short")
            .unwrap();
        let (state, attempt): (String, i32) =
            sqlx::query_as("SELECT state, attempt FROM jobs WHERE id = $1")
                .bind(id.0)
                .fetch_one(&pool)
                .await
                .unwrap();
        assert_eq!((state.as_str(), attempt), ("queued", 0));
    })
    .await;
}

#[tokio::test]
async fn a_busy_tenant_does_not_keep_the_others_waiting() {
    with_queue(async |pool| {
        let (busy, quiet) = (Uuid::now_v7(), Uuid::now_v7());
        for _ in 0..5 {
            put(&pool, job().tenant(busy)).await.unwrap();
        }
        put(&pool, job().tenant(quiet)).await.unwrap();
        let order = Arc::new(std::sync::Mutex::new(Vec::new()));
        let (seen, both) = (order.clone(), Arc::new(tokio::sync::Barrier::new(2)));
        let mut worker = Worker::new(
            pool.clone(),
            WorkerOptions {
                concurrency: 2,
                ..options("a")
            },
        );
        worker.register("work", move |context: JobContext| {
            let (order, both) = (seen.clone(), both.clone());
            async move {
                order.lock().unwrap().push(context.tenant);
                both.wait().await;
                Ok(())
            }
        });
        let stop = CancellationToken::new();
        let task = tokio::spawn(worker.run(stop.clone()));
        let done = async {
            while queue::depth(&pool).await.unwrap().waiting
                + queue::depth(&pool).await.unwrap().running
                > 0
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), done)
            .await
            .expect("all run, two at a time");
        stop.cancel();
        task.await.unwrap();
        let order = order.lock().unwrap().clone();
        assert!(order[..2].contains(&Some(quiet)), "{order:?}");
    })
    .await;
}

#[tokio::test]
async fn regular_jobs_wait_once_for_all_workers() {
    with_queue(async |pool| {
        let stop = CancellationToken::new();
        let mut tasks = Vec::new();
        for owner in ["a", "b"] {
            let mut worker = worker(&pool, owner);
            worker.every("sweep", Duration::from_hours(1));
            worker.register("sweep", |_| async { Ok(()) });
            tasks.push(tokio::spawn(worker.run(stop.clone())));
        }
        let planned = async {
            while sqlx::query_scalar::<_, i64>("SELECT count(*) FROM jobs")
                .fetch_one(&pool)
                .await
                .unwrap()
                == 0
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), planned)
            .await
            .expect("it is planned at once");
        tokio::time::sleep(Duration::from_millis(200)).await;
        stop.cancel();
        for task in tasks {
            task.await.unwrap();
        }
        let (count, future): (i64, bool) =
            sqlx::query_as("SELECT count(*), bool_and(run_at > now()) FROM jobs")
                .fetch_one(&pool)
                .await
                .unwrap();
        assert_eq!((count, future), (1, true));
    })
    .await;
}
