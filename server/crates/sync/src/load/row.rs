//! One record as one row of binary COPY, with Airbyte's four columns.

use rand::Rng;
use rand::rngs::SmallRng;

use super::datetime;
use super::json::{Broken, Marks, Scan, Span};
use super::plan::{Column, StreamPlan};
use super::reader::Record;
use super::text::{self, Kept};
use super::value::{self, Refused};

const HEX: &[u8; 16] = b"0123456789abcdef";
const META_HEAD: &[u8] = br#"{"changes":["#;
const RAW_ID_LENGTH: usize = 36;

/// What had to be done to a value so that its column takes it.
#[derive(Debug, Clone, Copy)]
enum Change {
    Nulled(Refused),
    /// Its text lost a NUL, or half of a surrogate pair was replaced.
    Cleaned,
}

impl Change {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Nulled(refused) => ("NULLED", refused.reason()),
            Self::Cleaned => ("TRUNCATED", Refused::Unreadable.reason()),
        }
    }
}

/// Writes the rows of one stream. Airbyte's columns come last on the wire, because what a row's `_airbyte_meta` says is
/// known only when its values are written.
#[derive(Debug)]
pub struct RowWriter {
    columns: Vec<Column>,
    /// Field count: data columns and the four of Airbyte.
    fields: [u8; 2],
    generation: [u8; 8],
    /// `],"sync_id":1042}`: what follows the changes. Keys in the order `jsonb` keeps them need no sorting there.
    meta_tail: Vec<u8>,
    /// Of the row at hand.
    changed: Vec<(usize, Change)>,
}

impl RowWriter {
    pub fn new(plan: &StreamPlan, sync_id: i64) -> Self {
        let fields = i16::try_from(plan.columns.len() + super::plan::META_COLUMNS.len())
            .expect("the plan allows 1596 columns");
        Self {
            columns: plan.columns.clone(),
            fields: fields.to_be_bytes(),
            generation: plan.generation.to_be_bytes(),
            meta_tail: format!(r#"],"sync_id":{sync_id}}}"#).into_bytes(),
            changed: Vec::new(),
        }
    }

    /// Appends the row. Returns how many of its values had to become NULL, here or in the source.
    pub fn write(
        &mut self,
        line: &[u8],
        record: &Record,
        values: &[Span],
        random: &mut SmallRng,
        out: &mut Vec<u8>,
    ) -> u64 {
        out.extend_from_slice(&self.fields);
        self.changed.clear();
        let mut nulled = record.changes.map_or(0, |span| nulled_before(line, span));
        for (position, (span, column)) in values.iter().zip(&self.columns).enumerate() {
            match value::encode(line, span, column.kind, out) {
                Ok(Kept::Whole) => {}
                Ok(Kept::InPart) => self.changed.push((position, Change::Cleaned)),
                Err(refused) => {
                    self.changed.push((position, Change::Nulled(refused)));
                    nulled += 1;
                }
            }
        }
        raw_id(random, out);
        out.extend_from_slice(&8_i32.to_be_bytes());
        out.extend_from_slice(&datetime::from_unix_millis(record.emitted_at).to_be_bytes());
        out.extend_from_slice(&8_i32.to_be_bytes());
        out.extend_from_slice(&self.generation);
        self.meta(line, record.changes, out);
        nulled
    }

    fn meta(&self, line: &[u8], changes: Option<Span>, out: &mut Vec<u8>) {
        let head = out.len();
        out.extend_from_slice(&[0; 4]);
        out.push(value::JSONB_VERSION);
        out.extend_from_slice(META_HEAD);
        let mut comma = false;
        if let Some(span) =
            changes.filter(|span| !span.marks.has(Marks::HUGE) && !span.marks.has(Marks::DEEP))
        {
            text::clean_json(span.inner(line), out);
            comma = true;
        }
        for (position, change) in &self.changed {
            if comma {
                out.push(b',');
            }
            comma = true;
            out.extend_from_slice(&self.change(*position, *change));
        }
        out.extend_from_slice(&self.meta_tail);
        value::patch_length(out, head);
    }

    fn change(&self, position: usize, change: Change) -> Vec<u8> {
        let (change, reason) = change.words();
        let field = self
            .columns
            .get(position)
            .map(|column| column.key.replace('\0', ""))
            .unwrap_or_default();
        let field = serde_json::Value::String(field);
        format!(r#"{{"field":{field},"change":"{change}","reason":"{reason}"}}"#).into_bytes()
    }
}

/// How many values the source says that it could not send.
fn nulled_before(line: &[u8], changes: Span) -> u64 {
    let mut scan = Scan::new(line, changes.start);
    let mut nulled = 0;
    // The line was read before: nothing in it is broken.
    let _ = count_nulled(line, &mut scan, &mut nulled);
    nulled
}

/// Passes an array of changes.
fn count_nulled(line: &[u8], scan: &mut Scan<'_>, nulled: &mut u64) -> Result<(), Broken> {
    scan.expect(b'[')?;
    while scan.peek() != Some(b']') {
        if scan.accept(b'{') {
            let mut first = true;
            while let Some(key) = scan.key(&mut first)? {
                let value = scan.value()?;
                let is_nulled = key.inner(line) == b"change" && value.text(line) == br#""NULLED""#;
                *nulled += u64::from(is_nulled);
            }
        } else {
            scan.value()?;
        }
        if !scan.accept(b',') {
            break;
        }
    }
    Ok(())
}

/// Appends a random UUID as text.
fn raw_id(random: &mut SmallRng, out: &mut Vec<u8>) {
    let mut bytes =
        (u128::from(random.next_u64()) << 64 | u128::from(random.next_u64())).to_be_bytes();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = [b'-'; RAW_ID_LENGTH];
    let mut at = 0;
    for (position, byte) in bytes.iter().enumerate() {
        if matches!(position, 4 | 6 | 8 | 10) {
            at += 1;
        }
        text[at] = HEX[usize::from(byte >> 4)];
        text[at + 1] = HEX[usize::from(byte & 15)];
        at += 2;
    }
    out.extend_from_slice(&36_i32.to_be_bytes());
    out.extend_from_slice(&text);
}

#[cfg(test)]
mod tests {
    use super::super::json::Kind;
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn what_the_source_could_not_send_is_counted() {
        for (changes, expected) in [
            (r#"[{"field":"a","change":"NULLED","reason":"X"}]"#, 1),
            (
                r#"[ {"change" : "NULLED"} , {"change":"TRUNCATED"}, {"field":"NULLED","change":"NULLED"} ]"#,
                2,
            ),
            (r#"[{"field":"change"},"NULLED",[{"change":"NULLED"}]]"#, 0),
        ] {
            let line = format!(r#"{{"changes":{changes}}}"#);
            let span = Span {
                start: 11,
                end: line.len() - 1,
                kind: Kind::Array,
                marks: Marks::NONE,
            };
            assert_eq!(nulled_before(line.as_bytes(), span), expected, "{changes}");
        }
    }

    #[test]
    fn raw_ids_are_uuids_and_differ() {
        let mut random: SmallRng = rand::make_rng();
        let ids: HashSet<_> = (0..1000)
            .map(|_| {
                let mut out = Vec::new();
                raw_id(&mut random, &mut out);
                String::from_utf8(out.split_off(4)).unwrap()
            })
            .collect();
        assert_eq!(ids.len(), 1000);
        assert!(
            ids.iter()
                .all(|id| uuid::Uuid::parse_str(id).is_ok_and(|id| id.get_version_num() == 4))
        );
    }
}
