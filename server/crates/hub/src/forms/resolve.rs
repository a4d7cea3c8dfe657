//! Makes one schema object of references, `allOf` and "or null", so that the rest of the code sees plain keywords.

use serde_json::{Map, Value};

/// References followed at most this often: a longer chain is a loop.
const MAX_REFERENCES: usize = 16;

pub type Object = Map<String, Value>;

/// The schema at `node` with `$ref`, `allOf` and null alternatives folded in.
pub fn resolve(root: &Value, node: &Value) -> Object {
    let mut object = follow(root, node, MAX_REFERENCES);
    if let Some(Value::Array(parts)) = object.remove("allOf") {
        for part in &parts {
            merge(&mut object, resolve(root, part));
        }
    }
    drop_null(root, &mut object);
    object
}

fn follow(root: &Value, node: &Value, left: usize) -> Object {
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
        Some(target) if left > 0 => {
            // What stands beside the reference is more specific than what it points at.
            let mut resolved = follow(root, target, left - 1);
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
fn drop_null(root: &Value, object: &mut Object) {
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
        if let [only] = real.as_slice() {
            let mut single = resolve(root, only);
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
