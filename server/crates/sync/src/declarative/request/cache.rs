//! Pages that several streams need, such as those of a parent: asked for once in a run.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as AsyncMutex;

use super::page::{Body, Page};
use super::send::Prepared;
use crate::fault::Fault;

/// Bodies kept in memory; the rest goes to files.
const IN_MEMORY: usize = 8 * 1024 * 1024;
/// Most pages kept; a parent with more is asked again.
const PAGES: usize = 20_000;

type Slot = Arc<AsyncMutex<Option<Page>>>;

/// The pages kept in one run.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    slots: Mutex<HashMap<String, Slot>>,
    held: AtomicUsize,
    /// The file of what has no room in memory, and its length.
    spool: Mutex<Option<(Arc<File>, u64)>>,
}

/// What makes two requests the same.
pub fn key(request: &Prepared) -> String {
    let body = request.body.as_deref().map(String::from_utf8_lossy);
    format!(
        "{} {}\n{}",
        request.method,
        request.url,
        body.unwrap_or_default()
    )
}

impl Cache {
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            slots: Mutex::default(),
            held: AtomicUsize::new(0),
            spool: Mutex::default(),
        }
    }

    /// The place of one request's page. Whoever holds its lock asks; others wait for the answer.
    pub fn slot(&self, key: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(key) {
            return Arc::clone(slot);
        }
        let slot = Slot::default();
        if slots.len() < PAGES {
            slots.insert(key.to_owned(), Arc::clone(&slot));
        }
        slot
    }

    /// A page as it is kept: in memory while there is room, in a file after that.
    pub fn admit(&self, mut page: Page) -> Result<Option<Page>, Fault> {
        if let Body::Memory(bytes) = &page.body {
            let held = self.held.fetch_add(bytes.len(), Ordering::Relaxed);
            if held + bytes.len() > IN_MEMORY {
                self.held.fetch_sub(bytes.len(), Ordering::Relaxed);
                let body = self.spill(bytes).map_err(|error| {
                    Fault::bug("An answer could not be kept on disk.")
                        .with_detail(error.to_string())
                })?;
                page = page.with_body(body);
            }
        }
        Ok(Some(page))
    }

    /// All spilled pages share one file: a parent may have thousands.
    fn spill(&self, bytes: &[u8]) -> std::io::Result<Body> {
        let mut spool = self.spool.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, end) = match spool.take() {
            Some(open) => open,
            None => {
                std::fs::create_dir_all(&self.folder)?;
                (Arc::new(tempfile::tempfile_in(&self.folder)?), 0)
            }
        };
        (&*file).write_all(bytes)?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let body = Body::File {
            file: Arc::clone(&file),
            from: end,
            size,
        };
        *spool = Some((file, end + size));
        Ok(body)
    }
}
