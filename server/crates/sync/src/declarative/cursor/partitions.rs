//! A position per partition, and one for all of them where there are too many.

mod key;
mod progress;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::datetime::DatetimeCursor;
use super::definition::Definition;
use super::unreadable;
use super::watch::{Filter, Watch};
use super::windows::Windows;
use crate::declarative::slice::Slice;
use crate::fault::Fault;
use key::key;
use progress::{Cursors, Progress};

/// More partitions than this share one position.
const GLOBAL_FROM: usize = 10_000;
/// Partitions remembered at most.
const MOST: usize = 25_000;
/// A state is sent at most this often; the last one always is.
const PAUSE: Duration = Duration::from_mins(10);

#[derive(Debug)]
pub struct PartitionCursor {
    definition: Arc<Definition>,
    cursors: Cursors,
    /// Partitions known from the state or met in this run.
    count: usize,
    /// One position for all from now on.
    use_global: bool,
    /// The position of all together, as of the last complete run.
    global: Option<Map<String, Value>>,
    /// The greatest position met in this run.
    new_global: Option<String>,
    /// Seconds a complete run took: what changed meanwhile is read again by partitions that are new.
    lookback: u64,
    parents: Option<Value>,
    progress: Progress,
    synced: bool,
    /// Some partitions were never met: the position of all must stay behind them.
    held: bool,
    began: Option<Instant>,
    last_sent: Option<Instant>,
}

impl PartitionCursor {
    pub fn new(
        definition: Arc<Definition>,
        use_global: bool,
        state: &Map<String, Value>,
    ) -> Result<Self, Fault> {
        let mut cursor = Self {
            definition,
            cursors: Cursors::default(),
            count: 0,
            use_global,
            global: None,
            new_global: None,
            lookback: 0,
            parents: None,
            progress: Progress::default(),
            synced: false,
            held: false,
            began: None,
            last_sent: None,
        };
        cursor.restore(state)?;
        Ok(cursor)
    }

    fn restore(&mut self, state: &Map<String, Value>) -> Result<(), Fault> {
        if state.is_empty() {
            return Ok(());
        }
        if !state.contains_key("states") && !state.contains_key("state") {
            self.set_global(state)?;
        } else {
            self.use_global = state
                .get("use_global_cursor")
                .and_then(Value::as_bool)
                .unwrap_or(false);
            let lookback = state
                .get("lookback_window")
                .and_then(Value::as_f64)
                .unwrap_or(0.0);
            self.lookback = format!("{:.0}", lookback.max(0.0).trunc())
                .parse()
                .unwrap_or(0);
            for one in state
                .get("states")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                self.restore_partition(one)?;
            }
            if let Some(Value::Object(global)) = state.get("state") {
                self.set_global(global)?;
            }
        }
        self.parents = state
            .get("parent_state")
            .filter(|parents| {
                parents
                    .as_object()
                    .is_some_and(|parents| !parents.is_empty())
            })
            .cloned();
        Ok(())
    }

    fn restore_partition(&mut self, state: &Value) -> Result<(), Fault> {
        let (Some(Value::Object(partition)), Some(Value::Object(cursor))) =
            (state.get("partition"), state.get("cursor"))
        else {
            return Err(unreadable(&self.definition.stream, "a partition is broken"));
        };
        self.count += 1;
        let cursor = DatetimeCursor::new(Arc::clone(&self.definition), cursor)?;
        self.cursors.set(key(partition), cursor);
        Ok(())
    }

    fn set_global(&mut self, state: &Map<String, Value>) -> Result<(), Fault> {
        if let Some(value) = state.get(&self.definition.field) {
            let text = self.definition.text(&self.definition.saved(value)?);
            self.global = Some(self.position(&text));
            self.new_global = Some(text);
        }
        Ok(())
    }

    fn position(&self, text: &str) -> Map<String, Value> {
        let mut position = Map::new();
        position.insert(self.definition.field.clone(), text.into());
        position
    }

    pub fn definition(&self) -> &Arc<Definition> {
        &self.definition
    }

    /// The run begins.
    pub fn begin(&mut self) {
        self.began.get_or_insert_with(Instant::now);
    }

    /// Not all partitions were met.
    pub fn hold(&mut self) {
        self.held = true;
    }

    /// Begins a partition; `None` when it is under way already. `parents` is the state of the parent streams behind it.
    pub fn open(
        &mut self,
        partition: &Map<String, Value>,
        parents: Option<&Value>,
    ) -> Result<Option<Windows>, Fault> {
        self.use_global |= self.count > GLOBAL_FROM;
        while self.cursors.order.len() > MOST - 1 {
            self.cursors.forget(&self.progress.open);
        }
        let key = key(partition);
        if !self.cursors.by_key.contains_key(&key) {
            let cursor = self.fresh()?;
            self.count += 1;
            self.cursors.set(key.clone(), cursor);
        }
        if self.progress.open.contains_key(&key) {
            return Ok(None);
        }
        self.progress.begin(key.clone(), parents);
        match self.cursors.by_key.get_mut(&key) {
            Some(cursor) => cursor.windows().map(Some),
            None => Ok(None),
        }
    }

    /// A partition nobody saw before starts from the position of all.
    fn fresh(&self) -> Result<DatetimeCursor, Fault> {
        let lookback = if self.global.is_some() {
            self.lookback
        } else {
            0
        };
        DatetimeCursor::from_global(&self.definition, self.global.as_ref(), lookback)
    }

    pub fn issued(&mut self, partition: &Map<String, Value>, last: bool) {
        if let Some(open) = self.progress.open.get_mut(&key(partition)) {
            open.pending += 1;
            open.all_issued |= last;
        }
    }

    pub fn filter(&self, partition: &Map<String, Value>) -> Result<Filter, Fault> {
        match self
            .cursors
            .by_key
            .get(&key(partition))
            .filter(|_| !self.use_global)
        {
            Some(cursor) => Ok(cursor.filter()),
            None => self.fresh().map(|cursor| cursor.filter()),
        }
    }

    /// Takes what was seen of a slice into the position of all.
    pub fn saw(&mut self, watch: &Watch) {
        if let Some(top) = watch.top() {
            self.synced = true;
            self.raise(top);
        }
    }

    fn raise(&mut self, position: String) {
        if self.new_global.as_ref().is_none_or(|old| *old < position) {
            self.new_global = Some(position);
        }
    }

    pub fn close(&mut self, slice: &Slice, watch: &Watch) -> Result<Option<Value>, Fault> {
        let key = key(&slice.partition);
        self.saw(watch);
        let Some(open) = self.progress.open.get_mut(&key) else {
            return Err(Fault::bug("A slice was closed that was never opened.")
                .in_stream(&self.definition.stream));
        };
        open.pending = open.pending.saturating_sub(1);
        let done = open.all_issued && open.pending == 0;
        if !self.use_global
            && let Some(cursor) = self.cursors.by_key.get_mut(&key)
        {
            cursor.close(slice, watch)?;
            let position = cursor.position().filter(|_| done);
            if let Some(position) = position {
                self.raise(position);
            }
        }
        if done {
            self.progress.end(&key);
        }
        if let Some(parents) = self.progress.parents_done() {
            self.parents = Some(parents);
        }
        Ok(self.due())
    }

    /// The state, if one is due again.
    fn due(&mut self) -> Option<Value> {
        if self.last_sent.is_some_and(|sent| sent.elapsed() <= PAUSE) {
            return None;
        }
        self.last_sent = Some(Instant::now());
        let no_parents = self
            .parents
            .as_ref()
            .is_none_or(|parents| *parents == json!({}));
        if self.use_global && no_parents {
            return None;
        }
        Some(self.state())
    }

    /// The last state. Only when every partition was met and no slice is left open does the position of all move on.
    pub fn finish(&mut self, router: Option<Value>) -> Value {
        if !self.held && self.progress.open.values().all(|open| open.pending == 0) {
            if self.synced {
                self.global = self.new_global.as_ref().map(|text| self.position(text));
                self.lookback = self.began.map_or(0, |began| {
                    let elapsed = began.elapsed();
                    elapsed.as_secs() + u64::from(elapsed.subsec_nanos() > 0)
                });
            }
            self.parents = router;
        }
        self.state()
    }

    pub fn state(&self) -> Value {
        let mut state = Map::new();
        state.insert("use_global_cursor".to_owned(), self.use_global.into());
        if !self.use_global {
            let states: Vec<Value> = self
                .cursors
                .iter()
                .map(|(key, cursor)| {
                    let partition: Value = serde_json::from_str(key).unwrap_or_default();
                    json!({ "partition": partition, "cursor": cursor.state() })
                })
                .collect();
            state.insert("states".to_owned(), states.into());
        }
        if let Some(global) = &self.global {
            state.insert("state".to_owned(), Value::Object(global.clone()));
        }
        state.insert("lookback_window".to_owned(), self.lookback.into());
        if let Some(parents) = &self.parents {
            state.insert("parent_state".to_owned(), parents.clone());
        }
        Value::Object(state)
    }
}
