//! Answers as lines of JSON, written while the work goes on; the reader going away ends the work.

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Lines waiting for a slow reader.
const WAITING: usize = 32;

/// Where the work writes its lines.
#[derive(Clone)]
pub struct Writer<T> {
    sender: mpsc::Sender<T>,
}

impl<T> Writer<T> {
    /// A reader that has gone has also cancelled the work.
    pub async fn send(&self, line: T) {
        let _ = self.sender.send(line).await;
    }

    /// For the few lines that come from where waiting is not possible; one too many is left out.
    pub fn try_send(&self, line: T) {
        let _ = self.sender.try_send(line);
    }
}

/// Starts the work and answers with what it writes. The token given to it is cancelled when the reader goes.
pub fn answer<T, F>(work: impl FnOnce(Writer<T>, CancellationToken) -> F) -> Response
where
    T: Serialize + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(WAITING);
    let cancel = CancellationToken::new();
    let guard = cancel.clone().drop_guard();
    tokio::spawn(work(Writer { sender }, cancel));
    let lines = futures::stream::unfold((receiver, guard), next);
    (
        [(header::CONTENT_TYPE, "application/jsonl")],
        Body::from_stream(lines),
    )
        .into_response()
}

type Reading<T> = (mpsc::Receiver<T>, DropGuard);

async fn next<T: Serialize>(
    (mut receiver, guard): Reading<T>,
) -> Option<(Result<Bytes, std::io::Error>, Reading<T>)> {
    let line = receiver.recv().await?;
    let bytes = serde_json::to_vec(&line)
        .map_err(std::io::Error::from)
        .map(|mut bytes| {
            bytes.push(b'\n');
            Bytes::from(bytes)
        });
    Some((bytes, (receiver, guard)))
}
