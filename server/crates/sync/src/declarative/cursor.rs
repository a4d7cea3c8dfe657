//! How far a stream was read: slices of time or numbers, what was seen in each, and the state that says it.
//!
//! A [`Cursor`] is shared by all who read slices of one stream. Each of them keeps a [`Watch`] of its own while it reads
//! and hands it back with [`Cursor::close`]; nothing is locked for a record.

mod clamp;
mod count;
mod datetime;
mod definition;
mod interval;
mod legacy;
mod partitions;
mod slicer;
mod watch;
mod windows;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use super::manifest::Node;
use super::slice::Slice;
use crate::fault::Fault;
use count::CountCursor;
use datetime::DatetimeCursor;
use definition::Definition;
pub use definition::text;
pub use legacy::{migrate_legacy, parent_state};
use partitions::PartitionCursor;
pub use slicer::Slicer;
pub use watch::{Filter, Watch};
use windows::Windows;

/// The state of a stream that keeps no position.
pub fn no_position() -> Value {
    json!({ "__ab_no_cursor_state_message": true })
}

/// Whether the stream has a partition router.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Routing {
    None,
    Partitions,
    /// Groups change from run to run: only one position for all of them makes sense.
    Groups,
}

/// What a cursor is built from.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    pub stream: &'a str,
    pub routing: Routing,
    pub config: &'a Value,
    /// What an earlier run left.
    pub state: Option<&'a Value>,
    /// The cursor field a person chose in the catalogue.
    pub chosen_field: Option<&'a str>,
    /// Rows are added and never merged: what is passed on again is there twice.
    pub appends: bool,
}

/// The position of one stream. Cheap to clone: all clones are one.
#[derive(Debug, Clone)]
pub struct Cursor {
    inner: Arc<Mutex<Inner>>,
    field: Option<Arc<str>>,
    choosable: bool,
}

#[derive(Debug)]
enum Inner {
    /// No position: the stream is read whole each time.
    None,
    Datetime(DatetimeCursor),
    Count(CountCursor),
    Partitions(Box<PartitionCursor>),
}

impl Cursor {
    /// Reads the stream's `incremental_sync`, if it has one.
    pub fn read(node: Option<&Node<'_>>, setting: &Setting<'_>) -> Result<Self, Fault> {
        let Some(node) = node else {
            return Ok(Self::of(Inner::None, None, false));
        };
        let state = state_map(setting)?;
        let choosable = node.is("allow_catalog_defined_cursor_field")?;
        let field = match setting.chosen_field.filter(|_| choosable) {
            Some(chosen) => chosen.to_owned(),
            None => definition::text(node, "cursor_field", setting.config)?.unwrap_or_default(),
        };
        let inner = match (node.kind(), setting.routing) {
            ("DatetimeBasedCursor", Routing::None) => {
                let definition = Definition::read(node, &field, setting)?;
                Inner::Datetime(DatetimeCursor::new(Arc::new(definition), &state)?)
            }
            ("DatetimeBasedCursor", routing) => {
                let global = routing == Routing::Groups || node.is("global_substream_cursor")?;
                let definition = Arc::new(Definition::read(node, &field, setting)?);
                Inner::Partitions(Box::new(PartitionCursor::new(definition, global, &state)?))
            }
            ("IncrementingCountCursor", Routing::None) => {
                Inner::Count(CountCursor::read(node, &field, setting, state)?)
            }
            ("IncrementingCountCursor", _) => {
                return Err(node.broken(
                    "a stream with partitions cannot be read by counting; it needs a DatetimeBasedCursor.",
                ));
            }
            _ => return Err(node.unknown()),
        };
        Ok(Self::of(inner, Some(field.into()), choosable))
    }

    fn of(inner: Inner, field: Option<Arc<str>>, choosable: bool) -> Self {
        Self {
            inner: Arc::new(Mutex::new(inner)),
            field,
            choosable,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // every change is made whole before the lock is left, so a panic elsewhere leaves nothing half done
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The field of records that tells the position; `None` for a stream that keeps no position.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// Whether a person may choose the cursor field.
    pub fn is_choosable(&self) -> bool {
        self.choosable
    }

    /// Starts to look at the records of a slice.
    pub fn watch(&self) -> Watch {
        match &*self.lock() {
            Inner::None => Watch::none(),
            Inner::Datetime(cursor) => Watch::datetime(cursor.definition(), false),
            Inner::Count(_) => Watch::count(),
            Inner::Partitions(cursor) => Watch::datetime(cursor.definition(), true),
        }
    }

    /// Which records of a slice are new, for APIs that cannot filter themselves.
    pub fn filter(&self, slice: &Slice) -> Result<Filter, Fault> {
        match &*self.lock() {
            Inner::None => Ok(Filter::all()),
            Inner::Datetime(cursor) => Ok(cursor.filter()),
            Inner::Count(cursor) => Ok(cursor.filter()),
            Inner::Partitions(cursor) => cursor.filter(&slice.partition),
        }
    }

    /// A slice was read to its end. Returns the state that is due now, if any.
    pub fn close(&self, slice: &Slice, watch: &Watch) -> Result<Option<Value>, Fault> {
        match &mut *self.lock() {
            Inner::None => Ok(None),
            Inner::Datetime(cursor) => cursor.close(slice, watch).map(Some),
            Inner::Count(cursor) => cursor.close(watch),
            Inner::Partitions(cursor) => cursor.close(slice, watch),
        }
    }

    /// A slice failed. What was seen of it counts for the position of all partitions together, as it was passed on.
    pub fn fail(&self, watch: &Watch) {
        if let Inner::Partitions(cursor) = &mut *self.lock() {
            cursor.saw(watch);
        }
    }

    /// The stream's last state; `router` is that of the partition router's parents. To be sent whatever happened.
    pub fn finish(&self, router: Option<Value>) -> Value {
        match &mut *self.lock() {
            Inner::Partitions(cursor) => cursor.finish(router),
            other => other.state(),
        }
    }

    /// The state as it is.
    pub fn state(&self) -> Value {
        self.lock().state()
    }

    /// Splits a slice in two where an API refuses one that is too wide; `None` when it is as narrow as can be.
    pub fn split(
        &self,
        slice: &Slice,
        narrowest: Option<&str>,
    ) -> Result<Option<[Slice; 2]>, Fault> {
        match &*self.lock() {
            Inner::Datetime(cursor) => windows::split(cursor.definition(), slice, narrowest),
            Inner::Partitions(cursor) => windows::split(cursor.definition(), slice, narrowest),
            Inner::None | Inner::Count(_) => Ok(None),
        }
    }

    /// The slice from the newest record on, where an API lets only so many pages be read of one slice.
    pub fn shorten(&self, slice: &Slice, watch: &Watch) -> Slice {
        match &*self.lock() {
            Inner::Datetime(cursor) => windows::shorten(cursor.definition(), slice, watch),
            Inner::Partitions(cursor) => windows::shorten(cursor.definition(), slice, watch),
            Inner::None | Inner::Count(_) => slice.clone(),
        }
    }

    /// The moment a state of this stream stands at, to compare it with how long an API keeps its data.
    pub fn moment_of(&self, state: &Value) -> Option<time::OffsetDateTime> {
        let definition = match &*self.lock() {
            Inner::Datetime(cursor) => Arc::clone(cursor.definition()),
            Inner::Partitions(cursor) => Arc::clone(cursor.definition()),
            Inner::None => {
                let read = state.get("__ab_no_cursor_state_message") == Some(&Value::Bool(true));
                return read.then(crate::clock::utc);
            }
            Inner::Count(_) => return None,
        };
        let own = if matches!(&*self.lock(), Inner::Partitions(_)) {
            state.get("state")?
        } else {
            state
        };
        legacy::moment_of(&definition, own)
    }

    /// The run begins: from here the time is taken.
    fn begin(&self) {
        if let Inner::Partitions(cursor) = &mut *self.lock() {
            cursor.begin();
        }
    }

    /// Not all partitions were met.
    fn hold(&self) {
        if let Inner::Partitions(cursor) = &mut *self.lock() {
            cursor.hold();
        }
    }

    /// The windows of a partition, or of the whole stream.
    fn open(&self, partition: &Slice, parents: Option<&Value>) -> Result<Option<Windows>, Fault> {
        match &mut *self.lock() {
            Inner::None => Ok(Some(Windows::whole())),
            Inner::Datetime(cursor) => cursor.windows().map(Some),
            Inner::Count(cursor) => Ok(Some(cursor.windows())),
            Inner::Partitions(cursor) => cursor.open(&partition.partition, parents),
        }
    }

    /// A slice goes out to be read.
    fn issued(&self, slice: &Slice, last: bool) {
        if let Inner::Partitions(cursor) = &mut *self.lock() {
            cursor.issued(&slice.partition, last);
        }
    }
}

impl Inner {
    fn state(&self) -> Value {
        match self {
            Self::None => no_position(),
            Self::Datetime(cursor) => cursor.state(),
            Self::Count(cursor) => cursor.state(),
            Self::Partitions(cursor) => cursor.state(),
        }
    }
}

/// The state as fields; none at all is an empty one.
fn state_map(setting: &Setting<'_>) -> Result<Map<String, Value>, Fault> {
    match setting.state {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(fields)) => Ok(fields.clone()),
        Some(_) => Err(unreadable(setting.stream, "it is no object")),
    }
}

/// The fault of a saved state that cannot be used.
fn unreadable(stream: &str, why: &str) -> Fault {
    Fault::data("The saved position of this stream cannot be read. Start it from the beginning.")
        .with_detail(why)
        .in_stream(stream)
}
