//! Work that outlives its worker: taken over once, ended when its lease is lost, given back when the worker leaves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    time::Duration,
};

use queue::{Error, JobContext, NewJob, Worker};
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::world::{job, options, put, state, with_queue, worker};

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
