//! One page from several requests, each for some of the fields.

use serde_json::{Map, Value};

use super::{Count, Pages, Take};
use crate::declarative::record::{Record, Wanted};
use crate::declarative::request::{Page, Stop};
use crate::declarative::retrieve::properties::QueryProperties;
use crate::declarative::slice::Slice;

impl Pages<'_> {
    /// A page from several requests, each for some of the fields.
    pub(super) async fn parts(
        &self,
        properties: &QueryProperties,
        wanted: Option<Wanted<'_>>,
        take: &mut Take<'_>,
    ) -> Result<(Page, Count), Stop> {
        let mut merged: Map<String, Value> = Map::new();
        let mut total = Count::default();
        let mut last = None;
        // A record of several answers is as old as the first of them.
        let mut oldest = None;
        for names in Box::pin(properties.chunks(self.env)).await? {
            let slice = Slice {
                extra: Map::from_iter([("query_properties".to_owned(), Value::from(names))]),
                ..self.slice.clone()
            };
            let page = self.fetch(&slice).await?;
            if page.is_ok() {
                oldest.get_or_insert(page.arrived);
                let mut alone: u64 = 0;
                let count = self.records(&page, &slice, wanted, &mut |record| {
                    if properties.merges() {
                        let fields = record.to_map()?;
                        if let Some(key) = properties.merge_key(&fields) {
                            deep_merge(
                                merged
                                    .entry(key)
                                    .or_insert_with(|| Value::Object(Map::new())),
                                Value::Object(fields),
                            );
                            return Ok(());
                        }
                    }
                    alone += 1;
                    take(record)
                })?;
                total.records += alone;
                total.extracted = count.extracted;
                total.stop = count.stop;
                total.last = count.last;
            }
            last = Some(page);
        }
        if let Some(oldest) = oldest {
            self.arrival.set(oldest);
        }
        for value in merged.values() {
            if let Value::Object(fields) = value {
                total.records += 1;
                take(Record::Tree(fields))?;
                total.last = Some(value.clone());
            }
        }
        let page = last.unwrap_or_else(|| Page::nothing(""));
        Ok((page, total))
    }
}

fn deep_merge(target: &mut Value, source: Value) {
    match (target, source) {
        (Value::Object(target), Value::Object(source)) => {
            for (name, value) in source {
                match target.get_mut(&name) {
                    Some(there) if there.is_object() && value.is_object() => {
                        deep_merge(there, value);
                    }
                    _ => {
                        target.insert(name, value);
                    }
                }
            }
        }
        (target, source) => *target = source,
    }
}
