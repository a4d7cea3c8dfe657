//! Threads for pages: all that one request renders happens on one of them.
//!
//! The reactive graph behind a page may be spread over threads, but is not safe there: on many threads one page in a few
//! hundred waited for ever or panicked, because a memo was read while another thread computed it. On one thread nothing
//! of a page happens at the same time, and several pages still take turns.

use std::{
    io,
    num::NonZeroUsize,
    panic,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::runtime::{Builder, Handle};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{client, process};

/// The threads, each with a runtime of its own.
#[derive(Clone)]
pub struct Renderers {
    threads: Arc<[Handle]>,
    turn: Arc<AtomicUsize>,
}

impl Renderers {
    /// Starts a thread for each processor; they end with `stop`.
    pub fn start(stop: &CancellationToken) -> io::Result<Self> {
        let count = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads: io::Result<Vec<Handle>> = (0..count).map(|_| one(stop.clone())).collect();
        Ok(Self {
            threads: threads?.into(),
            turn: Arc::default(),
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
    let page = client::carried(async move { whole(next.run(request).await).await });
    let task = AbortOnDropHandle::new(renderers.next().spawn(page));
    match task.await {
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
