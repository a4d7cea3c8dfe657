//! `$ref`: a component named elsewhere in the manifest, its fields overlaid by those beside the reference.

use serde_json::{Map, Value};

use super::allowance::Allowance;
use crate::fault::Fault;

const REF: &str = "$ref";
/// Replacing references may not blow a manifest up beyond this many values.
const MAX_NODES: usize = 2_000_000;
const MAX_DEPTH: usize = 200;
/// Holds a configuration, in which `#/…` is a text.
const VERBATIM: &str = "config_overrides";

/// Replaces every reference.
pub fn resolve(manifest: &Value) -> Result<Value, Fault> {
    let mut resolver = Resolver {
        manifest,
        open: Vec::new(),
        left: Allowance::new(MAX_NODES),
    };
    resolver.node(manifest, 0)
}

struct Resolver<'m> {
    manifest: &'m Value,
    /// References being followed, to see a circle.
    open: Vec<String>,
    left: Allowance,
}

impl<'m> Resolver<'m> {
    fn node(&mut self, node: &'m Value, depth: usize) -> Result<Value, Fault> {
        if depth > MAX_DEPTH {
            return Err(too_large());
        }
        self.left.take(1, 0).ok_or_else(too_large)?;
        match node {
            Value::Object(fields) => self.object(fields, depth),
            Value::Array(items) => items
                .iter()
                .map(|item| self.node(item, depth + 1))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Value::String(text) if text.starts_with("#/") => self.follow(text, depth),
            other => {
                let text = other.as_str().map_or(0, str::len);
                self.left.take(0, text).ok_or_else(too_large)?;
                Ok(other.clone())
            }
        }
    }

    fn object(&mut self, fields: &'m Map<String, Value>, depth: usize) -> Result<Value, Fault> {
        let mut own = Map::new();
        for (name, value) in fields.iter().filter(|(name, _)| *name != REF) {
            self.left.take(0, name.len()).ok_or_else(too_large)?;
            let value = if name == VERBATIM {
                self.left.take_all(value).ok_or_else(too_large)?;
                value.clone()
            } else {
                self.node(value, depth + 1)?
            };
            own.insert(name.clone(), value);
        }
        let Some(reference) = fields.get(REF) else {
            return Ok(Value::Object(own));
        };
        match self.node(reference, depth + 1)? {
            Value::Object(mut base) => {
                base.extend(own);
                Ok(Value::Object(base))
            }
            other => Ok(other),
        }
    }

    fn follow(&mut self, reference: &str, depth: usize) -> Result<Value, Fault> {
        if self.open.iter().any(|open| open == reference) {
            return Err(Fault::config(format!(
                "The manifest's reference “{reference}” leads back to itself."
            )));
        }
        let target = find(self.manifest, &reference[2..]).ok_or_else(|| {
            Fault::config(format!(
                "The manifest refers to “{reference}”, which it does not define."
            ))
        })?;
        self.open.push(reference.to_owned());
        let value = self.node(target, depth + 1);
        self.open.pop();
        value
    }
}

fn too_large() -> Fault {
    Fault::config(
        "The manifest is too large or too deeply nested once its references are followed.",
    )
}

/// Looks a path up. A key may itself hold slashes: the longest reading wins at each level.
fn find<'m>(mut node: &'m Value, mut path: &str) -> Option<&'m Value> {
    while !path.is_empty() {
        if let Some(found) = node.as_object().and_then(|fields| fields.get(path)) {
            return Some(found);
        }
        let (head, rest) = path.split_once('/').unwrap_or((path, ""));
        node = match node {
            Value::Object(fields) => fields.get(head)?,
            Value::Array(items) => items.get(head.parse::<usize>().ok()?)?,
            _ => return None,
        };
        path = rest;
    }
    Some(node)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn replaces_overlays_and_nests() {
        let manifest = json!({
            "definitions": {
                "base": {"a": 1, "b": {"c": 2}},
                "over": {"$ref": "#/definitions/base", "a": 9},
                "with/slash": "found",
                "list": [{"x": 1}, "second"],
            },
            "one": "#/definitions/over",
            "two": {"$ref": "#/definitions/base/b"},
            "three": ["#/definitions/with/slash", "#/definitions/list/1"],
            "check": {"config_overrides": {"channel": "#/general"}},
        });
        let resolved = resolve(&manifest).unwrap();
        assert_eq!(resolved["one"], json!({"a": 9, "b": {"c": 2}}));
        assert_eq!(resolved["two"], json!({"c": 2}));
        assert_eq!(resolved["three"], json!(["found", "second"]));
        assert_eq!(resolved["check"], manifest["check"]);
    }

    #[test]
    fn refuses_circles_holes_and_bombs() {
        let circle = json!({"a": {"$ref": "#/b"}, "b": ["#/a"]});
        assert!(
            resolve(&circle)
                .unwrap_err()
                .message
                .contains("back to itself")
        );
        let hole = json!({"a": "#/nowhere"});
        assert!(
            resolve(&hole)
                .unwrap_err()
                .message
                .contains("does not define")
        );
        let mut bomb = json!({"l0": vec!["x"; 20]});
        for i in 1..9 {
            bomb[format!("l{i}")] = json!(vec![format!("#/l{}", i - 1); 20]);
        }
        assert!(resolve(&bomb).unwrap_err().message.contains("too large"));
    }

    #[test]
    fn a_long_text_may_not_be_repeated_without_end() {
        let long = "x".repeat(1024 * 1024);
        for named in [
            json!(long),
            json!({ (long.clone()): 1 }),
            json!({ VERBATIM: [long] }),
        ] {
            let times = |count| json!({"named": named, "list": vec!["#/named"; count]});
            assert!(resolve(&times(10)).is_ok());
            let fault = resolve(&times(80)).unwrap_err();
            assert!(fault.message.contains("too large"), "{fault}");
        }
    }
}
