//! Jobs in their turn: once, again after a failure, never two that are equal, and a fair share for everybody.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    time::Duration,
};

use queue::{Cancelled, JobContext, JobError, NewJob, Worker, WorkerOptions, cancel, enqueue};
use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::world::{job, options, put, state, with_queue, worker};

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

#[tokio::test]
async fn one_tenant_has_no_more_than_its_share_of_the_places() {
    with_queue(async |pool| {
        let (busy, quiet) = (Uuid::now_v7(), Uuid::now_v7());
        let held = put(&pool, job().tenant(busy)).await.unwrap();
        // Its holder has died: it takes nothing from the share.
        let gone = "UPDATE jobs SET state = 'running', lease_owner = 'gone', lease_until = now() - interval '1 hour' WHERE id = $1";
        sqlx::query(gone).bind(held.0).execute(&pool).await.unwrap();
        for _ in 0..4 {
            put(&pool, job().tenant(busy)).await.unwrap();
        }
        let mut worker = Worker::new(
            pool.clone(),
            WorkerOptions {
                concurrency: 4,
                per_tenant: Some(2),
                ..options("a")
            },
        );
        let (begun, go_on) = (Arc::new(std::sync::Mutex::new(Vec::new())), Arc::new(Notify::new()));
        let (seen, waits) = (begun.clone(), go_on.clone());
        worker.register("work", move |context: JobContext| {
            let (seen, waits) = (seen.clone(), waits.clone());
            async move {
                let waits = waits.notified();
                seen.lock().unwrap().push(context.tenant.unwrap());
                waits.await;
                Ok(())
            }
        });
        let stop = CancellationToken::new();
        let task = tokio::spawn(worker.run(stop.clone()));
        until(|| begun.lock().unwrap().len() == 2).await;
        put(&pool, job().tenant(quiet)).await.unwrap();
        until(|| begun.lock().unwrap().len() > 2).await;
        assert_eq!(
            *begun.lock().unwrap(),
            [busy, busy, quiet],
            "two places are free, and one is left so"
        );
        // The share is free again as soon as a job of it ends.
        go_on.notify_one();
        until(|| begun.lock().unwrap().len() > 3).await;
        assert_eq!(begun.lock().unwrap()[3], busy);
        stop.cancel();
        go_on.notify_waiters();
        task.await.unwrap();
    })
    .await;
}

async fn until(is_so: impl Fn() -> bool) {
    let waited = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), waited).await;
    in_time.expect("it comes to be so");
}
