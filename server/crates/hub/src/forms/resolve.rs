//! Makes one schema object of references, `allOf` and "or null", so that the rest of the code sees plain keywords.

use serde_json::{Map, Value};

/// References followed and parts folded in for one object at most: one that needs more leads in a circle.
const MOST: usize = 500;

pub type Object = Map<String, Value>;

/// The schema at `node` with `$ref`, `allOf` and null alternatives folded in, as far as they come to an end.
pub fn resolve(root: &Value, node: &Value) -> Object {
    resolve_within(root, node, &mut { MOST })
}

fn resolve_within(root: &Value, node: &Value, left: &mut usize) -> Object {
    let mut object = follow(root, node, left);
    if let Some(Value::Array(parts)) = object.remove("allOf") {
        for part in &parts {
            if !take(left) {
                break;
            }
            merge(&mut object, resolve_within(root, part, left));
        }
    }
    drop_null(root, &mut object, left);
    object
}

fn take(left: &mut usize) -> bool {
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}

fn follow(root: &Value, node: &Value, left: &mut usize) -> Object {
    let Value::Object(object) = node else {
        return Object::new();
    };
    let mut object = object.clone();
    let Some(reference) = object.remove("$ref") else {
        return object;
    };
    let target = reference
        .as_str()
        .and_then(|reference| reference.strip_prefix('#'))
        .and_then(|pointer| root.pointer(pointer));
    match target {
        Some(target) if take(left) => {
            // What stands beside the reference is more specific than what it points at.
            let mut resolved = follow(root, target, left);
            resolved.extend(object);
            resolved
        }
        _ => object,
    }
}

/// Adds a part of `allOf`: properties and requirements add up, other keywords stay as the outer schema has them.
fn merge(object: &mut Object, part: Object) {
    for (key, value) in part {
        match (key.as_str(), object.get_mut(&key), value) {
            ("properties", Some(Value::Object(known)), Value::Object(more)) => {
                for (name, schema) in more {
                    known.entry(name).or_insert(schema);
                }
            }
            ("required", Some(Value::Array(known)), Value::Array(more)) => {
                for name in more {
                    if !known.contains(&name) {
                        known.push(name);
                    }
                }
            }
            (_, Some(_), _) => {}
            (_, None, value) => {
                object.insert(key, value);
            }
        }
    }
}

/// "X or null" is an optional X.
fn drop_null(root: &Value, object: &mut Object, left: &mut usize) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    for key in ["oneOf", "anyOf"] {
        let Some(Value::Array(branches)) = object.get(key) else {
            continue;
        };
        let real: Vec<Value> = branches
            .iter()
            .filter(|branch| branch.get("type") != Some(&Value::from("null")))
            .cloned()
            .collect();
        if let [only] = real.as_slice()
            && take(left)
        {
            let mut single = resolve_within(root, only, left);
            object.remove(key);
            for (name, value) in std::mem::take(object) {
                single.insert(name, value);
            }
            *object = single;
        } else if real.len() < branches.len() {
            object.insert(key.to_owned(), Value::Array(real));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_leads_in_a_circle_ends() {
        let wide: Vec<Value> = (0..40).map(|_| json!({"$ref": "#"})).collect();
        for root in [
            json!({"$ref": "#", "title": "a"}),
            json!({"allOf": [{"$ref": "#"}], "title": "a"}),
            json!({"allOf": wide, "title": "a"}),
            json!({"oneOf": [{"$ref": "#"}, {"type": "null"}], "title": "a"}),
        ] {
            assert_eq!(resolve(&root, &root)["title"], "a", "{root}");
        }
    }

    #[test]
    fn parts_and_references_become_one_object() {
        let root = json!({
            "definitions": {
                "key": {"properties": {"key": {"type": "string"}}, "required": ["key"]},
            },
            "allOf": [{"$ref": "#/definitions/key"}, {"properties": {"port": {"type": ["integer", "null"]}}}],
        });
        let object = resolve(&root, &root);
        assert_eq!(object["required"], json!(["key"]));
        let names = object["properties"].as_object().map(Map::len);
        assert_eq!(names, Some(2));
    }
}
