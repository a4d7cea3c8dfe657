//! The async runtime of this process, and the one door to background tasks.

use std::future::Future;

use tokio::task::JoinHandle;

/// Pages are deep trees of views: rendering one needs more stack than the default 2 MiB in debug builds.
pub const STACK: usize = 8 * 1024 * 1024;

/// Runs the whole program.
pub fn run<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK)
        .build()?
        .block_on(work)
}

/// Starts a task that lives as long as the process wants it.
pub fn spawn<F>(work: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(work)
}
