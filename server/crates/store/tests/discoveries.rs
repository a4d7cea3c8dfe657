//! The turn to have an Airbyte elsewhere discover goes round among processes, and stays with nobody who is gone.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::time::Duration;

use store::{
    Store,
    discoveries::{Turn, take_turn},
};
use support::with_databases;
use tokio::time::timeout;

const AIRBYTE: &str = "https://airbyte.example.com/api/public/v1";
/// Long enough for everybody who is let.
const A_MOMENT: Duration = Duration::from_millis(300);
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

async fn soon(store: &Store) -> Turn {
    let turn = timeout(PATIENCE, take_turn(store, AIRBYTE)).await;
    turn.expect("it is free").unwrap()
}

#[tokio::test]
async fn one_process_at_a_time_has_the_turn_and_none_that_is_gone() {
    with_databases(async |databases| {
        let here = &databases.store;
        let there = Store::connect(databases.logins.control.clone(), 2)
            .await
            .unwrap();
        let first = soon(here).await;
        let refused = timeout(A_MOMENT, take_turn(&there, AIRBYTE)).await;
        assert!(refused.is_err(), "two at once");
        let other = timeout(PATIENCE, take_turn(&there, "https://another.example.com"));
        drop(other.await.unwrap().unwrap());

        // Who gave up waiting keeps no place in the queue.
        drop(first);
        let second = soon(&there).await;
        // Its process is killed: the line is cut, and nothing is said.
        let waiting = tokio::spawn({
            let here = here.clone();
            async move { soon(&here).await }
        });
        tokio::time::sleep(A_MOMENT).await;
        assert!(!waiting.is_finished());
        drop(second);
        drop(waiting.await.unwrap());
        there.pool.close().await;
    })
    .await;
}
