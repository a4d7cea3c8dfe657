use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::task::JoinSet;

use super::*;

fn quota(credentials: &str) -> Quota {
    Quota {
        origin: "https://api.example.com".to_owned(),
        holder: Holder::new(credentials, None),
        policy: None,
    }
}

async fn turn(turns: &Turns, credentials: &str) -> Turn {
    called(&turns.queue(quota(credentials), Rate::default, 1)).await
}

async fn called(ticket: &Ticket) -> Turn {
    match ticket.called(Duration::MAX).await {
        Called::In(turn) => turn,
        Called::Closed(_) => panic!("there is patience enough"),
    }
}

/// A server that takes ten requests in a moment, and syncs that know nothing of that, some of which give up while they
/// wait: everybody else gets through.
#[tokio::test]
async fn nobody_waits_for_ever() {
    const MOMENT: Duration = Duration::from_millis(50);
    let turns = Turns::default();
    let taken: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let (refusals, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut syncs = JoinSet::new();
    for number in 0..20_u128 {
        let turns = turns.of(Uuid::from_u128(number % 7));
        let (taken, refusals, done) = (taken.clone(), refusals.clone(), done.clone());
        syncs.spawn(async move {
            for request in 0..5 {
                if (number + request) % 9 == 0 {
                    let impatient = turn(&turns, "one");
                    let _ = tokio::time::timeout(Duration::from_millis(20), impatient).await;
                }
                let mut place = None;
                loop {
                    let turn = match place.take() {
                        Some(place) => called(&place).await,
                        None => turn(&turns, "one").await,
                    };
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    let now = Instant::now();
                    let refused = {
                        let mut taken = taken.lock().unwrap();
                        taken.retain(|at| now - *at < MOMENT);
                        let refused = taken.len() >= 10;
                        if !refused {
                            taken.push(now);
                        }
                        refused
                    };
                    if !refused {
                        turn.served();
                        break;
                    }
                    refusals.fetch_add(1, Ordering::Relaxed);
                    place = turn.refused(MOMENT);
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let all = async { while syncs.join_next().await.is_some() {} };
    let all = tokio::time::timeout(Duration::from_mins(10), all).await;
    let (done, refusals) = (
        done.load(Ordering::Relaxed),
        refusals.load(Ordering::Relaxed),
    );
    assert!(all.is_ok() && done == 100, "{done} requests are through");
    assert!(refusals < 100, "{refusals} refusals");
}

#[tokio::test]
async fn a_refusal_is_for_all_with_the_same_credentials_and_for_nobody_else() {
    let (one, other) = (Turns::default(), Turns::default());
    let sibling = one.of(Uuid::from_u128(7));
    let begun = Instant::now();
    let pause = Duration::from_millis(300);
    turn(&one, "one").await.refused(pause);
    let at = closed(&sibling, "one").await.unwrap();
    assert!(at >= begun + pause, "who has no patience is told at once");
    assert_eq!(closed(&sibling, "two").await, None);
    assert_eq!(closed(&other, "one").await, None, "another process");
    turn(&sibling, "one").await.served();
    assert!(begun.elapsed() >= pause);
}

/// Refusals have closed the line for long, and the API is well again: whoever waits for a run does not wait for that.
#[tokio::test]
async fn a_run_in_haste_asks_at_once_and_opens_the_line_for_all() {
    let turns = Turns::default();
    turn(&turns, "one").await.refused(Duration::from_hours(1));
    let (usual, hasty) = (turns.of(Uuid::from_u128(7)), turns.in_haste());
    assert!(closed(&usual, "one").await.is_some());
    // What it asks for at the same time does not wait for the first answer either.
    let (first, second) = (turn(&hasty, "one").await, turn(&hasty, "one").await);
    assert!(closed(&usual, "one").await.is_some());
    first.served();
    assert_eq!(closed(&usual, "one").await, None);
    second.served();
}

#[tokio::test]
async fn a_run_in_haste_that_is_refused_waits_like_everybody() {
    let turns = Turns::default();
    turn(&turns, "one").await.refused(Duration::from_hours(1));
    let hasty = turns.in_haste();
    turn(&hasty, "one").await.refused(Duration::from_secs(1));
    assert!(closed(&hasty, "one").await.is_some());
}

/// Three requests of one party, the first of which is refused: it goes out before the others.
#[tokio::test]
async fn a_refused_request_has_its_place_back() {
    let turns = Turns::default();
    let first = turn(&turns, "one").await;
    let queue = || turns.queue(quota("one"), Rate::default, 1);
    let (second, third) = (queue(), queue());
    let first = first.refused(Duration::from_millis(20)).unwrap();
    let order = Mutex::new(Vec::new());
    let wait = async |name, ticket: Ticket| {
        called(&ticket).await;
        order.lock().unwrap().push(name);
    };
    tokio::join!(wait(3, third), wait(2, second), wait(1, first));
    assert_eq!(order.into_inner().unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn who_was_told_to_wait_longer_than_strangers_do_waits_outside_of_their_line() {
    let turns = Turns::default();
    let told = turn(&turns, "").await.refused(Duration::from_hours(9));
    assert!(told.is_none());
}

#[tokio::test]
async fn strangers_wait_a_minute_at_most() {
    let turns = Turns::default();
    turn(&turns, "").await.refused(Duration::from_hours(9));
    let now = Instant::now();
    let at = closed(&turns.of(Uuid::from_u128(7)), "").await.unwrap();
    assert!(at <= now + LONGEST_FOR_STRANGERS);
}

/// Until when a line is closed.
async fn closed(turns: &Turns, credentials: &str) -> Option<Instant> {
    let ticket = turns.queue(quota(credentials), Rate::default, 1);
    match ticket.called(Duration::ZERO).await {
        Called::In(_) => None,
        Called::Closed(at) => Some(at),
    }
}
