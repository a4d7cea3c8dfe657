//! Long work inside of a task: done in its place, while the other tasks of its thread go on elsewhere.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// Looking through as many bytes takes a few hundred microseconds; for less it is not worth the change of threads.
const LONG: u64 = 512 * 1024;

/// Does work on so many bytes.
pub fn work<T>(bytes: u64, work: impl FnOnce() -> T) -> T {
    if bytes >= LONG && has_other_threads() {
        block_in_place(work)
    } else {
        work()
    }
}

/// Waits in the middle of such work. Nothing where this cannot be done: a runtime of one thread would stand still.
pub fn wait<T>(future: impl Future<Output = T>) -> Option<T> {
    has_other_threads().then(|| block_in_place(|| Handle::current().block_on(future)))
}

fn has_other_threads() -> bool {
    Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn others_go_on_meanwhile() {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
        let heavy = tokio::spawn(async move {
            work(LONG, || {
                for n in 0..3 {
                    wait(sender.send(n)).unwrap().unwrap();
                }
            });
        });
        let mut heard = Vec::new();
        while let Some(n) = receiver.recv().await {
            heard.push(n);
        }
        heavy.await.unwrap();
        assert_eq!(heard, [0, 1, 2]);
    }

    #[tokio::test]
    async fn one_thread_works_and_does_not_wait() {
        assert_eq!(work(LONG, || 7), 7);
        assert_eq!(wait(async { 7 }), None);
    }
}
