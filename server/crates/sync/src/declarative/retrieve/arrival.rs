//! When the answer came whose records are being passed on: what is written down of them is as new as that.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The moment in milliseconds since 1970. Whoever takes the records holds it, too; it changes from page to page.
#[derive(Debug, Clone, Default)]
pub struct Arrival(Arc<AtomicI64>);

impl Arrival {
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    pub fn set(&self, moment: i64) {
        self.0.store(moment, Ordering::Relaxed);
    }
}
