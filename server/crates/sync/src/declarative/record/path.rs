//! Paths into JSON: one value, all that match `*`, setting and deleting.

use serde_json::{Map, Value};

/// The value at a path. Numbers in the path count list elements.
pub fn get<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, part| match value {
        Value::Object(fields) => fields.get(part),
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        _ => None,
    })
}

/// All values at a path in which `*` stands for any field or element.
pub fn all<'v>(value: &'v Value, path: &[String]) -> Vec<&'v Value> {
    let Some((part, rest)) = path.split_first() else {
        return vec![value];
    };
    match value {
        Value::Object(fields) if part == "*" => {
            fields.values().flat_map(|inner| all(inner, rest)).collect()
        }
        Value::Array(items) if part == "*" => {
            items.iter().flat_map(|inner| all(inner, rest)).collect()
        }
        Value::Object(fields) => fields
            .get(part)
            .map(|inner| all(inner, rest))
            .unwrap_or_default(),
        Value::Array(items) => {
            let inner = part.parse::<usize>().ok().and_then(|at| items.get(at));
            inner.map(|inner| all(inner, rest)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// Sets a value, making what is missing on the way. `false` when something on the way is no container.
pub fn set(fields: &mut Map<String, Value>, path: &[String], value: Value) -> bool {
    let Some((part, rest)) = path.split_first() else {
        return true;
    };
    if rest.is_empty() {
        fields.insert(part.clone(), value);
        return true;
    }
    let inner = fields.entry(part.clone()).or_insert_with(|| fresh(rest));
    if inner.is_null() {
        *inner = fresh(rest);
    }
    set_in(inner, rest, value)
}

fn set_in(target: &mut Value, path: &[String], value: Value) -> bool {
    match target {
        Value::Object(fields) => set(fields, path, value),
        Value::Array(items) => {
            let Some((part, rest)) = path.split_first() else {
                return true;
            };
            let Ok(at) = part.parse::<usize>() else {
                return false;
            };
            if at > MOST {
                return false;
            }
            if items.len() <= at {
                items.resize(at + 1, Value::Null);
            }
            if rest.is_empty() {
                items[at] = value;
                return true;
            }
            if items[at].is_null() {
                items[at] = fresh(rest);
            }
            set_in(&mut items[at], rest, value)
        }
        _ => false,
    }
}

/// The longest list a path may make.
const MOST: usize = 10_000;

fn fresh(rest: &[String]) -> Value {
    if rest
        .first()
        .is_some_and(|part| part.parse::<usize>().is_ok())
    {
        Value::Array(Vec::new())
    } else {
        Value::Object(Map::new())
    }
}

/// Deletes what is at a path with `*` and `**`; `keep` may spare a value. Elements of lists become null.
pub fn delete(fields: &mut Map<String, Value>, path: &[String], spare: &dyn Fn(&Value) -> bool) {
    let Some((part, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        if part == "*" || part == "**" {
            fields.retain(|_, value| spare(value));
            if part == "**" {
                fields
                    .values_mut()
                    .for_each(|inner| delete_in(inner, path, spare));
            }
        } else if fields.get(part).is_some_and(|value| !spare(value)) {
            fields.shift_remove(part);
        }
        return;
    }
    if part == "**" {
        delete(fields, rest, spare);
        for inner in fields.values_mut() {
            delete_in(inner, path, spare);
        }
        return;
    }
    for (name, inner) in fields.iter_mut() {
        if part == "*" || name == part {
            delete_in(inner, rest, spare);
        }
    }
}

fn delete_in(target: &mut Value, path: &[String], spare: &dyn Fn(&Value) -> bool) {
    match target {
        Value::Object(fields) => delete(fields, path, spare),
        Value::Array(items) => {
            let Some((part, rest)) = path.split_first() else {
                return;
            };
            for (at, inner) in items.iter_mut().enumerate() {
                let here = part == "*" || part == "**" || *part == at.to_string();
                if here && rest.is_empty() {
                    if !spare(inner) {
                        *inner = Value::Null;
                    } else if part == "**" {
                        delete_in(inner, path, spare);
                    }
                } else if part == "**" {
                    delete_in(inner, path, spare);
                } else if here {
                    delete_in(inner, rest, spare);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> Vec<String> {
        text.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn finds_sets_and_deletes() {
        let value = json!({"a": {"b": [{"c": 1}, {"c": 2}]}, "x": {"c": 3}});
        assert_eq!(get(&value, &path("a/b/1/c")), Some(&json!(2)));
        assert_eq!(get(&value, &path("a/z")), None);
        assert_eq!(all(&value, &path("a/b/*/c")), [&json!(1), &json!(2)]);
        assert_eq!(all(&value, &path("*/c")), [&json!(3)]);

        let mut fields = value.as_object().unwrap().clone();
        assert!(set(&mut fields, &path("n/2/m"), json!(1)));
        assert_eq!(fields["n"], json!([null, null, {"m": 1}]));
        assert!(!set(&mut fields, &path("x/c/d"), json!(1)));
        delete(&mut fields, &path("a/b/*/c"), &|value| value == 2);
        assert_eq!(fields["a"], json!({"b": [{}, {"c": 2}]}));
        delete(&mut fields, &path("**/c"), &|_| false);
        assert_eq!(fields["a"], json!({"b": [{}, {}]}));
        assert_eq!(fields["x"], json!({}));
        let mut deep = json!({"a": null, "b": {"c": null, "d": [null, {"e": null, "f": 1}]}});
        delete(deep.as_object_mut().unwrap(), &path("**"), &|value| {
            !value.is_null()
        });
        assert_eq!(deep, json!({"b": {"d": [null, {"f": 1}]}}));
        delete(&mut fields, &path("a/b/0"), &|_| false);
        assert_eq!(fields["a"], json!({"b": [null, {}]}));
    }
}
