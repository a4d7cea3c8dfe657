//! The slices of a stream in order: each partition's windows, one after the other.

use serde_json::Value;

use super::{Cursor, Windows};
use crate::declarative::partition::{Parent, Router};
use crate::declarative::slice::Slice;
use crate::fault::Fault;

/// Hands out slices as they are asked for. Parents are read on the way.
#[derive(Debug)]
pub struct Slicer<P> {
    cursor: Cursor,
    router: Router<P>,
    /// The partition being cut, its windows, and the next of them.
    current: Option<Current>,
}

#[derive(Debug)]
struct Current {
    partition: Slice,
    windows: Windows,
    next: Slice,
}

impl<P: Parent> Slicer<P> {
    pub fn new(cursor: Cursor, router: Router<P>) -> Self {
        Self {
            cursor,
            router,
            current: None,
        }
    }

    /// The next slice, to be closed at the cursor when it was read. After a fault, partitions that were never met keep
    /// their place: the position of all together does not move.
    pub async fn next(&mut self) -> Result<Option<Slice>, Fault> {
        let result = self.step().await;
        if result.is_err() {
            self.cursor.hold();
        }
        result
    }

    async fn step(&mut self) -> Result<Option<Slice>, Fault> {
        self.cursor.begin();
        loop {
            if let Some(current) = &mut self.current {
                let following = current.following()?;
                let last = following.is_none();
                let slice = match following {
                    Some(following) => std::mem::replace(&mut current.next, following),
                    None => match self.current.take() {
                        Some(current) => current.next,
                        None => return Ok(None),
                    },
                };
                self.cursor.issued(&slice, last);
                return Ok(Some(slice));
            }
            let Some(routed) = self.router.next().await? else {
                return Ok(None);
            };
            let Some(windows) = self.cursor.open(&routed.slice, routed.parents.as_ref())? else {
                continue;
            };
            self.current = Current::begin(routed.slice, windows)?;
        }
    }

    /// The state of the parents, for the stream's last state.
    pub fn router_state(&self) -> Option<Value> {
        self.router.state()
    }
}

impl Current {
    /// `None` when there is nothing to read.
    fn begin(partition: Slice, mut windows: Windows) -> Result<Option<Self>, Fault> {
        let Some(cursor) = windows.next()? else {
            return Ok(None);
        };
        let next = Slice {
            cursor,
            ..partition.clone()
        };
        Ok(Some(Self {
            partition,
            windows,
            next,
        }))
    }

    fn following(&mut self) -> Result<Option<Slice>, Fault> {
        let cursor = self.windows.next()?;
        Ok(cursor.map(|cursor| Slice {
            cursor,
            ..self.partition.clone()
        }))
    }
}
