//! The first rows of one table, with what its description seems to lack and what of them would not be kept.

use airbyte::extension::StreamSample as Sampled;
use model::StreamSample;
use serde_json::Value;

use super::failure::Failure;
use crate::samples::{
    Reveal,
    shape::{Rows, shape},
};

/// How deep inside of an answer its list is looked for.
const DEEPEST: usize = 2;
/// Holds each record whole where no fields are named.
const WHOLE: &str = "data";

/// What a try of one table gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub sample: StreamSample,
    /// What is most likely wrong with the description: what would become of the table, and what to write.
    pub warning: Option<String>,
    /// What else is good to know.
    pub hint: Option<String>,
    /// Columns of the rows that become no columns of the table.
    pub not_kept: Vec<String>,
}

/// `stream` is the stream of the manifest that the rows are of.
pub fn table(stream: &Value, line: Sampled) -> Table {
    let described = Described(stream);
    let records: Vec<Value> = line
        .records
        .into_iter()
        .filter(|record| !is_nothing(described.original(record)))
        .collect();
    let problem = line.problem.map(|problem| Failure::of(&problem).at_table());
    let (warning, hint) = match &problem {
        None => described.remarks(&records),
        Some(_) => (None, None),
    };
    let rows = Rows {
        namespace: line.stream.namespace,
        name: line.stream.name,
        records,
        problem,
    };
    let sample = shape(&rows, &[], Reveal::Masked);
    let not_kept = described.not_kept(&sample.columns);
    Table {
        sample,
        warning,
        hint,
        not_kept,
    }
}

/// An empty answer counts as an empty record.
fn is_nothing(record: &Value) -> bool {
    match record {
        Value::Null => true,
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// What the manifest says of a stream.
struct Described<'m>(&'m Value);

impl Described<'_> {
    /// Are records kept whole, because no fields are named?
    fn is_whole(&self) -> bool {
        self.0["transformations"].is_array()
    }

    /// A record as the API sent it.
    fn original<'r>(&self, record: &'r Value) -> &'r Value {
        match record.get(WHOLE) {
            Some(whole) if self.is_whole() => whole,
            _ => record,
        }
    }

    /// Where the answer has its records, as the description says.
    fn path(&self) -> Vec<&str> {
        let path = &self.0["retriever"]["record_selector"]["extractor"]["field_path"];
        let parts = path.as_array().into_iter().flatten();
        parts.filter_map(Value::as_str).collect()
    }

    fn has_key(&self, record: &Value) -> bool {
        let is_there = |name: &Value| {
            let found = name.as_str().and_then(|name| record.get(name));
            found.is_some_and(|found| !found.is_null())
        };
        match &self.0["primary_key"] {
            Value::Array(names) => names.iter().all(is_there),
            name => is_there(name),
        }
    }

    /// A warning, or else a hint.
    fn remarks(&self, records: &[Value]) -> (Option<String>, Option<String>) {
        let path = self.path();
        let Some(first) = records.first() else {
            return (Some(nothing_in(&path)), None);
        };
        let original = self.original(first);
        if records.len() == 1
            && !self.has_key(original)
            && let Some(inside) = list_inside(original, DEEPEST)
        {
            return (Some(one_row(&path, &inside)), None);
        }
        let hint = self.is_whole().then(|| {
            format!("Without “fields” each record is kept whole, in the column “{WHOLE}”.")
        });
        (None, hint)
    }

    fn not_kept(&self, columns: &[String]) -> Vec<String> {
        let kept = self.0["schema_loader"]["schema"]["properties"].as_object();
        let Some(kept) = kept.filter(|_| !self.is_whole()) else {
            return Vec::new();
        };
        let lost = columns.iter().filter(|name| !kept.contains_key(*name));
        lost.cloned().collect()
    }
}

/// No record came from this place.
fn nothing_in(path: &[&str]) -> String {
    if path.is_empty() {
        return "The API answered, and there is no record in its answer: the table would stay empty."
            .to_owned();
    }
    format!(
        "The API answered, and there is no record in “{}”: the table would stay empty. If its records are elsewhere, change “records”.",
        path.join(".")
    )
}

/// All records came as one, because they are further inside.
fn one_row(path: &[&str], inside: &[&str]) -> String {
    let verb = if path.is_empty() { "add" } else { "write" };
    let found = [path, inside].concat().join(".");
    format!(
        "The answer's list is in “{found}”: {verb} “records: {found}”. As it is, the whole answer becomes a single row."
    )
}

/// The way to the first list of objects, the shallowest first. A name with a dot would read as two.
fn list_inside(value: &Value, depth: usize) -> Option<Vec<&str>> {
    let fields = || {
        let fields = value.as_object().into_iter().flatten();
        fields.filter(|(name, _)| !name.contains('.'))
    };
    let is_list = |value: &Value| {
        let items = value.as_array();
        items.is_some_and(|items| items.first().is_some_and(Value::is_object))
    };
    if let Some((name, _)) = fields().find(|(_, value)| is_list(value)) {
        return Some(vec![name.as_str()]);
    }
    let deeper = depth.checked_sub(1)?;
    fields().find_map(|(name, inner)| {
        let inside = list_inside(inner, deeper)?;
        Some([vec![name.as_str()], inside].concat())
    })
}

#[cfg(test)]
mod tests {
    use airbyte::protocol::StreamDescriptor;
    use serde_json::json;
    use sync::integration::{Direct, Integration};

    use super::*;

    /// The table of an endpoint with these lines, of which these records came.
    fn of(lines: &str, records: &Value) -> Table {
        let document = format!(
            "apis: {{ integrations: [{{ name: A, type: rest, base_url: 'https://a.example.com', endpoints: [{{ name: ships, path: /ships, {lines} }}] }}] }}"
        );
        let read = Integration::read(&document, None).unwrap();
        let Direct::Manifest { manifest, .. } = read[0].direct() else {
            panic!("an API is a manifest")
        };
        let line = Sampled {
            stream: StreamDescriptor::new("ships", None),
            records: records.as_array().unwrap().clone(),
            problem: None,
        };
        table(&manifest["streams"][0], line)
    }

    #[test]
    fn a_list_that_came_as_one_row_is_found() {
        let fields = "fields: { id: integer }";
        let list = json!([{"id": 1}, {"id": 2}]);
        let warning = |lines: &str, record: Value| {
            let table = of(lines, &json!([record]));
            assert!(table.warning.is_none() || table.hint.is_none(), "{table:?}");
            table.warning
        };
        let found = "The answer's list is in “data”: add “records: data”. As it is, the whole answer becomes a single row.";
        assert_eq!(
            warning(fields, json!({"data": list, "total": 2})).as_deref(),
            Some(found)
        );
        // As it comes where no fields are named.
        let whole = json!({"data": {"data": list}});
        assert_eq!(warning("primary_key: id", whole).as_deref(), Some(found));
        let deeper = json!({"items": list, "page": 1});
        assert_eq!(
            warning("records: answer, fields: { id: integer }", deeper).as_deref(),
            Some(
                "The answer's list is in “answer.items”: write “records: answer.items”. As it is, the whole answer becomes a single row."
            )
        );
        // A record of its own that has a list is one.
        let order = json!({"id": 7, "lines": list});
        assert_eq!(
            warning("primary_key: id, fields: { id: integer }", order),
            None
        );
    }

    #[test]
    fn an_answer_without_records_says_where_they_were_looked_for() {
        let said = of("records: ships", &json!([])).warning.unwrap();
        assert!(said.contains("there is no record in “ships”"), "{said}");
        // An empty body.
        let empty = of("fields: { id: integer }", &json!([{}]));
        assert!(empty.sample.rows.is_empty());
        assert!(empty.warning.is_some());
    }

    #[test]
    fn columns_that_no_table_gets_are_named() {
        let rows = json!([{"id": 1, "name": "Elbe", "tons": 5}, {"id": 2, "flag": "de"}]);
        let named = of(
            "primary_key: id, fields: { id: integer, name: string }",
            &rows,
        );
        assert_eq!(named.not_kept, ["tons", "flag"]);
        let whole = of("primary_key: id", &rows);
        assert!(whole.not_kept.is_empty());
        assert!(whole.hint.unwrap().contains("kept whole"));
    }
}
