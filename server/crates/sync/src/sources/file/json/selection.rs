//! What of each element becomes a record: the wanted members, and of those no value that the destination would change.

use std::collections::HashMap;

use airbyte::protocol::AirbyteStream;
use serde_json::Value;
use serde_json::value::RawValue;

use super::broken;
use super::members::{self, Members};
use crate::fault::Fault;
use crate::sources::file::guess::{Kind, LeftOut};
use crate::sources::file::output::Output;
use crate::sources::postgres::{json_line, json_text};

/// The wanted columns by name; without a schema, everything is wanted.
pub struct Selection {
    columns: Option<HashMap<String, Column>>,
}

struct Column {
    /// The name as a JSON string.
    name: Vec<u8>,
    kind: Kind,
}

impl Column {
    fn of((name, schema): (&String, &Value)) -> (String, Self) {
        let mut quoted = Vec::new();
        json_text(name.as_bytes(), &mut quoted);
        let column = Self {
            name: quoted,
            kind: Kind::of(schema),
        };
        (name.clone(), column)
    }

    /// Only strings can mean more than their column holds. Those with escapes are neither numbers nor dates.
    fn loses(&self, value: &RawValue) -> bool {
        let text = value.get().strip_prefix('"');
        text.and_then(|text| text.strip_suffix('"'))
            .is_some_and(|text| self.kind.loses(text.trim_ascii().as_bytes()))
    }
}

impl Selection {
    pub fn of(stream: &AirbyteStream) -> Self {
        let properties = stream.json_schema.get("properties");
        let columns = properties
            .and_then(Value::as_object)
            .map(|properties| properties.iter().map(Column::of).collect());
        Self { columns }
    }

    /// Writes one element: as it stands, if all of it is wanted and fits.
    pub fn write(&self, element: &RawValue, output: &mut Output) -> Result<(), Fault> {
        let object = members::object(element);
        let members: Members<'_> = serde_json::from_str(&object).map_err(broken)?;
        output.record(|out| match &self.columns {
            Some(columns) if !is_whole(&members, columns) => write_members(&members, columns, out),
            _ => json_line(object.as_bytes(), out),
        })
    }
}

fn is_whole(members: &Members<'_>, columns: &HashMap<String, Column>) -> bool {
    members
        .0
        .iter()
        .all(|(name, value)| columns.get(name).is_some_and(|column| !column.loses(value)))
}

fn write_members(members: &Members<'_>, columns: &HashMap<String, Column>, out: &mut Vec<u8>) {
    let mut left_out = LeftOut::default();
    let mut separator: &[u8] = b"";
    out.push(b'{');
    for (name, value) in &members.0 {
        let Some(column) = columns.get(name) else {
            continue;
        };
        out.extend_from_slice(separator);
        out.extend_from_slice(&column.name);
        out.push(b':');
        if column.loses(value) {
            out.extend_from_slice(b"null");
            left_out.add(&column.name);
        } else {
            json_line(value.get().as_bytes(), out);
        }
        separator = b",";
    }
    out.push(b'}');
    left_out.write(out);
}
