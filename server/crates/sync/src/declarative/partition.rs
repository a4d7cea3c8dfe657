//! Partitions of a stream: values of a list, records of parent streams, groups and products of them.
//!
//! A [`Router`] hands them out one by one and reads parents only as far as it has to.

mod build;
mod list;
mod substream;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::pin::Pin;

use serde_json::{Map, Value};

use super::slice::Slice;
use crate::fault::Fault;
pub use build::{Build, ParentStream};
use list::List;
use substream::Substream;

/// A parent stream that is being read, slice after slice.
///
/// Whoever implements it keeps the parent's cursor: a record is observed when it is handed out, and a slice is closed
/// *before* its last record is handed out, the stream's last one finished likewise. So the state seen after a record is
/// the one that may be kept once everything made of that record is done.
pub trait Parent: Send {
    /// The stream's name.
    fn name(&self) -> &str;

    /// The next record of the stream, after its transformations.
    fn next(&mut self) -> impl Future<Output = Result<Option<ParentRecord>, Fault>> + Send;

    /// The state of the parent's cursor.
    fn state(&self) -> Value;
}

/// A record of a parent stream, and the partition it was read from.
#[derive(Debug, Clone)]
pub struct ParentRecord {
    pub record: Value,
    pub partition: Map<String, Value>,
}

/// A partition, and the state of the parents behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Routed {
    pub slice: Slice,
    pub parents: Option<Value>,
}

/// Where partitions come from. `P` is an open parent stream.
#[derive(Debug)]
pub enum Router<P> {
    /// No router: one partition without fields.
    Single {
        done: bool,
    },
    List(List),
    Substream(Substream<P>),
    Grouping(Box<Grouping<P>>),
    Union(Box<Union<P>>),
    Product(Box<Product<P>>),
}

/// Several partitions read as one.
#[derive(Debug)]
pub struct Grouping<P> {
    inner: Router<P>,
    size: usize,
    seen: Option<HashSet<String>>,
    state: Option<Value>,
    done: bool,
}

/// The partitions of several routers, each value once.
#[derive(Debug)]
pub struct Union<P> {
    routers: Vec<Router<P>>,
    at: usize,
    field: String,
    seen: HashSet<String>,
}

/// Every partition of one router with every partition of the others.
#[derive(Debug)]
pub struct Product<P> {
    routers: Vec<Router<P>>,
    /// All partitions of each, once they were read.
    columns: Option<Vec<Vec<Slice>>>,
    /// Which of each comes next.
    at: Vec<usize>,
    done: bool,
}

/// Partitions a product may hold in memory.
const MOST: usize = 1_000_000;

type Step<'a> = Pin<Box<dyn Future<Output = Result<Option<Slice>, Fault>> + Send + 'a>>;

impl<P: Parent> Router<P> {
    pub fn single() -> Self {
        Self::Single { done: false }
    }

    /// The next partition.
    pub async fn next(&mut self) -> Result<Option<Routed>, Fault> {
        let Some(slice) = self.step().await? else {
            return Ok(None);
        };
        Ok(Some(Routed {
            slice,
            parents: self.state(),
        }))
    }

    /// The state of the parents, where the router keeps one.
    pub fn state(&self) -> Option<Value> {
        match self {
            Self::Single { .. } | Self::List(_) | Self::Product(_) => None,
            Self::Substream(substream) => Some(substream.state()),
            Self::Grouping(grouping) => grouping.state.clone(),
            Self::Union(union) => {
                let mut merged = Map::new();
                for router in &union.routers {
                    if let Some(Value::Object(state)) = router.state() {
                        merged.extend(state);
                    }
                }
                Some(Value::Object(merged))
            }
        }
    }

    fn step(&mut self) -> Step<'_> {
        Box::pin(async move {
            match self {
                Self::Single { done } => Ok((!std::mem::replace(done, true)).then(Slice::whole)),
                Self::List(list) => Ok(list.next()),
                Self::Substream(substream) => substream.next().await,
                Self::Grouping(grouping) => grouping.next().await,
                Self::Union(union) => union.next().await,
                Self::Product(product) => product.next().await,
            }
        })
    }
}

impl<P: Parent> Grouping<P> {
    fn new(inner: Router<P>, size: usize, deduplicate: bool) -> Self {
        Self {
            inner,
            size,
            seen: deduplicate.then(HashSet::new),
            state: Some(Value::Object(Map::new())),
            done: false,
        }
    }

    async fn next(&mut self) -> Result<Option<Slice>, Fault> {
        let mut batch = Vec::new();
        while batch.len() < self.size && !self.done {
            let Some(slice) = self.inner.step().await? else {
                self.done = true;
                break;
            };
            let value = only_value(&slice)?;
            let fresh = self
                .seen
                .as_mut()
                .is_none_or(|seen| seen.insert(value.to_string()));
            if fresh {
                batch.push(slice);
            }
        }
        self.state = self.inner.state();
        Ok((!batch.is_empty()).then(|| grouped(&batch)))
    }
}

/// The value of a partition with one field, its parent aside.
fn only_value(slice: &Slice) -> Result<&Value, Fault> {
    let mut values = slice
        .partition
        .iter()
        .filter(|(name, _)| *name != "parent_slice");
    match (values.next(), values.next()) {
        (Some((_, value)), None) => Ok(value),
        _ => Err(
            Fault::config("Only partitions with exactly one field can be grouped.")
                .with_detail(Value::Object(slice.partition.clone()).to_string()),
        ),
    }
}

/// Each field with the list of its values.
fn grouped(batch: &[Slice]) -> Slice {
    let column = |pick: fn(&Slice) -> &Map<String, Value>, name: &str| {
        let values = batch.iter().map(|slice| pick(slice).get(name).cloned());
        Value::Array(values.map(Option::unwrap_or_default).collect())
    };
    let mut group = Slice::whole();
    for name in batch[0].partition.keys() {
        group
            .partition
            .insert(name.clone(), column(|slice| &slice.partition, name));
    }
    for name in batch.iter().flat_map(|slice| slice.extra.keys()) {
        if !group.extra.contains_key(name) {
            group
                .extra
                .insert(name.clone(), column(|slice| &slice.extra, name));
        }
    }
    group
}

impl<P: Parent> Union<P> {
    fn new(routers: Vec<Router<P>>, field: String) -> Self {
        Self {
            routers,
            at: 0,
            field,
            seen: HashSet::new(),
        }
    }

    async fn next(&mut self) -> Result<Option<Slice>, Fault> {
        while let Some(router) = self.routers.get_mut(self.at) {
            let Some(mut slice) = router.step().await? else {
                self.at += 1;
                continue;
            };
            let Some(value) = slice.partition.shift_remove(&self.field) else {
                return Err(Fault::config(format!(
                    "A partition router has no field “{}”, so it cannot be joined with others.",
                    self.field
                )));
            };
            if !self.seen.insert(value.to_string()) {
                continue;
            }
            let mut union = Slice::whole();
            union.partition.insert(self.field.clone(), value);
            union.extra = slice.extra;
            union.extra.extend(slice.partition);
            return Ok(Some(union));
        }
        Ok(None)
    }
}

impl<P: Parent> Product<P> {
    fn new(routers: Vec<Router<P>>) -> Self {
        Self {
            at: vec![0; routers.len()],
            routers,
            columns: None,
            done: false,
        }
    }

    async fn next(&mut self) -> Result<Option<Slice>, Fault> {
        if self.columns.is_none() {
            let columns = self.read_all().await?;
            self.done = columns.iter().any(Vec::is_empty);
            self.columns = Some(columns);
        }
        let Some(columns) = self.columns.as_ref().filter(|_| !self.done) else {
            return Ok(None);
        };
        let picked: Vec<&Slice> = columns
            .iter()
            .zip(&self.at)
            .map(|(column, at)| &column[*at])
            .collect();
        let slice = combined(&picked);
        self.done = !advance(&mut self.at, columns);
        Ok(Some(slice))
    }

    async fn read_all(&mut self) -> Result<Vec<Vec<Slice>>, Fault> {
        let mut columns = Vec::with_capacity(self.routers.len());
        let mut count = 0;
        for router in &mut self.routers {
            let mut column = Vec::new();
            while let Some(slice) = router.step().await? {
                count += 1;
                if count > MOST {
                    return Err(Fault::data(
                        "There are too many partitions to combine them.",
                    ));
                }
                column.push(slice);
            }
            columns.push(column);
        }
        Ok(columns)
    }
}

/// Counts up, the last place fastest. False after the last combination.
fn advance(at: &mut [usize], columns: &[Vec<Slice>]) -> bool {
    for (place, column) in at.iter_mut().zip(columns).rev() {
        *place += 1;
        if *place < column.len() {
            return true;
        }
        *place = 0;
    }
    false
}

/// All fields in one slice: the first router wins, the last one's fields come first.
fn combined(slices: &[&Slice]) -> Slice {
    let mut out = Slice::whole();
    for slice in slices.iter().rev() {
        out.partition.extend(slice.partition.clone());
        out.extra.extend(slice.extra.clone());
    }
    out
}
