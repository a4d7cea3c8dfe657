//! Threads for pages: all that one request renders happens on one of them.
//!
//! The reactive graph behind a page may be spread over threads, but is not safe there: on many threads one page in a few
//! hundred waited for ever or panicked, because a memo was read while another thread computed it. On one thread nothing
//! of a page happens at the same time, and several pages still take turns.
//!
//! Only a few take turns at once, in the order they came: of fifty that all take turns, each is done as late as the last.

use std::{
    io,
    num::NonZeroUsize,
    panic,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::{
    runtime::{Builder, Handle},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{client, process};

/// Pages that take turns on one thread; while one asks the database, another is drawn.
const AT_ONCE: usize = 2;
/// A page that takes longer waits for something else, and is in nobody's way.
const BRIEF: Duration = Duration::from_millis(100);

/// The threads, each with a runtime of its own.
#[derive(Clone)]
pub struct Renderers {
    threads: Arc<[Handle]>,
    turn: Arc<AtomicUsize>,
    places: Arc<Semaphore>,
}

impl Renderers {
    /// Starts a thread for each processor; they end with `stop`.
    pub fn start(stop: &CancellationToken) -> io::Result<Self> {
        let count = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads: io::Result<Vec<Handle>> = (0..count).map(|_| one(stop.clone())).collect();
        Ok(Self {
            threads: threads?.into(),
            turn: Arc::default(),
            places: Arc::new(Semaphore::new(count * AT_ONCE)),
        })
    }

    fn next(&self) -> &Handle {
        &self.threads[self.turn.fetch_add(1, Ordering::Relaxed) % self.threads.len()]
    }
}

fn one(stop: CancellationToken) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name("render".to_owned())
        .stack_size(process::STACK)
        .spawn(move || runtime.block_on(stop.cancelled()))?;
    Ok(handle)
}

/// Answers the request on one of the threads, its body included. A client that leaves takes its page with it.
pub async fn pinned(State(renderers): State<Renderers>, request: Request, next: Next) -> Response {
    let place = renderers.places.acquire().await;
    let page = client::carried(async move { whole(next.run(request).await).await });
    let mut task = AbortOnDropHandle::new(renderers.next().spawn(page));
    let ended = match timeout(BRIEF, &mut task).await {
        Ok(ended) => ended,
        Err(_) => {
            drop(place);
            task.await
        }
    };
    match ended {
        Ok(response) => response,
        Err(ended) => match ended.try_into_panic() {
            Ok(cause) => panic::resume_unwind(cause),
            // The threads end only after the last request.
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
    }
}

/// Reads the body to its end: a page that is still being rendered would go on wherever it is read.
async fn whole(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    match axum::body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => Response::from_parts(parts, Body::from(bytes)),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, middleware::from_fn_with_state, routing::get};
    use tokio::sync::Notify;
    use tower::ServiceExt;

    use super::*;

    /// Far more pages than there are places wait for one that comes after them.
    #[tokio::test]
    async fn pages_that_wait_are_in_nobodys_way() {
        let stop = CancellationToken::new();
        let renderers = Renderers::start(&stop).expect("threads");
        let waiting = 3 * renderers.places.available_permits();
        let (opened, arrived) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
        let app = {
            let (waits, opens) = (Arc::clone(&opened), Arc::clone(&opened));
            let counts = Arc::clone(&arrived);
            let wait = move || {
                let (waits, counts) = (Arc::clone(&waits), Arc::clone(&counts));
                async move {
                    let open = waits.notified();
                    counts.add_permits(1);
                    open.await;
                }
            };
            let open = move || {
                let opens = Arc::clone(&opens);
                async move { opens.notify_waiters() }
            };
            Router::new()
                .route("/wait", get(wait))
                .route("/open", get(open))
                .layer(from_fn_with_state(renderers, pinned))
        };
        let ask = |path: &str| {
            let request = Request::get(path).body(Body::empty()).expect("a request");
            tokio::spawn(app.clone().oneshot(request))
        };
        let pages: Vec<_> = (0..waiting).map(|_| ask("/wait")).collect();
        let everybody = u32::try_from(waiting).expect("a few");
        let _here = arrived
            .acquire_many(everybody)
            .await
            .expect("it stays open");
        ask("/open").await.expect("no panic").expect("an answer");
        for page in pages {
            let answer = page.await.expect("no panic").expect("an answer");
            assert_eq!(answer.status(), StatusCode::OK);
        }
        stop.cancel();
    }
}
