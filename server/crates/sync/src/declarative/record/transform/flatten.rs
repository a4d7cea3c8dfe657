//! Fields of inner objects become the record's own.

use serde_json::{Map, Value};

use super::super::path;
use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::declarative::text::Text;
use crate::fault::Fault;

type Fields = Map<String, Value>;

/// `FlattenFields`: everything, in the order the Python runtime gives it.
pub fn flatten(record: &mut Fields, lists: bool) {
    let mut stack = vec![(Value::Object(std::mem::take(record)), "_".to_owned())];
    let mut named = false;
    while let Some((value, name)) = stack.pop() {
        match value {
            Value::Object(fields) => {
                for (key, inner) in fields {
                    let full = if named || record.contains_key(&key) {
                        format!("{name}.{key}")
                    } else {
                        key
                    };
                    stack.push((inner, full));
                }
            }
            Value::Array(items) if lists => {
                for (at, item) in items.into_iter().enumerate() {
                    named = true;
                    stack.push((item, format!("{name}.{at}")));
                }
            }
            other => {
                record.insert(name, other);
            }
        }
    }
}

/// `DpathFlattenFields`: the fields of one inner object.
#[derive(Debug)]
pub struct DpathFlatten {
    path: Vec<String>,
    delete_origin: bool,
    replace_record: bool,
    prefix: String,
    suffix: String,
}

impl DpathFlatten {
    pub fn read(node: &Node<'_>, env: &Env) -> Result<Self, Fault> {
        let scope = env.scope(&Value::Null);
        let path = Text::list(node, "field_path")?
            .iter()
            .map(|part| part.string(&scope))
            .collect::<Result<_, _>>()?;
        let (mut prefix, mut suffix) = (String::new(), String::new());
        if let Some(keys) = node.child("key_transformation")? {
            let parameters = node.parameters();
            let text = |name: &str| match keys.str(name)? {
                Some(text) => Text::compile(text, parameters.clone(), keys.place())?.string(&scope),
                None => Ok(String::new()),
            };
            prefix = text("prefix")?;
            suffix = text("suffix")?;
        }
        Ok(Self {
            path,
            delete_origin: node.is("delete_origin_value")?,
            replace_record: node.is("replace_record")?,
            prefix,
            suffix,
        })
    }

    pub fn apply(&self, record: &mut Fields) -> Result<(), Fault> {
        let Some(found) = self.find(record)? else {
            return Ok(());
        };
        let extracted: Fields = found
            .into_iter()
            .map(|(name, value)| (format!("{}{name}{}", self.prefix, self.suffix), value))
            .collect();
        if self.replace_record && !extracted.is_empty() {
            *record = extracted;
            return Ok(());
        }
        if extracted.keys().any(|name| record.contains_key(name)) {
            return Ok(());
        }
        if self.delete_origin {
            path::delete(record, &self.path, &|_| false);
        }
        record.extend(extracted);
        Ok(())
    }

    /// With a part that is nothing but a star the first place counts; other patterns have to find the one.
    fn find(&self, record: &mut Fields) -> Result<Option<Fields>, Fault> {
        let tree = Value::Object(std::mem::take(record));
        let found = if self.path.iter().any(|part| part == "*") {
            path::all(&tree, &self.path).into_iter().next().cloned()
        } else {
            path::only(&tree, &self.path)?.cloned()
        };
        if let Value::Object(fields) = tree {
            *record = fields;
        }
        Ok(match found {
            Some(Value::Object(fields)) => Some(fields),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: &Value) -> Fields {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn flattens_like_python() {
        let mut record = map(&json!({"a": {"b": 1, "c": [2, {"d": 3}]}, "e": 4}));
        flatten(&mut record, true);
        let expected = json!({"e": 4, "c.1.d": 3, "c.0": 2, "b": 1});
        assert_eq!(Value::from(record), expected);
        let mut record = map(&json!({"a": {"c": [2]}}));
        flatten(&mut record, false);
        assert_eq!(Value::from(record), json!({"c": [2]}));
    }

    #[test]
    fn lifts_one_object() {
        let lift = |path: [&str; 2], record: Value| {
            let lift = DpathFlatten {
                path: path.map(str::to_owned).to_vec(),
                delete_origin: true,
                replace_record: false,
                prefix: "p_".to_owned(),
                suffix: String::new(),
            };
            let mut record = map(&record);
            lift.apply(&mut record)?;
            Ok::<_, Fault>(Value::from(record))
        };
        let record = json!({"a": {"b": {"x": 1}}, "y": 2});
        let lifted = json!({"a": {}, "y": 2, "p_x": 1});
        assert_eq!(lift(["a", "b"], record.clone()), Ok(lifted.clone()));
        assert_eq!(lift(["a", "[bc]"], record.clone()), Ok(lifted));
        assert_eq!(lift(["a", "z?"], record.clone()), Ok(record));
        lift(["a", "?"], json!({"a": {"b": {"x": 1}, "c": {"x": 2}}})).unwrap_err();
    }
}
