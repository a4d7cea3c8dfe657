//! How large a manifest may become: references and parameters copy what they name, and every copy is counted.

use serde_json::{Map, Value};

/// Bytes, with the fields' names: as much as the most values a manifest may have come to at their usual length.
const MAX_TEXT: usize = 64 * 1024 * 1024;

/// What may still be copied.
#[derive(Debug)]
pub struct Allowance {
    values: usize,
    text: usize,
}

impl Allowance {
    pub fn new(values: usize) -> Self {
        Self {
            values,
            text: MAX_TEXT,
        }
    }

    /// So many values and bytes of text. None when that is more than is left.
    pub fn take(&mut self, values: usize, text: usize) -> Option<()> {
        self.values = self.values.checked_sub(values)?;
        self.text = self.text.checked_sub(text)?;
        Some(())
    }

    /// A value and everything in it.
    pub fn take_all(&mut self, value: &Value) -> Option<()> {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => self.take(1, 0),
            Value::String(text) => self.take(1, text.len()),
            Value::Array(items) => {
                self.take(1, 0)?;
                items.iter().try_for_each(|item| self.take_all(item))
            }
            Value::Object(fields) => {
                self.take(1, 0)?;
                self.take_fields(fields)
            }
        }
    }

    pub fn take_fields(&mut self, fields: &Map<String, Value>) -> Option<()> {
        fields.iter().try_for_each(|(name, value)| {
            self.take(0, name.len())?;
            self.take_all(value)
        })
    }
}
