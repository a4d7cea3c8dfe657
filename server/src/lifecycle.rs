//! Stopping in order: the first signal finishes what is under way, the second one or a deadline ends it at once.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long requests and jobs get to finish after the first signal. A sync that needs longer goes on from its last
/// saved state at the next start.
pub const DRAIN_LIMIT: Duration = Duration::from_secs(20);

/// Cancelled by the first SIGTERM or SIGINT.
pub fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let token = stop.clone();
    crate::process::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        token.cancel();
        tracing::info!("stopping: no new work is taken");
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::warn!("second signal: leaving at once");
        std::process::exit(130);
    });
    Ok(stop)
}
