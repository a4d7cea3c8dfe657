//! A part of a stream that is read by itself: which partition, which stretch of its cursor, and what a router adds.

use serde_json::{Map, Value};

/// One slice. Templates see partition and cursor as one object, `stream_slice`; the cursor wins where both have a name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Slice {
    /// What the partition router set: `{"project_id": 7}`, perhaps with `parent_slice`.
    pub partition: Map<String, Value>,
    /// The stretch of the cursor: `{"start_time": …, "end_time": …}`.
    pub cursor: Map<String, Value>,
    /// Fields of the parent record and the like: visible to templates as `stream_slice.extra_fields`, never in a state.
    pub extra: Map<String, Value>,
}

impl Slice {
    /// The slice of a stream without partitions and without a cursor.
    pub fn whole() -> Self {
        Self::default()
    }

    /// A partition without a cursor.
    pub fn of_partition(partition: Map<String, Value>) -> Self {
        Self {
            partition,
            ..Self::default()
        }
    }

    pub fn is_empty(&self) -> bool {
        self.partition.is_empty() && self.cursor.is_empty()
    }

    /// A field of the slice as templates see it.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.cursor.get(name).or_else(|| self.partition.get(name))
    }

    /// Partition and cursor in one object.
    #[cfg(test)]
    pub fn fields(&self) -> Map<String, Value> {
        let mut fields = self.partition.clone();
        fields.extend(self.cursor.clone());
        fields
    }
}
