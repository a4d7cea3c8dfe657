//! A transaction that nobody waits for any more.

use std::{
    pin::pin,
    task::{Context, Waker},
};

use sqlx::postgres::PgPoolOptions;

use crate::world::{job, put, state, with_queue};

/// A request that hung up, a job that was stopped: what the next one writes on the same connection must be there for all.
#[tokio::test]
async fn who_gives_up_a_beginning_takes_nothing_from_the_next_one() {
    with_queue(async |pool| {
        let narrow = PgPoolOptions::new()
            .max_connections(1)
            // Or the first wait would be for that, and not for the beginning.
            .test_before_acquire(false)
            .connect_with((*pool.connect_options()).clone())
            .await
            .unwrap();
        for looks in 1..10 {
            give_up_after(looks, queue::begin(&narrow));
            let id = put(&narrow, job()).await.unwrap();
            assert_eq!(state(&pool, id).await, "queued", "after {looks} looks");
        }
        narrow.close().await;
    })
    .await;
}

/// Looks so often whether it is done, without a pause, and drops it.
fn give_up_after(looks: usize, work: impl Future) {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..looks {
        if work.as_mut().poll(&mut context).is_ready() {
            return;
        }
    }
}
