//! The HTTP server under the routes: what a connection may cost before its request is there, and how it all ends.

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
use axum_server::{Handle, Server, accept::NoDelayAcceptor};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{lifecycle, process};

/// A head that takes longer to arrive is an attack or a dead line; a connection at rest is closed after it, too.
const HEAD: Duration = Duration::from_secs(10);
/// Browsers send about twenty headers.
const HEADERS: usize = 100;
/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 100;
/// Bytes of headers on HTTP/2; HTTP/1 has its own bound.
const HEADER_BYTES: u32 = 64 * 1024;

/// Serves until `stop`, then lets open requests end, for as long as the process gives them.
pub async fn serve(listener: TcpListener, app: Router, stop: CancellationToken) -> io::Result<()> {
    let handle = Handle::new();
    let mut server = Server::<SocketAddr>::from_listener(listener)
        .acceptor(NoDelayAcceptor::new())
        .handle(handle.clone())
        .first_request_timeout(HEAD);
    let builder = server.http_builder();
    builder
        .http1()
        .header_read_timeout(HEAD)
        .max_headers(HEADERS);
    builder
        .http2()
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADER_BYTES);
    let ending = process::spawn(async move {
        stop.cancelled().await;
        handle.graceful_shutdown(None);
        tokio::time::sleep(lifecycle::DRAIN_LIMIT).await;
        tracing::warn!("requests that were still open are cut");
        handle.shutdown();
    });
    let served = server
        .serve(app.into_make_service_with_connect_info::<SocketAddr>())
        .await;
    ending.abort();
    served
}
